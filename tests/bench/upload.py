"""From upload to a table that answers, a million rows × 9 columns, beside CKAN's own load: ``make bench-upload``.

A portal of its own is started, with its real workers. A CSV that fits the installed schema of surface-water results is
uploaded over the API, and the same API is asked until the table can be filtered, sorted and paged with its total, and until
the full text (``q``) finds every row it must. In the same run the peers do the same: frictionless 5.21 judges the file with
its keys and registers, then CKAN's DataStore is filled over the API of the same portal as CKAN's DataPusher fills it,
``datastore_create`` and batches of ``datastore_upsert``, with CKAN's default indexes and its full-text trigger. The peers
get a tenth of the rows, and their seconds are multiplied by ten: in their favour, as an index costs more the larger it is.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from pages import MANDATORY
from portal import ROOT, another

from ckanext.haugiang.launch.load import Api

WATER, STATION = "env_surface_water@1.0.0", "env_station@1.0.0"
PARAMETERS = {"DO": "mg/L", "BOD5": "mg/L", "COD": "mg/L", "TSS": "mg/L", "PH": "", "CL": "mg/L", "FE": "mg/L", "ZN": "mg/L"}
STATIONS = 50
PATIENCE = 600
# The peers' share of the rows, and how many rows are sent in one call: DataPusher sends 250, larger batches are quicker.
PART, BATCH = 10, 2_000
TYPES = {"number": "numeric", "boolean": "bool", "datetime": "timestamp"}


def stations(path):
    """The register that the table refers to."""
    head = "ma_tram,ten_tram,loai,hinh_thuc,kinh_do,vi_do,ma_don_vi,phien_ban_dvhc"
    rows = [f"NM{n:02},Trạm nước mặt số {n},nuoc_mat,dinh_ky,105.{400 + n},9.{700 + n},930,2024" for n in range(STATIONS)]
    path.write_text("\n".join([head, *rows]) + "\n", "utf-8")


def water(path, rows):
    """Results of ``rows`` samples: each station measures each parameter four times a day."""
    chance, codes = np.random.default_rng(7), list(PARAMETERS)
    number = np.arange(rows)
    station, parameter, hour = number // 8 % STATIONS, number % 8, number // (8 * STATIONS)
    moment = np.datetime64("2015-01-01T00:00:00") + 6 * hour.astype("timedelta64[h]")
    values, limits = chance.integers(1, 900, rows), chance.integers(1, 9, rows)
    campaign = np.array([f"Đợt {n} {'mùa mưa' if 5 <= n <= 10 else 'mùa khô'}" for n in range(1, 13)])
    columns = {
        "ma_tram": np.char.add("NM", np.char.zfill(station.astype(str), 2)),
        "ngay_lay_mau": np.datetime_as_string(moment, unit="s"),
        "dot": campaign[moment.astype("datetime64[M]").astype(int) % 12],
        "thong_so": np.array(codes)[parameter],
        "toan_tu": np.array(["=", "=", "=", "<"])[chance.integers(0, 4, rows)],
        "gia_tri": np.char.add(np.char.add((values // 100).astype(str), "."), np.char.zfill((values % 100).astype(str), 2)),
        "don_vi_tinh": np.array(list(PARAMETERS.values()))[parameter],
        "phuong_phap": np.array(["TCVN 7325:2016", "SMEWW 4500", "đo tại chỗ"])[chance.integers(0, 3, rows)],
        "lod": np.char.add("0.", np.char.zfill(limits.astype(str), 2)),
    }
    table = pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()})
    with path.open("wb") as out:
        arrow_csv.write_csv(table, out, arrow_csv.WriteOptions(quoting_style="none"))


class Watch:
    """Seconds since a moment, with a line for each thing that has happened."""

    def __init__(self):
        self.began = time.monotonic()

    def say(self, what):
        seconds = time.monotonic() - self.began
        print(f"  {what:<64}{seconds:8.1f} s", flush=True)
        return seconds


def house(portal):
    """A department with the steward in it; the steward's API."""
    admin, steward = (Api(portal.url, portal.token(name)) for name in ("admin", "steward"))
    admin.call("organization_create", {"name": "so-do", "title": "Sở đo"})
    user = steward.call("user_show", {})["name"]
    admin.call("organization_member_create", {"id": "so-do", "username": user, "role": "editor"})
    return steward


def dataset(api, name):
    """A dataset with the metadata that the forms demand."""
    review = (datetime.now(UTC).date() + timedelta(days=90)).isoformat()
    package = {"type": "environment", "name": name, "title": f"Đo {name}", "notes": "Chỉ để đo.", "owner_org": "so-do"}
    return api.call("package_create", {**package, **MANDATORY, "review_due": review})["id"]


