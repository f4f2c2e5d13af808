"""The file comes first: the portal tells by its columns what it is, the steward says where it goes. No script."""

from __future__ import annotations

import io

import pytest
from ckan.tests import factories
from pages.conftest import Page, add, dataset
from pipeline.support import RICE, act, rice, table, work


@pytest.fixture
def desk(full):
    """The steward's browser, which keeps its cookies: send to an address, get a page."""
    token = factories.APIToken(user=full.steward["name"])["token"]
    client = full.app.test_client()

    def send(address, follow=True, **data):
        told = {"headers": {"Authorization": token}, "follow_redirects": follow}
        if not data:
            return Page(client.get(address, **told))
        return Page(client.post(address, data=data, content_type="multipart/form-data", **told))

    return send


def file(content, name="lua mua.csv"):
    return (io.BytesIO(content), name)


def test_the_next_version_of_a_table(desk, full):
    """Its structure is recognised; the tables that have it are offered first."""
    address = add(full, dataset(full), "arriving", rice(1, 2))
    resource_id = address.rpartition("/")[2]
    page = desk("/upload", upload=file(rice(5)))
    assert page.all(".hg-notice.is-valid")
    assert page.soup.select_one("select[name=table_schema] option[selected]")["value"] == RICE
    assert f"resource:{resource_id}" in {o["value"] for o in page.all("select[name=target] optgroup option")}
    answer = desk("/upload/place", target=f"resource:{resource_id}")
    assert "lua mua.csv" in answer.words("#progress")
    work()
    assert len(table(resource_id)) == 1
    assert desk("/upload/place", follow=False).status == 302  # the file has its place


def test_a_new_table_of_a_dataset(desk, full):
    """Named after the file, checked by the structure that was proposed."""
    package = dataset(full)
    desk("/upload", upload=file(rice(5, 6)))
    answer = desk("/upload/place", target=f"package:{package['id']}", name="Lúa mùa", table_schema=RICE)
    assert answer.all("#progress")
    work()
    made = act("package_show", full.steward, id=package["id"])["resources"][0]
    assert (made["name"], made["table_schema"], made["validation_status"]) == ("Lúa mùa", RICE, "success")


def test_a_file_that_fits_nothing(desk, full):
    """It says so and lets one choose; nothing is guessed."""
    page = desk("/upload", upload=file(b"x;y\n1;2\n"))
    assert page.all(".hg-notice[role=alert]")
    assert page.soup.select_one("select[name=target] option[selected]") is None
    assert desk("/upload/place", target="").all(".hg-notice.is-error")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04cut"], ids=["empty", "cut"])
def test_a_file_that_cannot_be_read(desk, full, content):
    """The form comes back with the reason."""
    page = desk("/upload", upload=file(content, "a.xlsx"))
    assert page.status == 200
    assert page.all(".hg-notice.is-error[role=alert]")
    assert page.all("input[type=file]")


def test_the_file_of_another(desk, full):
    """A promise is for the account that made it, and one that was tampered with is none."""
    desk("/upload", upload=file(rice(5)))
    found = act("haugiang_file_propose", full.steward, upload=_storage(rice(5)))
    theirs = act("package_show", full.steward, id=full.package["id"])
    for person, promise in ((full.stranger, found["file"]), (full.steward, found["file"][:-3] + "abc")):
        with pytest.raises(Exception, match="file"):
            act("haugiang_file_place", person, file=promise, package_id=theirs["id"], name="x", table_schema=RICE)


def test_only_stewards(see, full):
    """Who has no department gets neither form nor look."""
    nobody = factories.User()
    assert not see("/upload", nobody).all("input[type=file]")
    assert see("/upload", nobody, data={"upload": file(rice(5))}).status == 403


def _storage(content):
    from pipeline.support import upload

    return upload(content)
