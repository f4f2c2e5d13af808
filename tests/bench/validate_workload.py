"""One validation in a process of its own, so that its time and its peak of memory are its own.

``python validate_workload.py ENGINE FILE KIND ROWS`` prints one line of JSON; ENGINE is ours, frictionless or duckdb.
"""

import json
import re
import sys
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyarrow import csv

V2 = "https://datapackage.org/profiles/2.0/tableschema.json"
PARAMETERS = ["nhiet_do", "pH", "DO", "BOD5", "COD", "TSS", "NH4", "coliform"]
METHODS = ["TCVN 6492", "SMEWW 4500", "TCVN 7324", "do tại chỗ"]
NOTES = ["", "", "", "", "", "", "", "mưa lớn", "nước lũ, sau bão", "Ấp 3"]
STATIONS = [
    {"name": "station", "type": "string", "constraints": {"required": True, "pattern": "TV[0-9]{3}"}},
    {"name": "day", "type": "date", "constraints": {"required": True, "minimum": "2000-01-01"}},
    {"name": "hour", "type": "integer", "constraints": {"minimum": 0, "maximum": 23}},
    {"name": "parameter", "type": "string", "constraints": {"enum": PARAMETERS}},
    {"name": "value", "type": "number", "constraints": {"minimum": 0, "maximum": 1000}},
    {"name": "depth", "type": "number", "constraints": {"minimum": 0}},
    {"name": "method", "type": "string", "constraints": {"maxLength": 40}},
    {"name": "verified", "type": "boolean"},
    {"name": "note", "type": "string"},
]
WIDE = [{"name": f"c{n}", "type": "number", "constraints": {"minimum": 0}} for n in range(200)]
KEYS = [{"name": "id", "type": "integer", "constraints": {"unique": True}}, {"name": "value", "type": "number"}]
FIELDS = {"stations": STATIONS, "wide": WIDE, "keys": KEYS}


def document(kind):
    """The table schema of one kind of table."""
    return {
        "$schema": V2,
        "name": "bench",
        "x-version": "1.0.0",
        "x-sector": "environment",
        "title": "x",
        "x-title-en": "x",
        "fields": [{"title": field["name"], **field} for field in FIELDS[kind]],
    }


def write(path, kind, rows, bad=0.0):
    """A table of ``rows`` rows; in each bad row one cell has one of six faults."""
    random = np.random.default_rng(7)
    with Path(path).open("wb") as out:
        for start in range(0, rows, 500_000):
            size = min(500_000, rows - start)
            table = {"stations": stations, "wide": wide, "keys": keys}[kind](random, size, start, bad)
            csv.write_csv(table, out, csv.WriteOptions(include_header=start == 0, quoting_style="needed"))


def stations(random, size, start, bad):
    del start
    columns = {
        "station": np.char.add("TV", np.char.zfill(random.integers(1, 400, size).astype(str), 3)),
        "day": (np.datetime64("2015-01-01") + random.integers(0, 4000, size)).astype(str),
        "hour": random.integers(0, 24, size).astype(str),
        "parameter": np.array(PARAMETERS)[random.integers(0, 8, size)],
        "value": decimals(random.integers(0, 100_000, size), 2),
        "depth": decimals(random.integers(0, 300, size), 1),
        "method": np.array(METHODS)[random.integers(0, 4, size)],
        "verified": np.where(random.random(size) < 0.5, "true", "false"),
        "note": np.array(NOTES)[random.integers(0, 10, size)],
    }
    faults = [
        ("hour", "25"),
        ("value", "12.5 mg"),
        ("day", "31/02/2020"),
        ("station", ""),
        ("parameter", "xx"),
        ("value", "-5"),
    ]
    wrong = random.random(size) < bad
    which = random.integers(0, len(faults), size)
    for number, (name, text) in enumerate(faults):
        columns[name] = np.where(wrong & (which == number), text, columns[name])
    return pa.table({name: pa.array(values, pa.string()) for name, values in columns.items()})


def wide(random, size, start, bad):
    del start, bad
    return pa.table({field["name"]: decimals(random.integers(1, 10_000, size), 2) for field in WIDE})


def keys(random, size, start, bad):
    del bad
    return pa.table({"id": np.arange(start, start + size).astype(str), "value": decimals(random.integers(1, 9999, size), 2)})


def decimals(numbers, places):
    whole = (numbers // 10**places).astype(str)
    return np.char.add(np.char.add(whole, "."), np.char.zfill((numbers % 10**places).astype(str), places))


class Clock:
    """Seconds on the wall and of all processors; where others work on the same machine, the latter say more."""

    def __init__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def read(self):
        return time.perf_counter() - self.wall, time.process_time() - self.cpu


def ours(path, kind):
    from ckanext.haugiang.core.schema import parse_table_schema
    from ckanext.haugiang.core.validate import validate

    schema = parse_table_schema(document(kind))
    clock = Clock()
    report = validate(Path(path), schema, {})
    return clock.read(), report.custom["haugiang"]["rows"], report.custom["haugiang"]["errors"]


def frictionless(path, kind, limit=0):
    from frictionless import Schema, system
    from frictionless.resources import TableResource

    from ckanext.haugiang.core.schema.model import standard_part
    from ckanext.haugiang.core.validate.judge import csv_dialect

    schema = Schema.from_descriptor(standard_part(document(kind)))
    with system.use_context(trusted=True):
        resource = TableResource(path=str(path), scheme="file", encoding="utf-8", dialect=csv_dialect(), schema=schema)
        clock = Clock()
        report = resource.validate(limit_errors=limit)
        return clock.read(), resource.stats.rows, report.stats["errors"]


def duckdb(path, kind):
    """Like checks in SQL: typed reading that drops rows it cannot type, and counts of broken constraints."""
    import duckdb as engine

    types = {"string": "VARCHAR", "date": "DATE", "integer": "BIGINT", "number": "DOUBLE", "boolean": "BOOLEAN"}
    columns = {field["name"]: types[field["type"]] for field in FIELDS[kind]}
    checks = ["count(*)"]
    for field in FIELDS[kind]:
        name = f'"{field["name"]}"'
        for constraint, value in field.get("constraints", {}).items():
            quoted = f"DATE '{value}'" if field["type"] == "date" else str(value)
            checks.append(
                {
                    "required": f"count(*) FILTER ({name} IS NULL)",
                    "pattern": f"count(*) FILTER (NOT regexp_full_match({name}, '{value}'))",
                    "minimum": f"count(*) FILTER ({name} < {quoted})",
                    "maximum": f"count(*) FILTER ({name} > {quoted})",
                    "maxLength": f"count(*) FILTER (length({name}) > {value})",
                    "enum": f"count(*) FILTER ({name} NOT IN {tuple(value) if isinstance(value, list) else ()})",
                    "unique": f"count({name}) - count(DISTINCT {name})",
                }[constraint]
            )
    sql = f"SELECT {', '.join(checks)} FROM read_csv('{path}', header=true, columns={columns}, ignore_errors=true)"
    clock = Clock()
    row = engine.sql(sql).fetchall()[0]
    return clock.read(), row[0], sum(row[1:])


if __name__ == "__main__":
    engine, path, kind = sys.argv[1:]
    (seconds, cpu), rows, errors = {"ours": ours, "frictionless": frictionless, "duckdb": duckdb}[engine](path, kind)
    # not ru_maxrss, which a child inherits from whoever started it
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    found = {"seconds": seconds, "cpu": cpu, "rows": rows, "errors": errors, "megabytes": int(peak[1]) // 1024}
    print(json.dumps(found))
