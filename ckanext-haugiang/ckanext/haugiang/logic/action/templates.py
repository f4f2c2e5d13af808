"""Actions that hand out what a table schema brings along: its code lists and its empty workbook."""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import ckan.plugins.toolkit as tk

from ckanext.haugiang.adapters import workbook
from ckanext.haugiang.adapters.package_data import catalogue
from ckanext.haugiang.core.errors import UnknownRegister, UnknownSchema

__all__ = ["haugiang_codelist_show", "haugiang_schema_template"]

Context = dict[str, Any]
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@tk.side_effect_free
def haugiang_codelist_show(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Show a register or code list that ships with the portal.

    Args:
        name (string): The name that fields give under ``x-codelist`` and foreign keys as their resource.

    Returns:
        ``{name, rows}``; each row has ``code``, ``name_vi``, ``name_en``, ``aliases`` (separated by ``|``),
        ``valid_from``, ``valid_to``, ``source``, ``confidence`` and columns of its own, all of them text.

    Errors:
        Not found: there is no such list. Validation error: no name is given.
    """
    tk.check_access("haugiang_codelist_show", context, data_dict)
    name = str(tk.get_or_bust(data_dict, "name"))
    try:
        return {"name": name, "rows": catalogue().register_rows(name)}
    except UnknownRegister as error:
        raise tk.ObjectNotFound(tk._("There is no code list {name}.").format(name=name)) from error


@tk.side_effect_free
def haugiang_schema_template(context: Context, data_dict: dict[str, Any]) -> dict[str, Any]:
    """Make the empty Excel workbook of a table schema, in the reader's language.

    Args:
        name (string): The table schema, and
        version (string, optional): its version; the newest without it.

    Returns:
        ``{name, mimetype, content}``: the file's name, its type, and the workbook in Base64.

    Errors:
        Not found: there is no such schema or version. Validation error: no name is given.
    """
    tk.check_access("haugiang_schema_template", context, data_dict)
    ref = str(tk.get_or_bust(data_dict, "name"))
    ref = f"{ref}@{data_dict['version']}" if data_dict.get("version") else ref
    try:
        schema = catalogue().get(ref)
    except UnknownSchema as error:
        raise tk.ObjectNotFound(tk._("There is no table schema {ref}.").format(ref=ref)) from error
    known = catalogue().registers()
    lists = {field.codelist for field in schema.fields if field.codelist in known}
    rows = {name: catalogue().register_rows(name) for name in lists if name}
    lang = "vi" if tk.h.lang() == "vi" else "en"
    content = workbook.template(schema, rows, tk._, lang)
    return {"name": f"{schema.name}-{schema.version}.xlsx", "mimetype": XLSX, "content": b64encode(content).decode()}
