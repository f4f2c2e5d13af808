"""The list of datasets: filters, their counts, chips, order, and what helps when nothing is found."""

from __future__ import annotations

import pytest
from pages.conftest import dataset
from pipeline.support import act


@pytest.fixture(scope="module")
def three(portal):
    """Two datasets of agriculture, one of health."""
    portal.found = [
        dataset(portal, title="Lúa đông xuân"),
        dataset(portal, title="Mía đường"),
        dataset(portal, "health", title="Sốt xuất huyết"),
    ]
    return portal


def titles(page):
    return {" ".join(link.get_text().split()) for link in page.all(".hg-dataset h3 a")}


def counts(page, facet):
    boxes = page.all(f"input[type=checkbox][name={facet}]")
    return {box["value"]: int(box.parent.select("span")[1].get_text()) for box in boxes}


@pytest.mark.parametrize("query", ["lua", "lúa", "LÚA", "lu\u0301a"])
def test_with_and_without_diacritics(see, three, query):
    """lua, lúa, capitals and decomposed letters find the same."""
    page = see(f"/dataset/?q={query}")
    assert titles(page) == {"Lúa đông xuân"}
    assert page.soup.select_one("input[name=q]")["value"] == query


def test_values_of_a_filter_are_alternatives(see, three):
    """Two sectors chosen: datasets of either; the counts of that filter do not change."""
    page = see("/dataset/?sector=agriculture&sector=health")
    assert len(titles(page)) == 3
    assert counts(page, "sector") == {"agriculture": 2, "health": 1, "environment": 0}
    assert [chip.contents[0].strip() for chip in page.all("a.tag")] == ["Nông nghiệp", "Y tế"]
    one = see("/dataset/?sector=health")
    assert titles(one) == {"Sốt xuất huyết"}
    assert counts(one, "sector")["agriculture"] == 2


def test_a_chip_takes_its_filter_away_and_keeps_the_rest(see, three):
    """Removing one filter keeps the words, the order and the other filters."""
    page = see("/dataset/?q=lua&sector=agriculture&sector=health&sort=name&page=3")
    href = page.all("a.tag")[0]["href"]
    assert "sector=health" in href
    assert "q=lua" in href
    assert "sort=name" in href
    assert "sector=agriculture" not in href
    assert "page=" not in href


def test_an_empty_result_names_the_filter_that_is_in_the_way(see, three):
    """No rice in health: without that filter there is one."""
    page = see("/dataset/?q=lua&sector=health")
    assert titles(page) == set()
    assert "Y tế" in page.words(".hg-empty")
    assert "1" in page.words(".hg-empty")
    assert "sector" not in page.soup.select_one(".hg-empty a.btn")["href"]


NONSENSE = """
    sector=%22%20OR%20*:*  sector=a)%20OR%20(b  organization=%5C  q=%22  q=title:(  q=*:*%20AND  page=x  page=-1
    page=99999999999  sort=private%20asc  format=%F0%9F%8C%BE  tags=%00  q=%00  sector=%22
"""


@pytest.mark.parametrize("query", [*NONSENSE.split(), pytest.param("q=" + "a" * 5000, id="long")])
def test_nonsense_in_the_address(see, three, query):
    """Quotes, brackets, huge pages, unknown orders: a page, never a fault, and no more than was asked for."""
    page = see(f"/dataset/?{query}")
    assert page.status in (200, 400)
    if query.startswith(("sector", "organization")):
        assert titles(page) == set()


def test_place_and_year_are_filters(see, three):
    """Areas and years of the coverage, the newest year first, each as an address."""
    page = see("/dataset/")
    assert counts(page, "place") == {"Hậu Giang": 3}
    assert counts(page, "year") == {"2024": 3}
    assert len(titles(see("/dataset/?place=H%E1%BA%ADu+Giang&year=2024"))) == 3
    assert not titles(see("/dataset/?year=2023"))


def test_a_filter_of_ten_thousand_values(see, portal, three):
    """The most frequent are offered, eight at once; one that is chosen is among them; the page stays light."""
    areas = [{"text": f"Ấp {number}"} for number in range(10_000)]
    many = dataset(portal, title="Mọi ấp", spatial_coverage=areas)
    page = see("/dataset/?place=%E1%BA%A4p+9999")
    boxes = counts(page, "place")
    assert len(boxes) <= 51
    assert boxes["Ấp 9999"] == 1
    assert titles(page) == {"Mọi ấp"}
    assert "thường gặp nhất" in page.words(".hg-facet")
    assert len(page.data) < 200_000
    act("package_delete", portal.steward, id=many["id"])


def test_a_sector_fixes_its_filter(see, three):
    """The page of a sector is the same list; its own filter is not offered."""
    act("group_create", three.admin, name="agriculture", title="Nông nghiệp")
    page = see("/group/agriculture")
    assert titles(page) == {"Lúa đông xuân", "Mía đường"}
    assert counts(page, "sector") == {}
    assert page.words("h1") == "Nông nghiệp"


def test_the_page_of_a_department(see, three):
    """Its datasets, under its title."""
    page = see(f"/organization/{three.org['name']}")
    assert len(titles(page)) == 3
    assert see(f"/organization/{three.org['id']}").status == 200


def test_private_datasets_are_for_their_department(see, three):
    """In the list of their editors with a word, for nobody else."""
    hidden = dataset(three, title="Bản nháp", private=True)
    for person, sees in ((None, 3), (three.stranger, 3), (three.steward, 4)):
        assert len(titles(see("/dataset/", person))) == sees
        assert (see(f"/dataset/{hidden['name']}", person).status == 200) is (sees == 4)
    act("package_delete", three.steward, id=hidden["id"])


def test_the_home_page_counts_and_shows_the_newest(see, three):
    """Sectors with their counts, the newest first; without data it says so."""
    page = see("/")
    assert "3" in page.words("label[for=q]")
    assert len(page.all(".hg-sector")) == 3
    assert "Lúa đông xuân" in page.words(".hg-new")
