"""Fields without a mask: type ``any``, and whatever is left to frictionless text by text."""

from __future__ import annotations

from frictionless import Field

from ckanext.haugiang.core.validate.checks.base import ColumnCheck
from ckanext.haugiang.core.validate.column import Column


class Anything(ColumnCheck):
    """Type ``any`` without ``enum``: every cell is right."""

    @classmethod
    def knows(cls, field: Field) -> bool:
        """See `ColumnCheck`."""
        return field.type == "any" and field.constraints.get("enum") is None

    def judge(self, column: Column) -> None:
        """Nothing can be wrong."""


class AskFrictionless(ColumnCheck):
    """Every distinct text is read by frictionless once: right, and fast where few texts repeat often."""

    @classmethod
    def knows(cls, field: Field) -> bool:
        """It takes any field."""
        return True

    def judge(self, column: Column) -> None:
        """See `ColumnCheck`."""
        self.ask_all(column)
