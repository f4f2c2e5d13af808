"""The columns of a published table: PostgreSQL's type, the data dictionary and what is indexed.

They come from the schema alone, never from the data, so that a program written against one version of a table reads the
next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ckanext.haugiang.core.schema import Field, TableSchema

# Table Schema's types; whatever is not here is text. Only built-in types: CKAN caches types for each process.
TYPES = {
    "integer": "bigint",
    "number": "numeric",
    "boolean": "boolean",
    "date": "date",
    "datetime": "timestamp",
    "time": "time",
    "year": "integer",
    "object": "json",
    "array": "json",
    "geojson": "json",
}
BIGINT = 2**63 - 1
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


@dataclass(frozen=True)
class Column:
    """One column of a published table.

    Attributes:
        name: The field's name.
        type: Type in PostgreSQL.
        info: The entry of CKAN's data dictionary.
        indexed: Whether people will look rows up by it.
    """

    name: str
    type: str
    info: Mapping[str, Any]
    indexed: bool = False


def columns(schema: TableSchema) -> list[Column]:
    """The columns of a table of this schema, in its order; keys and references are indexed."""
    keys = {*schema.primary_key, *(name for key in schema.foreign_keys for name in key.fields)}
    return [Column(f.name, _type(f), _info(f), f.name in keys) for f in schema.fields]


def _type(field: Field) -> str:
    """The type that holds whatever the schema's own bounds allow; without bounds, what programs call an integer."""
    if field.type == "integer":
        bounds = (field.constraints.get(name) for name in BOUNDS)
        if any(bound is not None and abs(int(bound)) > BIGINT for bound in bounds):
            return "numeric"
    return TYPES.get(field.type, "text")


def _info(field: Field) -> dict[str, Any]:
    info = {
        "label": field.title,
        "label_en": field.title_en,
        "notes": field.description,
        "notes_en": field.description_en,
        "unit": field.unit,
        "codelist": field.codelist,
        "required": field.required,
    }
    return {key: value for key, value in info.items() if value not in (None, "")}
