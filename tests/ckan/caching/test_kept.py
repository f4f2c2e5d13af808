"""Which pages are kept, what they depend on, and what keeps a page from being kept."""

from __future__ import annotations

import pytest
from ckan.tests import factories
from flask import flash
from pages.conftest import Page

from ckanext.haugiang.views import caching

PUBLIC = ("/", "/en/", "/dataset/", "/dataset/?q=lua&sector=agriculture", "/group/", "/organization/", "/schema",
          "/schema/agri_annual_crop_season/1.0.0", "/about", "/terms", "/api-guide", "{dataset}", "{valid}", "/en{valid}",
          "{valid}?page=2", "{bad}", "{organization}")  # fmt: skip


@pytest.fixture
def address(full):
    """An address with the names of this portal in it."""

    def filled(text):
        org = f"/organization/{full.org['name']}"
        return text.format(dataset=f"/dataset/{full.package['name']}", organization=org, **full.tables)

    return filled


@pytest.mark.parametrize("page", PUBLIC)
def test_a_page_of_the_public_is_kept(again, address, page):
    """The second visitor gets what the first got, byte for byte."""
    kept, answer = again(address(page))
    assert answer.status == 200
    assert kept
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert {"Cookie", "Accept-Encoding"} <= set(answer.headers["Vary"].replace(",", " ").split())
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("page", PUBLIC)
def test_what_is_not_in_the_key_changes_nothing(see, kept, portal, address, page):
    """No header that a stranger may choose gets into the page that others will be given."""
    room, kept.room = kept.room, 0  # nothing is kept: each page is made anew
    plain = see(address(page))
    odd = {
        "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "6.6.6.6", "X-Real-IP": "::6",
        "Forwarded": "host=evil.example", "X-Original-URL": "/evil", "X-Rewrite-URL": "/evil", "X-HTTP-Method": "POST",
        "User-Agent": "evil/1", "Referer": "https://evil.example/", "Accept-Language": "en", "HX-Request": "true",
        "HX-Current-URL": "https://evil.example/", "X-Requested-With": "XMLHttpRequest", "Cookie": "_ga=evil",
        "Accept": "text/html;q=0.1", "X-Forwarded-Prefix": "/evil", "X-Script-Name": "/evil",
    }  # fmt: skip
    strange = Page(portal.app.test_client(use_cookies=False).get(address(page), headers=odd))
    kept.room = room
    assert len(kept) == 0
    assert strange.text == plain.text
    assert "evil" not in str(strange.headers)


def test_language_query_and_host_are_in_the_key(see, kept, full):
    """Each language, each query and each host has a page of its own."""
    texts = {see(url).text for url in ("/dataset/", "/en/dataset/", "/dataset/?q=lua", "/dataset/?q=L%C3%BAa")}
    assert len(texts) == 4
    see("/dataset/", headers={"Host": "other.example"})
    assert len(kept) == 5


@pytest.mark.parametrize("page", ["/", "/dataset/", "{dataset}", "{valid}"])
def test_nobody_signed_in_gets_or_leaves_a_kept_page(see, kept, full, address, page):
    """A steward's page has his buttons; the next visitor's has not, and the steward's comes not out of the memory."""
    steward = see(address(page), full.steward)
    assert len(kept) == 0
    assert steward.headers["Cache-Control"] == "private, no-store"
    assert "ETag" not in steward.headers
    anonymous = see(address(page))
    assert len(kept) == 1
    assert full.steward["fullname"] not in anonymous.text
    assert full.steward["fullname"] in see(address(page), full.steward).text