def ended(api, resource_id):
    """Ask for the run until it is over."""
    while True:
        run = api.call("haugiang_run_list", {"resource_id": resource_id})[0]
        if run["state"] not in ("queued", "running"):
            break
        time.sleep(0.1)
    if not run["published"]:
        report = api.call("haugiang_report_show", {"resource_id": resource_id}) if run["state"] == "done" else run
        sys.exit(f"The file was not published: {json.dumps(report, ensure_ascii=False)[:2000]}")
    return run


def asked(api, resource_id, **query):
    """One question to the table, and how long the answer took."""
    began = time.monotonic()
    return api.call("datastore_search", {"resource_id": resource_id, **query}), time.monotonic() - began


def ours(api, table, rows):
    """Upload, and ask until the table answers; the table's resource and the seconds to filterable and to full text."""
    print(f"the portal: {rows:,} rows, {table.stat().st_size / 1e6:.0f} MB", flush=True)
    with table.open(encoding="utf-8") as stream:
        wet = sum("mùa mưa" in line for line in stream if "NM07" in line[:6])
    package = dataset(api, "do-nuoc-mat")
    watch = Watch()
    resource_id = api.call("resource_create", {"package_id": package, "name": "Nước mặt", "table_schema": WATER}, table)[
        "id"
    ]
    watch.say("the API has taken the file")
    run = ended(api, resource_id)
    watch.say("published")
    query = {"filters": {"thong_so": "DO"}, "sort": "gia_tri desc", "limit": 10, "offset": rows // 16}
    found, _ = asked(api, resource_id, **query)
    assert (found["total"], len(found["records"])) == (-(-rows // 8), 10)
    filterable = watch.say("filtered, sorted and paged, with the total")
    while asked(api, resource_id, q="NM07 mưa", limit=10)[0]["total"] != wet:
        if time.monotonic() - watch.began > PATIENCE:
            sys.exit(f"Full text did not find {wet:,} rows in {PATIENCE} s.")
        time.sleep(0.1)
    searchable = watch.say(f"full text finds {wet:,} rows of “NM07 mưa”")
    print("  stages: " + ", ".join(f"{stage['name']} {stage['seconds']} s" for stage in run["stages"]))
    return resource_id, filterable, searchable


def by_frictionless(table, registers):
    """Seconds in which frictionless judges the file, with its keys and registers, in a process of its own."""
    command = [sys.executable, __file__, "--judge", str(table), str(registers)]
    environ = {name: value for name, value in os.environ.items() if not name.startswith("CKAN")}
    return json.loads(subprocess.run(command, capture_output=True, text=True, check=True, env=environ).stdout)


def judge(table, stations_file):
    """What `by_frictionless` runs."""
    from frictionless import Package, Schema, system
    from frictionless.resources import TableResource

    from ckanext.haugiang.core.schema import parse_table_schema

    path = ROOT / "schemas" / "table" / "environment" / "env_surface_water" / "1.0.0.json"
    schema = parse_table_schema(json.loads(path.read_text("utf-8"))).frictionless()
    schema = Schema.from_descriptor(schema.to_descriptor())
    with Path(table).open(encoding="utf-8") as stream:
        names = next(csv.reader(stream))
    schema.fields = [schema.get_field(name) for name in names]
    with system.use_context(trusted=True):
        judged = TableResource(name="table", path=str(table), encoding="utf-8", schema=schema)
        known = {"env_station": stations_file, "water_parameters": ROOT / "schemas" / "codes" / "water_parameters.csv"}
        others = [TableResource(name=name, path=str(place), encoding="utf-8") for name, place in known.items()]
        Package(resources=[judged, *others])
        began = time.monotonic()
        report = judged.validate()
        seconds = time.monotonic() - began
    print(json.dumps({"seconds": seconds, "rows": report.tasks[0].stats["rows"], "valid": report.valid}))


def by_ckan(api, table):
    """Seconds in which CKAN's DataStore takes the file as DataPusher sends it."""
    descriptor = api.call("haugiang_schema_show", {"ref": WATER})["descriptor"]
    types = {field["name"]: TYPES.get(field["type"], "text") for field in descriptor["fields"]}
    resource_id = api.call("resource_create", {"package_id": dataset(api, "do-ckan"), "name": "Nước mặt", "url": "x"})["id"]
    with table.open(encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        rows = [{name: cell or None for name, cell in row.items()} for row in reader]
        fields = [{"id": name, "type": types[name]} for name in reader.fieldnames]
    began = time.monotonic()
    api.call("datastore_create", {"resource_id": resource_id, "fields": fields, "force": True})
    for start in range(0, len(rows), BATCH):
        last = start + BATCH >= len(rows)
        batch = {"resource_id": resource_id, "method": "insert", "force": True, "records": rows[start : start + BATCH]}
        api.call("datastore_upsert", batch | {"calculate_record_count": last})
    found, _ = asked(api, resource_id, filters={"thong_so": "DO"}, sort="gia_tri desc", limit=10)
    assert found["total"] == -(-len(rows) // 8)
    return time.monotonic() - began


def read(portal, api, resource_id, rows):
    """How long a reader of the table waits, the second time each is asked."""
    print(f"\nreading a table of {rows:,} rows")
    queries = {
        "first page, with total": {},
        "sorted by a column without a key": {"sort": "gia_tri desc"},
        "sorted, offset nine tenths": {"sort": "gia_tri desc", "offset": rows * 9 // 10},
        "offset nine tenths": {"offset": rows * 9 // 10},
        "one filter": {"filters": {"don_vi_tinh": "mg/L"}},
        "two filters, sorted": {"filters": {"thong_so": "DO", "toan_tu": "<"}, "sort": "gia_tri"},
        "full text, many hits": {"q": "mưa"},
        "full text, few hits, sorted": {"q": "NM07 DO 2015-01-03", "sort": "gia_tri"},
        "full text in one column": {"q": {"dot": "mưa"}},
    }
    for name, query in queries.items():
        asked(api, resource_id, limit=100, **query)
        print(f"  datastore_search, {name:<46}{asked(api, resource_id, limit=100, **query)[1]:8.2f} s", flush=True)
    base = f"/dataset/do-nuoc-mat/resource/{resource_id}"
    pages = {
        "page of the table": base, "its last page": f"{base}?page={rows // 100}", "sorted": f"{base}?sort=gia_tri+desc",
        "filtered": f"{base}?f_thong_so=DO", "filtered and sorted": f"{base}?f_thong_so=DO&sort=gia_tri+asc",
        "searched": f"{base}?find=m%C6%B0a", "sorted, in the middle": f"{base}?sort=gia_tri+desc&page={rows // 200}",
        "sorted, last page": f"{base}?sort=gia_tri+desc&page={rows // 100}",
        "published.csv": f"{base}/published.csv", "/datastore/dump": f"/datastore/dump/{resource_id}",
        "/datastore/dump, one filter": f"/datastore/dump/{resource_id}?filters=%7B%22ma_tram%22%3A%22NM07%22%7D",
    }  # fmt: skip
    for name, page in pages.items():
        portal.get(page, timeout=600)
        began = time.monotonic()
        status, body = portal.get(page + ("&" if "?" in page else "?") + "anew=1", timeout=600)
        size = len(body) / 1e6
        print(f"  {name:<46}{size:8.1f} MB, {status}{time.monotonic() - began:12.2f} s", flush=True)


def main(rows, *, peers):
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="haugiang-upload-") as folder, another() as portal:
        whole, part, registers = (Path(folder) / name for name in ("nuoc-mat.csv", "phan.csv", "tram.csv"))
        water(whole, rows)
        water(part, rows // PART)
        stations(registers)
        portal.up()
        api = house(portal)
        package = dataset(api, "do-tram")
        station = api.call("resource_create", {"package_id": package, "name": "Trạm", "table_schema": STATION}, registers)
        ended(api, station["id"])
        print(f"load of the machine {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores\n")
        resource_id, filterable, searchable = ours(api, whole, rows)
        read(portal, api, resource_id, rows)
        if peers:
            compare(api, part, registers, {"filterable, sortable, pageable": filterable, "full text": searchable}, rows)
        print(f"\nload of the machine {os.getloadavg()[0]:.1f}")


def compare(api, part, registers, found, rows):
    """The peers, and the ratios."""
    print(f"\nthe peers, {rows // PART:,} rows, seconds × {PART}")
    judged = by_frictionless(part, registers)
    assert judged["valid"], judged
    assert judged["rows"] == rows // PART
    validate = judged["seconds"] * PART
    load = by_ckan(api, part) * PART
    for name, seconds in (("frictionless", validate), ("CKAN's DataStore", load), ("together", validate + load)):
        print(f"  {name:<46}{rows / seconds:10,.0f} rows/s {seconds:8.1f} s")
    for name, seconds in found.items():
        ratio = (validate + load) / seconds
        print(f"  the portal, {name:<34}{rows / seconds:10,.0f} rows/s {seconds:8.1f} s {ratio:8.1f} ×")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--alone", action="store_true", help="without the peers")
    parser.add_argument("--judge", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.judge:
        judge(*given.judge)
    else:
        main(given.rows, peers=not given.alone)
