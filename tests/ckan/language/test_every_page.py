"""Every text that a page asks for in Vietnamese is there.

While pages are made, whatever the merged catalogues do not know falls through to a recorder. So this finds what the
extractor cannot see: texts put together at run time, texts of libraries, of extensions, of CKAN's next version.
"""

from __future__ import annotations

import gettext
import importlib.metadata
import re
import runpy
from pathlib import Path

import flask_babel
import pytest
from ckan.tests import factories, helpers
from pipeline.support import RICE, act, dataset, rice, upload, work

VIETNAMESE = re.compile("[À-ỹ]")
# Names that reach gettext but are the same in every language.
SAME_EVERYWHERE = {"CKAN", "CSV", "XLSX", "JSON", "lua-theo-vu-2025"}
# CKAN fills in the blank before it asks for the translation. Pages catch these and never show them.
NEVER_SHOWN = re.compile(r'Resource(/Alias)? "[\w-]+" was not found\.')


@pytest.fixture
def missing(monkeypatch):
    """The texts that no Vietnamese catalogue knew."""
    found = set()

    class Recorder(gettext.NullTranslations):
        def gettext(self, message):
            found.add(message)
            return message

        def ngettext(self, msgid1, msgid2, n):
            found.add(msgid1)
            return msgid1 if n == 1 else msgid2

    whole = flask_babel.Domain.get_translations

    def get_translations(self):
        translations = whole(self)
        if str(flask_babel.get_locale()) == "vi" and translations._fallback is None:
            translations.add_fallback(Recorder())
        return translations

    monkeypatch.setattr(flask_babel.Domain, "get_translations", get_translations)
    return found


def names_of_fields():
    """Field names with a capital: CKAN prepares a summary of errors from them; our forms show the labels instead."""
    names = helpers.call_action("scheming_dataset_schema_list", {})
    forms = [helpers.call_action("scheming_dataset_schema_show", {}, type=name) for name in names]
    fields = [field["field_name"] for form in forms for field in form["dataset_fields"] + form["resource_fields"]]
    return {field.replace("_", " ").capitalize() for field in fields}


def texts_of_another_ckan():
    """The catalogue follows the pinned CKAN; what another one says anew waits until the pin moves."""
    if importlib.metadata.version("ckan") == "2.11.6":
        return set()
    tool = runpy.run_path(str(Path(__file__).resolve().parents[3] / "docs" / "catalogue.py"), run_name="catalogue")
    foreign = [each for each in tool["template"]() if not each.locations or each.locations[0][0][:16] != "ckanext/haugiang"]
    return {each.id if isinstance(each.id, str) else each.id[0] for each in foreign}


def untranslated(missing):
    shown = {text for text in missing if text.strip() and not VIETNAMESE.search(text) and not NEVER_SHOWN.match(text)}
    return shown - SAME_EVERYWHERE - names_of_fields() - texts_of_another_ckan()


@pytest.fixture
def full(portal):
    """The portal with a valid table, a table with errors and a document."""
    package = dataset(portal.steward, portal.org)
    for name, content in (("Lúa", rice(10, 20.5)), ("Lúa, bản nháp", rice("nhiều", -3, 4, 4))):
        add = {"name": name, "table_schema": RICE, "upload": upload(content)}
        act("resource_create", portal.steward, package_id=package["id"], **add)
        work()
    act("resource_create", portal.steward, package_id=package["id"], name="Ghi chú", upload=upload(b"chu", "a.txt"))
    group = factories.Group(title="Nông nghiệp")
    portal.package = act("package_show", portal.steward, id=package["id"])
    portal.group = group
    return portal


def visit(app, addresses, account=None):
    headers = {"Authorization": factories.APIToken(user=account["name"])["token"]} if account else {}
    answers = {address: app.get(address, headers=headers, follow_redirects=True).status_code for address in addresses}
    assert {address: code for address, code in answers.items() if code >= 500} == {}
    return answers


