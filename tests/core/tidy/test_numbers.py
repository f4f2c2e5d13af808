"""Numbers written in one style come back as the same numbers; what is canonical stays as it is."""

from __future__ import annotations

from decimal import Decimal

import pyarrow as pa
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tidy_tables import RowsTable, make_schema, run_tidy

from ckanext.haugiang.core.tidy.number_style import Evidence, read_number

NUMBERS = st.decimals(min_value=-(10**9), max_value=10**9, places=2)
SCHEMA = make_schema({"a": "number", "b": "integer"})
CELLS = st.text(st.sampled_from("0123456789.,-+ abx"), max_size=9)


def written(number: Decimal, point: str, group: str) -> str:
    return f"{number:,f}".replace(",", "\0").replace(".", point).replace("\0", group)


@settings(max_examples=300, deadline=None)
@given(st.lists(NUMBERS, min_size=1, max_size=20), st.sampled_from([(",", "."), (".", ","), (",", " "), (".", "")]))
def test_one_style_is_read_back(numbers: list[Decimal], style: tuple[str, str]) -> None:
    """Two places after the sign prove the style, so groups of three are thousands everywhere."""
    rows = [["a"], *([written(number, *style)] for number in numbers)]
    result = run_tidy(RowsTable(rows, sheet=None), SCHEMA)
    assert [Decimal(row[0]) for row in result.rows] == numbers
    assert result.tidied.info["questions"] == []


@settings(max_examples=300, deadline=None)
@given(st.lists(st.integers(-(10**12), 10**12), min_size=1, max_size=20), st.sampled_from([".", ",", " ", ""]))
def test_whole_numbers_are_read_back(numbers: list[int], group: str) -> None:
    """A field of whole numbers takes any thousands sign."""
    rows = [["b"], *([f"{number:,}".replace(",", group)] for number in numbers)]
    result = run_tidy(RowsTable(rows, sheet=None), SCHEMA)
    assert [int(row[1]) for row in result.rows] == numbers


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=12))
def test_tidy_twice_is_tidy_once(rows: list[tuple[str, str]]) -> None:
    """What tidy wrote it does not change again, whatever was in the cells."""
    first = run_tidy(RowsTable([["a", "b"], *map(list, rows)], sheet=None), SCHEMA)
    assume(first.rows)
    second = run_tidy(RowsTable([first.header, *first.rows], sheet=None), SCHEMA)
    assert second.rows == first.rows
    assert second.tidied.sha256 == first.tidied.sha256
    assert second.tidied.info["changes"] == 0


@settings(max_examples=500, deadline=None)
@given(CELLS, st.sampled_from([None, "comma", "point", "both"]), st.booleans())
def test_a_cell_is_a_number_or_left(text: str, style: str | None, whole: bool) -> None:
    """What is read is canonical and has the cell's digits in their order; everything else is left."""
    number = read_number(text, style, whole=whole)  # type: ignore[arg-type]
    if number is not None:
        Decimal(number)
        assert "," not in number
        assert [sign for sign in number if sign.isdigit()] == [sign for sign in text if sign.isdigit()]
        assert not (whole and "." in number)


@settings(max_examples=300, deadline=None)
@given(st.lists(CELLS, min_size=1, max_size=10))
def test_blocks_prove_what_the_whole_proves(texts: list[str]) -> None:
    """Evidence does not hang on where a column is cut."""
    whole, parts = Evidence(), Evidence()
    whole.look(pa.array(texts), None)
    for text in texts:
        parts.look(pa.array([text]), None)
    assert (whole.comma, whole.point) == (parts.comma, parts.point)
    assert whole.style == "point" or whole.ambiguous == parts.ambiguous
