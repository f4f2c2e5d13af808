"""Keep the Vietnamese catalogue current: ``python docs/catalogue.py`` (or ``make i18n``).

One catalogue holds the portal's own msgids and those of CKAN and of the extensions that the portal switches on, because
CKAN's Vietnamese is half empty and calls a dataset by five names. Flask-Babel merges the catalogues in the order of
``ckan.plugins``, the later wins, so ours covers CKAN's message by message. Two plural forms, although Vietnamese
has one: a later plugin without Vietnamese (ckanext-dcat) resets the merged plural rule to English's, which looks
for the second form.

What disappeared from the sources stays as an obsolete entry and comes back with them: a translation is never lost.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import io
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
OURS = ROOT / "ckanext-haugiang" / "ckanext" / "haugiang"
PO = OURS / "i18n" / "vi" / "LC_MESSAGES" / "ckanext-haugiang.po"
MO = PO.with_suffix(".mo")
# Whose pages the portal shows, and the extensions of CKAN's wheel that an administrator may switch on.
FOREIGN = (
    "ckan",
    *(f"ckanext.{name}" for name in ("activity", "datastore", "scheming", "dcat", "datatablesview", "textview")),
    *(f"ckanext.{name}" for name in ("imageview", "videoview", "audioview", "webpageview", "resourceproxy")),
    *(f"ckanext.{name}" for name in ("tracking", "stats", "expire_api_token", "tabledesigner", "datapusher")),
)
# Msgids that no source marks: what Werkzeug and Flask-WTF say on an error page, and what CKAN's templates translate by
# its value: states, and the dataset types with a capital.
UNMARKED = {
    "ckan/model": ("active", "draft", "deleted"),
    "schemas/dataset": ("Agriculture", "Health", "Environment", "Agricultures", "Healths", "Environments"),
    "werkzeug": (
        "The browser (or proxy) sent a request that this server could not understand.",
        (
            "You don't have the permission to access the requested resource."
            " It is either read-protected or not readable by the server."
        ),
        "The method is not allowed for the requested URL.",
    ),
    "flask_wtf": (
        "The CSRF token is missing.",
        "The CSRF session token is missing.",
        "The CSRF token has expired.",
        "The CSRF token is invalid.",
        "The CSRF tokens do not match.",
        "The referrer header is missing.",
        "The referrer does not match the host.",
    ),
}
KEYWORDS = {**DEFAULT_KEYWORDS, "N_": None, "P_": (1, 2)}
METHODS = [
    ("**/tests/**", "ignore"),
    ("**/templates/development/**", "ignore"),  # CKAN's own page of form samples
    ("**.py", "python"),
    ("**.js", "javascript"),
    ("**/templates/**.html", "ckan.lib.extract:extract_ckan"),
    ("**/templates/**.txt", "ckan.lib.extract:extract_ckan"),
]
NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)  # babel writes one; a moving date would make every build another file
HEADER = """\
# Vietnamese translations of the Hậu Giang open data portal and of the parts of CKAN that it shows.
# Copyright (C) the contributors of the Hậu Giang open data portal
# This file is distributed under the AGPL-3.0-or-later, as CKAN is.
# Kept by docs/catalogue.py; the translations are written here by hand.
#"""

Message = tuple[str, int, str | tuple[str, ...], list[str], str | None]


def wanted(folder: str) -> bool:
    """Leave out libraries, tests and what tools leave behind."""
    name = Path(folder).name
    return not name.startswith(".") and name not in {"vendor", "node_modules", "tests", "__pycache__", "i18n"}


def messages(folder: Path) -> Iterator[Message]:
    """Everything that the code, templates and scripts under ``folder`` mark for translation, in a stable order."""
    found = extract_from_dir(
        str(folder),
        METHODS,
        {"**/templates/**.html": {"silent": "false"}},
        KEYWORDS,
        comment_tags=("Translators:",),
        directory_filter=wanted,
    )
    yield from sorted(found, key=lambda message: (message[0], message[1]))


def template() -> Catalog:
    """The catalogue as the sources want it: ours first, then what the portal shows of others."""
    catalogue = Catalog(project="ckanext-haugiang", version="", charset="utf-8")
    sources = [("ckanext/haugiang", OURS)]
    for name in FOREIGN:
        spec = importlib.util.find_spec(name)
        if spec is None or not spec.submodule_search_locations:
            continue  # another CKAN has other extensions; their translations wait as obsolete entries
        sources.append((name.replace(".", "/"), Path(next(iter(spec.submodule_search_locations)))))
    for prefix, folder in sources:
        for path, _, msgid, comments, context in messages(folder):
            place = f"{prefix}/{path.replace(os.sep, '/')}"
            catalogue.add(msgid, locations=[(place, 1)], auto_comments=comments, context=context)
    for library, sentences in UNMARKED.items():
        for sentence in sentences:
            catalogue.add(sentence, locations=[(library, 1)])
    return catalogue


def current() -> Catalog:
    """The committed catalogue."""
    with PO.open("rb") as file:
        catalogue = read_po(file, locale="vi", domain="ckanext-haugiang")
    catalogue.creation_date = catalogue.revision_date = NO_DATE
    return catalogue


def merged() -> Catalog:
    """The committed translations under the msgids of today; a msgid that is new stays empty, nothing is guessed."""
    catalogue = current()
    for old in list(catalogue.obsolete.values()):
        catalogue.add(old.id, old.string, context=old.context)
    catalogue.obsolete.clear()
    catalogue.update(template(), no_fuzzy_matching=True)
    catalogue.fuzzy = False
    catalogue.header_comment = HEADER
    catalogue.project, catalogue.version = "ckanext-haugiang", importlib.metadata.version("ckanext-haugiang")
    return catalogue


def as_po(catalogue: Catalog) -> bytes:
    """The text of the catalogue, without what changes from run to run or with every edited line."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=100, include_lineno=False)
    moving = (b'"POT-Creation-Date', b'"PO-Revision-Date')
    return b"\n".join(line for line in buffer.getvalue().split(b"\n") if not line.startswith(moving))


def as_mo(catalogue: Catalog) -> bytes:
    """The compiled catalogue."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def untranslated(catalogue: Catalog, prefix: str = "") -> list[str]:
    """Msgids (of the files under ``prefix``) without a Vietnamese text, or with one that nobody has confirmed."""

    def done(text: str | list[str] | tuple[str, ...] | None) -> bool:
        return bool(text) if isinstance(text, str) else bool(text) and all(text or ())

    waiting = [each for each in catalogue if each.id and (each.fuzzy or not done(each.string))]
    return [str(each.id) for each in waiting if any(place.startswith(prefix) for place, _ in each.locations)]


def main() -> None:
    """Extract, merge, write both files and say what waits for a translator."""
    catalogue = merged()
    PO.write_bytes(as_po(catalogue))
    catalogue = current()
    MO.write_bytes(as_mo(catalogue))
    missing = untranslated(catalogue)
    told = [f"{len(catalogue)} messages, {len(missing)} without Vietnamese", *missing]
    sys.stdout.write("\n  ".join(told) + "\n")


if __name__ == "__main__":
    main()
