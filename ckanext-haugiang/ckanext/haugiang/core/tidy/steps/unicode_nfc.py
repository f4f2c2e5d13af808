"""``unicode-nfc``: write each Vietnamese letter as one sign.

"ế" can be stored as one sign (NFC) or as e with two marks after it (NFD, as macOS and some converters do). Both look
the same and compare as different. All text is brought to NFC.

Before: ``Vị Thủy`` of 11 signs. After: ``Vị Thủy`` of 7.
"""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pyarrow.compute as pc

from ckanext.haugiang.core.tidy.looks import text_bytes


class UnicodeNfc:
    """See the module."""

    name = "unicode-nfc"

    def suspects(self, cells: pa.Array, native: pa.Array | None) -> pa.Array | None:
        """A column of ASCII or of NFC has none; telling so needs one look at all of its bytes."""
        content = bytes(text_bytes(cells))
        if content.isascii() or unicodedata.is_normalized("NFC", content.decode("utf-8")):
            return None
        return pc.not_equal(pc.utf8_normalize(cells, "NFC"), cells)

    def repair(self, text: str) -> str:
        """The text in NFC."""
        return unicodedata.normalize("NFC", text)
