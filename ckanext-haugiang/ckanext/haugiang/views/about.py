"""Pages of words: about, terms, privacy, contact, accessibility, the API guide and the steward's guide."""

from __future__ import annotations

import ckan.plugins.toolkit as tk
from flask import Blueprint

blueprint = Blueprint("haugiang_about", __name__)


def _page(name: str, section: str = "about") -> str:
    return tk.render(f"portal/about/{name}.html", {"section": section})


@blueprint.route("/about")
def about() -> str:
    """What the portal is and who runs it."""
    return _page("about")


@blueprint.route("/terms")
def terms() -> str:
    """Terms of use, and how to cite."""
    return _page("terms")


@blueprint.route("/privacy")
def privacy() -> str:
    """What the portal keeps about visitors: next to nothing."""
    return _page("privacy")


@blueprint.route("/contact")
def contact() -> str:
    """Questions, errors in the data."""
    return _page("contact")


@blueprint.route("/accessibility")
def accessibility() -> str:
    """What works for whom, and what does not yet."""
    return _page("accessibility")


@blueprint.route("/guide")
def guide() -> str:
    """From a file to a published table, step by step."""
    return _page("guide")


@blueprint.route("/api-guide")
def api() -> str:
    """The API with examples that work."""
    return _page("api", section="api")
