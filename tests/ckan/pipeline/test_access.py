"""Nothing that is not published leaks: reports, runs, files, internal fields, private datasets (I4)."""

from __future__ import annotations

import json

import pytest
from ckan import model
from ckan.lib import search
from ckan.plugins import toolkit as tk
from support import RICE, act, dataset, rice, runs, upload, work

MARK = "dấuriêngxyz"


@pytest.fixture
def package(portal):
    return dataset(portal.steward, portal.org)


@pytest.fixture
def resource(portal, package):
    """Published once, with a bad candidate since."""
    more = {"table_schema": RICE, "name": "Lúa", "package_id": package["id"]}
    found = act("resource_create", portal.steward, upload=upload(rice(1, 2)), **more)
    work()
    act("resource_patch", portal.steward, id=found["id"], upload=upload(rice(MARK), f"{MARK}.csv"))
    work()
    return found


def test_the_public_sees_what_is_published_and_of_the_rest_state_and_counts(portal, resource):
    for somebody in (None, portal.stranger):
        bad, good = act("haugiang_run_list", somebody, resource_id=resource["id"])
        assert (bad["state"], bad["verdict"], bad["counts"]["errors"]) == ("done", "invalid", 1)
        assert bad["file"] is None
        assert good["file"]["name"] == "lua.csv"
        assert MARK not in json.dumps(bad, ensure_ascii=False)
        assert act("haugiang_run_show", somebody, id=bad["id"])["file"] is None
        assert act("haugiang_report_show", somebody, resource_id=resource["id"])["run"]["id"] == good["id"]
        with pytest.raises(tk.NotAuthorized):
            act("haugiang_report_show", somebody, resource_id=resource["id"], run_id=bad["id"])
        assert act("resource_validation_show", somebody, resource_id=resource["id"])["status"] == "success"
        with pytest.raises(tk.NotAuthorized):
            act("haugiang_file_show", somebody, resource_id=resource["id"], version="candidate")
        with pytest.raises(tk.NotAuthorized):
            act("haugiang_resource_validate", somebody, resource_id=resource["id"])
        shown = act("package_show", somebody, id=resource["package_id"])
        assert MARK not in json.dumps(shown, ensure_ascii=False)
        assert shown["resources"][0]["url"].endswith("/download/lua.csv")
        found = act("resource_search", somebody, query="name:Lúa")
        assert MARK not in json.dumps(found, ensure_ascii=False)
    assert act("haugiang_run_list", portal.steward, resource_id=resource["id"])[0]["file"]["name"] == f"{MARK}.csv"
    assert act("resource_validation_show", portal.steward, resource_id=resource["id"])["status"] == "failure"


def test_no_path_of_the_server_is_told(portal, resource):
    found = act("haugiang_file_show", portal.steward, resource_id=resource["id"])
    assert set(found) == {"name", "sha256", "size", "mimetype", "version"}


def test_a_private_dataset_shows_nothing(portal, package, resource):
    act("package_patch", portal.steward, id=package["id"], private=True)
    run = runs(resource["id"])[1]
    for somebody in (None, portal.stranger):
        for action, data in (
            ("haugiang_run_list", {"resource_id": resource["id"]}),
            ("haugiang_run_list", {"package_id": package["name"]}),
            ("haugiang_run_show", {"id": run["id"]}),
            ("haugiang_report_show", {"resource_id": resource["id"]}),
            ("haugiang_report_show", {"resource_id": resource["id"], "run_id": run["id"]}),
            ("resource_validation_show", {"resource_id": resource["id"]}),
            ("haugiang_file_show", {"resource_id": resource["id"]}),
            ("haugiang_file_show", {"resource_id": resource["id"], "version": "table"}),
            ("datastore_search", {"resource_id": resource["id"]}),
        ):
            with pytest.raises(tk.NotAuthorized):
                act(action, somebody, **data)
        assert act("haugiang_run_list", somebody) == []
    assert len(act("haugiang_run_list", portal.steward)) == 2


