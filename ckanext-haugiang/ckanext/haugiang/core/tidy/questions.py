"""What tidy saw and may not decide: findings in the form of those of the schema's rules, with the severity "warning"."""

from __future__ import annotations

from typing import Any

AMBIGUOUS_NUMBER = "number-ambiguous"
OTHER_UNIT = "unit-differs"
_TITLES = {
    AMBIGUOUS_NUMBER: ("Số đọc được theo hai cách", "Numbers that can be read in two ways"),
    OTHER_UNIT: ("Đơn vị tính khác với lược đồ", "Unit other than the schema's"),
}


def place(sheet: str | None, row: int, column: str) -> dict[str, Any]:
    """A cell of the steward's file."""
    return {"sheet": sheet, "row": row, "column": column, "cell": f"{column}{row}"}


def ambiguous_number(field: str, text: str, row: int, source: dict[str, Any]) -> dict[str, Any]:
    """A number such as "1.050" whose style nothing in the file proves.

    Args:
        field: Its field.
        text: The cell.
        row: Row of the tidied table, its header is row 1.
        source: Its place in the file.
    """
    whole = text.replace(".", "").replace(",", "")
    params = {"value": text, "first": whole, "second": float(text.replace(",", "."))}
    return _question(AMBIGUOUS_NUMBER, field, row, params, source)


def other_unit(field: str, header: str, units: tuple[str, str], source: dict[str, Any]) -> dict[str, Any]:
    """A head that names another unit than the schema's: a yield in tấn/ha is ten times too small.

    Args:
        field: The field.
        header: The head.
        units: The head's and the schema's.
        source: Its place in the file.
    """
    params = {"header": header, "found": units[0], "expected": units[1]}
    return _question(OTHER_UNIT, field, None, params, source)


def _question(code: str, field: str, row: int | None, params: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
    title, title_en = _TITLES[code]
    return {
        "code": code,
        "rule": code,
        "severity": "warning",
        "title": title,
        "title_en": title_en,
        "field": field,
        "row": row,
        "params": params,
        "source": source,
    }
