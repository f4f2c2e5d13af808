"""``code-names``: write the code of what a cell names.

A field whose values stand in a register (``x-codelist``, or its foreign key) may hold names in the steward's file. A
name that equals a register's name, English name or alias, without regard to capitals and marks on letters, becomes
its code. Exact letters beat folded ones. Where more than one code fits, the other fields of the foreign key (the
register's
version), then the day the row names, decide; what is still ambiguous stays, and the judge reports it with its choices:
"Vị Thanh" is a city and a commune, and nobody may guess which.

A code field without a column of its own takes the column of names beside it: ``ma_don_vi`` is read from ``ten_don_vi``.

Before: ``TP. Vị Thanh``. After: ``930``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyarrow as pa

from ckanext.haugiang.core.schema import Field, TableSchema
from ckanext.haugiang.core.tidy.fold import fold, read_key


class CodeNames:
    """See the module.

    Args:
        field: The field that holds codes.
        schema: Its schema; a foreign key tells which fields of the row narrow the choice.
        register: The register with the columns code, name_vi, name_en, aliases, and maybe valid_from, valid_to.
    """

    name = "code-names"

    def __init__(self, field: Field, schema: TableSchema, register: pa.Table) -> None:
        self.field = field
        key = next((key for key in schema.foreign_keys if field.name in key.fields), None)
        code = key.reference[key.fields.index(field.name)] if key else "code"
        self.others: tuple[tuple[str, str], ...] = ()
        if key:
            pairs = zip(key.fields, key.reference, strict=True)
            self.others = tuple((name, column) for name, column in pairs if name != field.name)
        self._rows = register.to_pylist()
        self.codes = frozenset(row[code] for row in self._rows if row.get(code))
        self._code = code
        # Code lists have name_vi and name_en; a published register, such as the stations, has its own columns.
        names = ("name_vi", "name_en", "ten_" + code.removeprefix("ma_"))
        self._read: dict[str, list[int]] = {}
        self._folded: dict[str, list[int]] = {}
        for number, row in enumerate(self._rows):
            for text in _spellings(row, names):
                self._read.setdefault(read_key(text), []).append(number)
                self._folded.setdefault(fold(text), []).append(number)
        self._folded.pop("", None)

    def code_of(self, text: str, others: Mapping[str, str], day: str) -> str | None:
        """The one code that a name stands for, or None.

        Args:
            text: The cell.
            others: Values of the foreign key's other fields in this row, empty ones left out.
            day: ISO day of the row, empty if it has none.
        """
        for names, key in ((self._read, read_key(text)), (self._folded, fold(text))):
            rows = [self._rows[number] for number in names.get(key, ())]
            if rows:
                return self._decide(rows, others, day)
        return None

    def _decide(self, rows: Sequence[Mapping[str, str]], others: Mapping[str, str], day: str) -> str | None:
        columns = dict(self.others)
        fitting = [row for row in rows if all(row.get(columns[name]) == value for name, value in others.items())]
        codes = {row[self._code] for row in fitting}
        if len(codes) > 1 and day:
            fitting = [row for row in fitting if _valid(row, day)]
            codes = {row[self._code] for row in fitting}
        return codes.pop() if len(codes) == 1 else None


def _valid(row: Mapping[str, str], day: str) -> bool:
    start, end = row.get("valid_from") or "", row.get("valid_to") or "9999"
    return start <= day[:10] <= end


def _spellings(row: Mapping[str, str], names: Sequence[str]) -> list[str]:
    aliases = (row.get("aliases") or "").split("|")
    return [text for text in (*(row.get(name) or "" for name in names), *aliases) if text.strip()]
