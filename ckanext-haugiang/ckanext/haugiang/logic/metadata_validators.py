"""Validators that the dataset forms name (``schemas/presets.yaml``): what is derived is filled, what is wrong refused.

They are given to CKAN by `validators`; scheming finds them by name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import Any

import ckan.plugins.toolkit as tk

from ckanext.haugiang.adapters import package_data
from ckanext.haugiang.core.errors import UnknownSchema
from ckanext.scheming.validation import scheming_validator

__all__ = ["validators"]

Key = tuple[Any, ...]
Validator = Callable[[Key, dict[Key, Any], dict[Key, list[str]], dict[str, Any]], None]
VIETNAMESE = "http://publications.europa.eu/resource/authority/language/VIE"
REVIEW_WITHIN = timedelta(days=184)  # six months, NĐ 47/2020/NĐ-CP Điều 20 khoản 3


def validators() -> dict[str, Callable[..., Any]]:
    """Our validators by the names that the forms use."""
    return {
        "haugiang_constant": haugiang_constant,
        "haugiang_subfields_required": haugiang_subfields_required,
        "haugiang_sector_group": haugiang_sector_group,
        "haugiang_language_default": haugiang_language_default,
        "haugiang_known_license": haugiang_known_license,
        "haugiang_demonstration": haugiang_demonstration,
        "haugiang_review_due": haugiang_review_due,
        "haugiang_admin_code": haugiang_admin_code,
        "haugiang_table_schema": haugiang_table_schema,
        "haugiang_conforms_to": haugiang_conforms_to,
    }


@scheming_validator
def haugiang_constant(field: Mapping[str, Any], schema: Mapping[str, Any]) -> Validator:
    """Write the ``constant`` of the form, whatever came in: the theme follows from the sector."""

    def fill(key: Key, data: dict[Key, Any], errors: dict[Key, list[str]], context: dict[str, Any]) -> None:
        data[key] = json.dumps(field["constant"])

    return fill


@scheming_validator
def haugiang_subfields_required(field: None, schema: Mapping[str, Any]) -> Validator:
    """Ask for at least one entry where a repeating field is marked ``subfields_required``.

    scheming checks the parts of an entry, never that there is one; this runs before all other validators. The error
    stands on the first part of the first entry: scheming's form breaks over one that stands on the field as a whole.
    """
    wanted = [item for item in schema["dataset_fields"] if item.get("subfields_required")]

    def check(key: Key, data: dict[Key, Any], errors: dict[Key, list[str]], context: dict[str, Any]) -> None:
        for item in wanted:
            parts = item["repeating_subfields"]
            entries = [value for path, value in data.items() if path[0] == item["field_name"] and len(path) > 1]
            said = bool(entries) and any(part.get("required") for part in parts)  # the part's own validator tells
            if not said and not any(value for value in entries if value is not tk.missing):
                place = (item["field_name"], 0, parts[0]["field_name"])
                errors.setdefault(place, []).append(tk._("Missing value"))

    return check


@scheming_validator
def haugiang_sector_group(field: None, schema: Mapping[str, Any]) -> Validator:
    """Put the dataset into the group of its sector, which is never typed; this runs before all other validators.

    CKAN adds it only if the user is a member of that group, and passes over a group that does not exist.
    """
    sector = schema["dataset_type"]

    def join(key: Key, data: dict[Key, Any], errors: dict[Key, list[str]], context: dict[str, Any]) -> None:
        if not any(path[0] == "groups" and path[-1] == "name" and value == sector for path, value in data.items()):
            number = max((path[1] for path in data if path[0] == "groups" and len(path) > 1), default=-1) + 1
            data[("groups", number, "name")] = sector

    return join


def haugiang_language_default(value: Any) -> Any:
    """Vietnamese, where nothing was said."""
    return VIETNAMESE if value is tk.missing or not value else value


def haugiang_known_license(value: str) -> str:
    """A licence of the portal's list."""
    known = {licence["id"] for licence in tk.get_action("license_list")({"ignore_auth": True}, {})}
    if value not in known:
        raise tk.Invalid(tk._("There is no licence “{license}” in the list.").format(license=value))
    return value


def haugiang_demonstration(value: Any) -> str:
    """``true`` or ``false``, as texts because the form compares texts."""
    return "true" if value is not tk.missing and tk.asbool(value or False) else "false"


def haugiang_review_due(value: Any) -> str:
    """A day as 2027-03-31, at most six months ahead."""
    try:
        due = date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise tk.Invalid(tk._("Give the date as 2027-03-31.")) from error
    if due > datetime.now(UTC).date() + REVIEW_WITHIN:
        raise tk.Invalid(tk._("The next review may be at most six months ahead."))
    return due.isoformat()


def haugiang_admin_code(key: Key, data: dict[Key, Any], errors: dict[Key, list[str]], context: dict[str, Any]) -> None:
    """A code of the administrative register, in the version that the entry names."""
    code, version = data.get(key), data.get((*key[:-1], "version"))
    if code is tk.missing or not code:
        return
    if version is tk.missing or not version:
        errors[key].append(tk._("A code means nothing without the version of its list: choose one."))
        return
    rows = package_data.catalogue().register_rows("admin_units")
    if not any(row["code"] == code and row["version"] == version for row in rows):
        errors[key].append(tk._("There is no code {code} in the list of {version}.").format(code=code, version=version))


def haugiang_table_schema(value: str) -> str:
    """A table schema of the catalogue, with its version: ``name`` alone becomes the newest ``name@version``."""
    try:
        return package_data.catalogue().get(value).ref
    except UnknownSchema as error:
        raise tk.Invalid(tk._("There is no table schema {ref}. Choose one of the list.").format(ref=value)) from error


def haugiang_conforms_to(key: Key, data: dict[Key, Any], errors: dict[Key, list[str]], context: dict[str, Any]) -> None:
    """Fill the distribution's ``conforms_to`` with the address of its table schema's page."""
    ref = data.get((*key[:-1], "table_schema"))
    addresses = []
    if ref is not tk.missing and ref:
        with suppress(UnknownSchema):  # the field's own validator, which may run later, says so
            schema = package_data.catalogue().get(ref)
            addresses = [f"{tk.config['ckan.site_url'].rstrip('/')}/schema/{schema.name}/{schema.version}"]
    data[key] = json.dumps(addresses)
