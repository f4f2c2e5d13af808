"""How much of the data and of the schema an error may repeat."""

from __future__ import annotations

import json
from typing import Any

import frictionless

CELL_BYTES = 240
CELLS_BYTES = 1_300
NOTE_BYTES = 400
CUT = "…"
HEAVY = 10_000  # letters of one error that are not to be kept until the report is finished


def lighten(row: frictionless.Row) -> None:
    """Shorten the errors of a row at once where they weigh much.

    A list of 20,000 values stands whole in every error about it: a thousand of them take a gigabyte and a half.
    """
    for error in row.errors:
        if len(error.note) + sum(map(len, error.cells)) > HEAVY:
            cap(error)


def cap(error: frictionless.Error) -> None:
    """Shorten what an error repeats of the data or the schema; its numbers and names stay whole."""
    error.note = cut(error.note, NOTE_BYTES)
    error.message = cut(error.message, CELL_BYTES + NOTE_BYTES + 300)
    for name, limit in (("cell", CELL_BYTES), ("label", CELL_BYTES)):
        if hasattr(error, name):
            setattr(error, name, cut(getattr(error, name), limit))
    for name in ("cells", "labels", "field_cells"):
        if hasattr(error, name):
            setattr(error, name, cut_list(getattr(error, name), CELLS_BYTES))


def cut(text: str, limit: int) -> str:
    """``text``, or as much of it as takes ``limit`` bytes in JSON, and an ellipsis."""
    if len(text) * 6 <= limit or size(text) <= limit:
        return text
    text = text[:limit]
    while size(text) > limit - len(CUT) * 6:
        text = text[: max(1, len(text) * (limit - 6) // size(text) - 1)]
    return text + CUT


def cut_list(texts: list[str], limit: int) -> list[str]:
    """The first ``texts`` that together take ``limit`` bytes in JSON, each cut, and an ellipsis for the rest."""
    kept: list[str] = []
    used = 0
    for text in texts:
        short = cut(text, CELL_BYTES)
        used += size(short) + 2
        if used > limit:
            return [*kept, CUT]
        kept.append(short)
    return kept


def size(value: Any) -> int:
    """Bytes of ``value`` as JSON in its longest spelling, where a Vietnamese letter takes six."""
    return len(json.dumps(value))
