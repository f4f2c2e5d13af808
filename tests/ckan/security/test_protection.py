"""Bodies, sign-ins, headers, and the small ways in which CKAN tells what is hidden."""

from __future__ import annotations

import io

import pytest
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from pages.conftest import dataset
from pipeline.support import RICE, act, rice, upload, work

from ckanext.haugiang import compression
from ckanext.haugiang.adapters.attempts import Attempts

WORD = "zqhidden"


@pytest.fixture
def guesser(portal, reset_redis):
    """Tries a password for a name."""

    def guess(name, password, **query):
        visitor = portal.app.test_client()  # another each time: on CKAN 2.12 the application keeps its cookies
        data = {"login": name, "password": password}
        answer = visitor.post("/user/login", data=data, query_string=query, follow_redirects=False)
        return answer.status_code, answer.headers.get("Location", "")

    reset_redis("haugiang:*:attempts:*")
    yield guess
    reset_redis("haugiang:*:attempts:*")


def test_a_password_cannot_be_tried_without_end(portal, guesser):
    user = factories.User(password="correct-horse")
    assert [guesser(user["name"], "wrong")[0] for _ in range(10)] == [200] * 10
    assert guesser(user["name"], "wrong")[0] == 429
    assert guesser(user["name"].upper() + " ", "correct-horse")[0] == 429
    assert guesser(user["name"], "wrong", came_from="\\\\evil.example")[0] == 429
    other = factories.User(password="correct-horse")
    assert guesser(other["name"], "correct-horse")[0] == 302


def test_another_address_is_not_locked_out_at_once_and_many_together_are(portal, reset_redis):
    attempts = Attempts("test", at_one=2, anywhere=4)
    reset_redis("haugiang:*:attempts:*")
    for _ in range(2):
        attempts.failed("lan", "192.0.2.1")
    assert attempts.wait("Lan ", "192.0.2.1")
    assert not attempts.wait("lan", "192.0.2.2")
    attempts.succeeded("lan", "192.0.2.1")
    assert not attempts.wait("lan", "192.0.2.1")
    for _ in range(2):
        attempts.failed("lan", "192.0.2.3")
    assert attempts.wait("lan", "192.0.2.4")
    reset_redis("haugiang:*:attempts:*")


@pytest.mark.parametrize(
    "target",
    ["\\\\evil.example", "/\\evil.example", "evil.example", "javascript:alert(1)", "/x\r\nX-Y: 1", "/\t/evil.example"],
)
def test_signing_in_leads_nowhere_else(guesser, target):
    user = factories.User(password="correct-horse")
    status, where = guesser(user["name"], "correct-horse", came_from=target)
    assert status == 302
    assert where.endswith("/dashboard/datasets")


def test_a_body_of_the_public_is_small(portal):
    big = b'{"q": "' + b"x" * 1_100_000 + b'"}'
    headers = {"Content-Type": "application/json"}
    assert portal.app.post("/api/3/action/package_search", data=big, headers=headers).status_code == 413
    files = {"login": "x", "password": "x", "upload": (io.BytesIO(b"x" * 1_100_000), "x.csv")}
    assert portal.app.post("/user/login", data=files).status_code == 413
    assert portal.app.post("/api/3/action/package_search", data=b'{"q": "x"}', headers=headers).status_code == 200


def test_a_steward_s_body_has_room_for_a_file(full, see):
    answer = see("/upload", full.steward, data={"upload": (io.BytesIO(b"x" * 1_100_000), "x.csv")})
    assert answer.status == 200


@pytest.mark.parametrize("address", ["/", "/dataset", "/user/login", "/nowhere"])
def test_pages_are_framed_by_nobody_else(see, address):
    headers = see(address).headers
    assert headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"


def test_our_pages_run_no_script_of_a_stranger(full, see):
    title = "</script><script>alert(1)</script><img src=x onerror=alert(1)>"
    package = dataset(full, title=title, notes=f"{title} [x](javascript:alert(1))")
    page = see(f"/dataset/{package['name']}")
    assert "script-src 'self' 'unsafe-eval'" in page.headers["Content-Security-Policy"]
    assert "<script>alert" not in page.text
    assert not page.all("[onerror]")
    assert 'href="javascript' not in page.text
    act("package_delete", full.steward, id=package["id"])


def test_downloads_keep_their_own_policy(full, see):
    policy = see(full.tables["valid"] + "/published.csv").headers["Content-Security-Policy"]
    assert policy == "sandbox; default-src 'none'"


