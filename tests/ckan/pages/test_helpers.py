"""How numbers, dates, sizes and searched words are said."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask.ctx import _AppCtxGlobals

from ckanext.haugiang import helpers as h


@pytest.fixture(params=["vi", "en"])
def lang(request, monkeypatch):
    """The language of the page; no request is made for it."""
    monkeypatch.setattr(h, "_lang", lambda: request.param)
    monkeypatch.setattr(h, "_zone", lambda: ZoneInfo("Asia/Ho_Chi_Minh"))
    monkeypatch.setattr(h, "g", _AppCtxGlobals())
    return request.param


@pytest.mark.parametrize(
    ("value", "vi", "en"),
    [
        (1234.5, "1.234,5", "1,234.5"),
        (0, "0", "0"),
        (-0.5, "−0,5", "−0.5"),
        ("20829.60", "20.829,60", "20,829.60"),
        (1_000_000, "1.000.000", "1,000,000"),
        (None, "", ""),
        ("NaN", "NaN", "NaN"),
        ("khoảng 3", "khoảng 3", "khoảng 3"),
    ],
)
def test_numbers(lang, value, vi, en):
    """Decimals stay as published; what is no number stays what it is."""
    assert h.haugiang_number(value) == {"vi": vi, "en": en}[lang]


def test_shares_and_sizes(lang):
    """A space that does not break stands before the unit."""
    assert h.haugiang_percent(0.994) == {"vi": "99,4\u00a0%", "en": "99.4\u00a0%"}[lang]
    assert h.haugiang_percent(1) == "100\u00a0%"
    assert h.haugiang_size(61_000) == "61\u00a0kB"
    assert h.haugiang_size(1_540_000) == {"vi": "1,5\u00a0MB", "en": "1.5\u00a0MB"}[lang]
    assert h.haugiang_size(None) == ""


def test_dates(lang):
    """05/03/2026 and 5 Mar 2026; CKAN's times are UTC."""
    expected = {"vi": "05/03/2026", "en": "5 Mar 2026"}[lang]
    assert h.haugiang_date("2026-03-05") == h.haugiang_date(date(2026, 3, 5)) == expected
    assert h.haugiang_date("2026-03-04T18:14:00") == expected
    assert h.haugiang_datetime("2026-03-05T02:14:00Z") == f"{expected} 09:14"
    assert h.haugiang_date("2026-02-31") == "2026-02-31"
    assert h.haugiang_date("hôm qua") == "hôm qua"
    assert h.haugiang_date(None) == ""


def test_long_ago_is_a_date_and_the_future_too(lang):
    """Relative up to seven days."""
    now = datetime.now(UTC)
    assert h.haugiang_ago(now - timedelta(days=2)) == {"vi": "2 ngày trước", "en": "2 days ago"}[lang]
    assert h.haugiang_ago(now - timedelta(days=8)) == h.haugiang_date(now - timedelta(days=8))
    assert h.haugiang_ago(now + timedelta(days=1)) == h.haugiang_date(now + timedelta(days=1))


def test_years_have_no_dot(lang):
    """2026 is a year or a code; 12345 is an amount."""
    assert h.haugiang_cell(2026, "integer") == "2026"
    assert h.haugiang_cell(12345, "integer") == {"vi": "12.345", "en": "12,345"}[lang]


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("Lúa theo vụ", "lua", "<mark>Lúa</mark> theo vụ"),
        ("Lúa theo vụ", "lúa", "<mark>Lúa</mark> theo vụ"),
        ("Lụa và lúa", "lúa", "Lụa và <mark>lúa</mark>"),
        ("Đông Xuân", "dong xuan", "<mark>Đông</mark> <mark>Xuân</mark>"),
        ("<b>lúa</b>", "lua", "&lt;b&gt;<mark>lúa</mark>&lt;/b&gt;"),
        ("Lúa", "*:* (", "Lúa"),
        ("Lúa và ngô", "lu\u0301a", "<mark>Lúa</mark> và ngô"),
        ("Ruộng lu\u0301a", "lua", "Ruộng <mark>lúa</mark>"),
        ("ß và İ", "va", "ß <mark>và</mark> İ"),
    ],
)
def test_words_of_the_search_are_marked(text, query, marked):
    """Without diacritics a word marks all its readings; markup stays text."""
    assert str(h.haugiang_mark(text, query)) == marked


def test_pages(lang):
    """First and last always stand there, gaps between."""
    pages = h.haugiang_pages(10, 1000, 20, str)
    assert [item.get("label", "…") for item in pages["numbers"]] == ["1", "…", "8", "9", "10", "11", "12", "…", "50"]
    assert (pages["previous"], pages["next"]) == ("9", "11")
    assert h.haugiang_pages(1, 0, 20, str)["next"] is None
    assert h.haugiang_pages(99, 20, 20, str)["previous"] is None
