"""The same report, byte for byte, from two worker processes of a real Dask cluster, whatever happens to them."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import distributed
import pytest
from click.testing import CliRunner

from ckanext.haugiang.adapters import dask
from ckanext.haugiang.command import main
from ckanext.haugiang.core.errors import ReadError, RunError
from ckanext.haugiang.core.schema import parse_table_schema
from ckanext.haugiang.core.validate import validate
from ckanext.haugiang.core.validate.parts import Threads

SCHEMA = {
    "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
    "name": "trial",
    "x-version": "1.0.0",
    "x-sector": "environment",
    "title": "Bảng thử",
    "x-title-en": "Trial",
    "fields": [
        {"name": "tram", "type": "string", "title": "Trạm", "constraints": {"required": True, "pattern": "TV[0-9]{3}"}},
        {"name": "so", "type": "integer", "title": "Số", "constraints": {"unique": True}},
        {"name": "thap", "type": "number", "title": "Thấp"},
        {"name": "cao", "type": "number", "title": "Cao"},
    ],
    "primaryKey": ["tram", "so"],
    "x-rules": [
        {
            "name": "thap-cao", "check": "row_rule", "severity": "warning", "formula": "thap <= cao",
            "title": "Thấp không lớn hơn cao", "title_en": "Low is not above high",
        }
    ],
}  # fmt: skip
FAULTY = ["TV1,7,1,2", ",x,1,2", "TV001,70,3,", "TV001,71", '"TV\n1",9,1,2', "TV002,72,9,1,extra", ""]
BLOCK = 2_000  # bytes: some hundred blocks in a table of 20,000 rows


@pytest.fixture(scope="module")
def schema():
    return parse_table_schema(SCHEMA)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    draw = random.Random(7)
    rows = [f"TV{draw.randrange(400):03},{number},{draw.randrange(9)}.5,10" for number in range(20_000)]
    rows[5] = "TV005,5,11,10"
    for number in draw.sample(range(20_000), 50):
        rows[number] = draw.choice(
            ["TV1,7,1,2", ",x,1,2", "TV001,70,3,", "TV001,71", '"TV\n1",9,1,2', "TV002,72,9,1,extra", ""]
        )
    path = tmp_path_factory.mktemp("cluster") / "table.csv"
    path.write_text("tram,so,thap,cao\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def cluster():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=":0"
    ) as two:
        yield two


@pytest.fixture
def address(cluster):
    return cluster.scheduler_address.removeprefix("tcp://")


def told(report):
    descriptor = report.to_descriptor()
    for part in (descriptor, *descriptor["tasks"]):
        part["stats"].pop("seconds", None)
    return json.dumps(descriptor, ensure_ascii=False)


def judged(table, schema, engine, **options):
    return told(validate(table, schema, {}, engine=engine, block_bytes=BLOCK, **options))


@pytest.mark.parametrize("limit", [0, 3, 1000])
def test_the_report_is_the_same(table, schema, address, limit):
    alone = judged(table, schema, Threads(1), limit=limit)
    assert judged(table, schema, dask.Cluster(address, table), limit=limit) == alone
    if limit == 0:
        assert {"primary-key", "unique-error", "blank-row", "extra-cell"} <= set(json.loads(alone)["haugiang"]["by_type"])
        assert json.loads(alone)["haugiang"]["by_rule"]


def test_workers_that_do_not_see_the_file_are_sent_its_bytes(table, schema, address, monkeypatch, tmp_path):
    alone = judged(table, schema, Threads(1))
    assert judged(io.BytesIO(table.read_bytes()), schema, dask.Cluster(address)) == alone
    other = tmp_path / "other.csv"  # same name, other content here than there: told by its ends
    other.write_bytes(table.read_bytes())
    monkeypatch.setattr(dask, "_look", lambda path: (1, "other"))
    assert judged(other, schema, dask.Cluster(address, other)) == alone


def test_the_part_of_a_lost_worker_is_judged_again(table, schema, address):
    alone = judged(table, schema, Threads(1))
    engine = dask.Cluster(address, table)

    def killing(source, job):
        for number, result in enumerate(engine(source, job)):
            if number == 1:  # others are under way
                with distributed.Client(f"tcp://{address}", set_as_default=False) as client:
                    lost = client.run(os.getpid)
                    os.kill(next(iter(lost.values())), signal.SIGKILL)
            yield result

    assert judged(table, schema, killing) == alone


def test_what_a_worker_finds_wrong_with_the_file_is_what_one_machine_finds(schema, address, tmp_path):
    path = tmp_path / "open.csv"
    path.write_bytes(b"tram,so,thap,cao\n" + b"TV001,1,1,2\n" * 2000 + b'"TV001,2,1,2\n' + b"x" * (65 << 20))
    with pytest.raises(ReadError) as here:
        validate(path, schema, {}, engine=Threads(2))
    with pytest.raises(ReadError) as there:
        validate(path, schema, {}, engine=dask.Cluster(address, path))
    assert (here.value.code, here.value.params) == (there.value.code, there.value.params)


def test_a_file_that_frictionless_has_to_read(schema, address, tmp_path):
    path = tmp_path / "latin.csv"
    path.write_bytes(b"tram,so,thap,cao\n" + b"TV001,1,1,2\n" * 500 + b"TV\xe9,2,1,2\n")
    assert judged(path, schema, dask.Cluster(address, path)) == judged(path, schema, Threads(1))


def test_no_cluster_there(table, schema, monkeypatch):
    monkeypatch.setattr(dask, "PATIENCE_SECONDS", 1)
    with pytest.raises(RunError) as caught:
        judged(table, schema, dask.Cluster("127.0.0.1:9", table))
    assert (caught.value.code, caught.value.params) == ("cluster-unreachable", {"address": "127.0.0.1:9"})


def test_a_cluster_without_workers_and_one_that_loses_its_last(table, schema, monkeypatch):
    monkeypatch.setattr(dask, "PATIENCE_SECONDS", 1)
    with distributed.LocalCluster(n_workers=0, processes=True, host="127.0.0.1", dashboard_address=":0") as none:
        address = none.scheduler_address.removeprefix("tcp://")
        with pytest.raises(RunError, match="it has no worker"):
            judged(table, schema, dask.Cluster(address, table))
        command = [sys.executable, "-m", "distributed.cli.dask_worker", none.scheduler_address, "--no-nanny"]
        last = subprocess.Popen([*command, "--host", "127.0.0.1", "--nthreads", "1", "--no-dashboard"])
        try:
            with distributed.Client(none, set_as_default=False) as client:
                client.wait_for_workers(1, timeout=30)
            engine = dask.Cluster(address, table)

            def losing(source, job):
                for number, result in enumerate(engine(source, job)):
                    if number == 0:
                        last.kill()
                    yield result

            with pytest.raises(RunError, match="its last worker was lost"):
                judged(table, schema, losing)
        finally:
            last.kill()
            last.wait()


def test_workers_of_another_version_are_refused(table, schema, address, monkeypatch):
    monkeypatch.setattr(dask, "PACKAGES", (*dask.PACKAGES, "click"))
    with pytest.raises(RunError, match="has click None"):
        judged(table, schema, dask.Cluster(address, table))


def test_command_line(table, address, tmp_path):
    document = tmp_path / "schema.json"
    document.write_text(json.dumps(SCHEMA), encoding="utf-8")
    said = {}
    for engine in ("threads:1", f"dask://{address}"):
        command = ["validate", str(table), "-s", str(document), "--format", "json", "--engine", engine]
        result = CliRunner().invoke(main, command)
        assert result.exit_code == 1, result.output
        said[engine] = json.loads(result.output)
    assert Path(table).name in json.dumps(next(iter(said.values())))
    first, second = ([{**report, "report": told_part(report["report"])} for report in reports] for reports in said.values())
    assert first == second


def told_part(report):
    for part in (report, *report["tasks"]):
        part["stats"].pop("seconds", None)
    return report


@pytest.mark.parametrize("engine", ["thread", "threads:0", "dask://", "dask://host", "tcp://127.0.0.1:1"])
def test_an_engine_that_is_none(table, engine):
    result = CliRunner().invoke(main, ["validate", str(table), "-s", "env_station", "--engine", engine])
    assert result.exit_code == 2
    assert "dask://HOST:PORT" in result.output
