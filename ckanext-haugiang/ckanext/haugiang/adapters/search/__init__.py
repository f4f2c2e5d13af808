"""The seam: ``solr_url = pgsearch://`` gives CKAN a PostgreSQL index where it asks pysolr for Solr.

``make_connection()`` of every CKAN calls ``pysolr.Solr(url)`` when it is called, so one name is enough: it becomes a
function that looks at the scheme of the address. ``http(s)://`` still gives the real pysolr. CKAN's check of the Solr
schema, which asks over HTTP, is answered with the schema that CKAN ships. Both are put back by ``uninstall``.
"""

from __future__ import annotations

from typing import Any

import ckan.lib.search as ckan_search
import pysolr
from ckan.common import config

from ckanext.haugiang.adapters.search import session
from ckanext.haugiang.adapters.search.client import PostgresSolr
from ckanext.haugiang.adapters.search.shipped import schema_xml

SCHEME = "pgsearch:"
__all__ = ["PostgresSolr", "install", "uninstall"]
_originals: dict[str, Any] = {}


class _SchemaResponse:
    """What ``requests.get`` would give for the schema."""

    def __init__(self) -> None:
        self.text = schema_xml()

    def raise_for_status(self) -> None:
        """All is well."""


def install() -> None:
    """Put the seam in; a second call changes nothing."""
    if _originals:
        return
    real, ask = pysolr.Solr, ckan_search._get_schema_from_solr
    _originals.update(solr=real, schema=ask)

    def solr(url: str, *args: Any, **kwargs: Any) -> Any:
        return (PostgresSolr if str(url).startswith(SCHEME) else real)(url, *args, **kwargs)

    def schema_from_solr(file_offset: str) -> Any:
        if str(config.get("solr_url", "")).startswith(SCHEME):
            return _SchemaResponse()
        return ask(file_offset)

    pysolr.Solr = solr
    ckan_search._get_schema_from_solr = schema_from_solr
    session.listen()


def uninstall() -> None:
    """Take the seam out."""
    if not _originals:
        return
    pysolr.Solr = _originals.pop("solr")
    ckan_search._get_schema_from_solr = _originals.pop("schema")
    session.unlisten()
