"""The judge: frictionless itself, fed with the rows it has to speak about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import frictionless
import pyarrow as pa
from frictionless import formats, helpers, system
from frictionless.resources import TableResource

V2 = "https://datapackage.org/profiles/2.0/tableschema.json"
TYPES = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_integer, "integer"),
    (pa.types.is_decimal, "number"),
    (pa.types.is_floating, "number"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "datetime"),
)


@dataclass
class Verdict:
    """What the judge wrote, and how many errors of which kind there are in all."""

    report: frictionless.Report
    rows: int = 0
    errors: int = 0
    by_type: Counter[str] = field(default_factory=Counter)
    by_field: Counter[str] = field(default_factory=Counter)

    def count(self, error: frictionless.Error, primary_key: list[str]) -> None:
        """Count one error; errors of keys count for each field of the key."""
        self.errors += 1
        self.by_type[error.type] += 1
        names = getattr(error, "field_names", None) or [getattr(error, "field_name", "")]
        if error.type == "primary-key":
            names = primary_key
        self.by_field.update(name for name in names if name)


def csv_dialect(
    *, delimiter: str = ",", quote: str = '"', line: str = "\n", header_rows: tuple[int, ...] = (1,)
) -> frictionless.Dialect:
    """A dialect with nothing left to guess: frictionless sniffs whatever a dialect does not say."""
    control = formats.CsvControl(
        delimiter=delimiter, quote_char=quote, line_terminator=line, double_quote=True, skip_initial_space=False
    )
    return frictionless.Dialect(header=True, header_rows=list(header_rows), controls=[control])


def register_resource(name: str, table: pa.Table) -> TableResource:
    """A register as frictionless sees it: typed as its Arrow columns are, everything else text."""
    fields = [
        {"name": column.name, "type": next((to for test, to in TYPES if test(column.type)), "string")}
        for column in table.schema
    ]
    text = [
        table.column(n).cast(pa.string()) if fields[n]["type"] == "string" else table.column(n)
        for n in range(table.num_columns)
    ]
    rows = [table.column_names, *map(list, zip(*(column.to_pylist() for column in text), strict=True))]
    schema = frictionless.Schema.from_descriptor({"$schema": V2, "fields": fields})
    return TableResource(name=name, data=rows, schema=schema)


def table_resource(
    table: BinaryIO | Path | str,
    schema: frictionless.Schema,
    registers: Mapping[str, pa.Table],
    dialect: frictionless.Dialect | None,
    encoding: str,
) -> TableResource:
    """The table in a package with its registers: a foreign key to another resource needs one."""
    source: dict[str, Any] = (
        {"path": str(table), "scheme": "file"} if isinstance(table, str | Path) else {"data": table.read()}
    )
    resource = TableResource(
        name="table", format="csv", encoding=encoding, dialect=dialect or csv_dialect(), schema=schema, **source
    )
    frictionless.Package(resources=[resource, *(register_resource(name, registers[name]) for name in registers)])
    return resource


def read_all(  # noqa: PLR0913 - frictionless's own names
    table: BinaryIO | Path | str,
    schema: frictionless.Schema,
    registers: Mapping[str, pa.Table],
    *,
    limit: int,
    dialect: frictionless.Dialect | None,
    encoding: str,
) -> Verdict:
    """Read every row with frictionless: slow, and right by definition."""
    timer = helpers.Timer()
    resource = table_resource(table, schema, registers, dialect, encoding)
    kept: list[frictionless.Error] = []
    verdict = Verdict(frictionless.Report.from_validation())
    warnings: list[str] = []
    with system.use_context(trusted=True):
        try:
            resource.to_descriptor(validate=True)
            resource.open()  # type: ignore[no-untyped-call]
        except frictionless.FrictionlessException as error:
            kept = list(error.to_errors())
            for one in kept:
                verdict.count(one, schema.primary_key)
            verdict.report = frictionless.Report.from_validation_task(resource, time=timer.time, errors=kept)
            return verdict
        with resource:
            _read_rows(resource, verdict, kept, warnings, limit)
    verdict.report = frictionless.Report.from_validation_task(
        resource, time=timer.time, labels=resource.labels, errors=kept, warnings=warnings
    )
    return verdict


def _read_rows(
    resource: TableResource, verdict: Verdict, kept: list[frictionless.Error], warnings: list[str], limit: int
) -> None:
    """What ``Resource.validate`` does, going on past the limit to count."""
    if not (resource.labels or resource.fragment):
        kept.append(frictionless.errors.SourceError(note="the source is empty"))
    kept.extend(resource.header.errors)
    for one in kept:
        verdict.count(one, resource.schema.primary_key)
    while True:
        try:
            row = next(resource.row_stream)
        except StopIteration:
            break
        except frictionless.FrictionlessException as error:
            found = [error.error]
        else:
            verdict.rows += 1
            found = row.errors
        for one in found:
            verdict.count(one, resource.schema.primary_key)
        if not warnings:
            kept.extend(found)
            if limit and len(kept) >= limit:
                del kept[limit:]
                warnings.append(f"reached error limit: {limit}")
