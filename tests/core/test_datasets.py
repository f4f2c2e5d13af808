"""Every dataset of ``datasets/``: a Data Package with source and licence, honest about invented figures, with the
outcome that its ``expected.json`` says."""

from __future__ import annotations

import functools
import json
import re
import sys
from collections import Counter
from pathlib import Path

import frictionless
import pyarrow as pa
import pytest
from pyarrow import csv

from ckanext.haugiang.adapters import child
from ckanext.haugiang.adapters.package_data import catalogue, read
from ckanext.haugiang.launch import load

sys.path.insert(0, str(Path(__file__).parent / "schema"))
import reference_rules

DATASETS = Path(__file__).resolve().parents[2] / "datasets"
PLAN = json.loads((DATASETS / "portal.json").read_text(encoding="utf-8"))
FOLDERS = sorted(path.parent for path in DATASETS.glob("*/datapackage.json"))
PACKAGES = {folder.name: json.loads((folder / "datapackage.json").read_text(encoding="utf-8")) for folder in FOLDERS}
RESOURCES = [(name, resource["name"]) for name, package in PACKAGES.items() for resource in package["resources"]]
each = pytest.mark.parametrize("name", PACKAGES)


@functools.cache
def checked(name: str, resource: str, workdir: Path) -> tuple[child.Checked, dict[str, pa.Table]]:
    package = PACKAGES[name]
    described = next(one for one in package["resources"] if one["name"] == resource)
    schema = catalogue().get(described["x-table-schema"])
    registers = {one: register(one, workdir) for one in schema.registers()}
    place = workdir / f"{name}-{resource}"
    place.mkdir(exist_ok=True)
    path = DATASETS / name / described["path"]
    return child.check_file(path, path.name, schema, registers, place), registers


def register(name: str, workdir: Path) -> pa.Table:
    """A code list; the stations are the published table of the dataset that is loaded first."""
    if name in catalogue().registers():
        return catalogue().register(name)
    holder = next(one for one in PLAN["first"] if PACKAGES[one]["resources"][0]["x-table-schema"].startswith(f"{name}@"))
    table = checked(holder, PACKAGES[holder]["resources"][0]["name"], workdir)[0].table
    texts = {field.name: pa.string() for field in catalogue().get(name).fields}
    return csv.read_csv(table, convert_options=csv.ConvertOptions(column_types=texts, strings_can_be_null=True))


@pytest.fixture(scope="session")
def workdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("datasets")


def test_there_are_enough_of_each_sector():
    sectors = [package["x-portal"]["type"] for package in PACKAGES.values()]
    assert len(sectors) >= 8
    assert {sector: sectors.count(sector) >= 2 for sector in ("agriculture", "health", "environment")}


@each
def test_it_is_a_data_package(name: str):
    package = PACKAGES[name]
    assert package["$schema"] == "https://datapackage.org/profiles/2.0/datapackage.json"
    assert package["name"] == name
    assert not list(frictionless.Package.metadata_validate(package))  # lax, so what counts is repeated here
    assert package["resources"]
    assert all(re.fullmatch("[a-z0-9._-]+", resource["name"]) for resource in package["resources"])
    assert len({resource["title"] for resource in package["resources"]}) == len(package["resources"])
    assert all(licence.get("name") or licence.get("path") for licence in package["licenses"])
    assert all(isinstance(person["roles"], list) for person in package["contributors"])
    assert all((DATASETS / name / resource["path"]).is_file() for resource in package["resources"])


@each
def test_it_names_source_licence_contact_and_both_titles(name: str):
    package = PACKAGES[name]
    known = {licence["id"] for licence in json.loads(read("licenses.json"))}
    assert {licence["name"] for licence in package["licenses"]} <= known
    assert all(source["title"] for source in package["sources"])
    assert package["sources"]
    assert any("contact" in person["roles"] and person["email"] for person in package["contributors"])
    assert package["x-portal"]["title_en"]
    assert package["x-portal"]["notes_en"]


