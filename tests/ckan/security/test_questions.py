"""Questions that nobody honest asks: answered in words, never by a fault of the server (F66, F68, F77)."""

from __future__ import annotations

import json

import pytest

from ckanext.haugiang import config
from ckanext.haugiang.views import visitor

ODD = [1, -1, 1.5, 2**63, "a'b", "%", "{", "", [], {}, [1], ["x", {}], {"a": []}, True, None, "\u202e", "9" * 30]
SEARCH = ("q", "fq", "fq_list", "sort", "rows", "start", "fl", "facet", "facet.field", "facet.limit", "extras",
          "include_private", "include_drafts", "include_deleted", "use_default_schema", "q.op", "df")  # fmt: skip
TABLE = ("q", "filters", "fields", "sort", "limit", "offset", "distinct", "plain", "language", "include_total", "id",
         "total_estimation_threshold", "records_format", "full_text", "resource_id")  # fmt: skip
TELLING = ("Traceback", "psycopg2", "sqlalchemy", "site-packages")


def ask(portal, action, question):
    answer = portal.app.post(
        f"/api/3/action/{action}", data=json.dumps(question), headers={"Content-Type": "application/json"}
    )
    text = answer.data.decode()
    assert answer.status_code in (200, 400, 404, 409), (question, text[:200])
    assert not any(word in text for word in TELLING), (question, text[:200])


@pytest.mark.parametrize("name", SEARCH)
def test_odd_searches(full, name):
    for value in ODD:
        ask(full, "package_search", {name: value})


@pytest.mark.parametrize("name", TABLE)
def test_odd_questions_to_a_table(full, name):
    resource_id = full.tables["valid"].rpartition("/")[2]
    for value in ODD:
        ask(full, "datastore_search", {"resource_id": resource_id, name: value})


def test_honest_questions_are_answered_as_before(full):
    resource_id = full.tables["valid"].rpartition("/")[2]
    for more in (
        {"distinct": 1},
        {"include_total": "true"},
        {"limit": "1"},
        {"filters": '{"nam": 2024}'},
        {"q": {"vu": "D:*"}},
    ):
        answer = full.app.post("/api/3/action/datastore_search", json={"resource_id": resource_id, **more})
        assert answer.status_code == 200, answer.data
    for more in (
        {"fq_list": ["state:active"]},
        {"facet.field": ["organization"]},
        {"include_private": "False"},
        {"rows": "2"},
    ):
        assert full.app.post("/api/3/action/package_search", json=more).status_code == 200


@pytest.mark.parametrize(
    "address",
    ["/feeds/custom.atom?sort=x", "/feeds/custom.atom?page=99999999999999999999", "/feeds/custom.atom?q=%22%27%5B",
     "/catalog.ttl?q=%7Ba+TO+b%5D&page=1", "/catalog.ttl?fq=(", "/dataset/?sort=%25&page=-1&year=%25"],
)  # fmt: skip
def test_odd_addresses(see, address):
    page = see(address)
    assert page.status < 500, page.words()


def test_a_message_with_a_percent_sign(full, see):
    resource_id = full.tables["valid"].rpartition("/")[2]
    page = see(f"/datastore/dump/{resource_id}?offset=%25'")
    assert page.status == 400
    assert "%'" in page.text.replace("&#39;", "'")


PROXIES = config._networks("127.0.0.1 10.0.0.0/8")


@pytest.mark.parametrize(
    ("peer", "forwarded", "visitor_is"),
    [
        ("192.0.2.1", "", "192.0.2.1"),
        ("192.0.2.1", "198.51.100.7", "192.0.2.1"),
        ("127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("::ffff:127.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7"),
        ("127.0.0.1", "203.0.113.9, 198.51.100.7, 10.1.2.3", "198.51.100.7"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("", "198.51.100.7", ""),
    ],
)
def test_who_stands_behind_a_proxy(peer, forwarded, visitor_is):
    assert visitor.behind(peer, forwarded, PROXIES) == visitor_is


def test_by_default_nobody_is_believed(full):
    assert config.trusted_proxies() == ()


@pytest.mark.parametrize(("proxies", "locked"), [([], True), (["127.0.0.1"], False)])
def test_a_name_is_locked_for_the_address_that_guesses(portal, ckan_config, monkeypatch, reset_redis, proxies, locked):
    monkeypatch.setitem(ckan_config, "ckanext.haugiang.trusted_proxies", proxies)
    reset_redis("haugiang:*:attempts:*")

    def guess(address):
        from_proxy = {"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": address}
        data = {"login": "lan", "password": "x"}
        return portal.app.post("/user/login", data=data, environ_overrides=from_proxy, follow_redirects=False).status_code

    assert [guess("198.51.100.7") for _ in range(10)] == [200] * 10
    assert guess("198.51.100.7") == 429
    assert guess("198.51.100.8") == (429 if locked else 200)
    reset_redis("haugiang:*:attempts:*")


@pytest.mark.parametrize("address", ["/user/login", "/user/reset", "/nowhere", "/user/me", "/organization/bulk_process/x"])
def test_pages_of_ckan_run_no_script_in_a_page(see, address):
    policy = see(address).headers["Content-Security-Policy"]
    assert "script-src 'self' 'unsafe-eval'" in policy
    assert "unsafe-inline" not in policy