def test_internal_fields_are_for_editors_only(portal, package):
    act("package_patch", portal.steward, id=package["id"], personal_data_check="aggregated")
    for somebody in (None, portal.stranger):
        shown = act("package_show", somebody, id=package["id"])
        assert not {"personal_data_check", "review_due"} & set(shown)
        for found in act("package_search", somebody, q="*:*")["results"]:
            assert not {"personal_data_check", "review_due"} & set(found)
        assert act("package_search", somebody, q="personal_data_check:aggregated")["count"] == 0
        assert act("package_search", somebody, q="extras_personal_data_check:aggregated")["count"] == 0
    for editor in (portal.steward, portal.admin):
        assert act("package_show", editor, id=package["id"])["personal_data_check"] == "aggregated"
    indexed = json.dumps(search.show(package["id"]), default=str)
    assert "personal_data_check" not in indexed


def test_internal_fields_survive_every_way_of_saving(portal, package):
    found = act(
        "resource_create", portal.steward, package_id=package["id"], name="Lúa", upload=upload(rice(1)), table_schema=RICE
    )
    act("resource_patch", portal.steward, id=found["id"], description="x")
    act("package_patch", portal.steward, id=package["id"], notes="y")
    act("package_revise", portal.steward, match={"id": package["id"]}, update={"title": "z"})
    work()
    act("resource_delete", portal.steward, id=found["id"])
    shown = act("package_show", portal.steward, id=package["id"])
    assert (shown["personal_data_check"], shown["notes"], shown["title"]) == ("none", "y", "z")


@pytest.mark.parametrize("ending", ["rdf", "ttl", "jsonld"])
def test_exports_hold_no_internal_field(portal, app, package, ending):
    act("package_patch", portal.steward, id=package["id"], personal_data_check="aggregated")
    answer = app.get(f"/dataset/{package['name']}.{ending}")
    assert answer.status_code == 200
    assert "aggregated" not in answer.body
    assert package["review_due"] not in answer.body


def test_staging_tables_are_not_listed(portal, resource):
    listed = act("datastore_search", portal.admin, resource_id="_table_metadata", limit=1000)["records"]
    assert not [row["name"] for row in listed if "stage_" in row["name"]]


def test_the_plain_type_is_refused(portal):
    for kind in ({}, {"type": "dataset"}, {"type": ""}):
        with pytest.raises(tk.ValidationError) as refused:
            act("package_create", portal.steward, name="x", title="x", owner_org=portal.org["id"], **kind)
        assert "agriculture" in refused.value.error_dict["type"][0]


def test_a_demonstration_shows_its_faults(portal):
    package = dataset(portal.steward, portal.org, demonstration="true")
    more = {"table_schema": RICE, "name": "Lúa", "package_id": package["id"]}
    found = act("resource_create", portal.steward, upload=upload(rice("nhiều")), **more)
    work()
    report = act("haugiang_report_show", None, resource_id=found["id"])
    assert report["errors"][0]["value"] == "nhiều"
    assert act("haugiang_file_show", None, resource_id=found["id"])["name"] == "lua.csv"
    with pytest.raises(tk.NotAuthorized):
        act("haugiang_resource_validate", None, resource_id=found["id"])


def test_a_stranger_cannot_touch_another_s_resource(portal, resource):
    with pytest.raises(tk.NotAuthorized):
        act("resource_patch", portal.stranger, id=resource["id"], upload=upload(rice(9)))
    model.Session.remove()
    assert len(runs(resource["id"])) == 2


def test_a_table_changes_by_its_file_only(portal, resource):
    for action, data in (
        ("datastore_create", {"records": [{"nam": 1}]}),
        ("datastore_upsert", {"records": [{"nam": 1}], "method": "insert"}),
        ("datastore_delete", {}),
        ("datastore_records_delete", {"filters": {"nam": 2024}}),
    ):
        for person, refusal in ((portal.steward, tk.ValidationError), (portal.stranger, tk.NotAuthorized)):
            with pytest.raises(refusal):
                act(action, person, resource_id=resource["id"], force=True, **data)
    plain = act("resource_create", portal.steward, package_id=resource["package_id"], name="x", url="")
    act("datastore_create", portal.steward, resource_id=plain["id"], records=[{"a": 1}], force=True)
    assert act("resource_show", None, id=plain["id"])["datastore_active"] is True
    act("package_patch", portal.steward, id=resource["package_id"], notes="y")
    assert act("resource_show", None, id=plain["id"])["datastore_active"] is True
