"""Ways to call two texts the same: as typed, as read, and as heard."""

from __future__ import annotations

import re
import unicodedata

_SPACES = re.compile(r"\s+")
_NOT_WORD = re.compile(r"[\W_]+")
_UNIT = re.compile(r"^(.*\S)\s*[(\[]([^()\[\]]*)[)\]]\s*$", re.DOTALL)


def read_key(text: str) -> str:
    """The text without its capitals and superfluous spaces; letters and marks stay."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip().casefold()


def fold(text: str) -> str:
    """The text without capitals, marks on letters and signs: "Diện tích (ha)" and "dien tich ha" are one."""
    spread = unicodedata.normalize("NFKD", text.replace("Đ", "D").replace("đ", "d"))
    plain = "".join(letter for letter in spread if not unicodedata.combining(letter))
    return _NOT_WORD.sub(" ", plain.casefold()).strip()


def split_unit(text: str) -> tuple[str, str | None]:
    """A column head without the parentheses at its end, and what stood in them."""
    match = _UNIT.match(text)
    return (match[1], match[2].strip()) if match else (text, None)
