"""The shipped schemas and registers fit each other, and a folder that does not is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ckanext.haugiang.adapters.package_data import catalogue
from ckanext.haugiang.core.errors import SchemaError, UnknownRegister, UnknownSchema
from ckanext.haugiang.core.schema import Catalogue, TableSchema

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas"
HEAD = "code,name_vi,name_en,aliases,valid_from,valid_to,source,confidence\n"
CODES = HEAD + "A,Một,One,,,,ours,verified\nB,Hai,Two,,2025-07-01,,ours,verified\n"


def folder() -> dict[str, bytes]:
    return {path.relative_to(SCHEMAS).as_posix(): path.read_bytes() for path in SCHEMAS.rglob("*") if path.is_file()}


def document(version: str = "1.0.0", **keys: object) -> bytes:
    field = {"name": "ma", "type": "string", "title": "Mã", **keys}
    return json.dumps(
        {
            "$schema": "https://datapackage.org/profiles/2.0/tableschema.json", "name": "t", "x-version": version,
            "x-sector": "health", "title": "T", "x-title-en": "T", "fields": [field],
            "foreignKeys": [{"fields": ["ma"], "reference": {"resource": "codes", "fields": ["code"]}}],
        }
    ).encode()  # fmt: skip


def test_frictionless_accepts_every_shipped_schema():
    """The installed catalogue is not put before it again, so this must hold."""
    shipped = Catalogue(folder())
    assert len(shipped.names()) >= 8
    for schema in shipped.newest:
        assert schema.frictionless().field_names == [field.name for field in schema.fields]


def test_the_installed_catalogue_is_the_folder():
    assert catalogue().names() == Catalogue(folder(), judged=True).names()


@pytest.mark.parametrize("schema", catalogue().newest, ids=lambda schema: schema.ref)
def test_every_shipped_schema_speaks_both_languages(schema: TableSchema):
    assert schema.descriptor["description"]
    assert schema.descriptor["x-description-en"]
    assert schema.descriptor["x-grain"]
    for field in schema.fields:
        assert field.description, field.name
        assert field.description_en, field.name
        assert field.descriptor.get("x-title-en"), field.name
        assert field.role, field.name


@pytest.mark.parametrize("schema", catalogue().newest, ids=lambda schema: schema.ref)
def test_column_heads_of_a_schema_never_clash(schema: TableSchema):
    """A head that fits two fields would make every file with it ambiguous."""
    heads: dict[str, str] = {}
    for field in schema.fields:
        for head in {field.name, field.title, *field.header_variants}:
            folded = " ".join(head.casefold().split())
            assert heads.setdefault(folded, field.name) == field.name, head


def test_the_newest_version_is_not_the_last_in_the_alphabet():
    files = {f"table/health/t/{v}.json": document(v) for v in ("1.2.0", "1.10.0", "1.9.9")}
    found = Catalogue({**files, "codes/codes.csv": CODES.encode()}, judged=True)
    assert found.versions("t") == ("1.2.0", "1.9.9", "1.10.0")
    assert found.get("t").version == "1.10.0"
    assert found.get("t@1.2.0").version == "1.2.0"


@pytest.mark.parametrize("ref", ["none", "none@1.0.0", "agri_annual_crop_season@9.0.0", "agri_annual_crop_season@", ""])
def test_a_schema_that_is_not_there(ref: str):
    with pytest.raises(UnknownSchema):
        catalogue().get(ref)


def test_a_register_is_a_table_of_texts():
    table = catalogue().register("crops")
    assert {str(column.type) for column in table.columns} == {"string"}
    assert table["valid_from"].null_count == table.num_rows
    assert catalogue().register_rows("crops")[0]["code"] == "LUA"


@pytest.mark.parametrize("name", ["env_station", "none"])
def test_a_published_register_is_no_code_list(name: str):
    with pytest.raises(UnknownRegister):
        catalogue().register(name)


@pytest.mark.parametrize(
    ("path", "content", "reason"),
    [
        ("table/health/t/2.0.0.json", document(), "says it is t@1.0.0"),
        ("table/health/t/1.0.0.json", b"{", "is no JSON"),
        ("table/health/t/1.0.0.json", document(**{"x-codelist": "none"}), "neither a code list nor a table schema"),
        ("codes/codes.csv", CODES.replace("code,", "id,").encode(), "'code', which 'codes' does not have"),
        ("codes/codes.csv", CODES.replace("aliases", "other").encode(), "no column 'aliases'"),
        ("codes/codes.csv", (CODES + "A,Ba,Three,,,,ours,verified\n").encode(), "given twice"),
        ("codes/codes.csv", (CODES + ",Ba,Three,,,,ours,verified\n").encode(), "is empty"),
        ("codes/codes.csv", (CODES + "C,Ba,Three,,01/07/2025,,ours,verified\n").encode(), "dates as 2025-07-01"),
        ("codes/codes.csv", (CODES + "C,Ba,Three,,,,,verified\n").encode(), "a source"),
        ("codes/codes.csv", (CODES + "C,Ba,Three,,,,ours,certain\n").encode(), "confidence must be"),
        ("codes/codes.csv", (CODES + "C,Ba\n").encode(), "2 cells under 8 headings"),
        ("codes/codes.csv", b"", "no column"),
    ],
)
def test_a_folder_that_does_not_fit_is_refused(path: str, content: bytes, reason: str):
    files = {"table/health/t/1.0.0.json": document(), "codes/codes.csv": CODES.encode(), path: content}
    with pytest.raises(SchemaError, match="cannot be used") as found:
        Catalogue(files)
    assert reason in found.value.params["reason"]


def test_a_schema_may_refer_to_the_table_of_another_schema():
    other = json.loads(document())
    other["foreignKeys"] = []
    other |= {"name": "codes", "fields": [{**other["fields"][0], "name": "code"}]}
    files = {"table/health/codes/1.0.0.json": json.dumps(other).encode(), "table/health/t/1.0.0.json": document()}
    assert Catalogue(files).get("t").registers() == ("codes",)
