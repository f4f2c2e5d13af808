"""Solr's dates: milliseconds since 1970 in UTC, ISO text, and date arithmetic such as ``NOW/DAY-7DAYS``."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from ckanext.haugiang.core.search.errors import SearchRefused

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_STEP = re.compile(r"([+-]\d+|/)(YEAR|MONTH|DAY|DATE|HOUR|MINUTE|SECOND|MILLI|MILLISECOND)S?")
_MATH = re.compile(rf"(NOW|.*?Z)((?:{_STEP.pattern})*)")
_UNITS = {"DATE": "day", "MILLI": "millisecond"}
_RESETS = {"month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0}


def millis(moment: datetime) -> int:
    """Milliseconds since 1970; a moment without zone is UTC."""
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int((aware - _EPOCH) // timedelta(milliseconds=1))


def iso(value: int) -> str:
    """As Solr writes dates: ``2024-01-31T00:00:00Z``, with milliseconds only where there are some."""
    moment = _EPOCH + timedelta(milliseconds=value)
    return moment.isoformat(timespec="milliseconds" if value % 1000 else "seconds").replace("+00:00", "Z")


def _add(moment: datetime, amount: int, unit: str) -> datetime:
    if unit in {"year", "month"}:
        months = moment.month - 1 + amount * (12 if unit == "year" else 1)
        year, month = moment.year + months // 12, months % 12 + 1
        last = (datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC) - timedelta(days=1)).day
        return moment.replace(year=year, month=month, day=min(moment.day, last))
    return moment + timedelta(**{f"{unit}s": amount})


def _round(moment: datetime, unit: str) -> datetime:
    names = list(_RESETS)
    below = names if unit == "year" else names[names.index(unit) + 1 :] if unit in names else []
    return moment.replace(**{name: _RESETS[name] for name in below})  # type: ignore[arg-type]


def parse_date(text: str, now: datetime) -> int:
    """A date of a query or a document as milliseconds.

    Args:
        text: ISO 8601, with zone or in UTC, or ``NOW``, either followed by arithmetic.
        now: what NOW means.

    Raises:
        SearchRefused: with Solr's words, if it is no date.
    """
    match = _MATH.fullmatch(text.strip())
    base, steps = (match[1], match[2]) if match else (text.strip(), "")
    try:
        moment = now.astimezone(UTC) if base == "NOW" else datetime.fromisoformat(base)
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        for amount, name in _STEP.findall(steps):
            unit = _UNITS.get(name, name.lower())
            moment = _round(moment, unit) if amount == "/" else _add(moment, int(amount), unit)
    except (ValueError, OverflowError):
        raise SearchRefused(f"Invalid Date String:'{text[:100]}'") from None
    return millis(moment)
