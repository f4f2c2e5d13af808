"""Whether a text is plausible Vietnamese: the test that tells a right decoding from mojibake.

A wrong table of letters still decodes; only the result shows it. Vietnamese syllables have a narrow shape (first
consonant, one to three vowels with at most one tone, last consonant), which almost no mojibake meets.
"""

from __future__ import annotations

import re
import unicodedata

_TONES = "\u0300\u0301\u0303\u0309\u0323"
_SYLLABLE = re.compile(
    r"(?:ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnpqrstvx])?"
    r"(?:[iy]ê|uyê|uô|ươ|oai|oay|oeo|uây|uay|uya|uyu|iêu|yêu|uôi|ươi|ươu|[aăâeêioôơuưy]{1,3})"
    r"(?:ch|ng|nh|[cmnpt])?"
)
_WORD = re.compile(r"[^\W\d_]+")
# Signs that tables about farms, health and water hold beside letters.
_SIGNS = frozenset("–—‘’“”„…•·°²³µμ×÷±≤≥≠‰€₫£§©®«»½¼¾¹º\u00a0\u200b")


def _letters() -> frozenset[str]:
    bases = "aăâeêioôơuưy"
    lower = {unicodedata.normalize("NFC", base + tone) for base in bases for tone in ("", *_TONES)} | {"đ"}
    return frozenset(lower | {letter.upper() for letter in lower})


LETTERS = _letters()


def is_syllable(word: str) -> bool:
    """Whether one word has the shape of a Vietnamese syllable."""
    spread = unicodedata.normalize("NFD", word.casefold())
    tones = sum(spread.count(tone) for tone in _TONES)
    plain = unicodedata.normalize("NFC", "".join(c for c in spread if c not in _TONES))
    return tones <= 1 and _SYLLABLE.fullmatch(plain) is not None


def plausibility(text: str) -> float:
    """How much of ``text`` beyond ASCII is Vietnamese: 1 for all, 0 for none.

    A letter that Vietnamese does not have, or a control character, makes it 0 at once. A text of ASCII alone is 1.
    """
    text = unicodedata.normalize("NFC", text)
    for sign in set(text):
        if sign > "\x7f" and sign not in LETTERS and sign not in _SIGNS:
            return 0.0
        if sign < " " and sign not in "\t\r\n\f":
            return 0.0
    words = {word for word in _WORD.findall(text) if not word.isascii()}
    if not words:
        return 1.0
    return sum(map(is_syllable, words)) / len(words)
