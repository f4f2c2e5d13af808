"""The dataset forms ask for the mandatory, fill in what can be derived and feed the catalogue standards by themselves."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import ckan.plugins.toolkit as tk
import pytest
from ckan.tests import factories, helpers

EU = "http://publications.europa.eu/resource/authority"
THEMES = {"agriculture": "AGRI", "health": "HEAL", "environment": "ENVI"}
GIVEN = {
    "title": "Lúa theo vụ",
    "title_en": "Rice by season",
    "notes": "Một dòng là một huyện.",
    "creator": [{"name": "Chi cục Trồng trọt"}],
    "contact": [{"name": "Phòng Kế hoạch", "email": "kh@haugiang.example"}],
    "license_id": "CC-BY-4.0",
    "access_rights": f"{EU}/access-right/PUBLIC",
    "frequency": f"{EU}/frequency/ANNUAL",
    "personal_data_check": "none",
    "review_due": (datetime.now(UTC) + timedelta(days=90)).date().isoformat(),
    "tag_string": "lúa, rice",
    "source": ["https://example.org/nien-giam", "Niên giám thống kê"],
    "conforms_to": ["TT 24/2011/TT-BTTTT"],
    "provenance": "Tổng hợp từ báo cáo xã.",
    "temporal_coverage": [{"start": "2015-01-01", "end": "2024-12-31"}],
    "spatial_coverage": [{"text": "Tỉnh Hậu Giang", "code": "93", "version": "2024"}],
    "resources": [{"name": "Bảng", "url": "https://example.org/lua.csv"}],
}


@pytest.fixture
def house(with_plugins, clean_db):
    """The sectors' groups, a department, and an administrator who fills in the form."""
    for name in THEMES:
        factories.Group(name=name)
    return factories.Organization(title="Sở Nông nghiệp và Môi trường"), factories.Sysadmin()


def create(house, sector: str = "agriculture", **changes: object):
    org, user = house
    given = {"name": f"x-{sector}", "type": sector, "owner_org": org["id"], **GIVEN, **changes}
    given = {key: value for key, value in given.items() if value is not None}
    return helpers.call_action("package_create", {"user": user["name"], "ignore_auth": False}, **given)


def errors(house, **changes: object) -> dict[str, object]:
    with pytest.raises(tk.ValidationError) as found:
        create(house, **changes)
    return found.value.error_dict


MANDATORY = (
    "title", "notes", "owner_org", "creator", "contact", "license_id", "access_rights", "frequency",
    "personal_data_check", "review_due",
)  # fmt: skip
IMPOSSIBLE = [
    ("contact", []),
    ("contact", [{"name": "Không có thư"}]),
    ("contact", [{"name": "x", "email": "no address"}]),
    ("creator", [{"email": "a@haugiang.example"}]),
    ("license_id", "none-such"),
    ("frequency", "sometimes"),
    ("personal_data_check", "perhaps"),
    ("review_due", "31/12/2026"),
    ("review_due", (datetime.now(UTC) + timedelta(days=300)).date().isoformat()),
    ("spatial_coverage", [{"code": "93"}]),
    ("spatial_coverage", [{"code": "93", "version": "2025"}]),
    ("temporal_coverage", [{"start": "hôm qua"}]),
    ("resources", [{"url": "https://example.org/x.csv"}]),
    ("resources", [{"name": "x", "url": "https://example.org/x.csv", "table_schema": "none"}]),
]


def test_what_follows_from_the_sector_is_filled(house):
    for sector, theme in THEMES.items():
        made = create(house, sector, theme=["http://example.org/typed"])
        assert made["theme"] == [f"{EU}/data-theme/{theme}"]
        assert [group["name"] for group in made["groups"]] == [sector]
        assert made["language"] == [f"{EU}/language/VIE"]
        assert made["demonstration"] == "false"


def test_the_mandatory_is_asked_for(house):
    for name in MANDATORY:
        assert set(errors(house, **{name: None})) == {name}


def test_what_cannot_be_is_refused_at_its_field(house):
    for name, value in IMPOSSIBLE:
        assert set(errors(house, **{name: value})) == {name}, value


def test_a_dataset_saved_as_it_was_shown_stays_the_same(house):
    made = create(house)
    changed = helpers.call_action("package_update", {"user": house[1]["name"], "ignore_auth": False}, **made)
    moving = ("metadata_modified", "resources", "tags", "organization")
    assert {k: v for k, v in changed.items() if k not in moving} == {k: v for k, v in made.items() if k not in moving}


def test_a_dataset_joins_no_group_that_is_not_there(house):
    helpers.call_action("group_purge", id="health")
    assert create(house, "health")["groups"] == []


def test_dcat_says_who_what_when_where_and_under_which_terms(app, house):
    wanted = {
        "title", "description", "identifier", "issued", "modified", "publisher", "creator", "accrualPeriodicity",
        "accessRights", "language", "spatial", "temporal", "conformsTo", "provenance", "source",
    }  # fmt: skip
    for sector, theme in THEMES.items():
        name = create(house, sector)["name"]
        graph = json.loads(app.get(f"/dataset/{name}.jsonld", status=200).body)["@graph"]
        dataset = next(node for node in graph if node.get("@type") == "dcat:Dataset")
        file = next(node for node in graph if node.get("@type") == "dcat:Distribution")
        assert {f"dct:{key}" for key in wanted} <= set(dataset)
        assert {"dcat:contactPoint", "dcat:distribution", "dcat:keyword"} <= set(dataset)
        assert dataset["dcat:theme"]["@id"].endswith(theme)
        assert file["dct:license"]["@id"].startswith("https://creativecommons.org/licenses/by/4.0")
        assert not any(text in str(graph) for text in ("personal_data_check", "review_due", GIVEN["review_due"]))


def test_a_file_conforms_to_the_page_of_its_schema(house):
    resource = {"name": "x", "url": "", "table_schema": "agri_annual_crop_season"}
    made = create(house, resources=[resource])["resources"][0]
    assert made["table_schema"] == "agri_annual_crop_season@1.0.0"
    assert made["conforms_to"] == [f"{tk.config['ckan.site_url']}/schema/agri_annual_crop_season/1.0.0"]


def test_schema_org_and_croissant_describe_it(app, house):
    name = create(house)["name"]
    described = json.loads(app.get(f"/dataset/{name}.jsonld?profiles=schemaorg", status=200).body)["@graph"]
    dataset = next(node for node in described if node.get("@type") == "schema:Dataset")
    assert dataset["schema:name"] == GIVEN["title"]
    assert dataset["schema:license"].startswith("https://creativecommons.org")
    assert json.loads(app.get(f"/dataset/{name}/croissant.jsonld", status=200).body)["name"]["@value"] == GIVEN["title"]


@pytest.mark.usefixtures("with_plugins")
def test_every_licence_has_both_languages():
    for licence in helpers.call_action("license_list"):
        assert licence["title"]
        assert licence["title_en"]


@pytest.mark.usefixtures("with_plugins")
def test_the_fields_of_all_sectors_are_the_same():
    """dcat is given any of the forms; labels and help stand in both languages."""
    other = helpers.call_action("scheming_dataset_schema_show", type="dataset")
    for sector in THEMES:
        form = helpers.call_action("scheming_dataset_schema_show", type=sector)
        for part in ("dataset_fields", "resource_fields"):
            assert [f["field_name"] for f in form[part]] == [f["field_name"] for f in other[part]]
            for field in form[part]:
                for text in ("label", "help_text"):
                    assert text not in field or set(field[text]) == {"vi", "en"}, field["field_name"]
