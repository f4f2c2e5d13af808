from collections.abc import Callable
from typing import Any

import pytest

from ckanext.haugiang.core.schema import TableSchema, parse_table_schema


@pytest.fixture
def schema() -> Callable[..., TableSchema]:
    """Make a table schema of bare fields: what a test does not care about is filled in."""

    def make(*fields: dict[str, Any], **keys: Any) -> TableSchema:
        document = {
            "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
            "name": "trial",
            "x-version": "1.0.0",
            "x-sector": "agriculture",
            "title": "Bảng thử",
            "x-title-en": "Trial",
            "fields": [{"title": field["name"].title(), **field} for field in fields],
            **keys,
        }
        return parse_table_schema(document)

    return make
