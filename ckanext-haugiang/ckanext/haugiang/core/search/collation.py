"""Keys that sort text as a Vietnamese dictionary does, since the embedded PostgreSQL has no Vietnamese collation.

As in Unicode's rules for Vietnamese: letters of the whole text first (a ă â b … đ e ê … o ô ơ …), then tones
(none, huyền, hỏi, ngã, sắc, nặng), then lower before upper case.
"""

from __future__ import annotations

import unicodedata

from ckanext.haugiang.core.search.analysis import TONES, clean

_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
# Letters are moved behind every other character that a title may hold: blanks, signs and digits come first.
_ORDER = {letter: chr(0xE000 + place) for place, letter in enumerate(_ALPHABET)}


def sort_key(text: str) -> str:
    """A string that compares, code point by code point, as the text sorts in Vietnamese."""
    letters: list[str] = []
    tones: list[str] = []
    for char in unicodedata.normalize("NFC", clean(text).strip()):
        decomposed = unicodedata.normalize("NFD", char.lower())
        base = unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in TONES))
        letters.append("".join(_ORDER.get(c, c) for c in base))
        tones.append(next((TONES[c] for c in decomposed if c in TONES), "0"))
    cases = "".join("1" if c.isupper() else "0" for c in text)
    return f"{''.join(letters)}\x00{''.join(tones)}\x00{cases}"
