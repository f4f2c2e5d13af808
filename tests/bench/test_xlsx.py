"""How fast a workbook of typed cells is judged, read and tidied first, as a ratio against frictionless in one run.

``BENCH_XLSX_ROWS`` (100,000) rows of the stations. The test looks at the processors' seconds: whoever else works on the
machine makes both wait, and rarely alike.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROWS = int(os.environ.get("BENCH_XLSX_ROWS", "100000"))
GOAL = 12
WORKLOAD = Path(__file__).with_name("xlsx_workload.py")


def run(*arguments):
    done = subprocess.run([sys.executable, str(WORKLOAD), *arguments], capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout else None


@pytest.mark.timeout(3600)
def test_speed(tmp_path):
    path = str(tmp_path / "stations.xlsx")
    run("write", path, str(ROWS))
    found = {engine: run(engine, path) for engine in ("ours", "frictionless")}
    rates = {engine: result["rows"] / result["seconds"] for engine, result in found.items()}
    ratio = found["frictionless"]["cpu"] / found["ours"]["cpu"]
    print(f"\nXLSX: {ROWS:,} rows × 9, {Path(path).stat().st_size / 1e6:.1f} MB, goal {GOAL} × frictionless")
    for engine, result in found.items():
        speed = f"{rates[engine]:>12,.0f} rows/s {result['seconds']:8.2f} s {result['cpu']:8.2f} s CPU"
        memory = f"{result['megabytes']:5} MB {result['errors']:>10,} errors"
        print(f"  {engine:13} {speed} {memory} {rates['ours'] / rates[engine]:8.1f} ×")
    print(f"  by the processors' seconds {ratio:.1f} ×")
    assert {result["rows"] for result in found.values()} == {ROWS}
    assert {result["errors"] for result in found.values()} == {0}
    assert ratio > GOAL * 0.75, "reading of workbooks lost its speed"
