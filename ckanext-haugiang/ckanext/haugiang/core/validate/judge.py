"""The judge: frictionless itself, fed with the rows it has to speak about, under their true numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import frictionless
import pyarrow as pa
from frictionless import Field, formats, helpers, system
from frictionless.resources import TableResource

from ckanext.haugiang.core.errors import ReadError
from ckanext.haugiang.core.schema import TableSchema
from ckanext.haugiang.core.validate.caps import lighten
from ckanext.haugiang.core.validate.foreign_key import register_keys
from ckanext.haugiang.core.validate.linear import LinearTable
from ckanext.haugiang.core.validate.rules import Finding

PROFILES = "https://datapackage.org/profiles/2.0/"
V2 = PROFILES + "tableschema.json"
TYPES = (
    (pa.types.is_boolean, "boolean"),
    (pa.types.is_integer, "integer"),
    (pa.types.is_decimal, "number"),
    (pa.types.is_floating, "number"),
    (pa.types.is_date, "date"),
    (pa.types.is_timestamp, "datetime"),
)
Rows = Iterable[tuple[int, list[str]]]
# What frictionless lets through from the types of Python when a value cannot be compared or hashed.
PYTHON_ERRORS = (ArithmeticError, AttributeError, TypeError, ValueError)


@dataclass
class Verdict:
    """What the judge wrote, and how many errors of which kind there are in all."""

    report: frictionless.Report
    rows: int = 0
    errors: int = 0
    by_type: Counter[str] = field(default_factory=Counter)
    by_field: Counter[str] = field(default_factory=Counter)
    findings: list[Finding] = field(default_factory=list)
    by_rule: Counter[str] = field(default_factory=Counter)

    def take_findings(self, findings: list[Finding], by_rule: Counter[str], schema: TableSchema) -> None:
        """Add what our own rules found; what breaks a rule of severity ``error`` is an error of the table."""
        self.findings, self.by_rule = findings, by_rule
        for rule in schema.rules:
            if rule.severity == "error" and by_rule[rule.name]:
                name = rule.params.get("field") or next(iter(rule.params.get("fields", [])), "")
                self.add(rule.check, [name], by_rule[rule.name])

    def add(self, kind: str, names: Iterable[str], count: int = 1) -> None:
        """Count errors of one kind; errors of keys count for each field of the key."""
        self.errors += count
        self.by_type[kind] += count
        for name in names:
            if name:
                self.by_field[name] += count

    def count(self, error: frictionless.Error, primary_key: list[str]) -> None:
        """Count one error that frictionless wrote."""
        names = getattr(error, "field_names", None) or [getattr(error, "field_name", "")]
        self.add(error.type, primary_key if error.type == "primary-key" else names)


class FedDialect(frictionless.Dialect):
    """A dialect whose rows come from the screen, once frictionless has looked at the sample of the file itself."""

    feed: Rows | None = None

    def read_enumerated_content_stream(self, cell_stream: Iterable[list[Any]]) -> Iterator[tuple[int, list[Any]]]:
        """The fed rows with their true numbers; of the sample, which is a list, its own rows."""
        if isinstance(cell_stream, list):
            yield from super().read_enumerated_content_stream(cell_stream)
        else:
            yield from self.feed or ()


def csv_dialect(
    kind: type[frictionless.Dialect] = frictionless.Dialect, *, delimiter: str = ",", quote: str = '"', line: str = "\n"
) -> frictionless.Dialect:
    """A dialect with nothing left to guess: frictionless sniffs whatever a dialect does not say."""
    control = formats.CsvControl(
        delimiter=delimiter, quote_char=quote, line_terminator=line, double_quote=True, skip_initial_space=False
    )
    return kind(header=True, header_rows=[1], controls=[control])


def field_type(arrow: pa.DataType) -> str:
    """The Table Schema type of a register's column; what is none of the simple ones is text."""
    return next((name for test, name in TYPES if test(arrow)), "string")


def register_field(name: str, kind: str) -> Field:
    """A field of a register."""
    return Field.from_descriptor({"name": name, "type": kind})


