"""Masks over whole columns, one type of cell a file; each says what it accepts at a glance and asks about the rest.

`for_field` chooses. A mask may leave a cell open (frictionless is asked then) but never settles one wrongly: the
contract tests compare every verdict with frictionless's.
"""

from __future__ import annotations

from frictionless import Field

from ckanext.haugiang.core.validate.cells import CellReader
from ckanext.haugiang.core.validate.checks.anything import Anything, AskFrictionless
from ckanext.haugiang.core.validate.checks.base import ColumnCheck
from ckanext.haugiang.core.validate.checks.day import DayCheck
from ckanext.haugiang.core.validate.checks.integer import IntegerCheck, YearCheck
from ckanext.haugiang.core.validate.checks.moment import MomentCheck
from ckanext.haugiang.core.validate.checks.number import NumberCheck
from ckanext.haugiang.core.validate.checks.text import TextCheck

CHECKS: tuple[type[ColumnCheck], ...] = (
    Anything,
    TextCheck,
    IntegerCheck,
    YearCheck,
    NumberCheck,
    DayCheck,
    MomentCheck,
)


def for_field(field: Field) -> ColumnCheck:
    """The check of one field; where no mask knows the type, format or option, frictionless is asked for each text."""
    reader = CellReader(field)
    for check in CHECKS:
        if check.knows(field):
            return check(field, reader)
    return AskFrictionless(field, reader)


__all__ = ["CHECKS", "ColumnCheck", "for_field"]
