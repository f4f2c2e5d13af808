"""CKAN's scripts speak Vietnamese: what they ask for by its English is answered out of the portal's catalogue."""

from __future__ import annotations

import importlib.resources
import json
import re

SPOKEN = re.compile(r"""(?:this|self)\._\(\s*'([^'%]+)'\s*[,)]""")


def test_every_word_of_a_script_is_there_in_vietnamese(app, portal):
    words = json.loads(app.get("/api/i18n/vi").text)
    assert words["Upload"] == [None, "Tải lên"]
    folder = importlib.resources.files("ckan") / "public" / "base" / "javascript" / "modules"
    scripts = [path.read_text("utf-8") for path in folder.iterdir() if path.name.endswith(".js")]
    spoken = {word for script in scripts for word in SPOKEN.findall(script)}
    assert len(spoken) > 15
    assert not {word for word in spoken if not (words.get(word) or [None, ""])[1]}


def test_english_needs_none(app, portal):
    assert json.loads(app.get("/api/i18n/en").text) == {}
