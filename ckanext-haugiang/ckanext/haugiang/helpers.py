"""Template helpers: how numbers, dates, sizes and states are said, in Vietnamese or English.

What stands here takes values and gives text; it asks no action. The exceptions, at the end, are what every page's
frame needs (the sectors) and are cached for the request.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal
from flask import g
from markupsafe import Markup, escape

from ckanext.haugiang.core.ages import steady_seconds
from ckanext.haugiang.core.errors import N_
from ckanext.haugiang.core.publish.state import dataset_state, resource_state

__all__ = [
    "haugiang_ago",
    "haugiang_asset",
    "haugiang_cell",
    "haugiang_choice",
    "haugiang_contact",
    "haugiang_dataset_state",
    "haugiang_date",
    "haugiang_datetime",
    "haugiang_iso",
    "haugiang_mark",
    "haugiang_number",
    "haugiang_pages",
    "haugiang_percent",
    "haugiang_plain",
    "haugiang_resource_rows",
    "haugiang_rows",
    "haugiang_sector",
    "haugiang_sectors",
    "haugiang_size",
    "haugiang_state",
    "haugiang_state_named",
    "haugiang_step_word",
    "haugiang_table_schema_choices",
    "haugiang_title",
    "haugiang_type_word",
    "haugiang_words",
    "haugiang_years",
    "humanize_entity_type",
    "markdown_extract",
]

PUBLIC = Path(__file__).parent / "public" / "haugiang"
NBSP = "\N{NO-BREAK SPACE}"
TYPE_WORDS = {
    "string": N_("text"), "integer": N_("whole number"), "number": N_("number"), "date": N_("date"),
    "datetime": N_("date and time"), "time": N_("time of day"), "boolean": N_("yes or no"), "year": N_("year"),
    "yearmonth": N_("month"), "geopoint": N_("point"), "array": N_("list"), "list": N_("list"), "object": N_("object"),
}  # fmt: skip
STATES: dict[str, dict[str, str]] = {
    "valid": {"label": N_("Valid"), "tone": "valid", "icon": "circle-check"},
    "noted": {"label": N_("Valid, with notes"), "tone": "warn", "icon": "triangle-alert"},
    "repair": {"label": N_("New version in repair"), "tone": "warn", "icon": "pencil"},
    "error": {"label": N_("Has errors"), "tone": "error", "icon": "circle-x"},
    "running": {"label": N_("Being checked"), "tone": "run", "icon": "loader-circle"},
    "unchecked": {"label": N_("Not checked"), "tone": "", "icon": "circle-dashed"},
    "document": {"label": N_("Document"), "tone": "", "icon": "book-open"},
}
STEPS = {
    "unicode-nfc": N_("Letters written in one way (Unicode)"), "spaces": N_("Spaces left out"),
    "number-signs": N_("Decimal comma and thousand dot"), "date-formats": N_("Date written day/month/year"),
    "blank-rows": N_("Empty row left out"), "repeated-header": N_("Repeated column heads left out"),
    "unit-row": N_("Row of units or column numbers left out"), "value-labels": N_("Word turned into its code"),
    "code-names": N_("Name turned into its code"), "missing-tokens": N_("Sign for “no value” read as empty"),
    "boolean-words": N_("Yes and no written in words"), "forward-fill": N_("Merged cell repeated in each row"),
    "header": N_("Column name recognised"),
}  # fmt: skip


def _lang() -> str:
    return "vi" if tk.h.lang() == "vi" else "en"


def _zone() -> tzinfo:
    """The clock of the province, CKAN's ``ckan.display_timezone``."""
    zone: tzinfo = tk.h.get_display_timezone()
    return zone


def _moment(value: Any) -> datetime | None:
    """A point in time in the portal's time zone; CKAN writes UTC without saying so."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    value = value if value.tzinfo else value.replace(tzinfo=UTC)
    return value.astimezone(_zone())


def haugiang_number(value: Any, decimals: int | None = None) -> str:
    """A number as people write it: 1.234,5 in Vietnamese, 1,234.5 in English; decimals as published.

    Args:
        value: int, float, Decimal or a text that holds a number.
        decimals: How many decimals to show; all there are by default.
    """
    if value is None or value == "" or isinstance(value, bool):
        return ""
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return str(value)
    if not number.is_finite():
        return str(value)
    exponent = number.as_tuple().exponent
    places = decimals if decimals is not None else max(0, -int(exponent))
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return format_decimal(number, format=pattern, locale=_lang()).replace("-", "\N{MINUS SIGN}")


def haugiang_percent(share: float, decimals: int = 1) -> str:
    """A share between 0 and 1 as a percentage: 99,4 %."""
    return _short(share * 100, decimals) + NBSP + "%"


def haugiang_size(size: Any) -> str:
    """A file's size: 61 kB."""
    try:
        left = float(size)
    except (TypeError, ValueError):
        return ""
    for unit in ("B", "kB", "MB"):
        if left < 1000:
            return f"{_short(left, 1 if left < 10 and unit != 'B' else 0)}{NBSP}{unit}"
        left /= 1000
    return f"{_short(left, 1)}{NBSP}GB"


