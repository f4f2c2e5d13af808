"""A table schema is read whole or refused by name."""

from __future__ import annotations

import copy

import pytest

from ckanext.haugiang.core.errors import SchemaError
from ckanext.haugiang.core.schema import check_pattern, parse_table_schema

PLAIN = {
    "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
    "name": "rice",
    "x-version": "1.0.0",
    "x-sector": "agriculture",
    "title": "Lúa",
    "x-title-en": "Rice",
    "fields": [
        {"name": "ma", "type": "string", "title": "Mã", "constraints": {"required": True}},
        {"name": "so", "type": "number", "title": "Số", "x-title-en": "Number", "x-unit": "ha"},
        {"name": "ngay", "type": "date", "title": "Ngày"},
    ],
    "primaryKey": ["ma"],
}


def changed(**keys: object) -> dict[str, object]:
    document = copy.deepcopy(PLAIN)
    document.update(keys)
    return {key: value for key, value in document.items() if value is not None}


def with_field(**keys: object) -> dict[str, object]:
    document = copy.deepcopy(PLAIN)
    document["fields"][1].update(keys)
    return document


def refusal(document: object) -> str:
    with pytest.raises(SchemaError) as found:
        parse_table_schema(document)  # type: ignore[arg-type]
    assert found.value.code == "schema-invalid"
    return str(found.value.params["reason"])


def test_fields_come_in_order_with_what_the_document_says():
    schema = parse_table_schema(PLAIN)
    assert schema.ref == "rice@1.0.0"
    assert [field.name for field in schema.fields] == ["ma", "so", "ngay"]
    assert schema.field("ma").required
    assert schema.field("so").unit == "ha"
    assert schema.field("so").title_en == "Number"
    assert schema.field("ma").title_en == "Mã"
    assert schema.primary_key == ("ma",)
    assert schema.missing_values == ("",)


def test_the_document_is_copied():
    document = copy.deepcopy(PLAIN)
    schema = parse_table_schema(document)
    document["fields"].clear()
    assert len(schema.descriptor["fields"]) == 3


def test_frictionless_gets_no_key_of_ours():
    assert not any(key.startswith("x-") for key in parse_table_schema(PLAIN).frictionless().to_descriptor())


def test_registers_are_those_of_keys_and_rules_once_each():
    rule = {
        "name": "r", "check": "dated_register", "severity": "error", "title": "t", "title_en": "t",
        "fields": ["ma"], "register": "codes", "keys": ["code"], "date": "ngay",
    }  # fmt: skip
    key = {"fields": ["ma"], "reference": {"resource": "codes", "fields": ["code"]}}
    assert parse_table_schema(changed(**{"foreignKeys": [key], "x-rules": [rule]})).registers() == ("codes",)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (["no object"], "no JSON object"),
        (changed(name={1, 2}), "no JSON"),
        (changed(fieldsMatch="subset"), "unknown key 'fieldsMatch'"),
        (changed(uniqueKeys=[["ma"]]), "unknown key 'uniqueKeys'"),
        (changed(title=None), "the key 'title' is missing"),
        (changed(title=" "), "'title' must be: text"),
        (changed(name="Lúa"), "must be ASCII lower case"),
        (changed(**{"x-version": "1.0"}), "three numbers"),
        (changed(**{"x-version": "1.02.0"}), "three numbers"),
        (changed(fields=[]), "it has no fields"),
        (changed(fields=[PLAIN["fields"][0]] * 2), "not unique"),
        (changed(fields=[PLAIN["fields"][0]] * 1_601), "more than 1600 fields"),
        (with_field(type="string", constraints={"enum": [str(number) for number in range(50_001)]}), "use a register"),
        (changed(primaryKey=["none"]), "does not match"),
        (changed(**{"x-grain": {"vi": "một"}}), "'x-grain' must be: {vi, en}"),
        (with_field(x_unit="ha"), "unknown key 'x_unit'"),
        (with_field(name="Diện tích"), "a name is ASCII"),
        (with_field(name="a" * 64), "a name is ASCII"),
        (with_field(type="decimal"), "decimal"),
        (with_field(constraints={"minimum": "a lot"}), "'a lot' in 'minimum' is no number"),
        (with_field(constraints={"minLength": 3}), 'constraint "minLength" is not supported'),
        (with_field(constraints={"enum": [1, "hai"]}), "'hai' in 'enum' is no number"),
        (with_field(example="nhiều"), "example value"),
        (with_field(type="string", constraints={"pattern": "(a"}), "cannot be used"),
        (with_field(type="string", constraints={"pattern": "(?=a)a"}), "cannot be used"),
        (
            with_field(constraints={"enum": [1, 2]}, **{"x-labels": {"1": {"vi": "x", "en": "x"}}}),
            "each value of 'enum'",
        ),
        (with_field(type="array", constraints={"unique": True}), "cannot be unique"),
        (changed(primaryKey=["so"], fields=[{"name": "so", "type": "list", "title": "Số"}]), "may not be of type list"),
        (changed(foreignKeys=[{"fields": "ma", "reference": {"resource": "codes"}}]), "'resource' and 'fields'"),
        (changed(foreignKeys=[{"fields": ["ma"], "reference": {"fields": ["a", "b"]}}]), "does not match"),
    ],
)  # fmt: skip
def test_what_nobody_would_check_is_refused_by_name(document: object, reason: str):
    assert reason in refusal(document)


@pytest.mark.parametrize("pattern", ["[0-9]{5}", "([0-9]{2}|[0-9]{5})", "[A-Z|]+", r"a\|b", r"[\]|]", "(a|b)+"])
def test_patterns_that_all_programs_read_alike(pattern: str):
    assert check_pattern(pattern) is None


@pytest.mark.parametrize("pattern", [r"\d+", r"\w", r"[\s]", r"a\b", "a|b", "(a)|(b)", r"(a)\1", "(?<=a)b", r"\p{L}+"])
def test_patterns_that_programs_read_differently(pattern: str):
    assert check_pattern(pattern)


def test_a_document_nested_without_end_is_refused():
    nested: list[object] = []
    for _ in range(100_000):
        nested = [nested]
    assert "no JSON" in refusal({**PLAIN, "x-source": nested})
