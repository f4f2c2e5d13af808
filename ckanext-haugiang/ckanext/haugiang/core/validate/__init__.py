"""Validate: frictionless's verdict on a table, with exact counts and the places in the steward's own file.

The words of the report are frictionless's own. What is ours stands beside them under
``report.custom["haugiang"]`` (`Extra`), because a report of 1,000 details must still say how many errors there are.
"""

from ckanext.haugiang.core.validate.engine import validate
from ckanext.haugiang.core.validate.places import Sources
from ckanext.haugiang.core.validate.sentences import sentence

__all__ = ["Sources", "sentence", "validate"]
