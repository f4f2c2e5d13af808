"""Tables out of thin air: a schema of a few fields, rows as a YAML file holds them, and what tidy makes of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from ckanext.haugiang.core.read import Block, Merged
from ckanext.haugiang.core.read.cells import text_column
from ckanext.haugiang.core.schema import TableSchema, parse_table_schema
from ckanext.haugiang.core.tidy import Tidied, tidy


def make_schema(fields: Mapping[str, Any], **keys: Any) -> TableSchema:
    """A schema of fields given by name; what a test does not care about is filled in."""
    items = []
    for name, given in fields.items():
        own = {"type": given} if isinstance(given, str) else dict(given)
        items.append({"name": name, "title": name, "x-title-en": name, **own})
    return parse_table_schema(
        {
            "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
            "name": "trial",
            "x-version": "1.0.0",
            "x-sector": "agriculture",
            "title": "Bảng thử",
            "x-title-en": "Trial",
            "fields": items,
            **keys,
        }
    )


@dataclass
class RowsTable:
    """Rows as a sheet (with native values) or as a text (when ``sheet`` is None)."""

    rows: Sequence[Sequence[Any]]
    sheet: str | None = "Sheet1"
    merged: tuple[Merged, ...] = ()
    split: int = 1_000_000
    width: int = field(init=False)

    def __post_init__(self) -> None:
        self.width = max(map(len, self.rows), default=0)

    def blocks(self) -> Iterator[Block]:
        for start in range(0, len(self.rows), self.split):
            part = [[*row, *[""] * (self.width - len(row))] for row in self.rows[start : start + self.split]]
            columns = [text_column(column) for column in zip(*part, strict=True)]
            yield Block(tuple(text for text, _ in columns), start + 1, tuple(native for _, native in columns))


@dataclass
class Result:
    """What tidy made of a table."""

    tidied: Tidied
    header: list[str]
    rows: list[list[str]]
    changes: list[dict[str, Any]]


def run_tidy(table: Any, schema: TableSchema, registers: Mapping[str, pa.Table] | None = None, **given: Any) -> Result:
    out, log = io.BytesIO(), io.BytesIO()
    tidied = tidy(table, schema, registers or {}, out, log, **given)
    rows = list(csv.reader(io.StringIO(out.getvalue().decode("utf-8"), newline="")))
    changes = [json.loads(line) for line in log.getvalue().splitlines()]
    return Result(tidied, rows[0], rows[1:], changes)
