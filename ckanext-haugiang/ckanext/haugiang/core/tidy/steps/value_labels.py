"""``value-labels``: write a named value as the schema's value.

A field with few values names each in Vietnamese and English (``x-labels``) and lists how stewards write it. What equals
one of these, without regard to capitals and marks on letters, becomes the value; what fits two values stays.

Before: ``Sơ bộ``. After: ``so_bo``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.schema import Field
from ckanext.haugiang.core.tidy.fold import fold, read_key


class ValueLabels:
    """See the module.

    Args:
        field: A field with labels.
    """

    name = "value-labels"

    def __init__(self, field: Field) -> None:
        self._read = _unique((key, value) for value, key in _spellings(field, read_key))
        self._folded = _unique((key, value) for value, key in _spellings(field, fold))
        self._values = pa.array([*field.labels, ""], pa.string())

    def suspects(self, cells: pa.Array, native: pa.Array | None) -> pa.Array | None:
        """All that is not already a value."""
        return pc.invert(pc.is_in(cells, value_set=self._values))

    def repair(self, text: str) -> str:
        """The value that the text names."""
        return self._read.get(read_key(text)) or self._folded.get(fold(text)) or text


def _spellings(field: Field, key: Callable[[str], str]) -> Iterator[tuple[str, str]]:
    for value, label in field.labels.items():
        for text in (value, label.get("vi", ""), label.get("en", ""), *label.get("variants", ())):
            yield value, key(text)


def _unique(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Keys that stand for one value only."""
    found: dict[str, set[str]] = {}
    for key, value in pairs:
        found.setdefault(key, set()).add(value)
    return {key: next(iter(values)) for key, values in found.items() if len(values) == 1 and key}
