"""Every page speaks Vietnamese: the catalogue is whole, current, and in the portal's voice."""

from __future__ import annotations

import importlib.metadata
import re
import runpy
import unicodedata
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOL = SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "catalogue.py"), run_name="catalogue"))
PLACEHOLDERS = re.compile(r"\{[^{}\s]*\}|%\(\w+\)[sd]|%[sdir]")
TAGS = re.compile(r"</?[a-zA-Z]+")
# What the portal does not say: see CONTRIBUTING.md, "Voice".
FORBIDDEN = re.compile(r"hệ thống|thao tác|người dùng|người sử dụng|^\W*không hợp lệ\W*$", re.IGNORECASE)

# Names that are the same in every language; everything else in a template goes through the catalogue.
SAME_EVERYWHERE = {"API", "CSV", "DCAT-AP", "JSON", "JSON-LD", "Table Schema (JSON)", "primaryKey", "English"}
NOT_TEXT = re.compile(
    r"\{#.*?#\}|<!--.*?-->|\{%-?\s*trans\b.*?endtrans\s*-?%\}|<(script|style|code|pre)\b.*?</\1>", re.DOTALL
)


def texts():
    """(msgid, its plural or itself, each Vietnamese text) of the committed catalogue."""
    for message in TOOL.current():
        if message.id:
            ids = message.id if isinstance(message.id, tuple) else (message.id, message.id)
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            yield from ((*ids, string) for string in strings)


def test_the_compiled_catalogue_is_current():
    """`make i18n` was run after the last change of the .po."""
    assert TOOL.MO.read_bytes() == TOOL.as_mo(TOOL.current())


def test_nothing_is_untranslated():
    """Every msgid of the portal, and of what it shows of the pinned CKAN, has a confirmed Vietnamese text."""
    pinned = importlib.metadata.version("ckan") == "2.11.6"
    assert TOOL.untranslated(TOOL.merged(), "" if pinned else "ckanext/haugiang/") == []


def test_placeholders_and_markup_survive():
    """A translation keeps every {name}, %(name)s and HTML tag of its msgid."""
    wrong = [
        (one, text)
        for one, many, text in texts()
        if text
        and not any(
            sorted(PLACEHOLDERS.findall(text)) == sorted(PLACEHOLDERS.findall(each))
            and sorted(TAGS.findall(text)) == sorted(TAGS.findall(each))
            for each in (one, many)
        )
    ]
    assert wrong == []


def test_the_voice_is_kept():
    """No word that the portal does not say, no doubled blank, no decomposed letter."""
    wrong = [(one, text) for one, _, text in texts() if FORBIDDEN.search(text) or "  " in text.strip()]
    assert wrong == []
    assert [text for _, _, text in texts() if not unicodedata.is_normalized("NFC", text)] == []


def test_a_later_plugin_does_not_bring_english_back():
    """Both plural forms are there: an extension without Vietnamese resets the merged rule to n != 1."""
    assert TOOL.current().num_plurals == 2


@pytest.mark.parametrize(
    "path", sorted((ROOT / "ckanext-haugiang").rglob("templates/**/*.html")), ids=lambda path: path.name
)
def test_templates_speak_through_the_catalogue(path):
    """A text that stands in a template as it is would be English on a Vietnamese page, or the other way round."""
    plain = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "\n", NOT_TEXT.sub("\n", path.read_text(encoding="utf-8")), flags=re.DOTALL)
    named = re.findall(r'(?:title|aria-label|placeholder|alt)="([^"\n]*)"', plain)
    pieces = {piece.strip() for piece in [*named, *re.sub(r"<[^>]*>", "\n", plain).split("\n")]}
    wordy = {piece for piece in pieces if re.search(r"[^\W\d_]{2}", piece) and not piece.endswith('="')}
    assert wordy - SAME_EVERYWHERE == set()


def test_forms_keep_the_voice():
    """Labels and help of the sectors' forms are Vietnamese in the same voice."""
    forms = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "schemas").rglob("*.yaml")}
    assert [(name, found.group()) for name, text in forms.items() if (found := FORBIDDEN.search(text))] == []