@each
def test_invented_figures_are_called_so_everywhere(name: str):
    package, portal = PACKAGES[name], PACKAGES[name]["x-portal"]
    said = [
        "minh họa" in package["title"],
        "Dữ liệu minh họa" in package["description"],
        portal["title_en"].startswith("Demonstration data"),
        "Demonstration data" in portal["notes_en"],
    ]
    assert all(said) if portal["demonstration"] else not any(said)
    if portal["demonstration"]:
        assert not any("path" in source for source in package["sources"])
    else:
        assert portal["organization"] == "ban-bien-tap"  # no department is made to say what it did not


@each
def test_it_can_be_put_into_the_portal(name: str):
    dataset, resources = load.package(DATASETS / name)
    assert dataset["type"] in {group["name"] for group in PLAN["groups"]}
    assert dataset["owner_org"] in {organization["name"] for organization in PLAN["organizations"]}
    assert all(catalogue().get(resource["table_schema"]).ref == resource["table_schema"] for resource in resources)
    assert set(load.SAME) <= set(dataset)


def test_codes_of_places_are_in_the_register():
    units = {(row["code"], row["version"]) for row in catalogue().register_rows("admin_units")}
    for package in PACKAGES.values():
        assert {(place["code"], place["version"]) for place in package["x-portal"]["spatial_coverage"]} <= units


def test_registers_are_loaded_before_what_refers_to_them():
    published = {name for name in catalogue().names() if "x-register" in catalogue().get(name).descriptor}
    for name, package in PACKAGES.items():
        holds = {resource["x-table-schema"].partition("@")[0] for resource in package["resources"]}
        assert (name in PLAN["first"]) == bool(holds & published)


@pytest.mark.parametrize(("name", "resource"), RESOURCES)
def test_the_check_says_what_is_expected(name: str, resource: str, workdir: Path):
    expected = json.loads((DATASETS / name / "expected.json").read_text(encoding="utf-8"))[resource]
    outcome, _ = checked(name, resource, workdir)
    ours = outcome.report["haugiang"]
    errors = [
        {"row": place["row"], "cell": place["cell"], "type": error["type"], "field": error.get("fieldName")}
        for error, place in zip(outcome.report["tasks"][0]["errors"], ours["sources"], strict=True)
    ]
    assert (outcome.rows, outcome.tidy["changes"]) == (expected["rows"], expected["changes"])
    assert [{key: value for key, value in error.items() if value} for error in errors] == expected["errors"]
    assert Counter(finding["rule"] for finding in ours["findings"] if "rule" in finding) == expected["rules"]
    assert expected["verdict"] == ("invalid" if ours["errors"] else "valid")


@pytest.mark.parametrize(("name", "resource"), RESOURCES)
def test_a_second_opinion_on_the_rules_agrees(name: str, resource: str, workdir: Path):
    expected = json.loads((DATASETS / name / "expected.json").read_text(encoding="utf-8"))[resource]
    outcome, registers = checked(name, resource, workdir)
    described = next(one for one in PACKAGES[name]["resources"] if one["name"] == resource)
    schema = catalogue().get(described["x-table-schema"])
    rows = reference_rules.rows_of(outcome.table, schema)
    lists = {one: table.to_pylist() for one, table in registers.items()}
    found = {rule.name: len(reference_rules.broken(rule, rows, lists)) for rule in schema.rules}
    assert {rule: count for rule, count in found.items() if count} == expected["rules"]
    blocking = [rule.name for rule in schema.rules if rule.severity == "error" and found[rule.name]]
    assert expected["verdict"] == "invalid" or not blocking


def test_one_stays_invalid_and_stewards_files_are_among_the_valid_ones():
    outcomes = {
        (folder.name, resource): outcome
        for folder in FOLDERS
        for resource, outcome in json.loads((folder / "expected.json").read_text(encoding="utf-8")).items()
    }
    assert set(outcomes) == set(RESOURCES)
    assert sum(outcome["verdict"] == "invalid" for outcome in outcomes.values()) == 1
    assert sum(outcome["verdict"] == "valid" and outcome["changes"] > 50 for outcome in outcomes.values()) >= 3


def test_rice_is_in_a_title():
    assert any("Lúa" in package["title"] for package in PACKAGES.values())
