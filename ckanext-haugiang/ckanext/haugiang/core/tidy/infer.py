"""Propose a table schema for a table that has none: names, titles, units and types, to be corrected by a person."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pyarrow as pa

from ckanext.haugiang.core.errors import TidyError
from ckanext.haugiang.core.read import Block, Table
from ckanext.haugiang.core.schema import Field, TableSchema, parse_table_schema
from ckanext.haugiang.core.tidy.fold import fold, read_key, split_unit
from ckanext.haugiang.core.tidy.header_row import LOOK
from ckanext.haugiang.core.tidy.number_style import Evidence, Style, file_style, read_number
from ckanext.haugiang.core.tidy.plan import data_blocks, first_rows
from ckanext.haugiang.core.tidy.steps.blank_rows import blank_rows
from ckanext.haugiang.core.tidy.steps.boolean_words import FALSE, TRUE
from ckanext.haugiang.core.tidy.steps.date_formats import DateFormats

MISSING = ("", "-", "...", "…", "..", "x", "KXĐ")
_DISTINCT = 20_000
_FIGURE = re.compile(r"^[\d.,\s%+-]+$")
_LEADING_ZERO = re.compile(r"^0\d")
_WIDE_ENOUGH = 0.8


def infer(table: Table, name: str) -> dict[str, Any]:
    """Propose a schema document.

    Args:
        table: A table with its column heads in one row.
        name: What to call the schema.

    Returns:
        A document that `parse_table_schema` accepts.

    Raises:
        TidyError: no-header.
        ReadError: why the file cannot be read.
    """
    row, heads = _guess_header(first_rows(table))
    columns = [_Column(index, head) for index, head in enumerate(heads) if head]
    for block in data_blocks(table, row + 1):
        blank = blank_rows(block.columns)
        for column in columns:
            column.look(block, ~blank)
    style = file_style(column.evidence for column in columns)
    names: set[str] = set()
    slug = _slug(name) or "table"
    document = {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "name": slug,
        "title": name,
        "x-title-en": name,
        "x-version": "1.0.0",
        "x-sector": "agriculture",
        "fields": [column.field(names, style) for column in columns],
        "missingValues": list(MISSING),
    }
    parse_table_schema(document)
    return document


def _guess_header(rows: Sequence[Sequence[str]]) -> tuple[int, list[str]]:
    """The first row of words that is nearly as wide as the widest row; gives its number from 1."""
    widest = max((sum(bool(cell.strip()) for cell in row) for row in rows), default=0)
    for number, row in enumerate(rows[:LOOK], start=1):
        cells = [cell.strip() for cell in row]
        words = [cell for cell in cells if cell]
        if len(words) < max(1, _WIDE_ENOUGH * widest) or len(set(words)) < len(words):
            continue
        if not any(_FIGURE.match(word) for word in words):
            return number, cells
    found = [cell for cell in (rows[0] if rows else []) if cell][:30]
    raise TidyError("no-header", schema="", ref="", found=found)


class _Column:
    """What is seen of one column."""

    def __init__(self, index: int, head: str) -> None:
        self.index = index
        self.head = head
        self.evidence = Evidence()
        self._texts: dict[str, None] = {}
        self._native: dict[str, None] = {}
        self._blank = False

    def look(self, block: Block, keep: Any) -> None:
        """Note the distinct texts of a block, up to a limit."""
        if self.index >= len(block.columns):
            self._blank = True
            return
        mask = pa.array(keep)
        cells = block.columns[self.index].filter(mask)
        native = block.native_of(self.index)
        native = None if native is None else native.filter(mask)
        self.evidence.look(cells, native)
        flags = native.to_pylist() if native is not None else [False] * len(cells)
        for text, exact in zip(cells.to_pylist(), flags, strict=True):
            stripped = text.strip()
            if stripped in MISSING:
                self._blank = True
            elif len(self._texts) < _DISTINCT:
                (self._native if exact else self._texts)[stripped] = None

    def field(self, names: set[str], style: Style | None) -> dict[str, Any]:
        """The proposed field."""
        title, unit = split_unit(self.head)
        title = title if unit else self.head
        kind = self._type(self.evidence.style or style)
        name = base = _slug(title) or f"cot_{self.index + 1}"
        number = 2
        while name in names:
            name, number = f"{base}_{number}", number + 1
        names.add(name)
        proposal: dict[str, Any] = {"name": name, "type": kind, "title": title, "x-title-en": title}
        if unit and kind in {"number", "integer"}:
            proposal["x-unit"] = unit
        if unit:
            proposal["x-header-variants"] = [self.head]
        if not self._blank and (self._texts or self._native):
            proposal["constraints"] = {"required": True}
        return proposal

    def _type(self, style: Style | None) -> str:
        texts = [*self._texts, *self._native]
        if not texts:
            return "string"
        for kind, reads in self._readers(style):
            if all(reads(text) for text in texts):
                return kind
        return "string"

    def _readers(self, style: Style | None) -> Iterator[tuple[str, Callable[[str], bool]]]:
        def number(text: str, *, whole: bool) -> bool:
            if text in self._native:
                return re.fullmatch(r"[+-]?\d+" if whole else r"[+-]?\d+(\.\d+)?", text) is not None
            return not _LEADING_ZERO.match(text) and read_number(text, style, whole=whole) is not None

        if style is not None or not self.evidence.ambiguous:
            yield "integer", lambda text: number(text, whole=True)
            yield "number", lambda text: number(text, whole=False)
        for kind, pattern in (("date", r"\d{4}-\d{2}-\d{2}"), ("datetime", r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}")):
            yield kind, _day_reader(DateFormats(_plain_field(kind)), pattern)
        yield "boolean", lambda text: read_key(text) in TRUE | FALSE


def _day_reader(step: DateFormats, pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, step.repair(text)) is not None


def _plain_field(kind: str) -> Field:
    document = {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "name": "any",
        "title": "any",
        "x-title-en": "any",
        "x-version": "1.0.0",
        "x-sector": "agriculture",
        "fields": [{"name": "any", "type": kind, "title": "any", "x-title-en": "any"}],
    }
    schema: TableSchema = parse_table_schema(document)
    return schema.fields[0]


def _slug(text: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "_", fold(text)).strip("_")[:60]
    return slug if not slug[:1].isdigit() else f"c_{slug}"
