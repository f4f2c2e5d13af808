"""Patterns in time linear in the cell: frictionless's text field with RE2 in the place of Python's ``re``.

``(a+)+`` keeps Python's engine busy for 3.4 s on 26 letters, and a table has millions of cells. The differences between
the two are listed in docs/reference/validation-limits.md; schemas that would meet most of them are refused when saved.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import re2
from frictionless import Field
from frictionless.fields import StringField
from frictionless.resources import TableResource
from frictionless.table.header import Header

from ckanext.haugiang.core.errors import SchemaError

_QUIET = re2.Options()
_QUIET.log_errors = False


@lru_cache(maxsize=512)
def compiled(pattern: str) -> Any:
    """The pattern as frictionless anchors it."""
    try:
        return re2.compile(f"^{pattern}$", _QUIET)
    except re2.error as error:
        raise SchemaError("schema-invalid", reason=f"RE2 does not know the pattern {pattern!r}: {error}") from error


class LinearStringField(StringField):
    """A text field whose pattern runs on RE2; notes and their order are frictionless's."""

    def create_cell_reader(self) -> Callable[[Any], tuple[Any, dict[str, str] | None]]:
        """Frictionless's reader without the pattern, and the pattern after it."""
        constraints = self.constraints
        pattern = constraints["pattern"]
        self.constraints = {name: value for name, value in constraints.items() if name != "pattern"}
        read = super().create_cell_reader()
        self.constraints = constraints
        expression = compiled(pattern)

        def reader(cell: Any) -> tuple[Any, dict[str, str] | None]:
            value, notes = read(cell)
            if value is None or (notes and "type" in notes) or expression.match(value):
                return value, notes
            if value.endswith("\n") and expression.match(value[:-1]):  # Python's `$` is also before a last line end
                return value, notes
            found = {**(notes or {}), "pattern": f'constraint "pattern" is "{pattern}"'}
            return value, {name: found[name] for name in self.supported_constraints if name in found}

        return reader


class LinearTable(TableResource):
    """A table resource whose text fields are `LinearStringField` where they have a pattern."""

    @property
    def header(self) -> Header:
        """The header; the fields it expects are exchanged in the list that frictionless itself keeps and reads."""
        header = super().header
        fields = header.get_expected_fields()
        for number, field in enumerate(fields):
            if type(field) is StringField and field.constraints.get("pattern") is not None:
                fields[number] = _linear(field)
        return header


def _linear(field: Field) -> LinearStringField:
    linear = LinearStringField(name=field.name, format=field.format, constraints=field.constraints)
    if field.has_defined("missing_values"):
        linear.missing_values = field.missing_values
    linear.schema = field.schema
    return linear
