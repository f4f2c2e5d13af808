"""All table schemas and registers there are, read from the bytes of their files and checked against each other.

A file that is wrong stops the whole catalogue: half a catalogue would publish tables whose codes nobody checked.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from ckanext.haugiang.core.errors import SchemaError, UnknownRegister, UnknownSchema
from ckanext.haugiang.core.schema.model import TableSchema
from ckanext.haugiang.core.schema.parse import parse_table_schema

if TYPE_CHECKING:  # 50 MB that a web process, which only names registers, need not carry
    import pyarrow as pa

DATED = ("valid_from", "valid_to", "source", "confidence")
CODED = ("code", "name_vi", "name_en", "aliases")
CONFIDENCES = ("verified", "verified_secondary", "general_knowledge", "our_proposal")
_DAY = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})?")


class Catalogue:
    """Table schemas by name and version, and the registers they refer to.

    Args:
        files: Path below ``schemas/`` (``table/<sector>/<name>/<version>.json``, ``codes/<name>.csv``) → content. Other
            files are ignored.
        judged: See `parse_table_schema`.

    Raises:
        SchemaError: if a file is malformed, does not fit its path, or refers to what is not there.
    """

    def __init__(self, files: Mapping[str, bytes], *, judged: bool = False) -> None:
        self._registers: dict[str, list[list[str]]] = {}
        self._schemas: dict[str, dict[str, TableSchema]] = {}
        for path in sorted(files):
            parts = PurePosixPath(path).parts
            if len(parts) == 2 and parts[0] == "codes" and path.endswith(".csv"):
                self._registers[parts[1].removesuffix(".csv")] = _register(path, files[path])
            elif len(parts) == 4 and parts[0] == "table" and path.endswith(".json"):
                schema = _schema(path, files[path], judged=judged)
                self._schemas.setdefault(schema.name, {})[schema.version] = schema
        for versions in self._schemas.values():
            for schema in versions.values():
                self._check_references(schema)

    def names(self) -> tuple[str, ...]:
        """Names of all table schemas."""
        return tuple(sorted(self._schemas))

    def versions(self, name: str) -> tuple[str, ...]:
        """Versions of a schema, the oldest first.

        Raises:
            UnknownSchema: if there is no schema of that name.
        """
        if name not in self._schemas:
            raise UnknownSchema(name)
        return tuple(sorted(self._schemas[name], key=_order))

    def get(self, ref: str) -> TableSchema:
        """The schema ``name@version``; the newest version of ``name`` alone.

        Raises:
            UnknownSchema: if there is none.
        """
        name, at, version = ref.partition("@")
        versions = self._schemas.get(name, {})
        if not at and versions:
            version = max(versions, key=_order)
        if version not in versions:
            raise UnknownSchema(ref)
        return versions[version]

    def register(self, name: str) -> pa.Table:
        """The code list of that name, every column text, empty cells null.

        Raises:
            UnknownRegister: if it is not one of the files; a register that is itself published, such as the stations,
                is found by the portal.
        """
        if name not in self._registers:
            raise UnknownRegister(name)
        import pyarrow as pa

        header, *rows = self._registers[name]
        types = pa.schema([(column, pa.string()) for column in header])
        return pa.table({column: [row[i] or None for row in rows] for i, column in enumerate(header)}, types)

    def register_rows(self, name: str) -> list[dict[str, str]]:
        """The same list as plain rows, empty cells as empty texts; for pages.

        Raises:
            UnknownRegister: as `register` does.
        """
        if name not in self._registers:
            raise UnknownRegister(name)
        header, *rows = self._registers[name]
        return [dict(zip(header, row, strict=True)) for row in rows]

    def registers(self) -> tuple[str, ...]:
        """Names of all code lists."""
        return tuple(sorted(self._registers))

    @cached_property
    def newest(self) -> tuple[TableSchema, ...]:
        """The newest version of each schema, by sector and title."""
        return tuple(sorted(map(self.get, self.names()), key=lambda schema: (schema.sector, schema.title)))

    def _check_references(self, schema: TableSchema) -> None:
        for field in schema.fields:
            if field.codelist:
                self._check_columns(schema, field.codelist, ())
        for key in schema.foreign_keys:
            if key.resource:
                self._check_columns(schema, key.resource, key.reference)
        for rule in schema.rules:
            columns = [rule.params[name] for name in ("minimum", "maximum", "column") if name in rule.params]
            names = [name for name in columns if isinstance(name, str)] + list(rule.params.get("keys", []))
            for register in rule.registers():
                self._check_columns(schema, register, tuple(names))

    def _check_columns(self, schema: TableSchema, register: str, columns: tuple[str, ...]) -> None:
        if register in self._registers:
            there = set(self._registers[register][0])
        elif register in self._schemas:
            there = {field.name for field in self.get(register).fields}
        else:
            raise _refuse(f"{schema.ref} refers to {register!r}, which is neither a code list nor a table schema")
        for column in columns:
            if column not in there:
                raise _refuse(f"{schema.ref} refers to the column {column!r}, which {register!r} does not have")


def _refuse(reason: str) -> SchemaError:
    return SchemaError("schema-invalid", reason=reason)


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _schema(path: str, content: bytes, *, judged: bool) -> TableSchema:
    try:
        schema = parse_table_schema(json.loads(content), judged=judged)
    except ValueError as error:
        raise _refuse(f"{path} is no JSON: {error}") from error
    except SchemaError as error:
        raise _refuse(f"{path}: {error.params['reason']}") from error
    if path != f"table/{schema.sector}/{schema.name}/{schema.version}.json":
        raise _refuse(f"{path} says it is {schema.ref} of the sector {schema.sector!r}")
    return schema


def _register(path: str, content: bytes) -> list[list[str]]:
    rows = list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))
    header = rows[0] if rows else []
    for column in (*CODED, *DATED) if "code" in header else DATED:
        if column not in header:
            raise _refuse(f"{path} has no column {column!r}")
    keys: set[tuple[str, str]] = set()
    for number, row in enumerate(rows[1:], 2):
        if len(row) != len(header):
            raise _refuse(f"{path}, line {number} has {len(row)} cells under {len(header)} headings")
        cells = dict(zip(header, row, strict=True))
        if cells["confidence"] not in CONFIDENCES:
            raise _refuse(f"{path}, line {number}: confidence must be one of {', '.join(CONFIDENCES)}")
        if not cells["source"] or not all(_DAY.fullmatch(cells[name]) for name in ("valid_from", "valid_to")):
            raise _refuse(f"{path}, line {number}: a source, and dates as 2025-07-01 or nothing")
        key = (cells.get("code", str(number)), cells.get("version", ""))
        if not key[0] or key in keys:
            raise _refuse(
                f"{path}, line {number}: the code {' of version '.join(filter(None, key))!r} is empty or given twice"
            )
        keys.add(key)
    return rows
