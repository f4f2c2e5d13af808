"""The syntax tree of a query, before it is known which fields exist."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Occur = Literal["must", "should", "must_not"]


@dataclass(frozen=True, slots=True)
class All:
    """``*:*``."""


@dataclass(frozen=True, slots=True)
class Term:
    """A bare word; ``field`` is None for the default field."""

    field: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """A quoted text; ``slop`` is how many words may stand between."""

    field: str | None
    text: str
    slop: int = 0


@dataclass(frozen=True, slots=True)
class Pattern:
    """A word with wildcards, or a regular expression.

    Attributes:
        parts: pieces of literal text and the wildcards ``*`` and ``?`` as (is_wildcard, text); for a regular
            expression one piece.
        regex: whether it is a regular expression.
    """

    field: str | None
    parts: tuple[tuple[bool, str], ...]
    regex: bool = False


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """A word with up to ``edits`` wrong letters."""

    field: str | None
    text: str
    edits: int


@dataclass(frozen=True, slots=True)
class Range:
    """``[low TO high]``; None is an open end, ``{}`` exclude the end."""

    field: str | None
    low: str | None
    high: str | None
    with_low: bool = True
    with_high: bool = True


@dataclass(frozen=True, slots=True)
class Boosted:
    """A node whose score is multiplied (``^2``) or replaced (``^=2``)."""

    node: Tree
    factor: float
    constant: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Clauses with Lucene's rule: every must, no must_not, and as many of should as ``mm`` says.

    Without any must, one should at least has to match.
    """

    clauses: tuple[tuple[Occur, Tree], ...]
    mm: str = ""


@dataclass(frozen=True, slots=True)
class Best:
    """The same text in several fields: matches where one does; the best field counts, the others by ``tie``."""

    nodes: tuple[Tree, ...]
    tie: float


Tree = All | Term | Phrase | Pattern | Fuzzy | Range | Boosted | Group | Best
