"""What a table schema is to the rest of the code: frozen records, made by `parse_table_schema` alone."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ckanext.haugiang.core.schema.rules import Rule

if TYPE_CHECKING:  # 26 MB that a web process, which only shows schemas, need not carry
    import frictionless


@dataclass(frozen=True)
class Field:
    """One column.

    Attributes:
        name: Column name of the published table, ASCII.
        type: Type of Table Schema.
        format: Its format, ``default`` if the schema says nothing.
        title: Vietnamese title.
        title_en: English title; the Vietnamese one where there is none.
        description: Vietnamese description, may be empty.
        description_en: English description, may be empty.
        unit: Unit of measurement, if it has one.
        required: Whether an empty cell is an error.
        constraints: Constraints of Table Schema.
        header_variants: Other column heads stewards use.
        input_formats: Date formats tidy also reads.
        codelist: Register whose names and aliases stand for this field's codes.
        labels: Value → {"vi", "en", "variants"} for a field with few values.
        role: What the column is to a reader (place, time, measure …).
        aggregate: How values of many rows make one.
        example: A value, or None.
        descriptor: The JSON of the field.
    """

    name: str
    type: str
    format: str
    title: str
    title_en: str
    description: str
    description_en: str
    unit: str | None
    required: bool
    constraints: Mapping[str, Any]
    header_variants: tuple[str, ...]
    input_formats: tuple[str, ...]
    codelist: str | None
    labels: Mapping[str, Mapping[str, Any]]
    role: str | None
    aggregate: str | None
    example: Any
    descriptor: Mapping[str, Any]


@dataclass(frozen=True)
class ForeignKey:
    """Fields whose values must stand in a register.

    Attributes:
        fields: Fields of this schema.
        resource: Name of the register; empty when the table refers to itself.
        reference: The register's columns, in the same order.
    """

    fields: tuple[str, ...]
    resource: str
    reference: tuple[str, ...]


@dataclass(frozen=True)
class TableSchema:
    """One version of one table schema.

    Attributes:
        name: Its name; with the version it makes ``ref``.
        version: Semantic version.
        sector: The sector it belongs to.
        title: Vietnamese title.
        title_en: English title.
        fields: The columns in order.
        primary_key: Names of the key's fields.
        foreign_keys: References to registers.
        missing_values: Cell contents that mean “no value”.
        rules: Checks beyond Table Schema.
        descriptor: The whole JSON document.
    """

    name: str
    version: str
    sector: str
    title: str
    title_en: str
    fields: tuple[Field, ...]
    primary_key: tuple[str, ...]
    foreign_keys: tuple[ForeignKey, ...]
    missing_values: tuple[str, ...]
    rules: tuple[Rule, ...]
    descriptor: Mapping[str, Any]

    @property
    def ref(self) -> str:
        """``name@version``, as resources store it."""
        return f"{self.name}@{self.version}"

    def field(self, name: str) -> Field:
        """The field of that name.

        Raises:
            KeyError: if there is none.
        """
        for candidate in self.fields:
            if candidate.name == name:
                return candidate
        raise KeyError(name)

    def frictionless(self) -> frictionless.Schema:
        """The same schema as frictionless knows it, without our added keys."""
        from frictionless import Schema

        return Schema.from_descriptor(standard_part(self.descriptor))

    def registers(self) -> tuple[str, ...]:
        """Names of the registers a check of this schema needs, foreign keys first."""
        names = [key.resource for key in self.foreign_keys if key.resource]
        names += [name for rule in self.rules for name in rule.registers()]
        return tuple(dict.fromkeys(names))


def standard_part(descriptor: Mapping[str, Any]) -> dict[str, Any]:
    """A deep copy of a schema document without the ``x-`` keys."""
    plain = {key: deepcopy(value) for key, value in descriptor.items() if not key.startswith("x-")}
    if isinstance(plain.get("fields"), list):
        plain["fields"] = [{k: v for k, v in field.items() if not k.startswith("x-")} for field in plain["fields"]]
    return plain
