"""Units on English pages."""

from __future__ import annotations

import pytest

from ckanext.haugiang.adapters.package_data import catalogue
from ckanext.haugiang.core.schema.units import unit_in


@pytest.mark.parametrize(
    ("unit", "english"),
    [("tấn", "tonnes"), ("tạ/ha", "quintals/ha"), ("người/km²", "people/km²"), ("ha", "ha"),
     ("mg/L", "mg/L"), ("", ""), (None, "")],
)  # fmt: skip
def test_words_become_english_and_signs_stay(unit, english):
    assert unit_in(unit, "en") == english
    assert unit_in(unit, "vi") == (unit or "")


def test_every_unit_of_every_installed_schema_is_english_or_a_sign():
    """No Vietnamese word stays; a new schema with a new unit fails here."""
    known = catalogue()
    schemas = [known.get(f"{name}@{version}") for name in known.names() for version in known.versions(name)]
    units = {field.unit for schema in schemas for field in schema.fields if field.unit}
    assert units
    for unit in units:
        english = unit_in(unit, "en")
        assert english.isascii() or set(english) - set(map(chr, range(128))) <= set("²³°µ‰"), unit
        assert english.split("/")[0] not in ("ca", "con"), unit
