"""The Vietnamese of CKAN's scripts: buttons that they draw, such as the two of a picture, and questions that they ask.

CKAN gives scripts their words out of files that `ckan translation js` writes from the catalogues, once on each machine and
again after each update. This answers at the same address out of the portal's own catalogue.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po
from flask import Blueprint, Response, jsonify

blueprint = Blueprint("haugiang_script_words", __name__)
CATALOGUES = Path(__file__).resolve().parents[1] / "i18n"
Words = dict[str, Any]


@blueprint.route("/api/i18n/<lang>")
def words(lang: str) -> Response:
    """The texts of a language as Jed, which CKAN's scripts use, reads them; English scripts need none."""
    response = jsonify(of_language(lang) if lang == "vi" else {})
    response.headers["Cache-Control"] = "public, max-age=3600"
    return response


@lru_cache(maxsize=1)
def of_language(lang: str) -> Words:
    """What scripts say, by msgid: the plural or None, then the translations."""
    path = CATALOGUES / lang / "LC_MESSAGES" / "ckanext-haugiang.po"
    with path.open("rb") as file:
        catalogue = read_po(file, locale=lang)
    found: Words = {"": {"domain": "ckan", "lang": lang, "plural_forms": catalogue.plural_forms}}
    for message in catalogue:
        if not message.string or not any(place.endswith(".js") for place, _ in message.locations):
            continue
        if isinstance(message.id, tuple):
            found[message.id[0]] = [message.id[1], *message.string]
        else:
            found[str(message.id)] = [None, message.string]
    return found
