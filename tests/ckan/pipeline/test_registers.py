"""A register that this portal publishes itself: stations, and the results measured at them."""

from __future__ import annotations

from support import STATION, STATIONS, WATER, act, dataset, runs, table, upload, work

RESULTS = b"ma_tram,ngay_lay_mau,thong_so,gia_tri,don_vi_tinh\nNM01,2024-03-05T09:00:00,PH,7.1,\n"


def add(portal, schema, content, **more):
    package = dataset(portal.steward, portal.org, "environment", **more)
    more = {"package_id": package["id"], "table_schema": schema, "name": schema}
    return act("resource_create", portal.steward, upload=upload(content), **more)["id"]


def test_results_wait_for_their_stations(portal):
    results = add(portal, WATER, RESULTS)
    work()
    run = act("haugiang_run_show", portal.steward, id=runs(results)[0]["id"])
    assert (run["state"], run["error"]["code"]) == ("failed", "register-missing")
    assert run["error"]["params"] == {"register": "env_station"}
    assert "env_station" in run["error"]["message"]
    add(portal, STATION, STATIONS)
    work()  # the stations, and what their publication began
    assert [run["trigger"] for run in runs(results)] == ["register", "upload"]
    assert runs(results)[0]["verdict"] == "valid", runs(results)[0]
    assert table(results)[0]["gia_tri"] == 7.1


def test_a_code_that_no_station_has_is_an_error(portal):
    add(portal, STATION, STATIONS)
    results = add(portal, WATER, RESULTS.replace(b"NM01", b"NM99"))
    work()
    assert runs(results)[0]["verdict"] == "invalid"
    report = act("haugiang_report_show", portal.steward, resource_id=results)
    assert {error["type"] for error in report["errors"]} == {"foreign-key"}


def test_stations_of_a_private_dataset_are_nobody_s_register(portal):
    add(portal, STATION, STATIONS, private=True)
    results = add(portal, WATER, RESULTS)
    work()
    assert runs(results)[0]["error_code"] == "register-missing"
