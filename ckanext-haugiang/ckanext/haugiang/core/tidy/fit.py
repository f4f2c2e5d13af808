"""Which known schema a file is for, told by the heads of its columns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ckanext.haugiang.core.errors import TidyError
from ckanext.haugiang.core.read import Table
from ckanext.haugiang.core.schema import TableSchema
from ckanext.haugiang.core.tidy.header import HeaderIndex
from ckanext.haugiang.core.tidy.header_row import find_header
from ckanext.haugiang.core.tidy.plan import codes_beside_names, first_rows


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a schema fits a file.

    Attributes:
        ref: The schema, ``name@version``.
        matched: How many of the file's columns are its fields.
        columns: How many columns with a head the file has.
        missing: Names of required fields that no column fills.
        score: From 0 to 1: the share of the file's columns and of the schema's required fields that found each other.
    """

    ref: str
    matched: int
    columns: int
    missing: tuple[str, ...]
    score: float


def fit_schemas(table: Table, schemas: Iterable[TableSchema]) -> list[Fit]:
    """The schemas whose heads a table has, the best one first; none when no row of the table fits any.

    Raises:
        ReadError: why the file cannot be read.
    """
    rows = first_rows(table)
    found = (_fit(rows, table, schema) for schema in schemas)
    return sorted((fit for fit in found if fit), key=lambda fit: (-fit.score, fit.ref))


def _fit(rows: Sequence[Sequence[str]], table: Table, schema: TableSchema) -> Fit | None:
    index = HeaderIndex(schema)
    try:
        header = find_header(rows, table.merged, schema, index)
    except TidyError:
        return None
    fields: set[str] = set()
    for texts in header.heads:
        names = next((names for text in texts if (names := index.lookup(text)[1])), ())
        fields.update(names)
    fields |= codes_beside_names(schema, fields).keys()
    heads = sum(1 for texts in header.heads if texts)
    required = [field.name for field in schema.fields if field.required]
    missing = tuple(name for name in required if name not in fields)
    matched = index.score(header.heads)
    parts = [matched / heads if heads else 0.0]
    if required:
        parts.append(1 - len(missing) / len(required))
    return Fit(schema.ref, matched, heads, missing, round(sum(parts) / len(parts), 3))
