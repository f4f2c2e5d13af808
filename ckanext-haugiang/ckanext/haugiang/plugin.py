"""Wires the portal into CKAN. No decision on data is taken here."""

from __future__ import annotations

import ckan.plugins as p
from flask import Blueprint

from ckanext.haugiang import health


class HauGiangPlugin(p.SingletonPlugin):
    """The Hậu Giang open data portal."""

    p.implements(p.IBlueprint)

    def get_blueprint(self) -> list[Blueprint]:
        """`/health`."""
        return [health.blueprint]
