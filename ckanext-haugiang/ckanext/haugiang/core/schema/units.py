"""Units of measurement in English. A schema names its units once, as Vietnamese sheets do; signs are the same everywhere.

In one table and not as a key of the schema: a unit means the same in every schema, and published versions do not change.
"""

from __future__ import annotations

__all__ = ["unit_in"]

ENGLISH = {
    "ca": "cases", "ca tử vong": "deaths", "con": "head", "cơ sở": "facilities", "cây": "trees",
    "đồng": "VND", "giường": "beds",
    "giờ": "hours", "hộ": "households", "kỳ": "periods", "lượt": "visits", "lần": "times", "mẫu": "samples", "ngày": "days",
    "người": "people", "nghìn con": "thousand head", "nghìn người": "thousand people", "nghìn tấn": "thousand tonnes",
    "năm": "years", "quả": "eggs", "tạ": "quintals", "tháng": "months", "triệu đồng": "million VND", "trạm": "stations",
    "tuần": "weeks", "tấn": "tonnes", "tỷ đồng": "billion VND",
}  # fmt: skip


def unit_in(unit: str | None, lang: str) -> str:
    """A unit as people of a language write it; “tạ/ha” is taken apart. What is not in the table stays as it is.

    Args:
        unit: As the schema names it.
        lang: The language of the page.

    Returns:
        The unit, empty if there is none.
    """
    if not unit or lang != "en":
        return unit or ""
    return "/".join(ENGLISH.get(part.strip(), part) for part in unit.split("/"))
