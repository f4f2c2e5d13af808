"""Documents: what Solr would refuse is refused, everything else is stored, matched, counted and sorted by its kind."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from naive import NOW, SCHEMA, schema

from ckanext.haugiang.core.search.dates import iso, parse_date
from ckanext.haugiang.core.search.document import build, term
from ckanext.haugiang.core.search.errors import SearchRefused
from ckanext.haugiang.core.search.fuzzy import within
from ckanext.haugiang.core.search.schema import parse_schema


def made(**values):
    return build({"index_id": "1", **values}, schema(), NOW)


def test_only_stored_fields_are_stored():
    """permission_labels, title_string and unknown fields are matched but never returned."""
    document = made(title="Lúa", title_string="Lúa", permission_labels=["public"], tuy_y="x", data_dict="{}")
    assert set(document.stored) == {"index_id", "title", "indexed_ts"}
    assert document.bulky == {"data_dict": "{}"}


def test_values_by_kind():
    """Empty values are left out, equal ones once, truth in lower case, dates in UTC to the millisecond."""
    document = made(
        tags=["a", "b", "a", "", None],
        private=True,
        views_total="7",
        share="0.5",
        metadata_modified="2024-01-31T07:00:00.123456+07:00",
        notes=None,
    )
    assert document.kept["tags"] == ["a", "b"]
    assert document.kept["private"] == ["true"]
    assert document.kept["views_total"] == [7]
    assert document.stored["metadata_modified"] == "2024-01-31T00:00:00.123Z"
    assert document.stored["share"] == 0.5
    assert "notes" not in document.stored


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"title": ["a", "b"]}, "multiple values"),
        ({"khac": ["a", "b"]}, "multiple values"),
        ({"tags": [{"a": 1}]}, "object"),
        ({"khac": {"a": 1}}, "object"),
        ({"views_total": "x"}, "not a number"),
        ({"views_total": 2**31}, "out of range"),
        ({"x_date": "soon"}, "Invalid Date"),
    ],
)
def test_what_does_not_fit_is_refused(values, words):
    """As Solr does, so that a portal can change over."""
    with pytest.raises(SearchRefused, match=words):
        made(**values)


def test_a_document_without_its_id_is_refused():
    """index_id is required."""
    with pytest.raises(SearchRefused, match="missing required field: index_id"):
        build({"title": "x"}, schema(), NOW)


def test_copies_are_searched_and_not_copied_on():
    """tags go into text; every text field is also searched by its own name."""
    words = made(title="Lúa", tags=["nước"]).words.places
    assert {"\x1flua", "\x1fnuoc", "title\x1flua"} <= set(words)


def test_values_of_a_field_do_not_make_one_phrase():
    """Between two values there is a gap."""
    places = made(tags=["hè", "thu"]).words.places
    assert places["\x1fthu"][0] - places["\x1fhe"][0] > 50


def test_a_long_value_is_told_by_its_hash():
    """Two long values with one beginning differ."""
    assert term("a" * 1000) != term("a" * 1001)
    assert len(term("a" * 1000)) < 400
    assert term("short") == "short"


def test_a_huge_text_is_cut_to_what_postgresql_holds():
    """One megabyte is the limit of a text vector, 255 places that of a word."""
    document = made(notes=" ".join(f"w{n}" for n in range(200_000)), title="a " * 1000)
    assert document.words.size < 2**20
    assert len(document.words.places["title\x1fa"]) == 255


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NOW", "2024-06-01T00:00:00Z"),
        ("NOW/DAY-7DAYS", "2024-05-25T00:00:00Z"),
        ("NOW+1MONTH", "2024-07-01T00:00:00Z"),
        ("NOW/YEAR", "2024-01-01T00:00:00Z"),
        ("NOW-2YEARS/MONTH", "2022-06-01T00:00:00Z"),
        ("2024-01-31T10:20:30Z+1MONTH", "2024-02-29T10:20:30Z"),
        ("2024-01-31T10:20:30Z/HOUR", "2024-01-31T10:00:00Z"),
        ("2024-01-31", "2024-01-31T00:00:00Z"),
        ("2024-01-31T07:00:00+07:00", "2024-01-31T00:00:00Z"),
        ("1969-12-31T23:59:59.5Z", "1969-12-31T23:59:59.500Z"),
    ],
)
def test_dates_and_their_arithmetic(text, expected):
    """Solr's NOW, +, - and /."""
    assert iso(parse_date(text, NOW)) == expected


@pytest.mark.parametrize("text", ["", "NOW+", "NOW+1EON", "31/01/2024", "NOW+99999999YEARS"])
def test_what_is_no_date(text):
    """Named, with Solr's words."""
    with pytest.raises(SearchRefused, match="Invalid Date String"):
        parse_date(text, NOW)


def test_python_dates_are_dates():
    """pysolr takes them too."""
    there = datetime(2024, 1, 31, 7, tzinfo=timezone(timedelta(hours=7)))
    assert made(a_date=there).stored["a_date"] == "2024-01-31T00:00:00Z"
    assert made(a_date=date(2024, 1, 31)).stored["a_date"] == "2024-01-31T00:00:00Z"
    assert made(a_date=datetime(2024, 1, 31, tzinfo=UTC)).stored["a_date"] == "2024-01-31T00:00:00Z"


@pytest.mark.parametrize(
    ("one", "other", "edits", "yes"),
    [("lua", "lua", 0, True), ("lua", "lau", 1, True), ("lua", "la", 1, True), ("lua", "luxa", 1, True),
     ("lua", "xyz", 2, False), ("lua", "mua", 1, True), ("luas", "l", 2, False), ("rice", "riecs", 2, True)],
)  # fmt: skip
def test_words_with_wrong_letters(one, other, edits, yes):
    """Put in, left out, changed, swapped."""
    assert within(one, other, edits) is yes
    assert within(other, one, edits) is yes


def test_a_field_of_an_unknown_type_is_refused():
    """Spatial types, for example."""
    with pytest.raises(SearchRefused, match="location"):
        parse_schema(SCHEMA.replace("<fields>", '<fields><field name="p" type="location"/>'))


def test_patterns_of_fields_from_the_longest_on():
    """As in Solr: vocab_x is not caught by the star."""
    assert schema().field("vocab_x").multi
    assert schema().field("extras_x").kind == "text"
    assert schema().field("bat_ky").kind == "string"
