"""Wires the portal into CKAN. No decision on data is taken here."""

from __future__ import annotations

import ckan.plugins as p


class HauGiangPlugin(p.SingletonPlugin):
    """The Hậu Giang open data portal."""
