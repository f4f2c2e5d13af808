"""Error pages: each says in the reader's language what happened and what to do; none tells what was never public."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from pages.conftest import add, dataset
from pipeline.support import act, rice

from ckanext.haugiang.adapters.attempts import Attempts

WORDS = {
    403: ("Trang này không mở cho bạn", "This page is not open to you"),
    404: ("Không có trang này", "There is no such page"),
    410: ("Dữ liệu này đã được rút", "This data was withdrawn"),
    413: ("Tệp quá lớn", "The file is too large"),
    429: ("Quá nhiều yêu cầu cùng lúc", "Too many requests at once"),
    500: ("Có lỗi ở phía cổng", "Something broke on our side"),
    503: ("Cổng đang bận", "The portal is busy"),
}


@pytest.fixture
def broken(portal, monkeypatch):
    """Let a page of the portal end with an error."""

    def end_with(code):
        monkeypatch.setitem(portal.app.flask_app.view_functions, "haugiang_about.contact", lambda: tk.abort(code))

    return end_with


@pytest.mark.parametrize("code", WORDS)
def test_every_error_is_told_in_both_languages(see, broken, code):
    broken(code)
    for address, words in (("/contact", WORDS[code][0]), ("/en/contact", WORDS[code][1])):
        page = see(address)
        assert page.status == code
        assert page.words("h1") == words
        assert str(code) in page.words(".hg-error .hg-caption")
        assert len(page.words(".hg-error .hg-lead")) > 20
        assert page.all(".hg-errorways a")
        assert page.all("meta[name=robots][content=noindex]")
        assert bool(page.all("main form[role=search]")) is (code in (404, 410))
        assert "Traceback" not in page.text


@pytest.fixture
def seen_once(full):
    """A dataset with a table that the public has seen."""
    package = dataset(full, title="Có một thời")
    add(full, package, "một thời", rice(1))
    yield act("package_show", full.steward, id=package["id"])
    act("package_delete", full.steward, id=package["id"])


def addresses(package):
    base = f"/dataset/{package['name']}"
    table = f"{base}/resource/{package['resources'][0]['id']}"
    return [base, f"/en{base}", table, f"{table}/report", f"{table}/published.csv", f"{table}/download/lua.csv"]


def statuses(see, package, person=None):
    return {see(address, person).status for address in addresses(package)}


def test_a_dataset_that_was_deleted_is_gone(see, full, seen_once):
    """For the public and for other departments; its title is no longer told."""
    act("package_delete", full.steward, id=seen_once["id"])
    for person in (None, full.stranger):
        assert statuses(see, seen_once, person) == {410}
    assert "một thời" not in see(f"/dataset/{seen_once['name']}").text
    act("package_patch", full.steward, id=seen_once["id"], state="active")
    assert statuses(see, seen_once) == {200}


def test_a_table_that_was_deleted_is_gone_and_its_dataset_is_not(see, full, seen_once):
    act("resource_delete", full.steward, id=seen_once["resources"][0]["id"])
    dataset_, english, *table = [see(address).status for address in addresses(seen_once)]
    assert (dataset_, english) == (200, 200)
    assert set(table) == {410}


def test_what_is_private_is_not_there(see, full, seen_once):
    """The same answer as for what never was, before and after it is deleted."""
    act("package_patch", full.steward, id=seen_once["id"], private=True)
    assert statuses(see, seen_once) == {404}
    act("package_delete", full.steward, id=seen_once["id"])
    assert statuses(see, seen_once) == {404}
    assert statuses(see, {"name": "khong-co", "resources": [{"id": "khong-co"}]}) == {404}


def test_what_was_never_public_is_not_gone(see, full):
    """A draft that is deleted was nobody else's; nor was a table that was deleted while its dataset was private."""
    package = dataset(full, private=True)
    table = add(full, package, "riêng", rice(1))
    with model.meta.engine.begin() as db:
        db.execute(sa.text("UPDATE package SET private = false, state = 'draft' WHERE id = :id"), {"id": package["id"]})
    act("package_delete", full.steward, id=package["id"])
    assert see(f"/dataset/{package['name']}").status == 404
    assert see(table).status == 404

    package = dataset(full, private=True)
    table = add(full, package, "riêng", rice(1))
    act("resource_delete", full.steward, id=table.rpartition("/")[2])
    act("package_patch", full.steward, id=package["id"], private=False)
    assert see(f"/dataset/{package['name']}").status == 200
    assert see(table).status == 404
    act("package_delete", full.steward, id=package["id"])


def test_too_many_sign_ins_say_how_long_to_wait(portal, reset_redis):
    """The true time, in words and for programs; what to do if one forgot."""
    reset_redis("haugiang:*:attempts:*")
    attempts = Attempts("sign-in")
    for _ in range(attempts.anywhere):
        attempts.failed("lan", "192.0.2.1")
    for prefix, minutes, way in (("", "Đợi 15 phút", "Đặt mật khẩu mới"), ("/en", "Wait 15 minutes", "Set a new password")):
        answer = portal.app.post(f"{prefix}/user/login", data={"login": "lan", "password": "x"})
        assert answer.status_code == 429
        assert 840 < int(answer.headers["Retry-After"]) <= 900
        assert minutes in answer.text
        assert way in answer.text
    reset_redis("haugiang:*:attempts:*")
