"""A file that cannot be a table: a reason with a name in both languages, and the published version stays."""

from __future__ import annotations

import pytest
from ckan.plugins import toolkit as tk
from support import RICE, act, dataset, rice, runs, table, upload, work

from ckanext.haugiang.core.errors import REASONS

ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 4000
FILES = {
    "file-empty": ("lua.csv", b""),
    "file-type-mismatch": ("lua.xlsx", b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"),
    "file-encrypted": ("lua.xlsx", ENCRYPTED),
    "file-truncated": ("lua.xlsx", b"PK\x03\x04" + b"\x14\0\0\0\x08\0" + b"\0" * 40),
    "no-header": ("lua.csv", b"a,b,c\n1,2,3\n"),
    "nul-byte": ("lua.csv", rice(1).replace(b"LUA", b"LU\0A")),
}


@pytest.fixture
def resource(portal):
    package = dataset(portal.steward, portal.org)
    more = {"package_id": package["id"], "table_schema": RICE, "name": "Lúa"}
    found = act("resource_create", portal.steward, upload=upload(rice(1, 2)), **more)
    work()
    return found


def test_each_has_a_reason_and_the_old_table_stays(portal, resource, app):
    for code, (name, content) in FILES.items():
        act("resource_patch", portal.steward, id=resource["id"], upload=upload(content, name))
        work()
        run = runs(resource["id"])[0]
        assert (run["state"], run["error_code"]) == ("failed", code), (code, run)
        with app.flask_app.test_request_context("/"):
            shown = act("haugiang_run_show", portal.steward, id=run["id"])
        assert shown["error"]["message"] not in (REASONS[code], "")  # in Vietnamese
        assert "{" not in shown["error"]["message"]
        assert "failed" in {stage["state"] for stage in shown["stages"]}
        assert [row["dt_gieo_trong"] for row in table(resource["id"])] == [1, 2]
        assert act("resource_show", portal.steward, id=resource["id"])["validation_status"] == "error"


def test_a_schema_that_is_not_there_is_refused(portal, resource):
    with pytest.raises(tk.ValidationError) as refused:
        act("resource_patch", portal.steward, id=resource["id"], table_schema="agri_nothing@9.9.9")
    assert "agri_nothing@9.9.9" in refused.value.error_dict["table_schema"][0]


def test_a_file_that_is_too_large_is_refused_and_leaves_nothing(portal, resource, ckan_config, monkeypatch, storage):
    monkeypatch.setitem(ckan_config, "ckan.max_resource_size", 1)
    before = sorted(storage.rglob("*"))
    with pytest.raises(tk.ValidationError) as refused:
        act("resource_patch", portal.steward, id=resource["id"], upload=upload(b"x" * (1 << 20) + b"xx"))
    assert "1 MB" in refused.value.error_dict["upload"][0]
    assert sorted(storage.rglob("*")) == before
    assert len(runs(resource["id"])) == 1


def test_the_same_file_again_after_the_portal_s_own_fault_is_checked_again(portal, resource, monkeypatch):
    from ckanext.haugiang.logic import pipeline

    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "check", lambda *_, **__: 1 / 0)
        act("resource_patch", portal.steward, id=resource["id"], upload=upload(rice(3)))
        work()
    run = act("haugiang_run_list", portal.steward, resource_id=resource["id"])[0]
    assert run["error"]["code"] == "internal"
    assert run["error"]["params"]["reference"] in run["error"]["message"]
    assert "Zero" not in str(run)
    act("resource_patch", portal.steward, id=resource["id"], upload=upload(rice(3)))
    work()
    assert [row["dt_gieo_trong"] for row in table(resource["id"])] == [3]


def test_validate_again_by_hand(portal, resource):
    run = act("haugiang_resource_validate", portal.steward, resource_id=resource["id"])
    assert (run["state"], run["trigger"]) == ("queued", "manual")
    work()
    assert [run["verdict"] for run in runs(resource["id"])] == ["valid", "valid"]
    plain = act("resource_create", portal.steward, package_id=resource["package_id"], name="x", upload=upload(b"x"))
    with pytest.raises(tk.ValidationError):
        act("haugiang_resource_validate", portal.steward, resource_id=plain["id"])
