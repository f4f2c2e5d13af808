"""Who downloads gets the published file, as an attachment that no browser runs; editors also get the candidate."""

from __future__ import annotations

import json

import pytest
from ckan.tests import factories
from support import RICE, act, dataset, rice, upload, work

OLD, NEW, BAD = rice(1, 2), rice(7, 8, 9), rice("nhiều")


@pytest.fixture
def package(portal):
    return dataset(portal.steward, portal.org)


@pytest.fixture
def resource(portal, package):
    more = {"table_schema": RICE, "name": "Lúa", "package_id": package["id"]}
    return act("resource_create", portal.steward, upload=upload(OLD, "lúa 2024.csv"), **more)


@pytest.fixture
def get(app, portal, package, resource):
    """Ask for something below the resource, as somebody."""

    def ask(path, user=None, **more):
        headers = {}
        if user:
            headers["Authorization"] = factories.APIToken(user=user["name"])["token"]
        return app.get(f"/dataset/{package['name']}/resource/{resource['id']}/{path}", headers=headers, **more)

    return ask


def test_before_the_first_valid_version_only_editors_get_the_file(portal, get):
    assert get("download/lua.csv").status_code == 404
    assert get("published.csv").status_code == 404
    assert get("download/lua.csv?candidate=1").status_code == 403
    assert get("download/lua.csv?candidate=1", portal.stranger).status_code == 403
    assert get("download/lua.csv?candidate=1", portal.steward).data == OLD


def test_a_bad_file_never_reaches_the_public(portal, get, resource):
    work()
    act("resource_patch", portal.steward, id=resource["id"], upload=upload(BAD, "xấu.csv"))
    work()
    answer = get("download/lua.csv")
    assert answer.data == OLD
    assert "l%C3%BAa%202024.csv" in answer.headers["Content-Disposition"]
    assert get("download/lua.csv", portal.steward).data == OLD
    assert get("download/lua.csv?candidate=1", portal.steward).data == BAD
    assert get("download/lua.csv?candidate=1").status_code == 403
    run = act("haugiang_run_list", portal.steward, resource_id=resource["id"])[0]
    assert get(f"download/x?version={run['id']}").status_code == 403
    assert get(f"download/x?version={run['id']}", portal.steward).data == BAD


def test_every_old_version_stays_within_reach_of_editors(portal, get, resource):
    work()
    first = act("haugiang_run_list", portal.steward, resource_id=resource["id"])[0]["id"]
    act("resource_patch", portal.steward, id=resource["id"], upload=upload(NEW))
    work()
    assert get("download/lua.csv").data == NEW
    assert get(f"download/lua.csv?version={first}", portal.steward).data == OLD
    assert get(f"download/lua.csv?version={first}").status_code == 403


@pytest.mark.parametrize("kind", ["dataset", "agriculture", "health"])
def test_every_address_of_a_download_is_ours(portal, app, package, resource, kind):
    work()
    answer = app.get(f"/{kind}/{package['name']}/resource/{resource['id']}/download/lua.csv")
    assert answer.data == OLD
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    ("name", "content", "claimed"),
    [
        ("x.html", b"<html><script>alert(1)</script>", "text/html"),
        ("x.svg", b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "image/svg+xml"),
        ("d.csv", b"<html><script>alert(1)</script>", "text/html"),
        ("d.csv", b"a,b\n1,2\n", "text/html"),
        ("x.xhtml", b"a,b\n1,2\n", "application/xhtml+xml"),
    ],
)
def test_no_browser_runs_what_was_uploaded(portal, app, package, name, content, claimed):
    found = act(
        "resource_create",
        portal.steward,
        package_id=package["id"],
        name="tài liệu",
        mimetype=claimed,
        format=claimed,
        upload=upload(content, name),
    )
    answer = app.get(f"/dataset/{package['name']}/resource/{found['id']}/download/{name}")
    assert answer.data == content
    assert answer.headers["Content-Type"].partition(";")[0] in ("text/csv", "application/octet-stream")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert found["mimetype"] in ("text/csv", "application/octet-stream")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        " vbscript:x",
        "file:///etc/passwd",
        "http://a\r\nX: y",
    ],
)
def test_links_that_run_script_are_refused(portal, package, url):
    with pytest.raises(Exception, match="http"):
        act("resource_create", portal.steward, package_id=package["id"], name="x", url=url)
    package["resources"] = [{"name": "x", "url": url}]
    with pytest.raises(Exception, match="http"):
        act("package_update", portal.steward, **package)


def test_a_link_cannot_be_checked_by_a_schema(portal, package):
    with pytest.raises(Exception, match="table_schema"):
        act(
            "resource_create",
            portal.steward,
            package_id=package["id"],
            name="x",
            url="https://example.org/lua.csv",
            table_schema=RICE,
        )


def test_a_dump_is_the_published_file(app, get, resource):
    work()
    table = get("published.csv").body
    dump = f"/datastore/dump/{resource['id']}"
    assert app.get(dump).body == table
    assert app.get(f"{dump}?format=tsv").body == table.replace(",", "\t")
    records = json.loads(app.get(f"{dump}?format=json").body)["records"]
    assert [len(row) for row in records] == [13, 13]
    assert app.get(f"{dump}?format=xml").body.count("<row>") == 2
    assert app.get(f"{dump}?bom=true").body == "\ufeff" + table
    chosen = app.get(f"{dump}?fields=dt_gieo_trong,vu&sort=dt_gieo_trong desc&limit=1").body
    assert chosen == "dt_gieo_trong,vu\n2,HT\n"
    filtered = app.get(dump + '?filters={"vu": "DX"}&fields=dt_gieo_trong').body
    assert filtered == "dt_gieo_trong\n1\n"
    assert app.get(f"{dump}?format=exe").status_code == 400
    assert app.get(f"{dump}?sort=;drop table").status_code == 400
    assert app.get(f"{dump}?limit=viele").status_code == 400
    assert app.get(dump + "?filters={").status_code == 400


def test_the_same_file_is_answered_with_not_modified(app, get, resource):
    work()
    first = get("download/lua.csv")
    again = app.get(first.request.path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_pages_of_other_sites_may_read_and_not_write(app):
    answer = app.get("/api/3/action/haugiang_schema_list", headers={"Origin": "https://example.org"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" not in answer.headers["Access-Control-Allow-Methods"]
