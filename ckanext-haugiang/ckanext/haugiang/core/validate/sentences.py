"""One sentence for one error: where, what, and what to do, in the words of the steward's own sheet.

English msgids; ``translate`` gives the reader's language. Contents of cells stand in “ ”, a column by its title.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ckanext.haugiang.core.errors import N_, fill
from ckanext.haugiang.core.schema import Field, TableSchema
from ckanext.haugiang.core.schema.units import unit_in

SHOWN_VALUES = 6
SHOWN_LETTERS = 60
GROUPED_FROM = 10_000

TYPE = {
    "integer": N_("Column “{column}”, row {row}: “{value}” is not a whole number. Enter digits only."),
    "number": N_("Column “{column}”, row {row}: “{value}” is not a number. Enter a number."),
    "date": N_("Column “{column}”, row {row}: “{value}” is not a date. Write it as {example}."),
    "datetime": N_("Column “{column}”, row {row}: “{value}” is not a date with time. Write it as {example}."),
    "time": N_("Column “{column}”, row {row}: “{value}” is not a time. Write it as {example}."),
    "year": N_("Column “{column}”, row {row}: “{value}” is not a year. Write four digits, such as {example}."),
    "yearmonth": N_("Column “{column}”, row {row}: “{value}” is not a month. Write it as {example}."),
    "boolean": N_("Column “{column}”, row {row}: “{value}” is neither yes nor no. Write {example}."),
    "geopoint": N_("Column “{column}”, row {row}: “{value}” is not a place. Write longitude and latitude: {example}."),
}
TYPE_GUESS = N_("Column “{column}”, row {row}: “{value}” is not a number. Change to {guess}?")
TYPE_OTHER = N_("Column “{column}”, row {row}: “{value}” cannot be read as {type}. Correct it.")
EXAMPLES = {
    "date": ("05/03/2026", "2026-03-05"),
    "datetime": ("2026-03-05T09:14:00", "2026-03-05T09:14:00"),
    "time": ("09:14:00", "09:14:00"),
    "year": ("2026", "2026"),
    "yearmonth": ("2026-03", "2026-03"),
    "boolean": ("true / false", "true / false"),
    "geopoint": ("105.64, 9.78", "105.64, 9.78"),
}
CONSTRAINT = {
    "minimum": N_("Column “{column}”, row {row}: {value} is below the least allowed, {bound}. Check the source."),
    "maximum": N_("Column “{column}”, row {row}: {value} is above the most allowed, {bound}. Check the source."),
    "exclusiveMinimum": N_("Column “{column}”, row {row}: {value} must be above {bound}. Check the source."),
    "exclusiveMaximum": N_("Column “{column}”, row {row}: {value} must be below {bound}. Check the source."),
    "minLength": N_("Column “{column}”, row {row}: “{value}” is too short; at least {bound}. Complete it."),
    "maxLength": N_("Column “{column}”, row {row}: “{value}” is too long; at most {bound}. Shorten it."),
    "enum": N_("Column “{column}”, row {row}: “{value}” is not one of {values}. Choose one of them."),
    "pattern": N_("Column “{column}”, row {row}: “{value}” is not written the way this column needs. Correct it."),
}
REQUIRED_NUMBER = N_("Column “{column}”, row {row} is empty. It is required: enter a number or drop the row.")
REQUIRED = N_("Column “{column}”, row {row} is empty. It is required: fill it in or drop the row.")
OTHER = {
    "blank-row": N_("Row {row} is empty. Delete it."),
    "extra-cell": N_("Row {row} has the value “{value}” right of the last column. Delete it or move it."),
    "missing-cell": N_("Row {row} ends before column “{column}”. Add the cells that are missing."),
    "unique-error": N_("Column “{column}”: row {row} repeats “{value}” of row {same}. Keep one."),
    "primary-key": N_("Row {row} repeats row {same}. Keep one."),
    "foreign-key": N_("Row {row}: “{value}” is not in the list “{register}”. Use a code of that list."),
    "missing-label": N_("No column “{column}” found. Add it, or choose the column that holds it."),
    "extra-label": N_("Column “{label}” belongs to no field. Rename it or drop it."),
    "incorrect-label": N_("Column “{label}” stands where “{column}” should. Rename it or change the order."),
    "duplicate-label": N_("Two columns are called “{label}”. Keep one or rename one."),
    "blank-label": N_("Column {number} has no name. Name it “{column}”."),
    "source-error": N_("The table cannot be read: {note}. Save the file anew and upload it again."),
    "encoding-error": N_("The letters of the file cannot be read. Save it as CSV UTF-8 and upload that."),
}
# What the registers are called; a register of another name is a published table and keeps its own.
REGISTERS = {
    "admin_units": N_("Administrative units"), "admin_units_history": N_("Administrative units through time"),
    "admin_units_crosswalk": N_("Old and new administrative units"), "crop_seasons": N_("Crop seasons"),
    "crops": N_("Crops"), "diseases": N_("Diseases"), "facility_types": N_("Kinds of health facilities"),
    "water_parameters": N_("Water quality parameters"), "env_station": N_("Monitoring stations"),
}  # fmt: skip
EMPTY_KEY = N_("Row {row} has no key. Fill in {columns}.")
EMPTY_FILE = N_("The table is empty. Upload the file with its rows.")
FALLBACK = N_("Row {row}: {note}")
# What tidy asks; the other findings have their sentence with their rule.
QUESTIONS = {
    "number-ambiguous": N_("Column “{column}”, row {row}: is “{value}” {first} or {second}? The file does not tell."),
    "unit-differs": N_("Column “{column}” is headed “{header}”, in {found}; it is published in {expected}. Convert it?"),
}

NUMBER = re.compile(r"[-+−]?\d+(?:[.,]\d+)?")
CONSTRAINT_NOTE = re.compile(r'(?:array item )?constraint "(\w+)" is ')


def sentence(
    error: Mapping[str, Any],
    schema: TableSchema,
    source: Mapping[str, Any],
    translate: Callable[[str], str],
    lang: str = "vi",
) -> str:
    """Say one error of a report (its descriptor) to a steward.

    Args:
        error: The descriptor, as in ``report["tasks"][0]["errors"]``, or one of ``report["haugiang"]["findings"]``.
        schema: The schema that was judged against, for titles and units.
        source: The place of the same number in ``report["haugiang"]["sources"]``.
        translate: Gettext of the reader's language.
        lang: ``vi`` or ``en``; chooses titles and how numbers are written.
    """
    template, values = _found(error, schema, source, lang) if "rule" in error else _said(error, schema, source, lang)
    if "register" in values:
        values["register"] = translate(REGISTERS.get(values["register"], values["register"] or "…"))
    return fill(translate(template), values)


def _said(error: Mapping[str, Any], schema: TableSchema, source: Mapping[str, Any], lang: str) -> tuple[str, dict[str, Any]]:
    field = _field(schema, error.get("fieldName") or "")
    values = {
        "row": source.get("row") or error.get("rowNumber"),
        "column": _title(field, lang) if field else error.get("fieldName") or source.get("column") or "",
        "value": short(str(error.get("cell", ""))),
        "label": short(str(error.get("label", ""))),
        "number": error.get("fieldNumber"),
        "note": error.get("note") or error.get("message", ""),
        "same": source.get("same_row"),
    }
    kind = error["type"]
    if kind == "type-error":
        return _type(field, values, lang)
    if kind == "constraint-error":
        return _constraint(field, error.get("note", ""), values, lang)
    if kind == "foreign-key":
        values["value"] = short(", ".join(error.get("fieldCells", [])))
        values["register"] = error.get("referenceName", "")
    if kind == "primary-key" and values["same"] is None:
        values["columns"] = ", ".join(f"“{_title(schema.field(name), lang)}”" for name in schema.primary_key)
        return EMPTY_KEY, values
    if kind == "source-error" and values["note"] == "the source is empty":
        return EMPTY_FILE, values
    return OTHER.get(kind, FALLBACK), values


def _found(
    finding: Mapping[str, Any], schema: TableSchema, source: Mapping[str, Any], lang: str
) -> tuple[str, dict[str, Any]]:
    """A finding of one of our own rules."""
    field = _field(schema, finding["field"])
    params = finding["params"]
    values = {name: _figure(value, lang) for name, value in params.items() if name != "values"}
    values["row"] = source.get("row") or finding["row"]
    values["same"] = params.get("same_row")
    values["column"] = _title(field, lang) if field else finding["field"]
    values["title"] = finding["title"] if lang == "vi" else finding["title_en"]
    if "values" in params:
        told = [(schema.field(name), value) for name, value in params["values"].items()]
        values["values"] = ", ".join(
            f"{_title(each, lang)} {_figure(value, lang)}{' ' + unit_in(each.unit, lang) if each.unit else ''}"
            for each, value in told
        )
    if finding["code"] in QUESTIONS:
        return QUESTIONS[finding["code"]], values
    from ckanext.haugiang.core.validate.rules import RULES  # pandas, which a web process needs for this alone

    return RULES[finding["code"]].sentence, values


def _figure(value: Any, lang: str) -> str:
    """A value of a finding as the reader writes it; a year, which is a whole number of four digits, without a dot."""
    if value is None:
        return "…"
    if isinstance(value, float):
        return localized(f"{value:.6f}".rstrip("0").rstrip("."), lang)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if abs(value) < GROUPED_FROM else localized(str(value), lang)
    date = re.fullmatch(r"(\d{4})-(\d{2})-(\d{2})", str(value))
    return f"{date[3]}/{date[2]}/{date[1]}" if date and lang == "vi" else short(str(value))


def _type(field: Field | None, values: dict[str, Any], lang: str) -> tuple[str, dict[str, Any]]:
    kind = field.type if field else ""
    values["type"] = kind
    values["example"] = EXAMPLES.get(kind, ("", ""))[lang != "vi"]
    if kind in ("integer", "number"):
        found = NUMBER.findall(values["value"])
        whole = kind == "number" or (found and not re.search("[.,]", found[0]))
        if len(found) == 1 and whole:  # “61,5 tạ”; two numbers in a cell are not ours to choose from
            values["guess"] = localized(found[0].replace(",", ".").replace("−", "-"), lang)
            return TYPE_GUESS, values
    return TYPE.get(kind, TYPE_OTHER), values


def _constraint(field: Field | None, note: str, values: dict[str, Any], lang: str) -> tuple[str, dict[str, Any]]:
    match = CONSTRAINT_NOTE.match(note)
    name = match[1] if match else ""
    if name == "required":
        numeric = field is not None and field.type in ("integer", "number")
        return (REQUIRED_NUMBER if numeric else REQUIRED), values
    bound = field.constraints.get(name) if field else None
    values["bound"] = localized(str(bound), lang)
    if name == "enum" and isinstance(bound, list):
        shown = [f"“{short(str(value))}”" for value in bound[:SHOWN_VALUES]]
        values["values"] = ", ".join([*shown, "…"] if len(bound) > SHOWN_VALUES else shown)
    if name in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"):
        values["value"] = localized(values["value"], lang)
    return CONSTRAINT.get(name, FALLBACK), values


def _field(schema: TableSchema, name: str) -> Field | None:
    return next((field for field in schema.fields if field.name == name), None)


def _title(field: Field, lang: str) -> str:
    return (field.title if lang == "vi" else field.title_en or field.title) or field.name


def localized(text: str, lang: str) -> str:
    """A number as the reader writes it: 1.234,5 in Vietnamese, 1,234.5 in English; other text as it is."""
    match = re.fullmatch(r"([-+]?)(\d+)(?:\.(\d+))?", text)
    if not match:
        return text
    sign, whole, part = match.groups()
    group, point = (".", ",") if lang == "vi" else (",", ".")
    grouped = re.sub(r"(?<=\d)(?=(\d{3})+$)", group, whole)
    return f"{sign.replace('-', '−')}{grouped}{point + part if part else ''}"


def short(text: str) -> str:
    """Contents of a cell, cut to what fits a sentence."""
    return text if len(text) <= SHOWN_LETTERS else text[: SHOWN_LETTERS - 1] + "…"
