"""Publish: from one table schema to the columns, files and descriptions that readers get."""

from __future__ import annotations

from ckanext.haugiang.core.publish.columns import Column, columns

__all__ = ["Column", "columns"]
