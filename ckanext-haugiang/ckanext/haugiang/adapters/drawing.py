"""Draws charts and maps to SVG, once, when a table is published.

Pages then show them without script, print them and cache them. Vega-Lite is drawn by ``vl-convert``; its text stays text,
so the page's own font applies. The engine inside reserves gigabytes of addresses, which no limit on memory allows, so it
has a process of its own; it sees nothing but the few numbers of the specifications.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

from ckanext.haugiang.core.publish.hatch import HATCH, NO_DATA

log = logging.getLogger(__name__)
SECONDS = 60
LOCALES = {
    "vi": {"decimal": ",", "thousands": ".", "grouping": [3], "currency": ["", "₫"]},
    "en": {"decimal": ".", "thousands": ",", "grouping": [3], "currency": ["", ""]},
}
PATTERN = (
    f'<defs><pattern id="{HATCH}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
    '<rect width="6" height="6" fill="#ffffff"/><line x1="0" y1="0" x2="0" y2="6" stroke="#74838b" stroke-width="1.5"/>'
    "</pattern></defs>"
)


def boundaries() -> dict[str, Any]:
    """The communes since 2025-07-01 as GeoJSON; `schemas/boundaries/README.md` says where they come from."""
    source = resources.files("ckanext.haugiang.schemas").joinpath("boundaries/2025.geojson")
    found: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return found


def draw(specifications: Path, drawings: Path, script: Path) -> bool:
    """Draw what `core.publish.drawings.specify` made; a table without its drawings is still worth publishing.

    Args:
        specifications: JSON file to read.
        drawings: JSON file to write: the same with ``svg``; of the specifications the wide ones stay.
        script: Where the script is kept that makes drawings interactive; written if it is not there.

    Returns:
        Whether there is anything drawn.
    """
    command = [sys.executable, "-m", __name__, str(specifications), str(drawings), str(script)]
    try:
        subprocess.run(command, check=True, capture_output=True, timeout=SECONDS)  # noqa: S603 - our own module
    except (subprocess.SubprocessError, OSError) as error:
        log.warning("nothing drawn: %s %s", error, getattr(error, "stderr", b"") or b"")
        return False
    return drawings.stat().st_size > len("[]")


def svg(specification: dict[str, Any], lang: str) -> str:
    """One drawing; figures on its axes are written as the language does."""
    import vl_convert  # 100 MB that only the drawing process should hold

    drawn: str = vl_convert.vegalite_to_svg(specification, format_locale=LOCALES[lang])
    return drawn.replace(">", f">{PATTERN}", 1) if NO_DATA in drawn else drawn


def _script(path: Path) -> None:
    """Vega's own script, as the wheel carries it: nothing is fetched, and a page loads it only when asked to."""
    import vl_convert

    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        beside = path.with_suffix(f".{os.getpid()}")
        beside.write_text(vl_convert.javascript_bundle("window.haugiangEmbed = vegaEmbed;"), encoding="utf-8")
        beside.replace(path)


def _main(specifications: Path, drawings: Path, script: Path) -> None:
    found = json.loads(specifications.read_text(encoding="utf-8"))
    if found:
        _script(script)
    for drawing in found:
        drawing["svg"] = {
            lang: {form: svg(specification, lang) for form, specification in forms.items()}
            for lang, forms in drawing["specification"].items()
        }
        drawing["specification"] = {lang: forms["wide"] for lang, forms in drawing["specification"].items()}
    drawings.write_text(json.dumps(found, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    _main(*map(Path, sys.argv[1:4]))
