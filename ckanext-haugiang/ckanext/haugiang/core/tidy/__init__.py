"""Tidy: a steward's table becomes the canonical table of its schema; every change is recorded, none guessed."""

from ckanext.haugiang.core.tidy.engine import Tidied, tidy
from ckanext.haugiang.core.tidy.infer import infer
from ckanext.haugiang.core.tidy.places import Places

__all__ = ["Places", "Tidied", "infer", "tidy"]
