"""Questions of CKAN's searches with arguments of a kind that CKAN does not expect: refused in words, where CKAN breaks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import ckan.plugins.toolkit as tk

__all__ = ["DATASETS", "TABLE", "refuse_odd"]


def _flag(value: Any) -> bool:
    try:
        tk.asbool(str(value))
    except ValueError:
        return False
    return True


def _number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        return abs(int(value)) < 2**31
    except (ValueError, OverflowError):
        return False


def _text(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _texts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(map(_text, value)))


def _list(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _names(value: Any) -> bool:
    return isinstance(value, str) or _list(value)


def _object(value: Any) -> bool:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return False
    return isinstance(value, dict)


FLAGS = {"plain", "distinct", "include_total"}
TABLE: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(FLAGS, _flag), **dict.fromkeys(("limit", "offset", "total_estimation_threshold"), _number),
    **dict.fromkeys(("resource_id", "id", "language", "full_text", "records_format"), _text),
    **dict.fromkeys(("fields", "sort"), _texts), "filters": _object,
}  # fmt: skip
DATASETS: dict[str, Callable[[Any], bool]] = {
    **dict.fromkeys(
        ("include_private", "include_drafts", "include_deleted", "use_default_schema", "facet"), _flag
    ),
    **dict.fromkeys(("rows", "start", "facet.limit", "facet.mincount"), _number),
    **dict.fromkeys(("q", "fq", "sort"), _text), "fq_list": _list, "fl": _names, "extras": _object,
}  # fmt: skip


def refuse_odd(data_dict: Mapping[str, Any], kinds: Mapping[str, Callable[[Any], bool]]) -> dict[str, Any]:
    """The arguments without those that are null.

    Raises:
        ValidationError: An argument is of another kind than it must be.
    """
    given = {name: value for name, value in data_dict.items() if value is not None}
    wrong = [name for name, fits in kinds.items() if name in given and not fits(given[name])]
    if wrong:
        raise tk.ValidationError({name: [tk._("This value is of another kind than the argument takes.")] for name in wrong})
    # CKAN reads a number as text, and breaks.
    return {name: str(value) if name in kinds and isinstance(value, int | float) and not isinstance(value, bool)
            and kinds[name] in (_flag, _text) else value for name, value in given.items()}  # fmt: skip
