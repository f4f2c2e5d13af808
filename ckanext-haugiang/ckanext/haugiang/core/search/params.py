"""The parameters of a search, as CKAN passes them to pysolr; what is not served is refused by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ckanext.haugiang.core.search.analysis import clean
from ckanext.haugiang.core.search.errors import SearchRefused

# "extras" and "fq_list" are CKAN's own; it passes them on although Solr does not know them.
_IGNORED = {"wt", "extras", "fq_list", "echoParams", "indent"}
_KNOWN = {
    *("q", "fq", "rows", "start", "sort", "fl", "df", "q.op", "defType", "qf", "mm", "tie"),
    *("facet", "facet.field", "facet.limit", "facet.mincount"),
    *_IGNORED,
}
_PARSERS = {"lucene", "dismax", "edismax"}
_NAME = re.compile(r"[^\s,(){}\[\]:\"'*?\x00-\x1f\ud800-\udfff]+")
_MOST_ROWS = 1_000_000


@dataclass(frozen=True)
class Facets:
    """Which fields to count, how many values of each (negative: all), and from which count on."""

    fields: tuple[str, ...] = ()
    limit: int = 100
    mincount: int = 0


@dataclass(frozen=True)
class Params:
    """One search, checked.

    Attributes:
        sort: (field or ``score``, descending) in order of weight.
        fields: names of what to return; ``*`` for everything stored.
    """

    q: str
    fq: tuple[str, ...]
    rows: int
    start: int
    sort: tuple[tuple[str, bool], ...]
    fields: tuple[str, ...]
    facets: Facets
    parser: str
    df: str
    operator: str
    qf: str
    mm: str
    tie: float


def read_params(q: str, given: Mapping[str, Any]) -> Params:
    """Check the parameters of a search.

    Raises:
        SearchRefused: for a parameter that is not served or has a wrong value.
    """
    unknown = sorted(name for name, value in given.items() if name not in _KNOWN and value not in (None, ""))
    if unknown:
        raise SearchRefused(
            f"The search parameters {unknown} are not supported by PostgreSQL search. "
            "Leave them out, or set solr_url to a Solr server."
        )
    parser = str(given.get("defType") or "lucene")
    if parser not in _PARSERS:
        raise SearchRefused(f"Unknown query parser '{parser}'")
    return Params(
        q=clean(str(q)),
        fq=tuple(clean(str(item)) for item in _list(given.get("fq")) if str(item).strip()),
        rows=_integer(given, "rows", 10, least=0),
        start=_integer(given, "start", 0, least=0),
        sort=read_sort(str(given.get("sort") or "score desc")),
        fields=_fields(given.get("fl")),
        facets=_facets(given),
        parser=parser,
        df=str(given.get("df") or "text"),
        operator=str(given.get("q.op") or "OR"),
        qf=str(given.get("qf") or given.get("df") or "text"),
        mm=str(given.get("mm") or ("100%" if given.get("q.op") == "AND" else "0%")),
        tie=_float(given, "tie"),
    )


def read_sort(spec: str) -> tuple[tuple[str, bool], ...]:
    """``score desc, name asc`` → (("score", True), ("name", False)).

    Raises:
        SearchRefused: in the words by which CKAN knows a wrong sort.
    """
    found: list[tuple[str, bool]] = []
    for part in spec.split(","):
        words = part.split()
        if len(words) != 2 or words[1].lower() not in {"asc", "desc"} or not _NAME.fullmatch(words[0]):
            raise SearchRefused(f"Can't determine a Sort Order (asc or desc) in sort spec '{spec[:200]}'")
        found.append((words[0], words[1].lower() == "desc"))
    return tuple(found)


def _list(value: Any) -> Iterable[Any]:
    if value is None:
        return ()
    return value if isinstance(value, list | tuple | set) else (value,)


def _integer(given: Mapping[str, Any], name: str, default: int, least: int | None = None) -> int:
    value = given.get(name)
    try:
        number = default if value is None or value == "" else int(value)
    except (TypeError, ValueError):
        raise SearchRefused(f"{name} is a whole number, not {str(value)[:50]!r}") from None
    if least is not None and number < least:
        raise SearchRefused(f"'{name}' parameter cannot be negative")
    return min(number, _MOST_ROWS)


def _float(given: Mapping[str, Any], name: str) -> float:
    try:
        return float(given.get(name) or 0)
    except (TypeError, ValueError):
        raise SearchRefused(f"{name} is a number, not {str(given.get(name))[:50]!r}") from None


def _fields(value: Any) -> tuple[str, ...]:
    names = [name for item in _list(value) for name in re.split(r"[\s,]+", str(item)) if name]
    wrong = [name for name in names if not re.fullmatch(r"[^\s,(){}\[\]:\"']+", name)]
    if wrong:
        raise SearchRefused(f"fl takes names of fields, not {wrong[0][:100]!r}")
    return tuple(names) or ("*",)


def _facets(given: Mapping[str, Any]) -> Facets:
    if str(given.get("facet", "false")).lower() not in {"true", "on", "yes", "1"}:
        return Facets()
    names = tuple(dict.fromkeys(str(name) for name in _list(given.get("facet.field")) if str(name)))
    for name in names:
        if not _NAME.fullmatch(name):
            raise SearchRefused(f"facet.field takes the name of a field, not {name[:100]!r}")
    return Facets(names, _integer(given, "facet.limit", 100), _integer(given, "facet.mincount", 0))
