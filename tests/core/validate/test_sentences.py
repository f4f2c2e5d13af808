import io

import pyarrow as pa
import pytest

from ckanext.haugiang.core.validate import sentence, validate

MOST = {"maximum": 2000}
FIELDS = [
    {"name": "ma", "type": "string", "title": "Mã", "x-title-en": "Code", "constraints": {"required": True}},
    {
        "name": "nang_suat",
        "type": "number",
        "title": "Năng suất",
        "x-title-en": "Yield",
        "constraints": {"maximum": 2000},
    },
    {"name": "nam", "type": "integer", "title": "Năm", "x-title-en": "Year"},
    {"name": "ngay", "type": "date", "title": "Ngày", "x-title-en": "Day"},
    {"name": "vu", "type": "string", "title": "Vụ", "x-title-en": "Season", "constraints": {"enum": ["DX", "HT"]}},
]
KEYS = {
    "primaryKey": ["ma"],
    "foreignKeys": [{"fields": ["ma"], "reference": {"resource": "codes", "fields": ["code"]}}],
}
CASES = [
    ("c1,61.5 tạ,2024,2024-01-02,DX", "Column “Yield”, row 2: “61.5 tạ” is not a number. Change to 61.5?"),
    ("c1,12-15,2024,2024-01-02,DX", "Column “Yield”, row 2: “12-15” is not a number. Enter a number."),
    (
        "c1,2500.5,2024,2024-01-02,DX",
        "Column “Yield”, row 2: 2,500.5 is above the most allowed, 2,000. Check the source.",
    ),
    ("c1,1,x,2024-01-02,DX", "Column “Year”, row 2: “x” is not a whole number. Enter digits only."),
    ("c1,1,1,hôm nay,DX", "Column “Day”, row 2: “hôm nay” is not a date. Write it as 2026-03-05."),
    ("c1,1,1,,XX", "Column “Season”, row 2: “XX” is not one of “DX”, “HT”. Choose one of them."),
    ("zz,1,1,,DX", "Row 2: “zz” is not in the list “codes”. Use a code of that list."),
    ("c1,1,1,,DX,9", "Row 2 has the value “9” right of the last column. Delete it or move it."),
    ("c1,1,1,", "Row 2 ends before column “Season”. Add the cells that are missing."),
    ("", "Row 2 is empty. Delete it."),
    ("c1,,,,\nc1,,,,", "Row 3 repeats row 2. Keep one."),
    (",1,,,", "Column “Code”, row 2 is empty. It is required: fill it in or drop the row."),
]


def judged(schema, rows):
    table = schema(*FIELDS, **KEYS)
    text = "ma,nang_suat,nam,ngay,vu\n" + rows + "\n"
    report = validate(io.BytesIO(text.encode()), table, {"codes": pa.table({"code": ["c1"]})})
    return table, report


@pytest.mark.parametrize(("rows", "expected"), CASES)
def test_an_error_is_said_in_one_sentence(schema, rows, expected):
    table, report = judged(schema, rows)
    error = report.tasks[0].errors[0].to_descriptor()
    source = report.custom["haugiang"]["sources"][0]
    assert sentence(error, table, source, lambda text: text, "en") == expected


def test_numbers_and_titles_are_the_readers_own(schema):
    table, report = judged(schema, "c1,2500.5,2024,2024-01-02,DX")
    said = sentence(
        report.tasks[0].errors[0].to_descriptor(),
        table,
        report.custom["haugiang"]["sources"][0],
        lambda text: text,
        "vi",
    )
    assert said.startswith("Column “Năng suất”, row 2: 2.500,5 is above")


def test_a_key_that_is_empty_names_its_columns(schema):
    table, report = judged(schema, ",1,,,")
    said = [
        sentence(error.to_descriptor(), table, source, lambda text: text, "en")
        for error, source in zip(report.tasks[0].errors, report.custom["haugiang"]["sources"], strict=True)
    ]
    assert said[1] == "Row 2 has no key. Fill in “Code”."
