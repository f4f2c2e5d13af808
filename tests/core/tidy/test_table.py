"""The table as a whole: places, surplus cells, constants, the record of changes, the two ways through a file."""

from __future__ import annotations

import hashlib
import io
import json

import pytest
from tidy_tables import RowsTable, make_schema, run_tidy

from ckanext.haugiang.core.read import detect, open_tables
from ckanext.haugiang.core.tidy import tidy
from ckanext.haugiang.core.tidy.changes import ChangeLog

SCHEMA = make_schema({"a": "integer", "b": "number", "c": "string"})


def from_text(text: str) -> object:
    stream = io.BytesIO(text.encode())
    return next(open_tables(stream, detect(stream, "a.csv")))


def test_places_lead_back_to_the_file() -> None:
    """Titles, empty rows, other orders of columns and line ends in cells: each row knows its row, line and cell."""
    result = run_tidy(from_text('Bảng 1,,\nc,b,a\n"one\ntwo",1,2\n,,\nx,3,4\ny,5,6\n'), SCHEMA)
    assert result.rows == [["2", "1", "one\ntwo"], ["4", "3", "x"], ["6", "5", "y"]]
    places = result.tidied.places
    assert places(2, "a") == {"sheet": None, "row": 3, "column": "C", "cell": "C3"}
    assert places(3, "c") == {"sheet": None, "row": 5, "column": "A", "cell": "A5", "line": 6}
    assert places(4, "") == {"sheet": None, "row": 6, "column": None, "cell": None, "line": 7}
    assert places(1, "a")["row"] == 2
    assert places(0, "a")["row"] is None


def test_surplus_cells_reach_the_judge() -> None:
    """A decimal comma in a file of commas makes a row too long; it must not pass as two other values."""
    result = run_tidy(from_text('a,b,c\n1,2,x\n1,2,5,x\n3,4,y,"z ""q"" \n"\n'), SCHEMA)
    assert result.rows == [["1", "2", "x"], ["1", "2", "5", "x"], ["3", "4", "y", 'z "q" \n']]


def test_empty_surplus_cells_do_not() -> None:
    """Excel writes separators to the width of the widest row."""
    result = run_tidy(from_text("a,b,c,,\n1,2,x,,\n3,4,y,,\n"), SCHEMA)
    assert result.rows == [["1", "2", "x"], ["3", "4", "y"]]
    assert result.tidied.info["dropped_columns"] == []


def test_columns_that_are_no_field_are_told() -> None:
    """Nothing is left out in silence: named columns, and columns without a name that hold something."""
    rows = [["a", "STT", "", "b"], ["1", "9", "note", "2"]]
    result = run_tidy(RowsTable(rows), SCHEMA)
    assert result.rows == [["1", "2", ""]]
    assert result.tidied.info["dropped_columns"] == [
        {"header": "STT", "column": "B"},
        {"header": "", "column": "C"},
    ]


def test_a_canonical_file_is_written_as_it_is() -> None:
    """Byte for byte, in one pass, with no change noted."""
    text = "a,b,c\n" + "".join(f"{n},{n / 4},Vị Thanh {n}\n" for n in range(50_000))
    out, log = io.BytesIO(), io.BytesIO()
    tidied = tidy(from_text(text), SCHEMA, {}, out, log)
    assert out.getvalue().decode() == text
    assert tidied.sha256 == hashlib.sha256(text.encode()).hexdigest()
    assert (tidied.rows, tidied.info["changes"], log.getvalue()) == (50_000, 0, b"")


def test_a_late_cell_can_change_the_style_of_all() -> None:
    """After a hundred thousand ambiguous cells one proves the comma: then all of them were thousands."""
    text = "b;c\n" + "1.050;x\n" * 100_000 + "2,5;x\n"
    result = run_tidy(from_text(text), SCHEMA)
    assert {tuple(row) for row in result.rows} == {("", "1050", "x"), ("", "2.5", "x")}
    assert result.tidied.info["by_step"] == {"number-signs": 100_001}
    assert result.tidied.info["changes_recorded"] == 100_001


def test_a_constant_never_overrides_a_column() -> None:
    """A value for the whole table is for fields without a column."""
    result = run_tidy(RowsTable([["a"], ["1"]]), SCHEMA, constants={"a": "9", "c": "k"})
    assert result.rows == [["1", "", "k"]]
    assert result.tidied.info["constants"] == {"c": "k"}


def test_every_change_is_counted_and_so_many_are_written() -> None:
    """The record has a limit, its counts have none."""
    import numpy as np
    import pyarrow as pa

    stream = io.BytesIO()
    log = ChangeLog(stream, limit=2)
    cells = pa.array(["x", "y", "z"])
    log.cells("spaces", "a", "A", np.asarray([2, 3, 4]), cells, cells)
    log.row("blank-rows", 9, ())
    assert dict(log.by_step) == {"spaces": 3, "blank-rows": 1}
    assert [json.loads(line)["cell"] for line in stream.getvalue().splitlines()] == ["A2", "A3"]


def test_a_row_of_a_word_for_nothing_is_no_row() -> None:
    """It would be an empty line, which the judge calls blank."""
    schema = make_schema({"a": "string", "b": "string"}, missingValues=["", "-"])
    result = run_tidy(RowsTable([["b"], ["-"], ["x"]]), schema)
    assert result.rows == [["", "x"]]


@pytest.mark.parametrize("text", ["a,b,c\r\n1,2,x\r\n", "a;b;c\n1;2;x\n", 'a,b,c\n1,2,"x"\n', "a,b,c\n1,2,x"])
def test_the_same_table_has_the_same_hash(text: str) -> None:
    """Line ends, separators, needless quotes and a missing last line end make no other table."""
    assert run_tidy(from_text(text), SCHEMA).tidied.sha256 == hashlib.sha256(b"a,b,c\n1,2,x\n").hexdigest()
