"""The pages. Each module is one blueprint; all of them ask actions and hand dicts to templates."""

from __future__ import annotations

from flask import Blueprint

from ckanext.haugiang.views import about, dataset, home, listing, report, resource, schema, steward

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
        about.blueprint,
    ]
