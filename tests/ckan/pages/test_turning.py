"""Turning the pages of a table: each row stands on one page, in whatever order, counted from either end."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pages.conftest import add, dataset
from pipeline.support import rice

ROWS = 250


@pytest.fixture(scope="module")
def address(portal):
    """A table of three pages, the last one short, whose seasons repeat."""
    portal.tables = getattr(portal, "tables", {})
    return add(portal, dataset(portal), "long", rice(*range(1, ROWS + 1)))


@pytest.mark.parametrize("order", ["", "sort=vu+asc&", "sort=vu+desc&", "sort=dt_gieo_trong+desc&"])
def test_each_row_stands_on_one_page(see, address, order):
    found, seasons = [], []
    for number in range(1, 4):
        page = see(f"{address}?{order}page={number}")
        heads = [head.get_text(" ", strip=True) for head in page.all("#bang thead th")]
        area = next(n for n, head in enumerate(heads) if head.startswith("Diện tích gieo trồng"))
        season = next(n for n, head in enumerate(heads) if head.startswith("Vụ"))
        rows = [row.select("th, td") for row in page.all("#bang tbody tr")]
        found += [int(row[area].get_text(strip=True)) for row in rows]
        seasons += [row[season].get_text(strip=True) for row in rows]
    assert sorted(found) == list(range(1, ROWS + 1))
    if "vu" not in order:
        assert found == sorted(found, reverse="desc" in order)
    else:
        assert len([True for one, other in pairwise(seasons) if one != other]) == 3
    assert see(f"{address}?{order}page=7").status == 200
