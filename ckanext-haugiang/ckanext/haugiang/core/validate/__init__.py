"""Validate: frictionless's verdict on a table, with exact counts and the places in the steward's own file.

The words of the report are frictionless's own. What is ours stands beside them under
``report.custom["haugiang"]`` (`Extra`), because a report of 1,000 details must still say how many errors there are.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from ckanext.haugiang.core.validate.sentences import sentence

if TYPE_CHECKING:
    from ckanext.haugiang.core.validate.engine import validate
    from ckanext.haugiang.core.validate.places import Sources

__all__ = ["Sources", "sentence", "validate"]
_HEAVY = {"Sources": "places", "validate": "engine"}


def __getattr__(name: str) -> Any:
    """Load the engine when it is asked for: a web process only says sentences, and 100 MB are saved in each."""
    if name not in _HEAVY:
        raise AttributeError(name)
    return getattr(import_module(f"{__name__}.{_HEAVY[name]}"), name)
