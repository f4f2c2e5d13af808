import io

import pyarrow as pa
import pytest

from ckanext.haugiang.core.profile import profile
from ckanext.haugiang.core.schema import parse_table_schema

SCHEMA = parse_table_schema(
    {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
        "name": "trial",
        "x-version": "1.0.0",
        "x-sector": "health",
        "title": "Thử",
        "x-title-en": "Trial",
        "fields": [
            {"name": "n", "type": "number", "title": "Số"},
            {"name": "d", "type": "date", "title": "Ngày"},
            {"name": "t", "type": "string", "title": "Chữ"},
        ],
    }
)


def test_each_column_is_described_by_its_type():
    result = profile(io.BytesIO("n,d,t\n1,2024-01-02,lúa\n2.5,,lúa\n-1,2023-05-06,ngô\nq,,\n".encode()), SCHEMA)
    assert result["rows"] == 4
    number, day, text = (result["fields"][name] for name in "ndt")
    assert (number["min"], number["max"], number["invalid"]) == (-1, 2.5, 1)
    assert number["mean"] == pytest.approx(2.5 / 3)
    assert (day["min"], day["max"], day["nulls"]) == ("2023-05-06", "2024-01-02", 2)
    assert text["top"] == [{"value": "lúa", "count": 2}, {"value": "ngô", "count": 1}]
    assert (text["distinct"], text["length_max"]) == (2, 3)


def test_typed_columns_are_described_without_reading_text():
    table = pa.table({"n": [1.5, None], "d": pa.array([None, 3], pa.date32()), "t": ["a", "b"]})
    result = profile(table, SCHEMA)
    assert result["fields"]["n"]["mean"] == 1.5
    assert result["fields"]["d"]["max"] == "1970-01-04"


def test_a_table_of_a_header_alone_has_no_rows():
    assert profile(io.BytesIO(b"n,d,t\n"), SCHEMA)["rows"] == 0


def test_more_distinct_values_than_are_counted_are_said_to_be_more():
    table = pa.table({"n": list(range(30_000))})
    assert profile(table, SCHEMA)["fields"]["n"]["distinct_exact"] is False
