"""`validate`: the one function that pages, command line and pipeline call."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import frictionless
import pyarrow as pa

from ckanext.haugiang.core.errors import SchemaError, UnknownRegister
from ckanext.haugiang.core.schema import TableSchema
from ckanext.haugiang.core.validate import judge, report
from ckanext.haugiang.core.validate.places import Sources, plain_sources


def validate(  # noqa: PLR0913 - each one is a question that a caller really asks
    table: BinaryIO | Path | str,
    schema: TableSchema,
    registers: Mapping[str, pa.Table],
    *,
    limit: int = 1000,
    sources: Sources | None = None,
    dialect: frictionless.Dialect | None = None,
    encoding: str = "utf-8",
) -> frictionless.Report:
    """Judge a CSV table against its schema as frictionless 5.21.0 does, with its registers in one package.

    Args:
        table: The CSV, as a path or a binary stream; by default the canonical one (comma, first row = field names).
        schema: What the table must be.
        registers: The tables that its foreign keys refer to, by name; all that `TableSchema.registers` names.
        limit: Stop writing details after so many errors, as ``limit_errors`` does; 0 writes all. Counts stay exact.
        sources: Places in the steward's file; by default the table's own rows and columns.
        dialect: How the CSV is written, when not the canonical way.
        encoding: How its letters are written.

    Raises:
        SchemaError: frictionless would raise a Python exception on this schema.
        UnknownRegister: A foreign key refers to a register that ``registers`` lacks.
    """
    for name in schema.registers():
        if name not in registers:
            raise UnknownRegister(name)
    try:
        verdict = judge.read_all(
            table, schema.frictionless(), registers, limit=limit, dialect=dialect, encoding=encoding
        )
    except frictionless.FrictionlessException as error:
        raise SchemaError("schema-invalid", reason=error.error.note) from error
    places = sources or plain_sources([field.name for field in schema.fields])
    return report.finish(verdict, schema, places, limit)
