"""A file that cannot be a table: a reason with a name in both languages, and the published version stays."""

from __future__ import annotations

import io

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
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


def test_a_file_that_is_too_large_has_its_own_status(portal, resource, ckan_config, monkeypatch, app):
    monkeypatch.setitem(ckan_config, "ckan.max_resource_size", 1)
    headers = {"Authorization": factories.APIToken(user=portal.steward["name"])["token"]}

    def sent(address, megabytes, **form):
        stream = io.BytesIO(b"x" * (megabytes << 20) + b"xx")
        return app.post(address, data={**form, "upload": (stream, "lua.csv")}, headers=headers, follow_redirects=False)

    for megabytes in (1, 20):  # the second is more than is read at all
        for action, form in (("resource_patch", {"id": resource["id"]}), ("haugiang_file_propose", {})):
            answer = sent(f"/api/3/action/{action}", megabytes, **form)
            assert (answer.status_code, answer.mimetype) == (413, "application/json"), (action, megabytes)
            assert answer.json["success"] is False
            assert answer.json["error"]["code"] == ["file-too-large"]
    address = f"/dataset/{resource['package_id']}/resource/{resource['id']}"
    for page in (f"{address}/edit", f"{address}/upload", "/upload"):
        answer = sent(page, 1, save="", url="lua.csv", name="Lúa", table_schema=RICE)
        assert answer.status_code == 413, page
        assert "1 MB" in answer.text, page
    assert len(runs(resource["id"])) == 1


CASES = """ma_don_vi,ten_don_vi,phien_ban_dvhc,nam,tuan,tu_ngay,den_ngay,ma_benh,so_mac,so_tu_vong
930,"Thành phố\nVị Thanh",2024,2022,1,2022-01-03,2022-01-09,T113,1,0
930,Thành phố Vị Thanh,2024,2022,1,2022-01-03,2022-01-09,T116,10000000000000000000,0
"""


def test_a_value_that_no_table_can_hold_is_named(portal):
    package = dataset(portal.steward, portal.org, "health")
    more = {"package_id": package["id"], "table_schema": "health_disease_week@1.0.0", "name": "Ca bệnh"}
    resource = act("resource_create", portal.steward, upload=upload(CASES.encode(), "ca.csv"), **more)
    work()
    run = runs(resource["id"])[0]
    assert (run["state"], run["error_code"]) == ("failed", "value-out-of-range")
    told = {"row": 3, "field": "so_mac", "column": "Số mắc trong tuần", "type": "bigint", "value": "10000000000000000000"}
    assert run["error_params"] == told


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