@pytest.mark.parametrize("path", ["/dataset/haugiang/resource", "/user/haugiang/x", "/organization/haugiang"])
def test_an_address_that_only_looks_like_ours_is_not_kept_for_all(path):
    def page(_environ, start_response):
        start_response("200 OK", [("Content-Type", "text/html"), ("Cache-Control", "private, no-store")])
        return [b"of one person"]

    sent = {}
    environ = {"PATH_INFO": path, "QUERY_STRING": "v=1", "REQUEST_METHOD": "GET", "HTTP_COOKIE": "ckan=x"}
    compression.Compressed(page)(environ, lambda _status, headers, _info=None: sent.update(headers))
    assert sent["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("name", ["public", "stranger", "steward"])
def test_the_list_of_all_tables_is_the_administrators(full, name):
    person = getattr(full, name)
    with pytest.raises(tk.NotAuthorized):
        act("datastore_search", person, resource_id="_table_metadata")
    assert act("datastore_search", full.admin, resource_id="_table_metadata")["records"]


@pytest.fixture
def secret(full):
    package = dataset(full, private=True, tags=[{"name": f"{WORD}tag"}])
    more = {"name": "x", "url": "https://example.org/x", "format": f"{WORD}fmt"}
    act("resource_create", full.steward, package_id=package["id"], **more)
    yield package
    act("package_delete", full.steward, id=package["id"])


def test_keywords_formats_and_members_of_hidden_datasets_are_not_listed(full, secret):
    for person, seen in ((None, False), (full.stranger, False), (full.steward, True), (full.admin, True)):
        assert (f"{WORD}tag" in act("tag_list", person)) is seen
        assert (f"{WORD}tag" in act("tag_list", person, query=WORD)) is seen
        assert bool(act("tag_search", person, query=WORD)["count"]) is seen
        assert bool(act("tag_autocomplete", person, query=WORD)) is seen
        assert bool(act("format_autocomplete", person, q=WORD)) is seen
        members = act("member_list", person, id=full.org["id"], object_type="package")
        assert (secret["id"] in [each[0] for each in members]) is seen
        if not seen:
            with pytest.raises(tk.ObjectNotFound):
                act("tag_show", person, id=f"{WORD}tag")
    assert act("tag_show", full.steward, id=f"{WORD}tag")["name"] == f"{WORD}tag"


def test_keywords_of_public_datasets_are_listed_as_before(full):
    package = dataset(full, tags=[{"name": f"{WORD}open {i}"} for i in range(3)])
    assert act("tag_search", None, query=f"{WORD}open")["count"] == 3
    assert len(act("tag_search", None, query=f"{WORD}open", limit=2, offset=1)["results"]) == 2
    assert len(act("tag_autocomplete", None, query=f"{WORD}open", limit=1)) == 1
    assert act("tag_show", None, id=f"{WORD}open 1")["name"] == f"{WORD}open 1"
    act("package_delete", full.steward, id=package["id"])


def test_a_search_does_not_tell_what_an_unpublished_file_is_called(full):
    package = dataset(full)
    more = {"name": "x", "table_schema": RICE, "package_id": package["id"]}
    made = act("resource_create", full.steward, upload=upload(rice(1), "open.csv"), **more)
    work()
    act("resource_patch", full.steward, id=made["id"], upload=upload(rice("x"), f"{WORD}.csv"))
    work()
    digest = model.Session.get(model.Resource, made["id"]).hash
    for query in (f"url:{WORD}", f"hash:{digest}"):
        found = act("resource_search", None, query=query)
        assert (found["count"], found["results"]) == (0, [])
    assert act("resource_search", None, query="name:x")["count"] >= 1
    act("package_delete", full.steward, id=package["id"])


def test_runs_of_a_deleted_table_are_not_listed(full):
    package = dataset(full)
    more = {"name": "x", "table_schema": RICE, "package_id": package["id"]}
    made = act("resource_create", full.steward, upload=upload(rice(1), "gone.csv"), **more)
    work()
    assert act("haugiang_run_list", None, package_id=package["id"])
    act("resource_delete", full.steward, id=made["id"])
    assert act("haugiang_run_list", None, package_id=package["id"]) == []
    assert made["id"] not in [run["resource_id"] for run in act("haugiang_run_list", None, limit=100)]
    act("package_delete", full.steward, id=package["id"])


@pytest.mark.parametrize(
    "address",
    ["/dataset/%00", "/organization/x%00", "/feeds/custom.atom?q=%00", "/api/3/action/package_show?id=%00",
     "/api/3/action/haugiang_run_show?id=%00", "/api/3/action/tag_search?query=x%00", "/vi%00/dataset"],
)  # fmt: skip
def test_a_nul_is_refused(see, address):
    assert see(address).status in (400, 404)


def test_a_nul_in_a_body_is_refused(portal):
    headers = {"Content-Type": "application/json"}
    answer = portal.app.post("/api/3/action/package_show", data=b'{"id": "x\\u0000"}', headers=headers)
    assert answer.status_code == 400
    assert portal.app.post("/user/login", data={"login": "x\0", "password": "y"}).status_code == 400


@pytest.mark.parametrize("filters", ["[]", "1", '"x"', "{", "null"])
def test_filters_that_are_none_are_refused(full, see, filters):
    resource_id = full.tables["valid"].rpartition("/")[2]
    assert see(f"/datastore/dump/{resource_id}?filters={filters}").status == 400


def test_who_works_in_a_department_is_not_told_to_the_public(full):
    for person, seen in ((None, False), (full.stranger, True)):
        for action in ("organization_show", "organization_list"):
            found = act(action, person, id=full.org["id"], include_users=True, all_fields=True)
            assert (full.steward["name"] in str(found)) is seen


def test_a_withdrawn_dataset_leaves_no_trace_for_others(full):
    package = dataset(full, title=f"{WORD} withdrawn")
    act("package_delete", full.steward, id=package["id"])
    for action in ("organization_activity_list", "user_activity_list", "recently_changed_packages_activity_list"):
        owner = full.steward["id"] if action.startswith("user") else full.org["id"]
        assert WORD in str(act(action, full.steward, id=owner, limit=100))
        for person in (None, full.stranger):
            assert WORD not in str(act(action, person, id=owner, limit=100))