def test_a_session_gets_pages_of_its_own(kept, portal, full):
    """Whoever signs in by the form is not given the public's pages, nor do his become the public's."""
    user = factories.User(password="correct horse 1")
    client = portal.app.test_client()
    before = client.get("/").data
    assert len(kept) == 1
    client.post("/user/login", data={"login": user["name"], "password": "correct horse 1"})
    signed_in = client.get("/")
    assert user["fullname"].encode() in signed_in.data
    assert signed_in.headers["Cache-Control"] == "private, no-store"
    assert portal.app.test_client().get("/").data == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": "ckan=x"}, {"Cookie": "remember_token=x"}, {"Cookie": "_ga=1; something=2"}, {"Authorization": "x"},
        {"Origin": "https://other.example"}, {"Range": "bytes=0-9"}, {"Accept": "text/turtle"},
    ],
)  # fmt: skip
def test_who_may_be_a_certain_person_is_passed_by(see, kept, portal, full, headers, monkeypatch):
    """Any cookie that is not known to be harmless, any credential, any wish that a kept page does not meet."""
    client = portal.app.test_client(use_cookies=False)  # one that leaves the header as it is
    assert client.get("/dataset/", headers=headers).status_code == 200
    assert len(kept) == 0
    see("/dataset/")
    monkeypatch.setattr(caching, "answered", None)  # whoever is given a kept page now fails
    assert client.get("/dataset/", headers=headers).status_code == 200


def test_cookies_that_mean_nothing_do_not_matter(kept, portal, full):
    """Visitor statistics and load balancers set cookies."""
    client = portal.app.test_client(use_cookies=False)
    client.get("/", headers={"Cookie": "_ga=GA1.2.3; BIGipServerpool_web=1.2.3"})
    assert len(kept) == 1


def test_a_message_for_one_person_stays_his(kept, portal, full, monkeypatch):
    """A flash message makes a page that nobody else gets."""
    client = portal.app.test_client()
    monkeypatch.setitem(portal.app.flask_app.view_functions, "haugiang_about.terms", lambda: flash("Chỉ dành cho bạn") or "")
    client.get("/terms")
    assert "Chỉ dành cho bạn" in client.get("/").data.decode()
    assert len(kept) == 0
    assert "Chỉ dành cho bạn" not in portal.app.get("/").data.decode()


@pytest.mark.parametrize(("page", "status"), [("/khong-co", 404), ("/dataset/khong-co", 404), ("/dataset/new", 403)])
def test_errors_are_not_kept(see, kept, full, page, status):
    """What is not there now may be there in a moment."""
    answer = see(page)
    assert answer.status == status
    assert len(kept) == 0
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert "ETag" not in answer.headers


@pytest.mark.parametrize("page", ["/user/login", "/user/reset"])
def test_forms_with_a_token_are_not_kept(see, kept, full, page):
    """Their token belongs to one session."""
    see(page)
    assert len(kept) == 0


def test_a_page_without_its_results_is_not_kept(see, kept, full, monkeypatch):
    """The search was down for a moment; its absence must not last."""
    from ckanext.haugiang.adapters.search import PostgresSolr

    def down(*_, **__):
        import pysolr

        raise pysolr.SolrError("Failed to connect to server at pgsearch://: PostgreSQL does not answer")

    with monkeypatch.context() as patch:
        patch.setattr(PostgresSolr, "search", down)
        assert see("/").status == 200
        assert see("/dataset/").status == 200
    assert len(kept) == 0
    assert see("/dataset/").all(".hg-dataset")


def test_head_is_answered_like_get(see, kept, portal, full):
    """HEAD gets the headers of a kept page and keeps none itself."""
    portal.app.test_client().head("/dataset/")
    assert len(kept) == 0
    page = see("/dataset/")
    head = portal.app.test_client().head("/dataset/")
    assert head.data == b""
    assert head.headers["ETag"] == page.headers["ETag"]


def test_a_very_long_query_is_not_kept(see, kept, full):
    """Whoever sends long queries fills no memory."""
    see("/dataset/?q=" + "x" * 600)
    assert len(kept) == 0


def test_answers_of_the_api_to_somebody_are_his_alone(see, full):
    """No proxy keeps what a token opened."""
    address = f"/api/3/action/package_show?id={full.package['name']}"
    assert see(address, full.steward).headers["Cache-Control"] == "private, no-store"
    assert see(full.tables["valid"] + "/published.csv", full.steward).headers["Cache-Control"] == "private, no-store"
