"""A document as CKAN hands it to its index → what is stored, matched, counted and sorted.

The values are checked as strictly as Solr does it, so that a portal that runs on this index also runs on Solr.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from ckanext.haugiang.core.search import analysis
from ckanext.haugiang.core.search.dates import iso, millis, parse_date
from ckanext.haugiang.core.search.errors import SearchRefused
from ckanext.haugiang.core.search.schema import KEPT, NUMBERS, TEXTUAL, Field, IndexSchema

BULKY = ("data_dict", "validated_data_dict")  # stored aside: few searches ask for them
Scalar = str | int | float
_LONGEST_VALUE = 500  # characters of a value that is matched as a whole
_LAST_POSITION = 16_000  # PostgreSQL counts word positions up to 16383
_MOST_PLACES = 255  # and at most 255 of one word
_LARGEST = 900_000  # bytes; a text vector may have one megabyte, what does not fit any more is not found


class Vector:
    """Lexeme → positions, kept within what PostgreSQL's tsvector can hold."""

    def __init__(self) -> None:
        self.places: dict[str, list[int]] = {}
        self.size = 0

    def add(self, lexeme: str, position: int | None = None) -> None:
        """Add a lexeme, at a position (from 0) if it is a word."""
        places = self.places.get(lexeme)
        if places is None:
            cost = len(lexeme.encode()) + 8
            if self.size + cost > _LARGEST:
                return
            self.size += cost
            places = self.places[lexeme] = []
        if position is not None and len(places) < _MOST_PLACES:
            self.size += 2
            places.append(min(position, _LAST_POSITION) + 1)


@dataclass
class Indexed:
    """What is kept of one document.

    Attributes:
        id: the value of ``index_id``.
        stored: fields that a search may return.
        bulky: the two JSON texts of ``package_show``.
        kept: values of the fields that every process keeps in memory.
        other: values of all other string, number and date fields.
        words: what the text index holds; whole values and the names of present fields have no position.
        pieces: what substring search holds.
        terms: (vocabulary, term) for wildcards.
    """

    id: str
    stored: dict[str, Any] = field(default_factory=dict)
    bulky: dict[str, str] = field(default_factory=dict)
    kept: dict[str, list[Scalar]] = field(default_factory=dict)
    other: dict[str, list[Scalar]] = field(default_factory=dict)
    words: Vector = field(default_factory=Vector)
    pieces: Vector = field(default_factory=Vector)
    terms: set[tuple[str, str]] = field(default_factory=set)


def term(value: str) -> str:
    """A whole value as it is indexed: a long one is cut and told apart by its hash."""
    if len(value) <= _LONGEST_VALUE:
        return value
    return f"{value[: _LONGEST_VALUE // 2]}\x1c{hashlib.sha256(value.encode()).hexdigest()}"


def word_lexeme(name: str, word: str) -> str:
    """The lexeme of a word in a text field; the catch-all field, which is most of an index, has the shortest name."""
    return f"{'' if name == 'text' else name}\x1f{word}"


def value_lexeme(name: str, value: str) -> str:
    """The lexeme of a whole value in a string field."""
    return f"{name}\x1e{term(value)}"


def presence_lexeme(name: str) -> str:
    """The lexeme of a document that has any value in a field."""
    return f"{name}\x1d"


def build(source: Mapping[str, Any], schema: IndexSchema, now: datetime) -> Indexed:
    """Prepare one document.

    Args:
        source: field → value or list of values, as ``pysolr.Solr.add`` takes it.
        schema: the fields.
        now: the value of fields whose default is NOW.

    Raises:
        SearchRefused: with Solr's words, if a value does not fit its field.
    """
    values: dict[str, list[Scalar]] = {}
    for name, raw in source.items():
        found = _values(schema.field(name), raw, now)
        if found:
            values[name] = found
    for known in schema.fields.values():
        if known.default == "NOW":
            values.setdefault(known.name, [millis(now)])
        if known.required and known.name not in values:
            raise SearchRefused(f"[doc={source.get('index_id')}] missing required field: {known.name}")
    indexed = Indexed(id=str(values["index_id"][0]))
    texts: dict[str, list[str]] = {}
    for name, found in values.items():
        _keep(indexed, schema.field(name), found)
        for target in (name, *schema.targets(name)):
            if schema.field(target).indexed and schema.field(target).kind in TEXTUAL:
                texts.setdefault(target, []).extend(str(value) for value in found)
    for name, lines in sorted(texts.items(), key=lambda item: sum(map(len, item[1]))):  # if it is too much, titles stay
        _read(indexed, schema.field(name), lines)
    return indexed


