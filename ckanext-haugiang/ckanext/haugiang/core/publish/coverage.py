"""What a dataset is about, in the words by which a list of datasets is narrowed: its places and its years."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

MOST_YEARS = 150  # a period with a slip in it (0202 for 2020) must not fill the filter


def places(parts: Any) -> list[str]:
    """Names of the areas of ``spatial_coverage``, each once; the code where an area has no name."""
    named = (" ".join(str(part.get("text") or part.get("code") or "").split())[:200] for part in _mappings(parts))
    return list(dict.fromkeys(name for name in named if name))


def years(parts: Any) -> list[str]:
    """Every year that a period of ``temporal_coverage`` touches; of one with a single end, that year alone."""
    found: set[int] = set()
    for part in _mappings(parts):
        ends = [int(text) for text in (str(part.get(end) or "")[:4] for end in ("start", "end")) if _is_year(text)]
        if ends and max(ends) - min(ends) < MOST_YEARS:
            found.update(range(min(ends), max(ends) + 1))
    return [str(year) for year in sorted(found)]


def _is_year(text: str) -> bool:
    return len(text) == 4 and text.isascii() and text.isdigit()


def _mappings(parts: Any) -> Iterable[Mapping[str, Any]]:
    return (part for part in parts if isinstance(part, Mapping)) if isinstance(parts, list) else ()
