"""Actions that describe the table schemas."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import ckan.plugins.toolkit as tk

from ckanext.haugiang.adapters.package_data import catalogue
from ckanext.haugiang.core.errors import UnknownSchema
from ckanext.haugiang.core.publish import columns

__all__ = ["haugiang_schema_list", "haugiang_schema_show"]

Context = dict[str, Any]


@tk.side_effect_free
def haugiang_schema_list(context: Context, data_dict: dict[str, Any]) -> list[dict[str, Any]]:
    """List the table schemas that a resource can name.

    Args:
        sector (string, optional): Only those of ``agriculture``, ``health`` or ``environment``.

    Returns:
        A list of ``{name, version, versions, sector, title, title_en}``, by sector and title; ``version`` is the newest.

    Errors:
        None.
    """
    tk.check_access("haugiang_schema_list", context, data_dict)
    sector = data_dict.get("sector")
    return [
        {
            "name": schema.name,
            "version": schema.version,
            "versions": list(catalogue().versions(schema.name)),
            "sector": schema.sector,
            "title": schema.title,
            "title_en": schema.title_en,
        }
        for schema in catalogue().newest
        if sector in (None, "", schema.sector)
    ]


@tk.side_effect_free
def haugiang_schema_show(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Show one table schema: the whole document, and what follows from it.

    Args:
        ref (string): ``name@version``; or instead of it
        name (string): the name, and
        version (string, optional): the version; the newest without it.

    Returns:
        ``{name, version, versions, ref, sector, title, title_en, descriptor, columns, registers}``: ``descriptor`` is the
        Table Schema document as it is stored, ``columns`` are the columns of a published table with their types in
        PostgreSQL and their entry in the data dictionary, ``registers`` the lists its foreign keys refer to.

    Errors:
        Not found: there is no such schema or version. Validation error: neither ``ref`` nor ``name`` is given.
    """
    tk.check_access("haugiang_schema_show", context, data_dict)
    ref = data_dict.get("ref") or data_dict.get("id") or data_dict.get("name")
    if not ref:
        raise tk.ValidationError({"ref": [tk._("Missing value")]})
    if data_dict.get("version") and "@" not in ref:
        ref = f"{ref}@{data_dict['version']}"
    try:
        schema = catalogue().get(str(ref))
    except UnknownSchema as error:
        raise tk.ObjectNotFound(tk._("There is no table schema {ref}.").format(ref=ref)) from error
    return {
        "name": schema.name,
        "version": schema.version,
        "versions": list(catalogue().versions(schema.name)),
        "ref": schema.ref,
        "sector": schema.sector,
        "title": schema.title,
        "title_en": schema.title_en,
        "descriptor": deepcopy(dict(schema.descriptor)),
        "columns": [{"id": c.name, "type": c.type, "info": dict(c.info)} for c in columns(schema)],
        "registers": list(schema.registers()),
    }
