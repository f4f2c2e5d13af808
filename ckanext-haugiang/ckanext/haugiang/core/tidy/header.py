"""Match the heads of columns to the fields of a schema.

A head is compared in steps of decreasing strictness; the first step that fits decides, so that a field's own name beats
another field's variant. What fits two fields at the deciding step is refused by name: a guess here would put a whole
column into the wrong field.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from ckanext.haugiang.core.errors import TidyError
from ckanext.haugiang.core.read import column_letter
from ckanext.haugiang.core.schema import Field, TableSchema
from ckanext.haugiang.core.tidy.fold import fold, read_key, split_unit


def _names(field: Field) -> tuple[str, ...]:
    return (field.name, field.title, field.title_en)


def _variants(field: Field) -> tuple[str, ...]:
    return tuple(field.header_variants)


def _without_unit(text: str) -> str:
    return fold(split_unit(text)[0])


_Texts = Callable[[Field], tuple[str, ...]]
_LEVELS: tuple[tuple[_Texts, Callable[[str], str]], ...] = (
    (lambda field: (field.name,), str),
    (_names, read_key),
    (_variants, read_key),
    (_names, fold),
    (_variants, fold),
    (_names, _without_unit),
    (_variants, _without_unit),
)


_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Match:
    """One column of the file that is a field.

    Attributes:
        column: Its index in the file, from 0.
        header: Its head as it stands there.
        field: Name of the field.
        level: How strictly it fits, 0 is its name letter by letter.
        unit: What the head says in parentheses, None if nothing.
    """

    column: int
    header: str
    field: str
    level: int
    unit: str | None


class HeaderIndex:
    """The heads that a schema knows, at each step of strictness."""

    def __init__(self, schema: TableSchema) -> None:
        self._levels: list[dict[str, tuple[str, ...]]] = []
        for texts, key in _LEVELS:
            level: dict[str, list[str]] = {}
            for field in schema.fields:
                for text in texts(field):
                    known = level.setdefault(key(text), [])
                    if field.name not in known:
                        known.append(field.name)
            level.pop("", None)
            self._levels.append({text: tuple(names) for text, names in level.items()})
        self._seen: dict[str, tuple[int, tuple[str, ...]]] = {}

    def lookup(self, head: str) -> tuple[int, tuple[str, ...]]:
        """The deciding step and the fields that fit there; no fields when none does."""
        found = self._seen.get(head)
        if found is None:
            found = self._seen[head] = self._find(head.strip())
        return found

    def _find(self, head: str) -> tuple[int, tuple[str, ...]]:
        if any(map(str.isalpha, head)) and len(head) <= _LONGEST:
            for number, ((_, key), known) in enumerate(zip(_LEVELS, self._levels, strict=True)):
                names = known.get(key(head))
                if names:
                    return number, names
        return len(_LEVELS), ()

    def score(self, heads: Sequence[Sequence[str]]) -> int:
        """How many fields a row of heads would fill."""
        fields = set()
        for candidates in heads:
            for text in candidates:
                names = self.lookup(text)[1]
                if names:
                    fields.add(names)
                    break
        return len(fields)


def match_header(heads: Sequence[Sequence[str]], index: HeaderIndex) -> dict[str, Match]:
    """Give each column to a field.

    Args:
        heads: For each column its candidate texts, the best first (a head of two rows has "group part", part, group).
        index: The schema's heads.

    Returns:
        Field name → its column.

    Raises:
        TidyError: header-ambiguous, header-duplicate.
    """
    best: dict[str, list[Match]] = {}
    for column, candidates in enumerate(heads):
        match = _best_of(column, candidates, index)
        if match is None:
            continue
        rivals = best.setdefault(match.field, [])
        if rivals and match.level < rivals[0].level:
            rivals.clear()
        if not rivals or match.level == rivals[0].level:
            rivals.append(match)
    for name, matches in best.items():
        if len(matches) > 1:
            letters = [column_letter(match.column + 1) for match in matches]
            raise TidyError("header-duplicate", field=name, columns=letters, headers=[m.header for m in matches])
    return {name: matches[0] for name, matches in best.items()}


def _best_of(column: int, candidates: Sequence[str], index: HeaderIndex) -> Match | None:
    found = [(*index.lookup(text), text) for text in candidates]
    fitting = [item for item in found if item[1]]
    if not fitting:
        return None
    level, names, text = min(fitting, key=lambda item: (item[0], len(item[1])))
    if len(names) > 1:
        letter = column_letter(column + 1)
        raise TidyError("header-ambiguous", header=text.strip(), column=letter, fields=list(names))
    return Match(column, text.strip(), names[0], level, split_unit(text)[1])


def require(schema: TableSchema, matches: Mapping[str, Match], given: set[str], heads: Sequence[str], row: int) -> None:
    """Refuse a table that lacks a column it must have.

    Args:
        schema: The fields.
        matches: The columns that were found.
        given: Fields that need no column: constants, and codes that a column of names tells.
        heads: All heads, for the message.
        row: Row of the header in the file.

    Raises:
        TidyError: header-missing-required.
    """
    missing = [field for field in schema.fields if field.required and field.name not in matches.keys() | given]
    if missing:
        raise TidyError(
            "header-missing-required",
            missing=[field.title for field in missing],
            fields=[field.name for field in missing],
            found=[head for head in heads if head][:50],
            row=row,
            matched={name: match.header for name, match in matches.items()},
        )
