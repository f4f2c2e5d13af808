"""A file goes the whole way, by every way in which it can arrive."""

from __future__ import annotations

import pytest
from ckan import model
from support import RICE, act, dataset, metadata, queued, rice, runs, table, upload, work


@pytest.fixture
def package(portal):
    return dataset(portal.steward, portal.org)


def add(portal, package, content=None, **more):
    content = rice(10, 20.5) if content is None else content
    more = {"table_schema": RICE, "name": "Lúa", **more}
    return act("resource_create", portal.steward, package_id=package["id"], upload=upload(content), **more)


def test_a_good_file_becomes_a_table(portal, package):
    resource = add(portal, package)
    work()
    run = act("haugiang_run_list", None, resource_id=resource["id"])[0]
    assert (run["state"], run["verdict"], run["published"]) == ("done", "valid", True)
    assert run["counts"]["rows"] == 2
    assert run["counts"]["errors"] == 0
    assert {stage["state"] for stage in run["stages"]} == {"done"}
    rows = table(resource["id"])
    assert [row["dt_gieo_trong"] for row in rows] == [10, 20.5]
    assert rows[0]["nam"] == 2024
    shown = act("resource_show", None, id=resource["id"])
    assert shown["datastore_active"] is True
    assert shown["validation_status"] == "success"


def test_a_bad_file_never_replaces_the_good_one(portal, package):
    resource = add(portal, package)
    work()
    act("resource_patch", portal.steward, id=resource["id"], upload=upload(rice("nhiều", 3)))
    work()
    newest, first = runs(resource["id"])
    assert (newest["state"], newest["verdict"], newest["errors"]) == ("done", "invalid", 1)
    assert [row["dt_gieo_trong"] for row in table(resource["id"])] == [10, 20.5]
    report = act("haugiang_report_show", portal.steward, resource_id=resource["id"])
    error = report["errors"][0]
    assert (error["row"], error["field"], error["value"]) == (2, "dt_gieo_trong", "nhiều")
    assert "nhiều" in error["sentence"]
    assert act("haugiang_report_show", None, resource_id=resource["id"])["run"]["id"] == first["id"]

    act("resource_patch", portal.steward, id=resource["id"], upload=upload(rice(1, 2, 3)))
    work()
    assert [row["dt_gieo_trong"] for row in table(resource["id"])] == [1, 2, 3]


def by_resource_create(portal, content):
    return add(portal, dataset(portal.steward, portal.org), content)["id"]


def by_resource_update(portal, content):
    resource = add(portal, dataset(portal.steward, portal.org), b"x\n", table_schema="")
    keep = {key: resource[key] for key in ("id", "package_id", "name")}
    act("resource_update", portal.steward, **keep, table_schema=RICE, upload=upload(content))
    return resource["id"]


def by_resource_patch(portal, content):
    resource = add(portal, dataset(portal.steward, portal.org), b"x\n", table_schema="")
    act("resource_patch", portal.steward, id=resource["id"], table_schema=RICE, upload=upload(content))
    return resource["id"]


def by_package_create(portal, content):
    resources = [{"name": "tài liệu", "url": ""}, {"name": "Lúa", "table_schema": RICE, "upload": upload(content)}]
    package = act("package_create", portal.steward, **metadata(portal.org), resources=resources)
    return package["resources"][1]["id"]


def by_package_update(portal, content):
    package = dataset(portal.steward, portal.org)
    package["resources"] = [{"name": "Lúa", "table_schema": RICE, "upload": upload(content)}]
    return act("package_update", portal.steward, **package)["resources"][0]["id"]


def by_package_revise(portal, content):
    package = dataset(portal.steward, portal.org)
    act(
        "package_revise",
        portal.steward,
        match={"id": package["id"]},
        update={"resources": [{"name": "Lúa", "table_schema": RICE}]},
        update__resources__0__upload=upload(content),
    )
    return act("package_show", portal.steward, id=package["id"])["resources"][0]["id"]


def by_naming_a_schema_later(portal, content):
    resource = add(portal, dataset(portal.steward, portal.org), content, table_schema="")
    assert queued() == []
    act("resource_patch", portal.steward, id=resource["id"], table_schema="agri_annual_crop_season")
    return resource["id"]


WAYS = [
    by_resource_create,
    by_resource_update,
    by_resource_patch,
    by_package_create,
    by_package_update,
    by_package_revise,
    by_naming_a_schema_later,
]


@pytest.mark.parametrize("way", WAYS)
def test_every_way_starts_one_run(portal, way):
    resource_id = way(portal, rice(5))
    assert len(runs(resource_id)) == 1
    work()
    assert [row["dt_gieo_trong"] for row in table(resource_id)] == [5]


def test_what_changes_nothing_starts_nothing(portal, package):
    resource = add(portal, package)
    work()
    act("resource_patch", portal.steward, id=resource["id"], description="Nói rõ hơn")
    act("resource_patch", portal.steward, id=resource["id"], upload=upload(rice(10, 20.5)))
    act("package_patch", portal.steward, id=package["id"], notes="Khác")
    package = act("package_show", portal.steward, id=package["id"])
    act("package_update", portal.steward, **package)
    assert len(runs(resource["id"])) == 1
    assert act("resource_show", None, id=resource["id"])["datastore_active"] is True


def test_a_newer_file_supersedes_an_older_one(portal, package):
    resource = add(portal, package)
    act("resource_patch", portal.steward, id=resource["id"], upload=upload(rice(7)))
    newest, oldest = runs(resource["id"])
    assert (oldest["state"], oldest["error_code"]) == ("superseded", "superseded")
    assert newest["state"] == "queued"
    work()
    assert [row["dt_gieo_trong"] for row in table(resource["id"])] == [7]


@pytest.mark.parametrize("how", ["resource", "package"])
def test_what_is_deleted_is_not_worked_on(portal, package, how):
    resource = add(portal, package)
    target = resource if how == "resource" else package
    act(f"{how}_delete", portal.steward, id=target["id"])
    assert runs(resource["id"])[0]["state"] == "cancelled"
    work()
    assert runs(resource["id"])[0]["state"] == "cancelled"


def test_a_save_that_fails_leaves_no_run(portal, package):
    with pytest.raises(Exception, match=r"license_id|licence"):
        act(
            "package_update",
            portal.steward,
            **{
                **package,
                "license_id": "none",
                "resources": [{"name": "Lúa", "table_schema": RICE, "upload": upload(rice(1))}],
            },
        )
    model.Session.remove()
    assert queued() == []


def test_user_typed_results_are_not_believed(portal, package):
    resource = add(portal, package, validation_status="success", datastore_active="true", mimetype="text/html", hash="ff")
    shown = act("resource_show", portal.steward, id=resource["id"])
    assert shown.get("validation_status") in (None, "")
    assert not shown["datastore_active"]
    assert shown["mimetype"] == "text/csv"
    assert shown["hash"].startswith("sha256:")
