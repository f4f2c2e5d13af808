"""Text → tokens, the same for documents and queries: NFKC, split, lower case, fold diacritics, cut English plurals.

Folding comes before stemming (Solr's schema does it the other way round and then turns ``thuy`` into ``thui``
but ``Thủy`` into ``thuy``). The stemmer only cuts plural endings: no Vietnamese syllable ends in ``s``, so
Vietnamese words stay whole. A word with diacritics also gets an exact form, which ranks it above its look-alikes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

TONES = {"\u0300": "1", "\u0309": "2", "\u0303": "3", "\u0301": "4", "\u0323": "5"}  # in the order of dictionaries
LONGEST_WORD = 400  # letters; PostgreSQL takes 2046 bytes, and what is longer is no word
GAP = 100  # positions between two values of a field, so that no phrase reaches from one into the next
_LETTERS = {"đ": "d", "ð": "d", "ø": "o", "ł": "l", "ß": "ss", "æ": "ae", "œ": "oe", "þ": "th", "ı": "i", "ħ": "h"}
_FOLD = str.maketrans(_LETTERS)
_PARTS = re.compile(r"(?:[^\W\d_][\u0300-\u036f]*)+|\d+")
_POSSESSIVE = re.compile(r"(?<=\w)['’]s\b", re.IGNORECASE)
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Token:
    """A word at its place.

    Attributes:
        position: counts words from 0.
        text: lower case, without diacritics, without English plural: what is matched.
        exact: with its diacritics, or empty if it has none: what ranks higher.
    """

    position: int
    text: str
    exact: str


def clean(text: str) -> str:
    """Without NUL and lone surrogates, which PostgreSQL cannot store."""
    return _UNSTORABLE.sub("", text)


def fold(text: str) -> str:
    """Lower case without diacritics: ``Đồng bằng`` → ``dong bang``."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.lower())
    return "".join(c for c in decomposed if not unicodedata.combining(c)).translate(_FOLD)


def exact(word: str) -> str:
    """The exact form of a word with diacritics, its tone told at the end: ``hoà`` and ``hòa`` are one; else empty."""
    if word.isascii():
        return ""
    decomposed = unicodedata.normalize("NFD", word.lower())
    tones = "".join(sorted(TONES[c] for c in decomposed if c in TONES))
    letters = unicodedata.normalize("NFC", "".join(c for c in decomposed if c not in TONES))
    return f"{letters}~{tones}" if tones else letters


def stem(word: str) -> str:
    """Cut an English plural (Harman's S stemmer)."""
    if len(word) < 4 or word[-1] != "s" or word[-2:] in {"us", "ss"}:
        return word
    if word[-3:] == "ies":
        return word if word[-4] in "ae" else word[:-3] + "y"
    if word[-2:] == "es" and word[-3] in "aeo":
        return word
    return word[:-1]


def _case_parts(run: str) -> list[str]:
    """``PowerShot`` → ``Power``, ``Shot``; anything else stays whole."""
    if run.islower() or run.isupper() or run[1:].islower():
        return [run]
    cuts = [i for i in range(1, len(run)) if run[i].isupper() and run[i - 1].islower()]
    return [run[a:b] for a, b in zip([0, *cuts], [*cuts, len(run)], strict=True)]


def split(chunk: str) -> list[str]:
    """The parts of a chunk without white space: runs of letters, of digits, of one case."""
    parts: list[str] = []
    for run in _PARTS.findall(chunk):
        parts.extend([run] if run[0].isdigit() else _case_parts(run))
    return parts


def _token(position: int, part: str) -> Token:
    part = part[:LONGEST_WORD]
    return Token(position, stem(fold(part)), exact(part))


def chunks(text: str) -> Iterator[list[str]]:
    """The chunks between white space, each as its parts; chunks without letter or digit are left out."""
    for chunk in unicodedata.normalize("NFKC", _POSSESSIVE.sub("", clean(text))).split():
        parts = split(chunk)
        if parts:
            yield parts


def tokens(text: str) -> list[Token]:
    """The tokens of a query, in order."""
    parts = [part for chunk in chunks(text) for part in chunk]
    return [_token(position, part) for position, part in enumerate(parts)]


def indexed(text: str, start: int = 0) -> list[Token]:
    """The tokens of a document: those of a query, and the parts of a compound joined (``wi-fi`` → ``wifi`` too).

    Args:
        text: one value of a field.
        start: the position of its first word.
    """
    found: list[Token] = []
    position = start
    for parts in chunks(text):
        for kind in (False, True):
            run = [p for p in parts if p[0].isdigit() is kind]
            if len(run) > 1:
                found.append(_token(position, "".join(run)))
        for part in parts:
            found.append(_token(position, part))
            position += 1
    return found


def plain(text: str) -> str:
    """Folded text with single spaces: what substring search compares."""
    return " ".join(fold(unicodedata.normalize("NFKC", clean(text))).split())


def grams(text: str) -> list[tuple[int, str]]:
    """All pieces of two and of three letters of a folded text with their places, for substring search."""
    line = plain(text)
    return [(i, line[i : i + size]) for size in (2, 3) for i in range(len(line) - size + 1)]
