"""Hatching for places without data: a name that maps use and that whoever shows the SVG defines."""

HATCH = "hg-hatch"
NO_DATA = f"url(#{HATCH})"
