"""Two Dask worker processes of one thread each beside one process of one thread, on one file, in one run.

``BENCH_CLUSTER_ROWS`` (10,000,000) rows. The workers are started before the clock; what is compared is `validate`.
"""

import json
import os
import time
from pathlib import Path

import distributed
import pytest

from ckanext.haugiang.adapters.dask import Cluster
from ckanext.haugiang.core.schema import parse_table_schema
from ckanext.haugiang.core.validate import validate
from ckanext.haugiang.core.validate.parts import Threads

from .validate_workload import document, write

ROWS = int(os.environ.get("BENCH_CLUSTER_ROWS", "10000000"))
GOAL = 1.7


@pytest.mark.timeout(3600)
def test_two_workers(tmp_path):
    path = tmp_path / "stations.csv"
    write(path, "stations", ROWS, 0.001)
    schema = parse_table_schema(document("stations"))
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=":0") as cluster:
        address = cluster.scheduler_address.removeprefix("tcp://")
        # a first look, so that the workers have loaded the libraries
        Path(tmp_path / "small.csv").write_bytes(b"".join(path.open("rb").readlines(100_000)))
        judged(tmp_path / "small.csv", schema, Cluster(address, tmp_path / "small.csv"))
        there, seconds_there = judged(path, schema, Cluster(address, path))
        sent, seconds_sent = judged(path, schema, Cluster(address))
    here, seconds_here = judged(path, schema, Threads(1))
    print(f"\ncluster: {ROWS:,} rows, {path.stat().st_size / 1e6:,.0f} MB, goal {GOAL} ×")
    for name, seconds in (
        ("one process", seconds_here),
        ("2 workers, read there", seconds_there),
        ("2 workers, sent", seconds_sent),
    ):
        print(f"  {name:22} {ROWS / seconds:>12,.0f} rows/s {seconds:8.2f} s {seconds_here / seconds:8.2f} ×")
    assert there == here
    assert sent == here


def judged(path, schema, engine):
    start = time.perf_counter()
    report = validate(path, schema, {}, engine=engine).to_descriptor()
    seconds = time.perf_counter() - start
    for part in (report, *report["tasks"]):
        part["stats"].pop("seconds", None)
    return json.dumps(report), seconds
