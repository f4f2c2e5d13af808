"""How fast the engine is, as ratios against frictionless and DuckDB in one run.

``BENCH_ROWS`` (2,000,000) rows for ours and DuckDB; frictionless reads a tenth of them: its rate counts. The memory of a
file of any size is shown with ``BENCH_GIGABYTES`` (5).
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from .validate_workload import write

ROWS = int(os.environ.get("BENCH_ROWS", "2000000"))
GIGABYTES = float(os.environ.get("BENCH_GIGABYTES", "5"))
WORKLOAD = Path(__file__).with_name("validate_workload.py")
ENGINES = ["ours", "frictionless", "duckdb"]
CASES = [
    ("clean", "stations", ROWS, 0.0, 60),
    ("0.1 % bad", "stations", ROWS, 0.001, None),
    ("1 % bad", "stations", ROWS, 0.01, 40),
    ("30 % bad", "stations", ROWS, 0.3, None),
    ("100 % bad", "stations", ROWS, 1.0, None),
    ("200 columns", "wide", ROWS // 20, 0.0, None),
    ("unique keys", "keys", ROWS * 5, 0.0, None),
]


def measured(engine, path, kind):
    done = subprocess.run(
        [sys.executable, str(WORKLOAD), engine, str(path), kind], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.timeout(3600)
@pytest.mark.parametrize(("name", "kind", "rows", "bad", "goal"), CASES, ids=[case[0] for case in CASES])
def test_speed(tmp_path, name, kind, rows, bad, goal):
    whole, part = tmp_path / "whole.csv", tmp_path / "part.csv"
    write(whole, kind, rows, bad)
    write(part, kind, rows // 10, bad)
    found = {engine: measured(engine, part if engine == "frictionless" else whole, kind) for engine in ENGINES}
    rates = {engine: result["rows"] / result["seconds"] for engine, result in found.items()}
    ratio = rates["ours"] / rates["frictionless"]
    print(f"\n{name}: {rows:,} rows, {whole.stat().st_size / 1e6:,.0f} MB, goal {goal or '-'} × frictionless")
    for engine, result in found.items():
        speed = f"{rates[engine]:>12,.0f} rows/s {result['seconds']:8.2f} s {result['cpu']:8.2f} s CPU"
        memory = f"{result['megabytes']:5} MB {result['errors']:>10,} errors"
        print(f"  {engine:13} {speed} {memory} {rates['ours'] / rates[engine]:8.1f} ×")
    assert found["ours"]["rows"] == rows
    assert ratio > 10, "the screen lost its speed"


@pytest.mark.timeout(3600)
def test_memory(tmp_path):
    """A file of any size, without keys: at most 300 MB, Python and its libraries included."""
    path = tmp_path / "large.csv"
    write(path, "stations", 1_000_000, 0.001)
    with path.open("rb") as stream:
        stream.readline()
        rows = stream.read()
    with path.open("ab") as out:
        while out.tell() < GIGABYTES * 1e9:
            out.write(rows)
    result = measured("ours", path, "stations")
    print(f"\nmemory: {result['rows']:,} rows, {path.stat().st_size / 1e9:,.1f} GB, goal 300 MB")
    print(f"  ours {result['rows'] / result['seconds']:,.0f} rows/s {result['seconds']:.1f} s {result['megabytes']} MB")
    assert result["megabytes"] <= 300
