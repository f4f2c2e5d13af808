"""What several pages need: the context of the visitor, asking an action, walking a query's address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import ckan.plugins.toolkit as tk
from flask import request


def context() -> dict[str, Any]:
    """Context of the visitor for an action."""
    user = tk.current_user
    return {"user": user.name, "auth_user_obj": user, "for_view": True}


def ask(action: str, **data: Any) -> Any:
    """What an action answers to this visitor; raises what the action raises."""
    return tk.get_action(action)(context(), data)


def may(action: str, **data: Any) -> bool:
    """Whether the visitor may do something."""
    try:
        tk.check_access(action, context(), data)
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False
    return True


def maybe(action: str, **data: Any) -> Any:
    """What an action answers, or None where the visitor has no part in it."""
    try:
        return ask(action, **data)
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return None


def shown(action: str, **data: Any) -> Any:
    """What an action answers, or the page that says 404; what is private is not told from what is not there.

    A dataset that was the public's and was deleted is told to be gone: who comes by an old link need not look for a slip
    in the address.
    """
    try:
        return ask(action, **data)
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return tk.abort(410 if action == "package_show" and ask("haugiang_withdrawn", **data) else 404)


def arguments() -> list[tuple[str, str]]:
    """What the address asks, without what is empty and without NUL, which no database takes."""
    cleaned = ((key, value.replace("\0", "")) for key, value in request.args.items(multi=True))
    return [(key, value) for key, value in cleaned if value]


def page_number() -> int:
    """The page asked for, from 1; nonsense is page 1."""
    text = request.args.get("page", "1")
    return min(int(text), 1_000_000) if text.isascii() and text.isdigit() and int(text) > 0 else 1


def address(base: str, args: Iterable[tuple[str, str]], **changes: str | None) -> str:
    """The address of a page with some of its arguments changed (None takes one away)."""
    kept = [(key, value) for key, value in args if key not in changes]
    kept += [(key, value) for key, value in changes.items() if value is not None]
    return f"{base}?{urlencode(kept)}" if kept else base


def without(args: Iterable[tuple[str, str]], *taken: tuple[str, str]) -> list[tuple[str, str]]:
    """Arguments without these pairs, and without the page number, which no longer fits."""
    return [pair for pair in args if pair not in taken and pair[0] != "page"]


def find_resource(package: Mapping[str, Any], resource_id: str) -> dict[str, Any]:
    """A resource of a dataset, or the page that says 404, or 410 if it was deleted."""
    for resource in package.get("resources", []):
        if resource["id"] == resource_id:
            return dict(resource)
    return tk.abort(410 if ask("haugiang_withdrawn", id=package["id"], resource_id=resource_id) else 404)