def _short(number: float, decimals: int) -> str:
    """Rounded, and without a zero behind the sign."""
    return haugiang_number(round(number, decimals), decimals).removesuffix(",0").removesuffix(".0")


def haugiang_date(value: Any) -> str:
    """A day: 05/03/2026 in Vietnamese, 5 Mar 2026 in English. What is no date comes back as it is."""
    day: date | None = value if isinstance(value, date) and not isinstance(value, datetime) else None
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return value
    if day is None:
        moment = _moment(value)
        if moment is None:
            return "" if value is None else str(value)
        day = moment.date()
    return format_date(day, "dd/MM/yyyy" if _lang() == "vi" else "d MMM yyyy", locale=_lang())


def haugiang_datetime(value: Any) -> str:
    """A day and a time: 05/03/2026 09:14."""
    moment = _moment(value)
    return f"{haugiang_date(moment.date())} {moment:%H:%M}" if moment else haugiang_date(value)


def haugiang_iso(value: Any) -> str:
    """The same for machines: ISO 8601."""
    moment = _moment(value)
    return moment.isoformat(timespec="seconds") if moment else str(value or "")


def haugiang_ago(value: Any) -> str:
    """How long ago, up to seven days; the date after that."""
    moment = _moment(value)
    if moment is None:
        return ""
    gone = datetime.now(UTC) - moment
    # A page is kept no longer than its words are true (views.caching).
    steady = steady_seconds(gone, timedelta(days=7))
    g.haugiang_steady_seconds = min(steady, g.get("haugiang_steady_seconds", steady))
    if not timedelta(0) <= gone < timedelta(days=7):
        return haugiang_date(value)
    if gone < timedelta(minutes=1):
        return tk._("just now")
    return format_timedelta(-gone, add_direction=True, locale=_lang(), threshold=1)


def haugiang_cell(value: Any, kind: str) -> str:
    """One value of a published table; years and codes are whole numbers without a dot."""
    if value is None:
        return ""
    if kind == "integer":
        return haugiang_number(value) if abs(int(value)) >= 10000 else str(value)
    if kind == "boolean":
        return tk._("yes") if value else tk._("no")
    said = {"number": haugiang_number, "date": haugiang_date, "datetime": haugiang_datetime}
    return said[kind](value) if kind in said else str(value)


def haugiang_words(descriptor: Mapping[str, Any] | None, key: str = "title") -> str:
    """Title or description of a schema or a field in the language of the page, the other one if it is missing."""
    found = (descriptor or {}).get(f"x-{key}-en") if _lang() == "en" else None
    found = found or (descriptor or {}).get(key) or (descriptor or {}).get(f"x-{key}")
    return haugiang_plain(found)


def haugiang_plain(value: Any) -> str:
    """Text out of a value that may be {vi, en}."""
    if isinstance(value, Mapping):
        value = value.get(_lang()) or value.get("vi") or value.get("en") or ""
    return "" if value is None else str(value)


def haugiang_title(entity: Mapping[str, Any] | None) -> str:
    """Title of a dataset, resource, group or organization; English where one was given."""
    entity = entity or {}
    found = (entity.get("title_en") or entity.get("name_en")) if _lang() == "en" else None
    return haugiang_plain(
        found or entity.get("title") or entity.get("display_name") or entity.get("name") or tk._("Unnamed")
    )


def haugiang_choice(field: Mapping[str, Any], value: Any) -> str:
    """What the value of a form field is called."""
    for choice in tk.h.scheming_field_choices(field) or []:
        if choice.get("value") == value:
            return str(tk.h.scheming_language_text(choice.get("label")))
    return haugiang_date(value) if isinstance(value, str) else haugiang_plain(value)


def haugiang_type_word(field: Mapping[str, Any]) -> str:
    """Type of a column as a word: a string with a list of values is a code."""
    constraints = field.get("constraints") or {}
    if field.get("type") == "string" and (field.get("x-codelist") or constraints.get("enum")):
        return tk._("code")
    return tk._(TYPE_WORDS.get(str(field.get("type")), "text"))


def haugiang_state(resource: Mapping[str, Any]) -> dict[str, str]:
    """State of a table for its badge: key, label, tone and icon."""
    return haugiang_state_named(resource_state(resource))


def haugiang_state_named(key: str) -> dict[str, str]:
    """A state by its key, for the legend."""
    return {"key": key, **STATES[key], "label": tk._(STATES[key]["label"])}


def haugiang_dataset_state(package: Mapping[str, Any]) -> dict[str, str] | None:
    """The state of a dataset is the worst of its tables'; documents have none."""
    key = dataset_state(package.get("resources", []))
    return haugiang_state_named(key) if key else None


def haugiang_resource_rows(resource: Mapping[str, Any]) -> int:
    """How many rows the published table has, 0 where that is not known."""
    return int(resource.get("published_rows") or 0)


def haugiang_rows(package: Mapping[str, Any]) -> int:
    """How many rows the tables of a dataset have together."""
    return sum(haugiang_resource_rows(resource) for resource in package.get("resources", []))


