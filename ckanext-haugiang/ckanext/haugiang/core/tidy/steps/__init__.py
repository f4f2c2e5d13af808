"""The steps of tidy, one file each; its docstring is its manual.

A step over cells says which cells it might change (a mask over a whole column, which must never miss one) and how one
such cell is repaired. `apply` runs it over the distinct texts under the mask alone, so a column that needs nothing
costs one look.
"""

from __future__ import annotations

from ckanext.haugiang.core.tidy.steps.base import CellStep, apply

__all__ = ["CellStep", "apply"]
