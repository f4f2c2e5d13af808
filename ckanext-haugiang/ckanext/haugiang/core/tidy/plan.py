"""What tidy will do with one table: where its header is, which column is which field, which steps repair it."""

from __future__ import annotations

from collections.abc import Container, Generator, Iterable, Mapping, Set
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from ckanext.haugiang.core.errors import ReadError, UnknownRegister
from ckanext.haugiang.core.read import Block, Table, column_letter
from ckanext.haugiang.core.read.ahead import ahead
from ckanext.haugiang.core.schema import Field, TableSchema
from ckanext.haugiang.core.tidy.fold import read_key
from ckanext.haugiang.core.tidy.header import HeaderIndex, Match, match_header, require
from ckanext.haugiang.core.tidy.header_row import LOOK, HeaderPlace, find_header
from ckanext.haugiang.core.tidy.number_style import Style
from ckanext.haugiang.core.tidy.questions import other_unit, place
from ckanext.haugiang.core.tidy.steps.base import CellStep
from ckanext.haugiang.core.tidy.steps.boolean_words import BooleanWords
from ckanext.haugiang.core.tidy.steps.code_names import CodeNames
from ckanext.haugiang.core.tidy.steps.date_formats import DateFormats, SheetDays
from ckanext.haugiang.core.tidy.steps.missing_tokens import MissingTokens
from ckanext.haugiang.core.tidy.steps.number_signs import NumberSigns
from ckanext.haugiang.core.tidy.steps.spaces import Spaces
from ckanext.haugiang.core.tidy.steps.unicode_nfc import UnicodeNfc
from ckanext.haugiang.core.tidy.steps.value_labels import ValueLabels
from ckanext.haugiang.core.tidy.survey import DAYS, FIGURES


@dataclass(slots=True)
class Plan:
    """The whole plan for one table.

    Attributes:
        header: Where the header is.
        matches: Field → its column.
        borrowed: Field of codes without a column → the field of names it is read from.
        constants: Field without a column → the value for all rows.
        styles: Field of figures → how its column writes them.
        steps: Field → the steps over its cells, in order.
        codes: Field → its register of names.
        questions: What tidy saw and may not decide.
    """

    header: HeaderPlace
    matches: dict[str, Match]
    borrowed: dict[str, str]
    constants: dict[str, str]
    styles: dict[str, Style | None] = field(default_factory=dict)
    steps: dict[str, list[CellStep]] = field(default_factory=dict)
    codes: dict[str, CodeNames] = field(default_factory=dict)
    questions: list[dict[str, Any]] = field(default_factory=list)

    @property
    def first_data_row(self) -> int:
        """Row of the file below the header."""
        return self.header.row + self.header.depth

    def column_of(self, name: str) -> int | None:
        """Index of the file's column that fills a field, None if none does."""
        match = self.matches.get(self.borrowed.get(name, name))
        return match.column if match else None


def make_plan(table: Table, schema: TableSchema, registers: Mapping[str, pa.Table], constants: Mapping[str, str]) -> Plan:
    """Find the header and its fields; how columns are written is told later, to `settle`.

    Raises:
        TidyError: no-header, header-ambiguous, header-duplicate, header-missing-required.
        ReadError: file-empty, and what the reader raises.
        UnknownRegister: a field's register is not among ``registers``.
    """
    index = HeaderIndex(schema)
    header = find_header(first_rows(table), table.merged, schema, index)
    matches = match_header(header.heads, index)
    given = {name: value for name, value in constants.items() if name not in matches}
    borrowed = codes_beside_names(schema, matches.keys() | given.keys())
    require(schema, matches, given.keys() | borrowed.keys(), header.names, header.row)
    plan = Plan(header, matches, borrowed, given)
    for item in schema.fields:
        if (item.name in matches or item.name in borrowed) and _register_of(item, schema):
            plan.codes[item.name] = _code_names(item, schema, registers)
    return plan


