"""Files that no honest program writes, each made in the moment it is needed."""

from __future__ import annotations

import gzip
import os
import zipfile
from collections.abc import Callable, Iterable
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


def inline(text: Iterable[bytes]) -> list[bytes]:
    """A sheet of one cell of text."""
    return [HEAD, b'<row r="1"><c r="A1" t="inlineStr"><is><t>', *text, b"</t></is></c></row>", FOOT]


def far_oddly() -> bytes:
    return b"<row r='1'><c r='A1'><v>1</v></c></row><row r='1048576'><c\nr = 'XFD1048576'><v>1</v></c></row>"


def far_without_rows() -> bytes:
    return cells("A1", "XFD1048576").replace(b'<row r="1">', b"<row>").replace(b'<row r="1048576">', b"<row>")


def with_document_type(sheet: list[bytes], doctype: bytes) -> list[bytes]:
    return [sheet[0].replace(b"<worksheet", doctype + b"<worksheet"), *sheet[1:]]


BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
DECLARED = HEAD.replace(b"<sheetData>", b'<dimension ref="A1:XFD1048576"/><sheetData>')
SHEETS: dict[str, Callable[[], Iterable[bytes]]] = {
    "far.xlsx": lambda: [HEAD, cells("A1", "XFD1048576"), FOOT],
    "far-written-oddly.xlsx": lambda: [HEAD, far_oddly(), FOOT],
    "far-without-rows.xlsx": lambda: [HEAD, far_without_rows(), FOOT],
    "far-declared.xlsx": lambda: [DECLARED, cells("A1"), FOOT],
    "bomb.xlsx": lambda: inline([b"A" * MIB] * 1024),
    "long-cell.xlsx": lambda: inline([os.urandom(MIB).hex().encode()]),
    "entities.xlsx": lambda: with_document_type(inline([b"&b;"]), BOMB),
    "outside-entity.xlsx": lambda: with_document_type(inline([b"&a;"]), OUTSIDE),
    "wide.xlsx": lambda: [HEAD, cells("XFA1", "XFB1"), FOOT],
}
TEXTS: dict[str, Callable[[], Iterable[bytes]]] = {
    "long-quoted-cell.csv": lambda: [b'a,b\n1,"', *[b"A" * MIB] * 500, b'"\n'],
    "long-cell.csv": lambda: [b"a,b\n1,", *[b"A" * MIB] * 500, b"\n"],
    "columns.csv": lambda: [",".join(f"c{n}" for n in range(100_000)).encode(), b"\n", b"1," * 99_999, b"1\n"],
    "nul.csv": lambda: [b"a,b\n1,2\n3,4\x00\n"],
    "empty.csv": list,
    "page.csv": lambda: [b"<!DOCTYPE html><html><table><tr><td>a</td></tr></table></html>"],
    "pdf.xlsx": lambda: [b"%PDF-1.7\n1 0 obj\n"],
    "gzip.csv": lambda: [gzip.compress(b"a,b\n1,2\n")],
    "open-quote.csv": lambda: [b'a,b\n1,"2\n3,4\n'],
    "no-header.csv": lambda: [b"x,y\n1,2\n"],
    "short-header.csv": lambda: [b"b\n1\n"],
}


def make(name: str, folder: Path) -> Path:
    """Make the file of that name."""
    path = folder / name
    if name == "macro.xlsm":
        return xlsx(path, SHEETS["wide.xlsx"](), {"xl/vbaProject.bin": b"\x00"})
    if name == "cut.xlsx":
        whole = xlsx(path, SHEETS["wide.xlsx"]()).read_bytes()
        return _write(path, [whole[: len(whole) // 2]])
    if name in SHEETS:
        return xlsx(path, SHEETS[name]())
    return _write(path, TEXTS[name]())
