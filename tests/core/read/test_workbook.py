"""Sheets: what calamine leaves out is kept, and every cell has its place."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import pytest
from hostile_files import FILES

from ckanext.haugiang.core.errors import HauGiangError
from ckanext.haugiang.core.read import Table, detect, limits, open_tables, workbook
from ckanext.haugiang.core.read.cells import cell_text, number_text, text_column


def tables_of(stream: Any, name: str) -> list[Table]:
    return list(open_tables(stream, detect(stream, name)))


def rows_of(table: Table) -> list[list[str]]:
    return [row for block in table.blocks() for row in block.rows(block.height)]


def saved(book: openpyxl.Workbook) -> io.BytesIO:
    stream = io.BytesIO()
    book.save(stream)
    stream.seek(0)
    return stream


@pytest.fixture
def book() -> openpyxl.Workbook:
    return openpyxl.Workbook()


def test_leading_rows_and_columns_are_kept(book: openpyxl.Workbook) -> None:
    """A table that begins at C4 has its cells at C4, not at A1."""
    book.active["C4"] = "x"
    book.active["E6"] = 2
    table = tables_of(saved(book), "a.xlsx")[0]
    rows = rows_of(table)
    assert (len(rows), table.width) == (6, 5)
    assert (rows[3][2], rows[5][4]) == ("x", "2")


def test_values_become_the_text_a_reader_sees(book: openpyxl.Workbook) -> None:
    """Whole numbers without a fraction, days as ISO, truth values, no noise of binary fractions."""
    book.active.append([5, 1.5, 0.1 + 0.2, date(2024, 1, 2), datetime(2024, 1, 2, 8, 30), True, "1.050", 12345678901234])  # noqa: DTZ001
    assert rows_of(tables_of(saved(book), "a.xlsx")[0]) == [
        ["5", "1.5", "0.3", "2024-01-02", "2024-01-02T08:30:00", "true", "1.050", "12345678901234"]
    ]


def test_native_cells_are_marked(book: openpyxl.Workbook) -> None:
    """A number that the sheet holds as text is not native; one that it holds as number is."""
    for row in (["a"], [12.345], ["1.050"]):
        book.active.append(row)
    block = next(tables_of(saved(book), "a.xlsx")[0].blocks())
    assert block.native[0] is not None
    assert block.native[0].to_pylist() == [False, True, False]


def test_error_values_are_kept_with_their_places() -> None:
    """calamine shows an error value as an empty cell; the steward meant a figure there."""
    with (FILES / "errors.xlsx").open("rb") as stream:
        (table,) = tables_of(stream, "errors.xlsx")
    assert [row[0] for row in rows_of(table)] == [
        "#DIV/0!",
        "#NAME?",
        "#VALUE!",
        "#NULL!",
        "#REF!",
        "#NUM!",
        "#N/A",
    ]


def test_an_error_value_in_the_last_row_and_column(book: openpyxl.Workbook) -> None:
    """Where nothing but error values stands, calamine's box ends too early."""
    book.active["A1"] = "a"
    book.active["C3"] = "#DIV/0!"
    book.active["C3"].data_type = "e"
    rows = rows_of(tables_of(saved(book), "a.xlsx")[0])
    assert len(rows) == 3
    assert rows[2] == ["", "", "#DIV/0!"]


def test_merged_ranges_count_from_one(book: openpyxl.Workbook) -> None:
    """As the sheet shows them."""
    book.active["A2"] = "x"
    book.active.merge_cells("A2:B4")
    assert tables_of(saved(book), "a.xlsx")[0].merged == ((2, 1, 4, 2),)


def test_hidden_and_empty_sheets_come_last_or_not_at_all(book: openpyxl.Workbook) -> None:
    """The first visible sheet with data is the table."""
    book.active.title = "empty"
    for name, state in (("hidden", "hidden"), ("shown", "visible")):
        sheet = book.create_sheet(name)
        sheet["A1"] = name
        sheet.sheet_state = state
    assert [table.sheet for table in tables_of(saved(book), "a.xlsx")] == ["shown", "hidden"]


@pytest.mark.parametrize("name", ["date.xls", "date.xlsb", "date.ods"])
def test_other_formats_give_the_same_cells(name: str) -> None:
    """.xls, .xlsb and .ods are read as .xlsx is."""
    with (FILES / name).open("rb") as stream:
        (table,) = tables_of(stream, name)
    assert rows_of(table)[0] == ["2021-01-01", "15"]


def test_merged_cells_of_old_workbooks() -> None:
    """Forward fill needs them from .xls too."""
    with (FILES / "merge_cells.xls").open("rb") as stream:
        (table,) = tables_of(stream, "merge_cells.xls")
    assert table.merged == ((1, 1, 1, 2), (2, 1, 4, 1), (2, 2, 4, 4))


def test_many_rows_in_blocks(book: openpyxl.Workbook) -> None:
    """Blocks follow each other without a gap, and lose no row at their borders."""
    for number in range(1, 20_001):
        book.active.append([number, f"t{number}"])
    blocks = list(tables_of(saved(book), "a.xlsx")[0].blocks())
    assert [block.first for block in blocks] == [1, 101, 8293, 16_485]
    assert [row for block in blocks for row in block.rows(block.height)] == [[str(n), f"t{n}"] for n in range(1, 20_001)]


def test_a_nul_in_a_cell_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some old programs write texts of two bytes a letter as if of one."""
    column, _ = text_column(["ok", "T\x00i"])
    with pytest.raises(HauGiangError) as caught:
        workbook._within(column, 7, 3, limits.ReadLimits())
    assert (caught.value.code, caught.value.params) == ("nul-byte", {"row": 8, "column": 3})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (0.00001, "0.00001"),
        (1e-7, "0.0000001"),
        (1234567.891, "1234567.891"),
        (1e15, "1e+15"),
        (2.5e-10, "0.00000000025"),
        (float("nan"), "nan"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    """The column way and the single way write alike."""
    assert number_text(value) == text
    assert text_column([value, 3.5])[0].to_pylist() == [text, "3.5"]


def test_durations_and_fractions_of_seconds() -> None:
    """A sheet counts time in fractions of days."""
    assert cell_text(timedelta(hours=30, minutes=5)) == "30:05:00"
    assert cell_text(datetime(2024, 1, 2, 8, 29, 59, 999_997)) == "2024-01-02T08:30:00"  # noqa: DTZ001
    assert cell_text(time(7, 5)) == "07:05:00"


@pytest.mark.parametrize("length", range(1000, 5632, 256))
def test_an_old_workbook_that_is_cut(length: int) -> None:
    """Cut anywhere it says that it is cut; the reader's Rust code would panic, which is no Exception."""
    body = (FILES / "date.xls").read_bytes()
    with pytest.raises(HauGiangError) as caught:
        tables_of(io.BytesIO(body[:length]), "a.xls")
    assert caught.value.code == "file-truncated"


def test_a_panic_of_the_reader_has_a_code() -> None:
    """What looks whole and is not."""

    class PanicException(BaseException):
        """As Rust's binding calls it."""

    with pytest.raises(HauGiangError) as caught, workbook._named("xls"):
        raise PanicException
    assert caught.value.code == "reader-crashed"
    with pytest.raises(KeyboardInterrupt), workbook._named("xls"):
        raise KeyboardInterrupt