def test_what_the_public_sees(app, full, missing):
    """Home, lists, dataset, table, report, schema, words, sign-in, errors."""
    valid, wrong, document = (each["id"] for each in full.package["resources"])
    name = full.package["name"]
    visit(
        app,
        [
            "/",
            "/dataset/",
            "/dataset/?q=lua",
            "/dataset/?q=khongco",
            "/dataset/?q=%22",
            "/group/",
            f"/group/{full.group['name']}",
            "/organization/",
            f"/organization/{full.org['name']}",
            f"/dataset/{name}",
            *(f"/dataset/{name}/resource/{file}{page}" for file in (valid, wrong, document) for page in ("", "/report")),
            f"/dataset/{name}/resource/{valid}?q=x",
            "/schema",
            "/schema/agri_annual_crop_season/1.0.0",
            *("/about", "/terms", "/privacy", "/contact", "/accessibility", "/guide", "/api-guide"),
            *("/user/login", "/user/reset", "/user/logged_out_redirect", "/user/register"),
            *("/khong-co", "/dataset/khong-co", "/dataset/new", "/my", f"/dataset/activity/{name}"),
        ],
    )
    assert untranslated(missing) == set()


def test_what_a_steward_sees(app, full, missing):
    """Desk, upload, forms, members, profile, tokens, activity."""
    valid, wrong, _ = (each["id"] for each in full.package["resources"])
    name = full.package["name"]
    visit(
        app,
        [
            *("/my", "/upload", "/dataset/new", "/agriculture/new", "/health/new", "/environment/new", "/dashboard/"),
            f"/agriculture/edit/{name}",
            f"/dataset/{name}/resource/new",
            f"/agriculture/{name}/resource/{valid}/edit",
            *(f"/dataset/{name}/resource/{file}{page}" for file in (valid, wrong) for page in ("", "/report", "/upload")),
            f"/dataset/resources/{name}",
            f"/dataset/groups/{name}",
            f"/dataset/activity/{name}",
            f"/organization/members/{full.org['name']}",
            f"/organization/edit/{full.org['name']}",
            f"/user/{full.steward['name']}",
            f"/user/edit/{full.steward['name']}",
            f"/user/{full.steward['name']}/api-tokens",
            f"/user/activity/{full.steward['name']}",
            *("/dashboard/datasets", "/dashboard/organizations", "/dashboard/groups"),
        ],
        full.steward,
    )
    assert untranslated(missing) == set()


def test_what_an_administrator_sees(app, full, missing):
    """CKAN's own pages for administrators."""
    visit(
        app,
        [
            *("/ckan-admin/", "/ckan-admin/config", "/ckan-admin/trash", "/user/", "/organization/new", "/group/new"),
            f"/organization/members/{full.org['name']}",
            f"/organization/member_new/{full.org['name']}",
            f"/organization/bulk_process/{full.org['name']}",
            f"/organization/activity/{full.org['name']}",
            f"/group/edit/{full.group['name']}",
            f"/group/members/{full.group['name']}",
            f"/dataset/dictionary/{full.package['resources'][0]['id']}",
            f"/dataset/{full.package['name']}/dictionary/{full.package['resources'][0]['id']}",
        ],
        full.admin,
    )
    assert untranslated(missing) == set()


def test_what_a_wrong_form_says(app, full, missing):
    """The sentences of validators, CKAN's and ours."""
    headers = {"Authorization": factories.APIToken(user=full.steward["name"])["token"]}
    parts = ("creator-0-name", "contact-0-name", "temporal_coverage-0-start", "spatial_coverage-0-text")
    blank = {"save": "", **dict.fromkeys(parts, "")}
    for address, form in (
        ("/agriculture/new", blank),
        ("/agriculture/new", {**blank, "title": "x", "name": "Ă ", "owner_org": "x", "review_due": "mai"}),
        (
            f"/user/edit/{full.steward['name']}",
            {"save": "", "email": "x", "old_password": "x", "password1": "1", "password2": "2"},
        ),
        (
            f"/dataset/{full.package['name']}/resource/new",
            {"save": "go-metadata", "id": "", "url": "x", "table_schema": "x"},
        ),
    ):
        assert app.post(address, data=form, headers=headers, follow_redirects=True).status_code < 500
    assert untranslated(missing) == set()
