"""What a steward does in the browser, without script: upload, watch, run again, see what is open."""

from __future__ import annotations

import io

import pytest
from pages.conftest import add, dataset
from pipeline.support import act, rice, runs, table, work

PAGES = ("/my", "/upload")


@pytest.fixture
def own(full):
    """A dataset for one test: its function `add` makes tables."""
    package = dataset(full)
    yield lambda key, *contents: add(full, package, key, *contents)
    act("package_delete", full.steward, id=package["id"])


@pytest.mark.parametrize("address", PAGES)
def test_signing_in_comes_first(see, full, address):
    """Whoever is not known is sent to sign in, and back."""
    page = see(address, follow_redirects=False)
    assert page.status == 302
    assert "/user/login" in page.headers["Location"]
    assert "came_from" in page.headers["Location"]


def test_the_desk_has_the_urgent_first(see, full):
    """Errors, then a version in repair, then what is valid; counts are filters."""
    page = see("/my", full.steward)
    assert [badge.get_text(strip=True) for badge in page.all(".hg-work .hg-badge")] == [
        "Có lỗi",
        "Bản mới đang sửa",
        "Hợp lệ",
    ]
    assert len(see("/my?state=valid", full.steward).all(".hg-work tbody tr")) == 1
    assert not see("/my", full.stranger).all(".hg-work")


def test_a_good_file_over_a_bad_one(see, full, own):
    """Upload by the form, watch, see the new table; the public never saw a gap."""
    address = own("đang sửa", rice(7), rice("x"))
    resource_id = address.rpartition("/")[2]
    before = table(resource_id)
    answer = see(
        address + "/upload",
        full.steward,
        data={"upload": (io.BytesIO(rice(1, 2, 3)), "moi.csv")},
        follow_redirects=False,
    )
    assert answer.status == 302
    assert table(resource_id) == before
    waiting = see(address + "/upload", full.steward)
    assert "moi.csv" in waiting.words("#progress")
    assert waiting.soup.select_one("#progress")["hx-get"]
    assert waiting.all("noscript meta[http-equiv=refresh]")
    work()
    done = see(address + "/upload", full.steward)
    assert done.all(".hg-notice.is-valid")
    assert not done.soup.select_one("#progress").get("hx-get")
    assert len(table(resource_id)) == 3


def test_a_bad_file_over_a_good_one(see, full, own):
    """The page leads to the report; the old table stays."""
    address = own("tốt", rice(10, 20.5))
    resource_id = address.rpartition("/")[2]
    before = table(resource_id)
    see(address + "/upload", full.steward, data={"upload": (io.BytesIO(rice("ba")), "xau.csv")})
    work()
    page = see(address + "/upload", full.steward)
    assert page.all(".hg-notice.is-error")
    report = see(page.soup.select_one(".hg-notice a.btn-primary")["href"], full.steward)
    assert [cell.get_text(strip=True) for cell in report.all("td.bad")] == ["ba"]
    assert table(resource_id) == before


def test_a_file_that_cannot_be_read(see, full, own):
    """The reason in words with its code; another file may be chosen."""
    address = own("tốt", rice(10, 20.5))
    see(address + "/upload", full.steward, data={"upload": (io.BytesIO(b"%PDF-1.4 x"), "so-lieu.xlsx")})
    work()
    page = see(address + "/upload", full.steward)
    assert page.all(".hg-notice.is-error")
    assert "file-" in page.words(".hg-notice")


def test_the_fragment_for_the_script(see, full):
    """The address that the script asks gives the list of steps alone."""
    fragment = see(full.tables["valid"] + "/upload/status", full.steward, headers={"HX-Request": "true"})
    assert "<html" not in fragment.text
    assert len(fragment.all(".hg-steps > li")) == 5
    assert fragment.all(".hg-steps > li.done")
    assert "<html" in see(full.tables["valid"] + "/upload/status", full.steward).text


def test_again(see, full, own):
    """The same file once more."""
    address = own("tốt", rice(10, 20.5))
    resource_id = address.rpartition("/")[2]
    assert see(address + "/upload/again", full.steward, data={}, follow_redirects=False).status == 302
    assert len(runs(resource_id)) == 2
    work()
    assert runs(resource_id)[0]["verdict"] == "valid"


@pytest.mark.parametrize("path", ["/upload", "/upload/status", "/upload/again"])
def test_only_editors(see, full, path):
    """For the public and for stewards of another department: not theirs."""
    more = {"data": {}} if path.endswith("again") else {}
    for person in (None, full.stranger):
        assert see(full.tables["valid"] + path, person, **more).status == 403


def test_no_file(see, full):
    """The form comes back with a sentence."""
    page = see(full.tables["valid"] + "/upload", full.steward, data={})
    assert page.status == 200
    assert page.all(".hg-notice[role=alert]")


def test_one_form_for_all_tables(see, full, own):
    """The table is chosen, then the file; nothing of others is offered."""
    page = see("/upload", full.steward)
    assert len(page.all("select[name=resource] option")) == 4
    assert page.all("main form input, main form select")[1]["name"] == "upload"  # behind the token: the file comes first
    resource_id = own("một", rice(1, 2)).rpartition("/")[2]
    file = (io.BytesIO(rice(5)), "a.csv")
    answer = see("/upload", full.steward, data={"resource": resource_id, "upload": file}, follow_redirects=False)
    assert answer.status == 302
    assert see("/upload", full.steward, data={"resource": ""}).all(".hg-notice[role=alert]")
    assert not see("/upload", full.stranger).all("select[name=resource]")
    work()
    assert len(table(resource_id)) == 1


def test_a_new_dataset_asks_for_the_sector(see, full):
    """Three sectors, each with its form; the form offers the structures of its sector."""
    page = see("/dataset/new", full.steward)
    assert {link["href"].rpartition("/dataset")[0] or link["href"] for link in page.all(".hg-sector a")} == {
        "/agriculture/new", "/environment/new", "/health/new",
    }  # fmt: skip
    form = see("/agriculture/new", full.steward)
    assert form.status == 200
    assert form.soup.select_one("input[name=title]") is not None
    resource = see(f"/dataset/{full.package['name']}/resource/new", full.steward)
    assert resource.soup.select_one("select[name=table_schema] option[value^=agri_annual]") is not None


def test_the_run_of_another_table_is_not_shown(see, full):
    """An address put together by hand shows nothing of another table."""
    other = runs(full.tables["bad"].rpartition("/")[2])[0]["id"]
    page = see(f"{full.tables['valid']}/upload?run={other}", full.steward)
    assert not page.all("#progress")


def test_a_steward_without_tables(see, full):
    """One sentence and one button."""
    page = see("/my", full.stranger)
    assert page.all(".hg-empty a.btn-primary")