def haugiang_years(package: Mapping[str, Any]) -> str:
    """The years that the data are about: 2019–2026."""
    found = sorted(
        str(part[edge])[:4]
        for part in package.get("temporal_coverage") or [] if isinstance(part, Mapping)
        for edge in ("start", "end") if part.get(edge)
    )  # fmt: skip
    return "" if not found else found[0] if found[0] == found[-1] else f"{found[0]}–{found[-1]}"


def haugiang_step_word(step: str) -> str:
    """Why tidy changed a cell."""
    return str(tk._(STEPS[step])) if step in STEPS else step


def haugiang_contact() -> str:
    """The portal's own address for mail, empty where none is set."""
    return str(tk.config.get("ckanext.haugiang.contact") or tk.config.get("email_to") or "")


def _fold(text: str) -> str:
    """Lower case without marks, letter by letter, so that places in the text stay what they are."""
    return "".join(unicodedata.normalize("NFD", letter)[0].lower() for letter in text).replace("đ", "d")


def haugiang_mark(text: Any, query: str) -> Markup:
    """Text with the words of a search marked; a query without diacritics marks words with them."""
    text = unicodedata.normalize("NFC", str(text or ""))
    words = re.findall(r"\w{2,}", unicodedata.normalize("NFC", query or ""))
    spans: list[tuple[int, int]] = []
    for word in words[:20]:
        bare = _fold(word)
        where, wanted = (_fold(text), bare) if bare == word.lower() else (text.lower(), word.lower())
        if len(where) == len(text):
            spans += [m.span() for m in re.finditer(rf"\b{re.escape(wanted)}\b", where)]
    out, end = Markup(), 0
    for start, stop in sorted(spans):
        if start >= end:
            out += escape(text[end:start]) + Markup("<mark>{}</mark>").format(text[start:stop])
            end = stop
    return out + escape(text[end:])


def haugiang_pages(page: int, count: int, size: int, url: Any) -> dict[str, Any]:
    """Numbers of a pagination: first, last and the neighbours of where one stands.

    Args:
        page: The page one is on, from 1.
        count: How many rows there are.
        size: How many rows a page has.
        url: Gives the address of a page by its number.
    """
    last = max(1, -(-count // size))
    shown = sorted({1, last, *range(max(1, page - 2), min(last, page + 2) + 1)})
    items: list[dict[str, Any]] = []
    for number in shown:
        if items and number - items[-1].get("number", number - 1) > 1:
            items.append({"gap": True, "number": number - 1})
        items.append({"number": number, "label": haugiang_number(number), "url": url(number), "current": number == page})
    return {
        "numbers": items,
        "previous": url(page - 1) if 1 < page <= last else None,
        "next": url(page + 1) if page < last else None,
    }


@cache
def haugiang_asset(name: str, *, versioned: bool = True) -> str:
    """Address of a file of ``public/haugiang``; it changes with the content, so that browsers may keep it for good."""
    address = tk.h.url_for_static(f"/haugiang/{name}")
    digest = hashlib.sha256((PUBLIC / name).read_bytes()).hexdigest()[:10]
    return f"{address}?v={digest}" if versioned else str(address)


def haugiang_sectors() -> list[dict[str, Any]]:
    """The sectors, from the dataset types that the schemas declare: name, title, icon, about."""
    found: list[dict[str, Any]] | None = getattr(g, "haugiang_sectors", None)
    if found is None:
        schemas: Mapping[str, Mapping[str, Any]] = tk.h.scheming_dataset_schemas() or {}
        found = [_sector(name, schema) for name, schema in schemas.items()]
        g.haugiang_sectors = found
    return found


def _sector(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "title": haugiang_plain(schema.get("label") or name),
        "about": haugiang_plain(schema.get("summary")),
        "icon": schema.get("icon") or "list-checks",
    }


def haugiang_sector(name: str | None, among: Sequence[Mapping[str, Any]] | None = None) -> Mapping[str, Any] | None:
    """One sector by its name."""
    return next((sector for sector in among or haugiang_sectors() if sector["name"] == name), None)


def haugiang_table_schema_choices(field: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a file's form offers: the structures of its sector, each version, the newest first."""
    found = tk.get_action("haugiang_schema_list")({}, {"sector": field.get("sector", "")})
    return [
        {
            "value": f"{each['name']}@{version}",
            "label": {lang: f"{each[key]} ({version})" for lang, key in (("vi", "title"), ("en", "title_en"))},
        }
        for each in found
        for version in reversed(each["versions"])
    ]


@tk.chained_helper
def humanize_entity_type(next_helper: Any, entity_type: str, object_type: str, purpose: str) -> str | None:
    """CKAN's words for a dataset fit every sector; made from the type's name they would read “Tạo Agriculture”."""
    return None if entity_type == "package" else next_helper(entity_type, object_type, purpose)


@tk.chained_helper
@lru_cache(maxsize=2000)
def markdown_extract(next_helper: Any, text: str, extract_length: int = 190) -> Any:
    """As CKAN's, remembered: reading Markdown takes two milliseconds, and a list has twenty texts."""
    return next_helper(text, extract_length)
