"""Tidy: a steward's table becomes the canonical table of its schema; every change is recorded, none guessed."""

from ckanext.haugiang.core.tidy.engine import Tidied, tidy
from ckanext.haugiang.core.tidy.fit import Fit, fit_schemas
from ckanext.haugiang.core.tidy.infer import infer
from ckanext.haugiang.core.tidy.places import Places

__all__ = ["Fit", "Places", "Tidied", "fit_schemas", "infer", "tidy"]
