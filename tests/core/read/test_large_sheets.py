"""The fast ways through a large sheet read what the slow ones read."""

from __future__ import annotations

import io
import random
import zipfile
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hostile_files import FILES, FOOT, HEAD, SHEETS, cells, xlsx

from ckanext.haugiang.core.errors import HauGiangError
from ckanext.haugiang.core.read import ReadLimits, detect, merged, open_tables
from ckanext.haugiang.core.read.cells import cell_text, text_column
from ckanext.haugiang.core.read.zipguard import SheetScan, entry_sizes

MOMENT = datetime(2024, 3, 1, 8, 29, 59, 999_997)  # noqa: DTZ001
PLACES = {
    "floats": [1.0, 2.5, 1e-7, 1e15, float("nan"), 0.1 + 0.2],
    "truth values": [True, False],
    "days": [date(1900, 1, 1), date(2024, 2, 29)],
    "moments": [MOMENT, datetime(2024, 3, 1, 23, 59, 59, 700_000), datetime(2024, 3, 1, 0, 0, 0, 1)],  # noqa: DTZ001
    "midnights": [datetime(2024, 3, 1), datetime(1899, 12, 31)],  # noqa: DTZ001
    "times": [time(7, 5), timedelta(hours=30)],
    "texts": ["", "Ấp 3", "1.050"],
}


@pytest.mark.parametrize("seed", range(40))
def test_columns_are_written_as_cells_are(seed: int) -> None:
    """Whatever kinds of cells stand below each other, each is written as it would be alone."""
    chance = random.Random(seed)
    kinds = chance.sample(sorted(PLACES), chance.randrange(1, 4))
    values: list[Any] = [chance.choice(PLACES[chance.choice(kinds)]) for _ in range(30)]
    texts, native = text_column(values)
    assert texts.to_pylist() == [cell_text(value) for value in values]
    marked = [False] * len(values) if native is None else native.to_pylist()
    assert marked == [not isinstance(value, str) for value in values]


def stream_of(*ranges: str) -> io.BytesIO:
    book = openpyxl.Workbook()
    for number in range(1, 40):
        book.active.append([number, "mergeSells", None if number % 2 else MOMENT])
    for span in ranges:
        book.active.merge_cells(span)
    stream = io.BytesIO()
    book.save(stream)
    return stream


def read(stream: Any, name: str = "a.xlsx") -> list[Any]:
    found = []
    for table in open_tables(stream, detect(stream, name)):
        rows = [row for block in table.blocks() for row in block.rows(block.height)]
        found.append((table.sheet, table.merged, rows))
    return found


@pytest.mark.parametrize("ranges", [(), ("C2:C4",), ("A2:A9", "C2:C4")])
def test_ranges_before_the_cells(ranges: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    """The turned sheet holds the same cells and the same merged ranges."""
    slow = read(stream_of(*ranges))
    made = []
    monkeypatch.setattr(merged, "LARGE", 0)
    turn = merged._turned
    monkeypatch.setattr(merged, "_turned", lambda text: made.append(turn(text)) or made[-1])
    assert read(stream_of(*ranges)) == slow
    assert made[0] is not None
    assert len(slow[0][1]) == len(ranges)


@pytest.mark.parametrize("path", sorted(FILES.glob("*.xlsx")), ids=lambda path: path.name)
def test_samples_read_the_same(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Turned or not, a file gives the same cells or the same error."""

    def outcome() -> Any:
        try:
            return read(io.BytesIO(path.read_bytes()))
        except HauGiangError as error:
            return error.code, error.params

    slow = outcome()
    monkeypatch.setattr(merged, "LARGE", 0)
    assert outcome() == slow


@pytest.mark.parametrize(
    "sheet",
    [
        b"<sheetData/>",
        b"<sheetData>" + cells("A1") + b"</sheetData><mergeCells/>",
        b"<sheetData>" + cells("A1") + b"</sheetData><!-- <mergeCells></mergeCells> -->",
        b"<!-- --><sheetData>" + cells("A1") + b"</sheetData>",
        b"<sheetData>" + cells("A1") + b'</sheetData><x:mergeCells count="1"></x:mergeCells>',
        b'<sheetData></sheetData><mergeCells count="1"></mergeCells><sheetData></sheetData>',
    ],
)
def test_unusual_sheets_stay_as_they_are(sheet: bytes) -> None:
    """What is not written as usual is not touched."""
    assert merged._turned([sheet]) is None


def test_two_entries_of_one_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody knows which one is meant."""
    monkeypatch.setattr(merged, "LARGE", 0)
    path = xlsx(tmp_path / "a.xlsx", [HEAD, cells("A1"), FOOT])
    name = "xl/worksheets/sheet1.xml"
    with path.open("rb") as stream:
        copy = merged.ranges_first(stream, entry_sizes(stream), frozenset({name}), ReadLimits())
        assert copy is not None
        with copy:
            assert zipfile.ZipFile(copy).testzip() is None
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(name, HEAD + FOOT)
    with path.open("rb") as stream:
        assert merged.ranges_first(stream, entry_sizes(stream), frozenset({name}), ReadLimits()) is None


@pytest.mark.parametrize(
    ("text", "rows", "columns", "has_errors"),
    [
        (cells("A1", "Z9"), 9, 26, False),
        (cells("A1", "AA9"), 9, 27, False),
        (b'<row r="1"><c r="A1" s="2" t="e"><v>#N/A</v></c></row>', 1, 26, True),
        (b"<row r='7'><c s='1' r='AB7' t='e'/></row>", 7, 28, True),
        (b'<row r="1"><c\tr="AC12"/></row>', 12, 29, False),
        (b'<row r="1"><c t="n" r="AD1"/></row>', 1, 30, False),
        (b'<x:row r="3"><x:c r="AE3"/></x:row>', 3, 31, False),
        (b'<x:row r="3"><x:c  r="AE3" t="e"/></x:row>', 3, 31, True),
        (b'<cols><col min="1" max="2"/></cols><row r="2"><c r="B2"/></row>', 2, 26, False),
        (b'<row r="2"><c r="B2"><v>:c </v></c></row>', 2, 26, False),
        (b'<row r="2"><c r="A2" t="inlineStr"><is><t>&lt;c r="ZZ1"</t></is></c></row>', 2, 26, False),
    ],
)
def test_how_far_a_sheet_reaches(text: bytes, rows: int, columns: int, has_errors: bool) -> None:
    """However a cell is written, its place counts."""
    scan = SheetScan()
    scan.feed(text)
    assert (scan.rows, scan.columns, scan.has_errors) == (rows, columns, has_errors)


def test_hostile_sheets_reach_far() -> None:
    """The scan sees each far cell by itself."""
    for name in ("far.xlsx", "far-written-oddly.xlsx", "far-without-rows.xlsx"):
        scan = SheetScan()
        scan.feed(b"".join(SHEETS[name]()))
        assert (scan.rows, scan.columns) == (1_048_576, 16_384), name
