"""Columns of a published table: their types come from the schema alone."""

from __future__ import annotations

import pytest

from ckanext.haugiang.core.publish import columns
from ckanext.haugiang.core.schema import parse_table_schema


@pytest.mark.parametrize(
    ("field", "found"),
    [
        ({"type": "integer"}, "bigint"),
        ({"type": "integer", "constraints": {"minimum": 0, "maximum": 2**63 - 1}}, "bigint"),
        ({"type": "integer", "constraints": {"maximum": 10**20}}, "numeric"),
        ({"type": "integer", "constraints": {"exclusiveMinimum": -(10**20)}}, "numeric"),
        ({"type": "number", "constraints": {"maximum": 10**20}}, "numeric"),
        ({"type": "duration"}, "text"),
    ],
)
def test_a_column_holds_what_the_schema_allows(field, found):
    document = {
        "$schema": "https://datapackage.org/profiles/2.0/tableschema.json", "name": "t", "x-version": "1.0.0",
        "x-sector": "health", "title": "t", "x-title-en": "t", "fields": [{"name": "so", "title": "Số", **field}],
    }  # fmt: skip
    assert [column.type for column in columns(parse_table_schema(document))] == [found]
