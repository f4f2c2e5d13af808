"""Every key that a table schema may hold: the standard ones, and those this project adds (``x-…``).

This table is the only place where a key is defined. `parse_table_schema` refuses what is not in it, and the page
``docs/reference/schema-keys.md`` is made from it. Keys that frictionless does not know (``uniqueKeys``, ``categories``)
are absent, because nobody would check them; ``fieldsMatch`` is, because matching columns to fields is tidy's work.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Where = Literal["schema", "field"]
SENSITIVITIES = ("none", "small-counts", "personal")
ROLES = (
    "place",
    "place-version",
    "label",
    "time",
    "period",
    "dimension",
    "measure",
    "unit",
    "note",
    "longitude",
    "latitude",
)
AGGREGATES = ("sum", "mean", "last", "none")


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_bilingual(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {"vi", "en"} and all(map(_is_text, value.values()))


def _is_labels(value: Any) -> bool:
    def label(item: Any) -> bool:
        if not isinstance(item, Mapping) or not set(item) <= {"vi", "en", "variants"}:
            return False
        return _is_text(item.get("vi")) and _is_text(item.get("en")) and _is_texts(item.get("variants", []))

    return isinstance(value, Mapping) and bool(value) and all(map(label, value.values()))


def _is_objects(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, Mapping) for item in value)


def _one_of(choices: Sequence[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in choices


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _is_mapping(value: Any) -> bool:
    return isinstance(value, Mapping)


def _is_key(value: Any) -> bool:
    return _is_text(value) or (_is_texts(value) and bool(value))


def _anything(_: Any) -> bool:
    return True


@dataclass(frozen=True)
class Key:
    """One key of a table schema document.

    Attributes:
        name: As it stands in the JSON.
        where: On the document or on a field.
        kind: Its type in words, for the documentation and for the refusal.
        meaning: What it says and what the portal does with it.
        accepts: Whether a value has that type.
        required: Whether a document without it is refused.
    """

    name: str
    where: Where
    kind: str
    meaning: str
    accepts: Callable[[Any], bool]
    required: bool = False


_SCHEMA = [
    Key(
        "$schema",
        "schema",
        "text",
        "The profile; Data Package 2.0's, so that exclusive bounds are allowed.",
        _is_text,
        True,
    ),
    Key("name", "schema", "text", "Name, the same as its folder's.", _is_text, True),
    Key("title", "schema", "text", "Vietnamese title.", _is_text, True),
    Key("description", "schema", "text", "Vietnamese description.", _is_text),
    Key("fields", "schema", "list of fields", "The columns, in the order of the published table.", _is_objects, True),
    Key("primaryKey", "schema", "field name or list of them", "What tells one row from another.", _is_key),
    Key("foreignKeys", "schema", "list of objects", "Fields whose values stand in a register or code list.", _is_objects),
    Key("missingValues", "schema", "list", "Cell contents that mean “no value”.", _is_list),
    Key(
        "x-version",
        "schema",
        "text",
        "Semantic version, the same as its file's name. Never changes once published.",
        _is_text,
        True,
    ),
    Key("x-sector", "schema", "text", "Sector, the same as its folder's.", _is_text, True),
    Key("x-title-en", "schema", "text", "English title.", _is_text, True),
    Key("x-description-en", "schema", "text", "English description.", _is_text),
    Key("x-grain", "schema", "{vi, en}", "What one row stands for.", _is_bilingual),
    Key("x-update-frequency", "schema", "{vi, en}", "How often a new edition is due.", _is_bilingual),
    Key("x-basis", "schema", "text", "The form, law or list the columns were taken from.", _is_text),
    Key("x-rules", "schema", "list of rules", "Checks beyond Table Schema; see the table of checks.", _is_objects),
    Key(
        "x-layouts",
        "schema",
        "list of {name, title, title_en, spread, values}",
        "Wide layouts of the same table: values of the field `spread` are column heads, fields `values` the cells.",
        _is_objects,
    ),
    Key(
        "x-charts",
        "schema",
        "list of {kind, x, y, series?, filter?}",
        "Charts the table page offers, the first one first.",
        _is_objects,
    ),
    Key(
        "x-register",
        "schema",
        "{code, label, valid_from?, valid_to?}",
        "The published table is a register other schemas refer to: fields of its code, label and validity.",
        _is_mapping,
    ),
    Key(
        "x-sensitivity",
        "schema",
        f"one of {', '.join(SENSITIVITIES)}",
        "Whether rows need care before publication.",
        _one_of(SENSITIVITIES),
    ),
]

_FIELD = [
    Key(
        "name",
        "field",
        "text",
        "Column name of the published table: ASCII lower case, at most 63 letters.",
        _is_text,
        True,
    ),
    Key("type", "field", "text", "Type of Table Schema.", _is_text, True),
    Key("format", "field", "text", "Format of that type.", _is_text),
    Key("title", "field", "text", "Vietnamese title.", _is_text, True),
    Key("description", "field", "text", "Vietnamese description.", _is_text),
    Key("example", "field", "any", "A value as the published table would hold it.", _anything),
    Key("constraints", "field", "object", "Constraints of Table Schema.", _is_mapping),
    Key("missingValues", "field", "list", "Cell contents that mean “no value” in this column.", _is_list),
    Key("rdfType", "field", "text", "Class of the values in an ontology.", _is_text),
    Key("bareNumber", "field", "boolean", "Whether the number stands alone in its cell.", _anything),
    Key("floatNumber", "field", "boolean", "Read numbers as binary floating point.", _anything),
    Key("decimalChar", "field", "text", "Decimal sign of the published table.", _anything),
    Key("groupChar", "field", "text", "Thousands sign of the published table.", _anything),
    Key("trueValues", "field", "list of texts", "What means true in the published table.", _is_texts),
    Key("falseValues", "field", "list of texts", "What means false in the published table.", _is_texts),
    Key("arrayItem", "field", "object", "Type of the items of an array.", _is_mapping),
    Key("delimiter", "field", "text", "What separates the items of a list.", _is_text),
    Key("itemType", "field", "text", "Type of the items of a list.", _is_text),
    Key("x-title-en", "field", "text", "English title.", _is_text),
    Key("x-description-en", "field", "text", "English description.", _is_text),
    Key("x-unit", "field", "text", "Unit of measurement, as people write it.", _is_text),
    Key("x-header-variants", "field", "list of texts", "Column heads that stewards use for this field.", _is_texts),
    Key(
        "x-input-formats",
        "field",
        "list of texts",
        "Date formats (strptime) tidy also reads; the first one wins.",
        _is_texts,
    ),
    Key(
        "x-codelist",
        "field",
        "text",
        "Register or code list whose names and aliases tidy may turn into this field's code.",
        _is_text,
    ),
    Key(
        "x-labels",
        "field",
        "{value: {vi, en, variants?}}",
        "What each value of `enum` is called, and how stewards write it.",
        _is_labels,
    ),
    Key(
        "x-role",
        "field",
        f"one of {', '.join(ROLES)}",
        "What the column is to a reader: charts and maps are chosen by it.",
        _one_of(ROLES),
    ),
    Key(
        "x-aggregate",
        "field",
        f"one of {', '.join(AGGREGATES)}",
        "How values of many rows make one: a yield must not be summed.",
        _one_of(AGGREGATES),
    ),
    Key(
        "x-sensitivity",
        "field",
        f"one of {', '.join(SENSITIVITIES)}",
        "Whether the column needs care before publication.",
        _one_of(SENSITIVITIES),
    ),
]

SCHEMA_KEYS: dict[str, Key] = {key.name: key for key in _SCHEMA}
FIELD_KEYS: dict[str, Key] = {key.name: key for key in _FIELD}


def complaint(document: Mapping[str, Any], keys: Mapping[str, Key]) -> str | None:
    """Say what is wrong with the keys of one object, or nothing.

    Args:
        document: The whole schema, or one field.
        keys: `SCHEMA_KEYS` or `FIELD_KEYS`.
    """
    unknown = sorted(set(document) - set(keys))
    if unknown:
        return f"unknown key {unknown[0]!r}"
    for key in keys.values():
        if key.name not in document:
            if key.required:
                return f"the key {key.name!r} is missing"
        elif not key.accepts(document[key.name]):
            return f"{key.name!r} must be: {key.kind}"
    return None
