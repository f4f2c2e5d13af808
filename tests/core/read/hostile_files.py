"""Files that no honest program writes, each made in the moment it is needed."""

from __future__ import annotations

import gzip
import os
import zipfile
from collections.abc import Iterable
from pathlib import Path

FILES = Path(__file__).parent / "files"
MIB = 1024 * 1024
HEAD = b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
FOOT = b"</sheetData></worksheet>"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def xlsx(path: Path, sheet: Iterable[bytes], more: dict[str, bytes] | None = None) -> Path:
    """A workbook of one sheet, whose XML is given."""
    relation = f'<Relationship Id="rId1" Type="{_OFFICE}/%s" Target="%s"/>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
            f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
        )
        for name, target in (
            ("_rels/.rels", "xl/workbook.xml"),
            ("xl/_rels/workbook.xml.rels", "worksheets/sheet1.xml"),
        ):
            kind = "officeDocument" if name == "_rels/.rels" else "worksheet"
            archive.writestr(
                name, f'<Relationships xmlns="{_PACKAGE}/relationships">{relation % (kind, target)}</Relationships>'
            )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="rId1"/></sheets></workbook>',
        )
        for name, content in (more or {}).items():
            archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as entry:
            for piece in sheet:
                entry.write(piece)
    return path


def cells(*places: str) -> bytes:
    """Rows with the number 1 at each place."""
    return b"".join(
        f'<row r="{place.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}"><c r="{place}"><v>1</v></c></row>'.encode()
        for place in places
    )


def _write(path: Path, pieces: Iterable[bytes]) -> Path:
    with path.open("wb") as stream:
        for piece in pieces:
            stream.write(piece)
    return path


def make(name: str, folder: Path) -> Path:  # noqa: C901 - one line for each file
    """Make the file of that name."""
    path = folder / name
    match name:
        case "far.xlsx":
            return xlsx(path, [HEAD, cells("A1", "XFD1048576"), FOOT])
        case "far-written-oddly.xlsx":
            odd = b"<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c\nr = 'XFD1048576'><v>1</v></c></row>"
            return xlsx(path, [HEAD, odd, FOOT])
        case "far-without-rows.xlsx":
            return xlsx(path, [HEAD, cells("A1", "XFD1048576").replace(b' r="1"', b"").replace(b' r="1048576"', b""), FOOT])
        case "far-declared.xlsx":
            declared = HEAD.replace(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>')
            return xlsx(path, [declared, cells("A1"), FOOT])
        case "bomb.xlsx":
            letters = [b"A" * MIB] * 1024
            return xlsx(path, [HEAD, b'<row r="1"><c r="A1" t="inlineStr"><is><t>', *letters, b"</t></is></c></row>", FOOT])
        case "long-cell.xlsx":
            letters = [os.urandom(MIB).hex().encode()]
            return xlsx(path, [HEAD, b'<row r="1"><c r="A1" t="inlineStr"><is><t>', *letters, b"</t></is></c></row>", FOOT])
        case "entities.xlsx":
            bomb = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
            cell = b'<row r="1"><c r="A1" t="inlineStr"><is><t>&b;</t></is></c></row>'
            return xlsx(path, [HEAD.replace(b"<worksheet", bomb + b"<worksheet"), cell, FOOT])
        case "outside-entity.xlsx":
            outside = b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
            cell = b'<row r="1"><c r="A1" t="inlineStr"><is><t>&a;</t></is></c></row>'
            return xlsx(path, [HEAD.replace(b"<worksheet", outside + b"<worksheet"), cell, FOOT])
        case "wide.xlsx":
            return xlsx(path, [HEAD, cells("XFA1", "XFB1"), FOOT])
        case "macro.xlsm":
            return xlsx(path, [HEAD, cells("A1"), FOOT], {"xl/vbaProject.bin": b"\x00"})
        case "nul.xlsx":
            return xlsx(path, [HEAD, b'<row r="1"><c r="A1"><v>1</v></c>', FOOT])
        case "cut.xlsx":
            whole = xlsx(path, [HEAD, cells("A1"), FOOT]).read_bytes()
            return _write(path, [whole[: len(whole) // 2]])
        case "long-quoted-cell.csv":
            return _write(path, [b'a,b\n1,"', *[b"A" * MIB] * 500, b'"\n'])
        case "long-cell.csv":
            return _write(path, [b"a,b\n1,", *[b"A" * MIB] * 500, b"\n"])
        case "columns.csv":
            names = ",".join(f"c{number}" for number in range(100_000))
            return _write(path, [names.encode(), b"\n", b"1," * 99_999, b"1\n"])
        case "nul.csv":
            return _write(path, [b"a,b\n1,2\n3,4\x00\n"])
        case "empty.csv":
            return _write(path, [])
        case "page.csv":
            return _write(path, [b"<!DOCTYPE html><html><table><tr><td>a</td></tr></table></html>"])
        case "pdf.xlsx":
            return _write(path, [b"%PDF-1.7\n1 0 obj\n"])
        case "gzip.csv":
            return _write(path, [gzip.compress(b"a,b\n1,2\n")])
        case "open-quote.csv":
            return _write(path, [b'a,b\n1,"2\n3,4\n'])
        case "no-header.csv":
            return _write(path, [b"x,y\n1,2\n"])
        case "short-header.csv":
            return _write(path, [b"b\n1\n"])
    raise ValueError(name)
