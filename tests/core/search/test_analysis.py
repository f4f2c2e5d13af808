"""Words: Vietnamese with and without diacritics, composed and decomposed, compounds, English plurals, sorting."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.haugiang.core.search.analysis import clean, exact, fold, grams, indexed, plain, stem, tokens
from ckanext.haugiang.core.search.collation import sort_key


def texts(value: str) -> list[str]:
    return [token.text for token in tokens(value)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Đồng bằng sông Cửu Long", ["dong", "bang", "song", "cuu", "long"]),
        ("lúa", ["lua"]),
        ("LÚA", ["lua"]),
        (unicodedata.normalize("NFD", "Lúa Hè Thu"), ["lua", "he", "thu"]),
        ("Thủy lợi", ["thuy", "loi"]),
        ("thuỷ lợi", ["thuy", "loi"]),
        ("2024-2025", ["2024", "2025"]),
        ("term0123", ["term", "0123"]),
        ("PowerShot", ["power", "shot"]),
        ("datasets and statistics", ["dataset", "and", "statistic"]),
        ("O'Neil's", ["o", "neil"]),
        ("a_b.c", ["a", "b", "c"]),
        ("!!! ---", []),
        ("１２３", ["123"]),
        ("", []),
    ],
)
def test_words_of_a_text(text, expected):
    """Split, lower case, folded, plural cut."""
    assert texts(text) == expected


@pytest.mark.parametrize(("one", "other"), [("hòa", "hoà"), ("thúy", "thuý"), ("khỏe", "khoẻ"), ("lúa", "LÚA")])
def test_the_exact_form_does_not_depend_on_where_the_tone_is_written(one, other):
    """Old and new spelling are one word."""
    assert exact(one) == exact(other) != ""


def test_the_exact_form_tells_look_alikes_apart():
    """bao, báo, bão and bảo fold alike but are four words; the first has no exact form."""
    assert len({exact(word) for word in ("bao", "báo", "bão", "bảo")}) == 4
    assert {fold(word) for word in ("bao", "báo", "bão", "bảo")} == {"bao"}
    assert exact("bao") == ""


@pytest.mark.parametrize(
    ("word", "expected"),
    [("cats", "cat"), ("cities", "city"), ("glass", "glass"), ("gas", "gas"), ("bus", "bus"), ("horses", "horse"),
     ("nghe", "nghe"), ("canh", "canh")],
)  # fmt: skip
def test_only_plurals_are_cut(word, expected):
    """Vietnamese syllables never end in s."""
    assert stem(word) == expected


def test_a_document_also_holds_compounds_whole():
    """wi-fi is found as wifi, and 12.345 as 12345, at the place of the first part."""
    assert [(t.position, t.text) for t in indexed("wi-fi xa")] == [(0, "wifi"), (0, "wi"), (1, "fi"), (2, "xa")]
    assert "12345" in {t.text for t in indexed("12.345")}


def test_pieces_for_substring_search_are_folded():
    """Two and three letters each, blanks among them."""
    assert plain("  Hậu   Giang ") == "hau giang"
    assert (3, " gi") in grams("Hậu Giang")
    assert grams("a") == []


def test_what_postgresql_cannot_store_is_left_out():
    """NUL and lone surrogates."""
    assert clean("a\x00b\ud800c") == "abc"


@given(st.text(max_size=80))
def test_the_form_of_unicode_does_not_matter(text):
    """Composed or decomposed, the words are the same."""
    forms = {tuple((t.text, t.exact) for t in tokens(unicodedata.normalize(f, text))) for f in ("NFC", "NFD")}
    assert len(forms) == 1


@given(st.text(max_size=80))
def test_what_a_document_says_can_be_asked(text):
    """Every word of a query on the same text is among the words of the document, at the same place."""
    assert {(t.position, t.text, t.exact) for t in tokens(text)} <= {(t.position, t.text, t.exact) for t in indexed(text)}


def test_vietnamese_order():
    """Letters of the alphabet first, then tones, then case; signs and digits before letters."""
    ordered = [
        "2023",
        "2024",
        "An",
        "ăn",
        "ân",
        "ba",
        "bà",
        "bả",
        "bã",
        "bá",
        "bạ",
        "Bạ",
        "bác",
        "da",
        "đa",
        "ô",
        "ơ",
        "u",
        "ư",
    ]
    assert sorted(set(ordered), key=sort_key) == ordered


def test_blank_comes_before_letters():
    """Hậu Giang before Hậuxa, as in a dictionary."""
    assert sorted(["hậuxa", "hậu giang"], key=sort_key) == ["hậu giang", "hậuxa"]


@given(st.lists(st.text(max_size=10), max_size=10))
def test_sorting_is_total(values):
    """Any texts sort, the same way whatever their order was."""
    backwards = list(reversed(values))
    once, again = sorted(values, key=sort_key), sorted(backwards, key=sort_key)
    assert [sort_key(v) for v in again] == [sort_key(v) for v in once]
