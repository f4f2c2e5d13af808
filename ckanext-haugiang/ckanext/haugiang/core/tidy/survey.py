"""What a whole file says about how its columns write numbers and days, before a cell is changed."""

from __future__ import annotations

from collections.abc import Mapping, Set

import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.read import Block
from ckanext.haugiang.core.schema import TableSchema
from ckanext.haugiang.core.tidy.looks import casts
from ckanext.haugiang.core.tidy.number_style import Evidence, Style, file_style
from ckanext.haugiang.core.tidy.steps.date_formats import MONTH_FIRST

FIGURES = frozenset({"number", "integer"})
DAYS = frozenset({"date", "datetime", "yearmonth", "time"})


class Survey:
    """Evidence of all columns, gathered block by block.

    Args:
        schema: Tells figures and days.
        columns: Field → index of its column.
    """

    def __init__(self, schema: TableSchema, columns: Mapping[str, int]) -> None:
        self._figures = {name: at for name, at in columns.items() if schema.field(name).type in FIGURES}
        self._days = {name: at for name, at in columns.items() if schema.field(name).type in DAYS}
        self._evidence = {name: Evidence() for name in self._figures}
        self.month_first: set[str] = set()

    def look(self, block: Block) -> Set[str]:
        """Take a block into account.

        Returns:
            Fields whose column was seen to hold nothing but numbers, or nothing but days, as Arrow reads them.
        """
        sound = set()
        for name, index in self._figures.items():
            if index < len(block.columns) and self._evidence[name].look(block.columns[index], block.native_of(index)):
                sound.add(name)
        for name, index in self._days.items():
            if name in self.month_first or index >= len(block.columns):
                continue
            if casts(block.columns[index], pa.date32()):
                sound.add(name)
            elif _month_first(block.columns[index]):
                self.month_first.add(name)
        return sound

    @property
    def plain(self) -> bool:
        """Whether everything so far is as programs write it: decimal points, and no month before a day."""
        return not self.month_first and not any(item.comma for item in self._evidence.values())

    @property
    def settled(self) -> bool:
        """Whether no cell is left that could be read in two ways."""
        whole_file = file_style(self._evidence.values())
        return all(not item.ambiguous or (item.style or whole_file) == "point" for item in self._evidence.values())

    def styles(self) -> dict[str, Style | None]:
        """How each column of figures writes them; the file's style where a column proves none."""
        whole_file = file_style(self._evidence.values())
        return {name: item.style or whole_file for name, item in self._evidence.items()}


def _month_first(cells: pa.Array) -> bool:
    return bool(pc.any(pc.match_substring_regex(cells, MONTH_FIRST)).as_py())