def register_resource(name: str, table: pa.Table) -> TableResource:
    """A register as frictionless sees it: typed as its Arrow columns are, everything else text."""
    fields = [{"name": column.name, "type": field_type(column.type)} for column in table.schema]
    columns = [
        column.cast(pa.string()) if fields[n]["type"] == "string" else column for n, column in enumerate(table.columns)
    ]
    rows = [table.column_names, *map(list, zip(*(column.to_pylist() for column in columns), strict=True))]
    schema = frictionless.Schema.from_descriptor({"$schema": V2, "fields": fields})
    return TableResource(name=name, data=rows, schema=schema, schema_profile=PROFILES + "dataresource.json")


def table_resource(schema: frictionless.Schema, dialect: frictionless.Dialect, encoding: str, **source: Any) -> LinearTable:
    """The table, from ``path`` or ``data``."""
    return LinearTable(
        name="table",
        format="csv",
        encoding=encoding,
        dialect=dialect,
        schema=schema,
        schema_profile=PROFILES + "dataresource.json",
        **source,
    )


def in_package(resource: TableResource, registers: Mapping[str, pa.Table]) -> TableResource:
    """The table in a package with its registers: a foreign key to another resource needs one.

    Of version 2 of the standard, as our table schemas are: a package that does not say so refuses exclusive bounds.
    """
    others = [register_resource(name, table) for name, table in registers.items()]
    frictionless.Package(resources=[resource, *others], schema_profile=PROFILES + "datapackage.json")
    return resource


def judged(resource: TableResource, limit: int) -> frictionless.Report:
    """Let frictionless validate.

    Raises:
        ReadError: ``value-incomparable``; it raised a Python exception on the values it met.
    """
    try:
        return resource.validate(limit_errors=limit, on_row=lighten)
    except frictionless.FrictionlessException:
        raise
    except PYTHON_ERRORS as error:
        raise _incomparable(error) from error


def _incomparable(error: Exception) -> ReadError:
    return ReadError("value-incomparable", field="?", value=str(error)[:200])


def open_head(
    head: bytes, schema: frictionless.Schema, registers: Mapping[str, pa.Table], dialect: frictionless.Dialect
) -> tuple[LinearTable, FedDialect]:
    """The table as frictionless sees its first rows: labels, fields, header errors; ready to be fed.

    Registers are left empty: `fill_lookup` puts into them what the foreign keys look up, faster than rows would.
    """
    fed = FedDialect.from_descriptor(dialect.to_descriptor())
    for name in ("header", "header_rows"):
        fed.add_defined(name)
    resource = table_resource(schema, fed, "utf-8", data=head)
    in_package(resource, {name: table.slice(0, 0) for name, table in registers.items()})
    return resource, fed


def fill_lookup(resource: TableResource, registers: Mapping[str, pa.Table]) -> None:
    """Give an opened resource the values of its registers."""
    for name, keys in resource.lookup.items():
        for fields, values in keys.items():
            values.update(register_keys(registers[name], list(fields)))


def read_all(  # noqa: PLR0913, PLR0917 - frictionless's own names
    table: BinaryIO | Path | str,
    schema: frictionless.Schema,
    registers: Mapping[str, pa.Table],
    limit: int,
    dialect: frictionless.Dialect | None,
    encoding: str,
) -> Verdict:
    """Read every row with frictionless: slow, and right by definition."""
    timer = helpers.Timer()  # type: ignore[no-untyped-call]
    source: dict[str, Any] = (
        {"path": str(table), "scheme": "file"} if isinstance(table, str | Path) else {"data": table.read()}
    )
    resource = table_resource(schema, dialect or csv_dialect(), encoding, **source)
    in_package(resource, registers)
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
            lighten(row)
            found = row.errors
        except StopIteration:
            break
        except frictionless.FrictionlessException as error:
            found = [error.error]
        except PYTHON_ERRORS as error:
            raise _incomparable(error) from error
        verdict.rows = resource.stats.rows or 0
        for one in found:
            verdict.count(one, resource.schema.primary_key)
        if not warnings:
            kept.extend(found)
            if limit and len(kept) >= limit:
                del kept[limit:]
                warnings.append(f"reached error limit: {limit}")
