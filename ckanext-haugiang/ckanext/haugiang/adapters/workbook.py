"""The empty workbook of a table schema: columns as stewards know them, drop-downs for codes, a sheet that explains."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ckanext.haugiang.core.errors import N_
from ckanext.haugiang.core.schema import Field, TableSchema
from ckanext.haugiang.core.schema.units import unit_in

if TYPE_CHECKING:
    from openpyxl import Workbook

Translate = Callable[[str], str]
ROWS = 2000  # rows that the drop-downs reach down to
SHEETS = {"data": N_("Data"), "columns": N_("Columns"), "codes": N_("Codes")}
HEADS = (
    N_("Column"), N_("Field"), N_("Type"), N_("Unit"), N_("Required"), N_("Allowed values"), N_("Meaning"),
)  # fmt: skip
FORMATS = {"date": "dd/mm/yyyy", "integer": "0", "number": "General"}
PETROL, TINT = "0B5563", "E5F1F2"


def template(
    schema: TableSchema, registers: Mapping[str, Sequence[Mapping[str, str]]], translate: Translate, lang: str
) -> bytes:
    """Make the workbook.

    Args:
        schema: The table schema.
        registers: Rows of the code lists that its fields name.
        translate: Gives the reader's words for an English msgid.
        lang: "vi" or "en"; the column heads are Vietnamese in both, because files are read by them.
    """
    from openpyxl import Workbook

    book = Workbook()
    codes = _codes(book, schema, registers, translate, lang)
    _data(book, schema, codes, translate)
    _columns(book, schema, translate, lang)
    book.move_sheet(translate(SHEETS["codes"]), offset=2)
    book.active = 0
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _choices(field: Field, registers: Mapping[str, Sequence[Mapping[str, str]]], lang: str) -> list[tuple[str, str]]:
    """Values that a field may hold, with their names."""
    if field.constraints.get("enum"):
        names = {str(value): field.labels.get(str(value), {}).get(lang, "") for value in field.constraints["enum"]}
        return list(names.items())
    rows = registers.get(field.codelist or "", ())
    name = "name_vi" if lang == "vi" else "name_en"
    return [(row["code"], row.get(name) or row.get("name_vi") or "") for row in rows]


def _codes(
    book: Workbook, schema: TableSchema, registers: Mapping[str, Any], translate: Translate, lang: str
) -> dict[str, str]:
    """Write the sheet of codes; the range of each field's codes, for its drop-down."""
    from openpyxl.utils import get_column_letter

    sheet = book.active
    sheet.title = translate(SHEETS["codes"])
    ranges: dict[str, str] = {}
    column = 1
    for field in schema.fields:
        choices = _choices(field, registers, lang)
        if not choices:
            continue
        sheet.cell(1, column, field.title)
        for number, (code, name) in enumerate(choices, 2):
            sheet.cell(number, column, code).number_format = "@"
            sheet.cell(number, column + 1, name)
        letter = get_column_letter(column)
        ranges[field.name] = f"'{sheet.title}'!${letter}$2:${letter}${len(choices) + 1}"
        sheet.column_dimensions[letter].width = 14
        sheet.column_dimensions[get_column_letter(column + 1)].width = 34
        column += 3
    _head(sheet, 1, column)
    return ranges


def _data(book: Workbook, schema: TableSchema, codes: Mapping[str, str], translate: Translate) -> None:
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    sheet = book.create_sheet(translate(SHEETS["data"]), 0)
    for number, field in enumerate(schema.fields, 1):
        letter = get_column_letter(number)
        sheet.cell(1, number, field.title)
        sheet.column_dimensions[letter].width = max(12, min(32, len(field.title) + 4))
        form = "@" if field.type == "string" else FORMATS.get(field.type)
        if form:
            sheet.column_dimensions[letter].number_format = form
        if field.name in codes:
            # A warning, not a wall: stewards also write names, which the portal turns into codes where it can.
            rule = DataValidation(type="list", formula1=codes[field.name], allow_blank=True, errorStyle="warning")
            sheet.add_data_validation(rule)
            rule.add(f"{letter}2:{letter}{ROWS}")
    _head(sheet, 1, len(schema.fields))
    sheet.freeze_panes = "A2"


def _columns(book: Workbook, schema: TableSchema, translate: Translate, lang: str) -> None:
    sheet = book.create_sheet(translate(SHEETS["columns"]), 1)
    sheet.append([translate(head) for head in HEADS])
    for field in schema.fields:
        limits = field.constraints
        bounds = " – ".join(str(limits[key]) for key in ("minimum", "maximum") if key in limits)
        allowed = ", ".join(map(str, limits.get("enum", ()))) or field.codelist or bounds
        sheet.append(
            [
                field.title if lang == "vi" else f"{field.title} ({field.title_en})", field.name, field.type,
                unit_in(field.unit, lang), translate(N_("Yes")) if field.required else "", allowed,
                field.description if lang == "vi" else field.description_en or field.description,
            ]
        )  # fmt: skip
    for letter, width in zip("ABCDEFG", (36, 22, 12, 10, 10, 30, 70), strict=True):
        sheet.column_dimensions[letter].width = width
    _head(sheet, 1, len(HEADS))
    sheet.freeze_panes = "A2"


def _head(sheet: Any, row: int, columns: int) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill

    for number in range(1, columns + 1):
        cell = sheet.cell(row, number)
        if cell.value:
            cell.font, cell.fill = Font(bold=True, color=PETROL), PatternFill("solid", fgColor=TINT)
            cell.alignment = Alignment(wrap_text=True, vertical="bottom")
