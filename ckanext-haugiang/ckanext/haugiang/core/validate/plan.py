"""What will be checked, worked out once for a file from its header and its schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from frictionless import Field
from frictionless.resources import TableResource

from ckanext.haugiang.core.schema import TableSchema
from ckanext.haugiang.core.validate.blocks import Marks
from ckanext.haugiang.core.validate.checks import ColumnCheck, for_field
from ckanext.haugiang.core.validate.foreign_key import ForeignKeyCheck
from ckanext.haugiang.core.validate.keys import KeyCheck
from ckanext.haugiang.core.validate.linear import compiled
from ckanext.haugiang.core.validate.rules import RuleCheck, make_rules

OWN = ""  # a foreign key without a resource refers to the table itself


@dataclass(frozen=True)
class Plan:
    """The checks of one file.

    Attributes:
        marks: How its cells are told apart.
        fields: What frictionless expects in each column, in the file's order.
        columns: The check of each of them.
        missing: Texts that mean "no value", where they are the same in all columns; else None.
        missing_by_column: The same for each column.
        required: For each column whether a cell without value is an error.
        keys: Unique fields first, then the primary key, as frictionless asks.
        foreign_keys: References to registers.
        rules: Our own checks.
        details: How many findings of the rules are written out; all are counted.
    """

    marks: Marks
    fields: tuple[Field, ...]
    columns: tuple[ColumnCheck, ...]
    missing: tuple[str, ...] | None
    missing_by_column: tuple[tuple[str, ...], ...]
    required: tuple[bool, ...]
    keys: tuple[KeyCheck, ...]
    foreign_keys: tuple[ForeignKeyCheck, ...]
    rules: tuple[RuleCheck, ...] = ()
    details: int = 1000

    @property
    def names(self) -> list[str]:
        """Names of the columns; a column that no field claims is called as its label."""
        return [field.name for field in self.fields]

    def rules_for(self, *, whole: bool) -> list[RuleCheck]:
        """The rules that see one block at a time, or those that see the whole table."""
        return [rule for rule in self.rules if rule.whole == whole]

    @property
    def kept(self) -> list[str]:
        """Fields whose values are kept for rules that see the whole table."""
        return list(dict.fromkeys(name for rule in self.rules_for(whole=True) for name in rule.fields))


def make_plan(resource: TableResource, registers: Mapping[str, pa.Table], schema: TableSchema, details: int) -> Plan | None:
    """Plan the screening of an opened resource; None where only frictionless itself can read it.

    Raises:
        SchemaError: a pattern is not one of RE2.
    """
    marks = _marks(resource)
    if marks is None:
        return None
    fields = tuple(resource.header.get_expected_fields())
    if not fields:
        return None
    for field in fields:
        if field.constraints.get("pattern") is not None:
            compiled(field.constraints["pattern"])
    missing = tuple(_missing(field) for field in fields)
    names = [field.name for field in fields]
    return Plan(
        marks=marks,
        fields=fields,
        columns=tuple(map(for_field, fields)),
        missing=missing[0] if len(set(missing)) == 1 else None,
        missing_by_column=missing,
        required=tuple(bool(_required(field)) for field in fields),
        keys=_keys(fields, names, list(schema.primary_key)),
        foreign_keys=tuple(
            ForeignKeyCheck.make(key, names, registers)
            for key in schema.foreign_keys
            if key.resource != OWN and set(key.fields) <= set(names)
        ),
        rules=tuple(make_rules(schema, registers, names)),
        details=details,
    )


def _marks(resource: TableResource) -> Marks | None:
    dialect = resource.dialect
    control = next((control for control in dialect.controls if control.type == "csv"), None)
    if control is None or dialect.header_rows != [1] or not dialect.header or not dialect.header_case:
        return None
    if dialect.comment_char or dialect.comment_rows or dialect.skip_blank_rows:
        return None
    options: Any = control
    if options.skip_initial_space or options.escape_char or options.null_sequence is not None:
        return None
    signs = options.delimiter + options.quote_char
    if len(options.delimiter) != 1 or len(options.quote_char) > 1 or not signs.isascii() or set(signs) & set("\r\n"):
        return None
    return Marks(options.delimiter.encode(), options.quote_char.encode())


def _missing(field: Field) -> tuple[str, ...]:
    if field.schema is None or field.has_defined("missing_values"):
        return tuple(sorted(set(field.missing_values)))
    return tuple(sorted(set(field.schema.missing_values)))


def _required(field: Field) -> Any:
    return "required" in field.supported_constraints and field.constraints.get("required")


def _keys(fields: tuple[Field, ...], names: list[str], primary: list[str]) -> tuple[KeyCheck, ...]:
    keys = [
        KeyCheck("unique-error", (number,), (field.name,))
        for number, field in enumerate(fields)
        if field.constraints.get("unique")
    ]
    if primary and set(primary) <= set(names):
        keys.append(KeyCheck("primary-key", tuple(map(names.index, primary)), tuple(primary)))
    return tuple(keys)
