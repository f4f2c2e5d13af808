"""Find the row of column heads below titles and empty rows: the one that fills most fields of the schema.

A head may take two or three rows (a group above its parts); then a column's candidates are both texts together, its
own, and the group's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ckanext.haugiang.core.errors import TidyError
from ckanext.haugiang.core.read import Merged
from ckanext.haugiang.core.schema import TableSchema
from ckanext.haugiang.core.tidy.header import HeaderIndex

LOOK = 60
_DEEPEST = 3
_SHOWN = 30


@dataclass(frozen=True, slots=True)
class HeaderPlace:
    """Where the header is.

    Attributes:
        row: Its first row in the file, from 1.
        depth: How many rows it takes.
        heads: For each column its candidate texts.
        titles: The texts of the rows above, for the page and for later steps.
    """

    row: int
    depth: int
    heads: tuple[tuple[str, ...], ...]
    titles: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The heads as a reader would call them."""
        return tuple(texts[0].strip() if texts else "" for texts in self.heads)


def find_header(
    rows: Sequence[Sequence[str]], merged: Sequence[Merged], schema: TableSchema, index: HeaderIndex
) -> HeaderPlace:
    """Look for the header among the first rows.

    Raises:
        TidyError: no-header.
    """
    best: tuple[int, int, int] | None = None  # score, depth, row
    looked = rows[:LOOK]
    for number in range(len(looked)):
        spans = {r2 - r1 + 1 for r1, _, r2, _ in merged if r1 == number + 1 and r2 > r1}
        for depth in sorted({1, 2, *spans}):
            if depth > _DEEPEST or number + depth > len(looked):
                continue
            score = index.score(_heads(looked[number : number + depth], number + 1, merged))
            # A title above the header must not become a part of it: of equal heads the shallower wins.
            if score and (best is None or (score, -depth) > (best[0], -best[1])):
                best = (score, depth, number)
    if best is None:
        fullest = max(looked, key=lambda row: sum(bool(cell.strip()) for cell in row), default=[])
        found = [cell.strip()[:80] for cell in fullest if cell.strip()][:_SHOWN]
        raise TidyError("no-header", schema=schema.title, ref=schema.ref, found=found)
    _, depth, number = best
    titles = [" ".join(cell.strip() for cell in row if cell.strip()) for row in looked[:number]]
    heads = _heads(looked[number : number + depth], number + 1, merged)
    return HeaderPlace(number + 1, depth, heads, tuple(title for title in titles if title))


def _heads(rows: Sequence[Sequence[str]], first: int, merged: Sequence[Merged]) -> tuple[tuple[str, ...], ...]:
    filled = [_spread(row, first + offset, merged) for offset, row in enumerate(rows)]
    heads = []
    for cells in zip(*filled, strict=False):
        texts = list(dict.fromkeys(cell.strip() for cell in cells if cell.strip()))
        joined = " ".join(texts)
        heads.append(tuple(dict.fromkeys(text for text in (joined, *reversed(texts)) if text)))
    return tuple(heads)


def _spread(row: Sequence[str], number: int, merged: Sequence[Merged]) -> list[str]:
    """A row of heads with each merged group's text over all its columns."""
    cells = list(row)
    for r1, c1, r2, c2 in merged:
        if r1 <= number <= r2 and c2 > c1 and c1 <= len(cells) and r1 == number:
            cells[c1 - 1 : c2] = [cells[c1 - 1]] * (min(c2, len(cells)) - c1 + 1)
    return cells