def settle(plan: Plan, schema: TableSchema, styles: Mapping[str, Style | None], month_first: Set[str]) -> None:
    """Choose the steps of each column, now that it is known how the columns write numbers and days."""
    plan.styles = dict(styles)
    plan.questions.clear()
    _unit_questions(plan, schema)
    for name in plan.matches:
        plan.steps[name] = list(_steps(schema.field(name), schema, plan, name in month_first))


def first_rows(table: Table) -> list[list[str]]:
    """The rows among which the header is looked for, all of one width.

    Raises:
        ReadError: file-empty.
    """
    rows: list[list[str]] = []
    for block in table.blocks():
        rows += block.rows(LOOK - len(rows))
        if len(rows) >= LOOK:
            break
    if not any(cell.strip() for row in rows for cell in row):
        raise ReadError("file-empty")
    width = max(map(len, rows))
    return [row + [""] * (width - len(row)) for row in rows]


def codes_beside_names(schema: TableSchema, found: Container[str]) -> dict[str, str]:
    """Code fields without a column beside a column of names: ``ma_don_vi`` beside ``ten_don_vi``."""
    borrowed = {}
    for item in schema.fields:
        names = "ten_" + item.name.removeprefix("ma_")
        missing = item.name not in found
        if missing and item.name.startswith("ma_") and names in found and _register_of(item, schema):
            borrowed[item.name] = names
    return borrowed


def _register_of(item: Field, schema: TableSchema) -> str | None:
    if item.codelist:
        return item.codelist
    for key in schema.foreign_keys:
        if item.name == key.fields[0] and key.resource:
            return key.resource
    return None


def _code_names(item: Field, schema: TableSchema, registers: Mapping[str, pa.Table]) -> CodeNames:
    name = _register_of(item, schema) or ""
    if name not in registers:
        raise UnknownRegister(name)
    return CodeNames(item, schema, registers[name])


def _steps(item: Field, schema: TableSchema, plan: Plan, month_first: bool) -> Iterable[CellStep]:
    yield UnicodeNfc()
    yield Spaces()
    yield MissingTokens(schema, item)
    if item.labels:
        yield ValueLabels(item)
    plain = item.format in ("", "default")
    if item.type in FIGURES and not {"decimalChar", "groupChar"} & item.descriptor.keys():
        yield NumberSigns(item, plan.styles.get(item.name))
    if item.type in DAYS and plain:
        yield DateFormats(item, month_first=month_first)
        if item.type == "datetime":
            yield SheetDays(item)
    if item.type == "boolean":
        yield BooleanWords(item)


def data_blocks(table: Table, first: int) -> Generator[Block, None, None]:
    """The blocks below the header, one read ahead; the one that holds the header is cut."""
    with closing(ahead(table.blocks())) as blocks:  # a reader that is left must not read on beside the next one
        for block in blocks:
            if block.first + block.height > first:
                yield block.below(max(0, first - block.first))


def _unit_questions(plan: Plan, schema: TableSchema) -> None:
    """A head that names another unit than the schema's: a yield in tấn/ha is ten times too small."""
    for name, match in plan.matches.items():
        unit = schema.field(name).unit
        if not unit or not match.unit or not _looks_like_unit(match.unit) or _same_unit(unit, match.unit):
            continue
        source = place(None, plan.header.row, column_letter(match.column + 1))
        plan.questions.append(other_unit(name, match.header, (match.unit, unit), source))


def _looks_like_unit(text: str) -> bool:
    return len(text) <= 15 and not text.isdigit()


def _same_unit(left: str, right: str) -> bool:
    marks = str.maketrans("²³", "23")
    return read_key(left).translate(marks).replace(" ", "") == read_key(right).translate(marks).replace(" ", "")


def units_of(plan: Plan, schema: TableSchema) -> dict[int, str]:
    """Index of a column → unit of its field."""
    fields = ((match.column, schema.field(name).unit) for name, match in plan.matches.items())
    return {column: unit for column, unit in fields if unit}
