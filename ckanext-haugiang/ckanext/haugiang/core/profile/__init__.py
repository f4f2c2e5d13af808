"""Profile: what a table holds, column by column, for the pages that describe it and for the steward who checks it."""

from ckanext.haugiang.core.profile.statistics import profile

__all__ = ["profile"]
