"""One validation of a workbook in a process of its own, so that its time and its peak of memory are its own.

``python xlsx_workload.py ENGINE FILE`` prints one line of JSON. ENGINE is ours, which reads, tidies and judges as the
portal does, or frictionless, which reads with openpyxl and judges. ``python xlsx_workload.py write FILE ROWS`` makes FILE.
"""

import datetime as dt
import json
import re
import sys
import tempfile
from pathlib import Path

import numpy as np
from validate_workload import STATIONS, Clock, document, stations


def write(path, rows):
    """The stations as a steward's workbook holds them: figures, days and truth values in cells of their types."""
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell

    table = stations(np.random.default_rng(7), rows, 0, 0.0)
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Số liệu")
    empty = WriteOnlyCell(sheet)  # an empty cell of a text column is there: rows that end early are errors to frictionless
    empty.number_format = "@"
    convert = {"date": dt.date.fromisoformat, "integer": int, "number": float, "boolean": "true".__eq__}
    columns = [
        [convert.get(field["type"], lambda text: text or empty)(text) for text in table.column(field["name"]).to_pylist()]
        for field in STATIONS
    ]
    sheet.append([field["name"] for field in STATIONS])
    for row in zip(*columns, strict=True):
        sheet.append(row)
    book.save(path)


def ours(path):
    import pandas as pd  # noqa: F401 - pyarrow loads it with its first list; libraries are loaded before the clock

    from ckanext.haugiang.core import read, tidy
    from ckanext.haugiang.core.schema import parse_table_schema
    from ckanext.haugiang.core.validate import validate

    schema = parse_table_schema(document("stations"))
    with tempfile.TemporaryDirectory() as folder:
        table, changes = Path(folder, "table.csv"), Path(folder, "changes.ndjson")
        clock = Clock()
        with path.open("rb") as stream, table.open("wb") as out, changes.open("wb") as log:
            sheet = next(read.open_tables(stream, read.detect(stream, path.name)))
            tidied = tidy.tidy(sheet, schema, {}, out, log)
        report = validate(table, schema, {}, sources=tidied.places)
        return clock.read(), report.custom["haugiang"]["rows"], report.custom["haugiang"]["errors"]


def frictionless(path):
    import openpyxl  # noqa: F401 - libraries are loaded before the clock
    from frictionless import Schema, system
    from frictionless.resources import TableResource

    from ckanext.haugiang.core.schema.model import standard_part

    schema = Schema.from_descriptor(standard_part(document("stations")))
    with system.use_context(trusted=True):
        resource = TableResource(path=str(path), schema=schema)
        clock = Clock()
        report = resource.validate(limit_errors=0)
        return clock.read(), resource.stats.rows, report.stats["errors"]


def main(engine, path, rows="0"):
    """Write the workbook, or judge it and say what it took."""
    if engine == "write":
        write(path, int(rows))
        return
    (seconds, cpu), rows, errors = {"ours": ours, "frictionless": frictionless}[engine](path)
    # not ru_maxrss, which a child inherits from whoever started it
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    found = {"seconds": seconds, "cpu": cpu, "rows": rows, "errors": errors, "megabytes": int(peak[1]) // 1024}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *sys.argv[3:])
