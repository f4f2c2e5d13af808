"""The ``schema.xml`` that comes with the installed CKAN: which fields exist, and what CKAN checks the version of."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

from ckanext.haugiang.core.search.schema import IndexSchema, parse_schema


@cache
def schema_xml() -> str:
    """The file's text."""
    return files("ckan.config").joinpath("solr/schema.xml").read_text(encoding="utf-8")


@cache
def schema() -> IndexSchema:
    """The fields of the index."""
    return parse_schema(schema_xml())
