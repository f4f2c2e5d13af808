"""From a JSON document to a `TableSchema`, refusing all that would be checked by nobody or break while checking.

frictionless accepts some documents it cannot work with: a key over lists raises in the middle of a file, an unreadable
minimum compares with nothing, a bad pattern is found only when a row is read. They are refused here, by name.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import re2

from ckanext.haugiang.core.errors import SchemaError
from ckanext.haugiang.core.schema.keys import FIELD_KEYS, SCHEMA_KEYS, complaint
from ckanext.haugiang.core.schema.model import Field, ForeignKey, TableSchema, standard_part
from ckanext.haugiang.core.schema.rules import parse_rule

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
VERSION = re.compile(r"(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)")
# Python reads these with Unicode's letters and digits, RE2 and JavaScript with ASCII's; "Lúa" is \w+ for one of them.
DIVERGENT = re.compile(r"(?<!\\)(?:\\\\)*\\([dDwWsSbBAZz])")
UNHASHABLE = ("array", "geojson", "list", "object")
_QUIET = re2.Options()
_QUIET.log_errors = False
# PostgreSQL has room for so many columns; longer lists of values belong into a register.
MOST_FIELDS, MOST_VALUES = 1_600, 50_000
BOUNDS = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum")


def parse_table_schema(descriptor: Mapping[str, Any], *, judged: bool = False) -> TableSchema:
    """Read a table schema document.

    Args:
        descriptor: The document; it is copied.
        judged: frictionless has accepted this very document before, as the tests do for those of the package; it is not
            asked again, nor loaded into a process that only shows schemas.

    Returns:
        The schema.

    Raises:
        SchemaError: ``schema-invalid``, with the reason.
    """
    if not isinstance(descriptor, Mapping):
        raise _refuse("it is no JSON object")
    try:
        document: dict[str, Any] = json.loads(json.dumps(descriptor))
    except (TypeError, ValueError, RecursionError) as error:
        raise _refuse(f"it is no JSON: {error}") from error
    if wrong := complaint(document, SCHEMA_KEYS):
        raise _refuse(wrong)
    if not NAME.fullmatch(document["name"]):
        raise _refuse(f"the name {document['name']!r} must be ASCII lower case, digits and _")
    if not VERSION.fullmatch(document["x-version"]):
        raise _refuse(f"the version {document['x-version']!r} must be three numbers like 1.0.0")
    if len(document["fields"]) > MOST_FIELDS:
        raise _refuse(f"it has more than {MOST_FIELDS} fields")
    fields = tuple(map(_field, document["fields"]))
    if not fields:
        raise _refuse("it has no fields")
    keys = tuple(map(_foreign_key, document.get("foreignKeys", [])))
    if not judged:
        _check_with_frictionless(document)
    names = [field.name for field in fields]
    primary = _as_list(document.get("primaryKey", []))
    for name in [*primary, *(name for key in keys for name in key.fields)]:
        if fields[names.index(name)].type in UNHASHABLE:
            raise _refuse(f"the key field {name!r} may not be of type {fields[names.index(name)].type}")
    return TableSchema(
        name=document["name"],
        version=document["x-version"],
        sector=document["x-sector"],
        title=document["title"],
        title_en=document["x-title-en"],
        fields=fields,
        primary_key=tuple(primary),
        foreign_keys=keys,
        missing_values=_missing_values(document.get("missingValues", [""])),
        rules=_rules(document, names),
        descriptor=document,
    )


def check_pattern(pattern: str) -> str | None:
    """Say why a pattern does not mean the same to Python, to RE2 and to a browser, or nothing.

    frictionless wraps a pattern as ``^…$`` without parentheses, so an alternative at the top level changes its meaning.
    """
    try:
        re.compile(pattern)
        re2.compile(pattern, _QUIET)
    except (re.error, re2.error) as error:
        return f"the pattern {pattern!r} cannot be used: {error}"
    if found := DIVERGENT.search(pattern):
        return f"the pattern {pattern!r} has \\{found[1]}, which programs read differently; write the letters, as in [0-9]"
    if _has_open_alternative(pattern):
        return f"the pattern {pattern!r} needs parentheses around its alternatives"
    return None


def _refuse(reason: str) -> SchemaError:
    return SchemaError("schema-invalid", reason=reason)


def _as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _missing_values(entries: list[Any]) -> tuple[str, ...]:
    return tuple(entry["value"] if isinstance(entry, dict) else entry for entry in entries)


def _field(raw: dict[str, Any]) -> Field:
    shown = raw.get("name", "?")
    if wrong := complaint(raw, FIELD_KEYS):
        raise _refuse(f"field {shown!r}: {wrong}")
    if not NAME.fullmatch(raw["name"]):
        raise _refuse(f"field {shown!r}: a name is ASCII lower case, digits and _, at most 63, a letter first")
    constraints = raw.get("constraints", {})
    if "pattern" in constraints and (wrong := check_pattern(constraints["pattern"])):
        raise _refuse(f"field {shown!r}: {wrong}")
    if constraints.get("unique") and raw["type"] in UNHASHABLE:
        raise _refuse(f"field {shown!r}: values of type {raw['type']} cannot be unique")
    if len(constraints.get("enum", [])) > MOST_VALUES:
        raise _refuse(f"field {shown!r}: 'enum' has more than {MOST_VALUES} values; use a register")
    labels = raw.get("x-labels", {})
    if labels and sorted(labels) != sorted(map(str, constraints.get("enum", []))):
        raise _refuse(f"field {shown!r}: 'x-labels' must name each value of 'enum' and no other")
    return Field(
        name=raw["name"],
        type=raw["type"],
        format=raw.get("format", "default"),
        title=raw["title"],
        title_en=raw.get("x-title-en", raw["title"]),
        description=raw.get("description", ""),
        description_en=raw.get("x-description-en", ""),
        unit=raw.get("x-unit"),
        required=bool(constraints.get("required", False)),
        constraints=constraints,
        header_variants=tuple(raw.get("x-header-variants", [])),
        input_formats=tuple(raw.get("x-input-formats", [])),
        codelist=raw.get("x-codelist"),
        labels=labels,
        role=raw.get("x-role"),
        aggregate=raw.get("x-aggregate"),
        example=raw.get("example"),
        descriptor=raw,
    )


def _foreign_key(raw: Mapping[str, Any]) -> ForeignKey:
    reference = raw.get("reference")
    if set(raw) != {"fields", "reference"} or not isinstance(reference, Mapping):
        raise _refuse("a foreign key has 'fields' and 'reference'")
    if not set(reference) <= {"resource", "fields"} or not reference.get("fields"):
        raise _refuse("a reference has 'resource' and 'fields'")
    fields = (tuple(_as_list(raw["fields"])), tuple(_as_list(reference["fields"])))
    return ForeignKey(fields[0], str(reference.get("resource", "")), fields[1])


def _rules(document: Mapping[str, Any], names: list[str]) -> tuple[Any, ...]:
    try:
        rules = tuple(parse_rule(raw, names) for raw in document.get("x-rules", []))
    except ValueError as error:
        raise _refuse(str(error)) from error
    if len({rule.name for rule in rules}) != len(rules):
        raise _refuse("two rules have the same name")
    return rules


def _check_with_frictionless(document: Mapping[str, Any]) -> None:
    import frictionless

    try:
        schema = frictionless.Schema.from_descriptor(standard_part(document))
    except frictionless.FrictionlessException as error:
        reasons = [item.note for item in error.reasons] or [error.error.note]
        raise _refuse("; ".join(reasons)) from error
    for field in schema.fields:
        try:
            read = field.create_value_reader()
        except frictionless.FrictionlessException as error:  # the format `wkt` wants a package we do not ship
            raise _refuse(f"field {field.name!r}: {error.error.note}") from error
        values = [(name, field.constraints[name]) for name in BOUNDS if name in field.constraints]
        values += [("enum", value) for value in field.constraints.get("enum", [])]
        for constraint, value in values:
            if read(value) is None:
                raise _refuse(f"field {field.name!r}: {value!r} in {constraint!r} is no {field.type}")


def _has_open_alternative(pattern: str) -> bool:
    depth, in_class, escaped = 0, False, False
    for letter in pattern:
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif in_class:
            in_class = letter != "]"
        elif letter == "[":
            in_class = True
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "|" and depth == 0:
            return True
    return False