def _values(known: Field, raw: Any, now: datetime) -> list[Scalar]:
    items: Iterable[Any] = raw if isinstance(raw, list | tuple | set | frozenset) else (raw,)
    found = [_scalar(known, item, now) for item in items if item is not None and item != ""]
    if len(found) > 1 and not known.multi:
        raise SearchRefused(
            f"multiple values encountered for non multiValued field {known.name}: {str(found)[:200]}. "
            "Join them, or name the field vocab_… or res_extras_…, in before_dataset_index."
        )
    return list(dict.fromkeys(found)) if known.kind == "string" else found


def _scalar(known: Field, item: Any, now: datetime) -> Scalar:
    if isinstance(item, Mapping | list | tuple | set):
        raise SearchRefused(f"The field {known.name} holds an object; turn it into text in before_dataset_index.")
    if isinstance(item, datetime | date):
        item = iso(millis(item if isinstance(item, datetime) else datetime(item.year, item.month, item.day)))  # noqa: DTZ001
    if isinstance(item, bool):
        item = str(item).lower()
    if known.kind == "date":
        return parse_date(str(item), now)
    if known.kind in NUMBERS or known.kind == "float":
        return _number(known, item)
    return analysis.clean(item.decode("utf-8", "replace") if isinstance(item, bytes) else str(item))


def _number(known: Field, item: Any) -> int | float:
    try:
        value = float(item) if known.kind == "float" else int(item)
    except (ValueError, TypeError):
        raise SearchRefused(f"Error adding field '{known.name}'='{str(item)[:100]}': not a number") from None
    if abs(value) >= NUMBERS.get(known.kind, float("inf")):
        raise SearchRefused(f"Error adding field '{known.name}'='{value}': out of range")
    return value


def _keep(indexed: Indexed, known: Field, values: list[Scalar]) -> None:
    if known.name in BULKY:
        indexed.bulky[known.name] = str(values[0])
    elif known.stored:
        shown = [iso(int(v)) for v in values] if known.kind == "date" else values
        indexed.stored[known.name] = shown if known.multi else shown[0]
    if not known.indexed or known.kind == "binary":
        return
    if known.kind in TEXTUAL:
        indexed.words.add(presence_lexeme(known.name))
        if not known.multi:  # a title may be sorted by, whole
            indexed.other[known.name] = [term(str(values[0]))]
        return
    whole = [term(v) if isinstance(v, str) else v for v in values]
    (indexed.kept if known.name in KEPT else indexed.other)[known.name] = whole
    indexed.words.add(presence_lexeme(known.name))
    for value in whole:
        if isinstance(value, str):
            indexed.words.add(value_lexeme(known.name, value))
            indexed.terms.add((known.name, value))


def _read(indexed: Indexed, known: Field, lines: list[str]) -> None:
    """Take in the words of a text field, or the pieces of a name."""
    start = 0
    for line in lines:
        if known.kind == "ngram":
            for position, gram in analysis.grams(line):
                indexed.pieces.add(word_lexeme(known.name, gram), start + position)
            start += len(line) + analysis.GAP
            continue
        last = start
        for token in analysis.indexed(line, start):
            last = token.position + 1
            indexed.words.add(word_lexeme(known.name, token.text), token.position)
            if token.exact:
                indexed.words.add(word_lexeme(known.name, f"={token.exact}"), token.position)
            indexed.terms.add(("", token.text))
        start = last + analysis.GAP
    indexed.words.add(presence_lexeme(known.name))
