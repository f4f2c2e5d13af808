"""Every page speaks Vietnamese: the catalogue is whole, current, and in the portal's voice."""

from __future__ import annotations

import importlib.metadata
import re
import runpy
import unicodedata
from pathlib import Path
from types import SimpleNamespace

ROOT = Path(__file__).resolve().parents[2]
TOOL = SimpleNamespace(**runpy.run_path(str(ROOT / "docs" / "catalogue.py"), run_name="catalogue"))
PLACEHOLDERS = re.compile(r"\{[^{}\s]*\}|%\(\w+\)[sd]|%[sdir]")
TAGS = re.compile(r"</?[a-zA-Z]+")
# What the portal does not say: see CONTRIBUTING.md, "Voice".
FORBIDDEN = re.compile(r"hệ thống|thao tác|người dùng|người sử dụng|^\W*không hợp lệ\W*$", re.IGNORECASE)


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
