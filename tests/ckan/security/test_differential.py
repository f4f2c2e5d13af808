"""A portal with hidden datasets says to the public, and to another department, what it says without them (I4)."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from ckan.tests import factories
from pipeline.support import act
from security import crawler
from security.hidden import hide

pytestmark = pytest.mark.timeout(1800)
COMPARED = ["public", "stranger"]
STATUSES = {200, 302, 400, 403, 404, 409, 410}


@pytest.fixture(scope="module")
def people(full):
    """The public, somebody of another department, and one who has left the department."""
    former = factories.User()
    act("organization_member_create", full.admin, id=full.org["id"], username=former["name"], role="editor")
    act("organization_member_delete", full.admin, id=full.org["id"], username=former["name"])
    return {"public": None, "stranger": full.stranger, "former": former}


@pytest.fixture(scope="module")
def visits(full, see, people):
    """Everything that was answered before and after the hidden datasets came, by person and address."""
    factories.Group(name="sector-of-all", users=[{"name": full.steward["name"], "capacity": "admin"}])
    full.resource = full.tables["valid"].rpartition("/")[2]
    word = "zq"

    def asked(name):
        for action, data in crawler.questions(full, word):
            address = crawler.address_of(action, data)
            yield address, see(address, people[name], follow_redirects=False)
        for address in crawler.pages(full, word):
            yield address, see(address, people[name], follow_redirects=False)

    before = {name: {a: crawler.settled(page.text) for a, page in asked(name)} for name in COMPARED}
    hidden = hide(full)
    after = {name: dict(asked(name)) for name in people}
    return SimpleNamespace(before=before, after=after, hidden=hidden)


def difference(one, other):
    """Where two texts part."""
    at = next((i for i, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)
    at = max(at, 80)
    return one[at - 80 : at + 80], other[at - 80 : at + 80]


def short(found):
    """What was found, each address by its path alone, so that a failure can be read."""
    return sorted({str(each).partition("?")[0] + " … " + str(each)[-360:] for each in found})


@pytest.mark.parametrize("name", ["public", "stranger", "former"])
def test_nothing_hidden_is_told(visits, name):
    found = [(address, told) for address, page in visits.after[name].items() if (told := visits.hidden.told(page.text))]
    assert not short(found)


@pytest.mark.parametrize("name", COMPARED)
def test_the_answers_are_those_of_a_portal_without_it(visits, name):
    changed = []
    for address, page in visits.after[name].items():
        before, after = visits.before[name][address], crawler.settled(page.text)
        if before != after and not any(part in address for part in crawler.VOLATILE):
            changed.append((address, difference(before, after)))
    assert not short(changed)


@pytest.mark.parametrize("name", ["public", "stranger", "former"])
def test_no_question_is_a_fault(visits, name):
    found = [(address, page.status) for address, page in visits.after[name].items() if page.status not in STATUSES]
    assert not short(found)


@pytest.mark.parametrize("name", ["public", "former"])
def test_not_even_to_somebody_who_knows_the_ids(visits, people, see, name):
    hidden, found = visits.hidden, []
    for data in crawler.lures(hidden.ids):
        for action in crawler.actions():
            page = see(crawler.address_of(action, data), people[name], follow_redirects=False)
            if hidden.told(page.text, asked=data["id"]) or page.status not in STATUSES:
                found.append((action, data["id"], page.status))
    assert not short(found)


@pytest.mark.parametrize("name", ["public", "stranger", "former"])
def test_nor_by_the_address(visits, people, see, name):
    hidden, found = visits.hidden, []
    for address in crawler.hidden_pages(hidden.packages, hidden.resources[:2]):
        page = see(address, people[name], follow_redirects=False)
        if hidden.marker in page.text or page.status not in STATUSES - {200}:
            found.append((address, page.status))
    assert not short(found)


def test_its_steward_sees_it(visits, full, see):
    """Else the tests above would hold for a portal that shows nothing."""
    hidden = visits.hidden
    answer = see(crawler.address_of("package_show", {"id": hidden.packages[0]}), full.steward)
    assert hidden.marker in answer.text
    found = crawler.address_of("package_search", {"q": f"{hidden.marker}*", "include_private": "true"})
    assert hidden.packages[0] in see(found, full.steward).text
