"""The pages. Each module is one blueprint; all of them ask actions and hand dicts to templates."""

from __future__ import annotations

from flask import Blueprint

from ckanext.haugiang.views import (
    about,
    arriving,
    dataset,
    home,
    listing,
    report,
    resource,
    schema,
    script_words,
    sitemap,
    steward,
)

__all__ = ["get_blueprints"]


def get_blueprints() -> list[Blueprint]:
    """All blueprints, for CKAN's blanket; those that stand in for CKAN's own pages come before CKAN's."""
    return [
        home.blueprint,
        listing.blueprint,
        dataset.blueprint,
        resource.blueprint,
        report.blueprint,
        schema.blueprint,
        steward.blueprint,
        sitemap.blueprint,
        arriving.blueprint,
        about.blueprint,
        script_words.blueprint,
    ]
