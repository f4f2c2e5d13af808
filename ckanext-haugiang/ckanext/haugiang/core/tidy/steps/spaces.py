"""``spaces``: drop spaces that nobody sees.

Spaces around a cell, runs of spaces inside it, hard spaces (NBSP) and signs without width (from web pages and chat
programs) make equal texts differ. Line ends inside a text stay, because notes have paragraphs.

Before: ``" Vị  Thanh"``. After: ``"Vị Thanh"``.
"""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.tidy.looks import text_bytes

_INVISIBLE = re.compile("[\u200b\u200c\u200d\u2060\ufeff\u00ad]")
_HARD = re.compile("[\t\u00a0\u2000-\u200a\u202f\u205f\u3000]")
_RUN = re.compile(" {2,}")
_ODD = re.compile("[\t\u00a0\u2000-\u200d\u2060\u202f\u205f\u3000\ufeff\u00ad]|  ")
# RE2 for the same, to find the cells in a column that holds some.
_ODD_CELL = "[\t\u00a0\u2000-\u200d\u2060\u202f\u205f\u3000\ufeff\u00ad]|  "


class Spaces:
    """See the module."""

    name = "spaces"

    def suspects(self, cells: pa.Array, native: pa.Array | None) -> pa.Array | None:
        """Cells with such signs, or with a space at an edge."""
        content = bytes(text_bytes(cells))
        if content.isascii():
            odd = b"  " in content or b"\t" in content
            if not odd and b" " not in content and b"\n" not in content and b"\r" not in content:
                return None
        else:
            odd = _ODD.search(content.decode("utf-8")) is not None
        edges = pc.not_equal(pc.utf8_trim_whitespace(cells), cells)
        return pc.or_(edges, pc.match_substring_regex(cells, _ODD_CELL)) if odd else edges

    def repair(self, text: str) -> str:
        """The text as a reader sees it."""
        return _RUN.sub(" ", _HARD.sub(" ", _INVISIBLE.sub("", text))).strip()
