"""Table schemas and registers: the single source of checks, templates, column types and documentation."""

from __future__ import annotations

from ckanext.haugiang.core.schema.catalogue import Catalogue
from ckanext.haugiang.core.schema.model import Field, ForeignKey, TableSchema
from ckanext.haugiang.core.schema.parse import check_pattern, parse_table_schema
from ckanext.haugiang.core.schema.rules import Rule, formula_fields

__all__ = [
    "Catalogue",
    "Field",
    "ForeignKey",
    "Rule",
    "TableSchema",
    "check_pattern",
    "formula_fields",
    "parse_table_schema",
]
