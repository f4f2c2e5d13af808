"""What the head of a page tells search engines and whoever passes its address on."""

from __future__ import annotations

import pytest


def described(page):
    """The description, once for search engines and once for messengers."""
    return [tag["content"] for tag in page.all("meta[name=description], meta[property='og:description']")]


@pytest.mark.parametrize(
    "address", ["/", "/dataset/", "/group/", "/organization/", "/schema", "/about", "/en/", "/en/dataset/"]
)
def test_every_page_has_a_description(see, full, address):
    found = described(see(address))
    assert len(found) == 2
    assert found[0] == found[1]
    assert len(found[0]) > 40


def test_a_dataset_and_its_table_describe_themselves(see, full):
    notes = full.package["notes"]
    assert described(see(f"/dataset/{full.package['name']}")) == [notes] * 2
    assert described(see(full.tables["valid"])) == [notes] * 2
