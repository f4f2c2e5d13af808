"""Error values in the formats that nothing here can write: their records are put together, or put into a real file."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest
from hostile_files import FILES

from ckanext.haugiang.core.read import ReadLimits, detect, errors_xls, errors_xlsb, open_tables
from ckanext.haugiang.core.read.errors_ods import ods_errors
from ckanext.haugiang.core.read.ole import ole_stream

ODS = (
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:calcext="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0">'
    "<office:body><office:spreadsheet>{}</office:spreadsheet></office:body></office:document-content>"
)
ERROR = (
    '<table:table-cell office:value-type="string" office:string-value="" calcext:value-type="error">'
    "<text:p>{}</text:p></table:table-cell>"
)
NUMBER = '<table:table-cell office:value-type="float" office:value="1"{}><text:p>1</text:p></table:table-cell>'


def ods(rows: str) -> io.BytesIO:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", '<manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>')
        archive.writestr("content.xml", ODS.format(f'<table:table table:name="T">{rows}</table:table>'))
    return stream


def rows_of(stream: io.BytesIO, name: str) -> list[list[str]]:
    (table, *_) = open_tables(stream, detect(stream, name))
    return [row for block in table.blocks() for row in block.rows(block.height)]


def test_ods() -> None:
    """The text that the steward sees is kept, where it stands, after repeated rows and cells too."""
    repeated = ' table:number-columns-repeated="2"'
    stream = ods(
        f"<table:table-row>{NUMBER.format(repeated)}{ERROR.format('#DIV/0!')}</table:table-row>"
        f'<table:table-row table:number-rows-repeated="2">{NUMBER.format("")}</table:table-row>'
        f"<table:table-row>{ERROR.format('Err:502')}</table:table-row>"
    )
    assert ods_errors(stream, ReadLimits()) == {"T": {(1, 3): "#DIV/0!", (4, 1): "Err:502"}}
    assert rows_of(stream, "a.ods") == [["1", "1", "#DIV/0!"], ["1", "", ""], ["1", "", ""], ["Err:502", "", ""]]


def test_ods_without_error_values_is_not_walked() -> None:
    """A look for the sign is enough."""
    assert ods_errors(ods(f"<table:table-row>{NUMBER.format('')}</table:table-row>"), ReadLimits()) == {}


def record(kind: int, data: bytes) -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def test_xls_records() -> None:
    """Values and results of formulas; truth values, numbers and what a chart keeps are none."""
    begin, end = record(0x0809, bytes(16)), record(0x000A, b"")
    cells = (
        record(0x0205, struct.pack("<HHHBB", 0, 1, 0, 0x07, 1))
        + record(0x0205, struct.pack("<HHHBB", 1, 1, 0, 1, 0))
        + record(0x0006, struct.pack("<HHH", 2, 3, 0) + b"\x02\x00\x2a\x00\x00\x00\xff\xff" + bytes(8))
        + record(0x0006, struct.pack("<HHH", 3, 3, 0) + struct.pack("<d", 1.5) + bytes(8))
    )
    chart = begin + record(0x0205, struct.pack("<HHHBB", 5, 5, 0, 0x07, 1)) + end
    sheet = begin + cells + chart + end
    start = len(begin) + len(record(0x0085, bytes(8))) + len(end)
    book = begin + record(0x0085, struct.pack("<IHBB", start, 0, 0, 0)) + end + sheet
    assert errors_xls.workbook_errors(book) == [{(1, 2): "#DIV/0!", (3, 4): "#N/A"}]
    assert errors_xls.workbook_errors(book[:-20]) is not None


def test_an_xls_with_an_error_value() -> None:
    """A number of a real workbook made an error value: it arrives in its cell."""
    body = (FILES / "date.xls").read_bytes()
    book = ole_stream(body, ("Workbook",))
    assert book
    at = next(at for kind, at, size in errors_xls.records(book, _first_sheet(book)) if kind in (0x0203, 0x027E))
    row, column = struct.unpack_from("<HH", book, at)
    size = struct.unpack_from("<H", book, at - 2)[0]
    old = book[at - 4 : at + size]
    new = struct.pack("<HHHHHBB", 0x0205, size, row, column, 0, 0x07, 1).ljust(len(old), b"\x00")
    assert body.count(old) == 1
    rows = rows_of(io.BytesIO(body.replace(old, new)), "a.xls")
    assert rows[row][column] == "#DIV/0!"


def _first_sheet(book: bytes) -> int:
    return next(struct.unpack_from("<I", book, at)[0] for kind, at, _ in errors_xls.records(book, 0) if kind == 0x0085)


@pytest.mark.parametrize("content", [b"", b"\xd0\xcf\x11\xe0" + bytes(600), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(70)])
def test_what_is_no_compound_file_tells_nothing(content: bytes) -> None:
    """calamine decides whether it can be read."""
    assert errors_xls.xls_errors(io.BytesIO(content)) == []


def test_an_xlsb_with_an_error_value() -> None:
    """The same for the binary format: the first number becomes #N/A."""
    stream = io.BytesIO()
    with zipfile.ZipFile(FILES / "date.xlsb") as old, zipfile.ZipFile(stream, "w") as new:
        for info in old.infolist():
            content = old.read(info.filename)
            if info.filename == "xl/worksheets/sheet1.bin":
                content, place = _with_error(content)
            new.writestr(info.filename, content)
    assert errors_xlsb.xlsb_errors(stream, ReadLimits()) == {"Sheet1": {place: "#N/A"}}
    rows = rows_of(stream, "a.xlsb")
    assert rows[place[0] - 1][place[1] - 1] == "#N/A"


def _with_error(body: bytes) -> tuple[bytes, tuple[int, int]]:
    out = bytearray()
    before = row = 0
    place = None
    for kind, start, size in errors_xlsb.records(body):
        data = body[start : start + size]
        head = body[before:start]
        before = start + size
        if kind == 0:
            row = int.from_bytes(data[:4], "little")
        if kind in (2, 5) and place is None:
            place = (row + 1, int.from_bytes(data[:4], "little") + 1)
            head, data = b"\x03\x09", data[:8] + b"\x2a"
        out += head + data
    assert place
    return bytes(out), place
