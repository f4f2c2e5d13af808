"""Leaves of a plan and words of a document → the text of PostgreSQL's tsquery and tsvector.

Both are bound as parameters; here only their own syntax is quoted: every lexeme stands in quotes, doubled inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ckanext.haugiang.core.search import plan
from ckanext.haugiang.core.search.document import Vector, presence_lexeme, value_lexeme, word_lexeme

Steps = Sequence[tuple[int, tuple[str, ...]]]
_MOST_STEPS = 60  # words of a phrase; what follows is not compared
_MOST_SLOP = 20


def quoted(lexeme: str) -> str:
    """A lexeme as tsquery and tsvector read it."""
    doubled = lexeme.replace("\\", "\\\\").replace("'", "''")
    return f"'{doubled}'"


def vector_text(vector: Vector) -> str:
    """A document's lexemes with their positions, as tsvector reads them."""
    return " ".join(
        f"{quoted(lexeme)}:{','.join(map(str, places))}" if places else quoted(lexeme)
        for lexeme, places in vector.places.items()
    )


def _any(lexemes: Sequence[str]) -> str:
    return quoted(lexemes[0]) if len(lexemes) == 1 else f"({' | '.join(map(quoted, lexemes))})"


def _phrase(field: str, steps: Steps, slop: int) -> str:
    words = [(place, _any([word_lexeme(field, word) for word in words])) for place, words in steps[:_MOST_STEPS]]
    if slop:
        near = [
            " | ".join(f"({a} <{y - x + more}> {b})" for more in range(min(slop, _MOST_SLOP) + 1))
            for (x, a), (y, b) in pairwise(words)
        ]
        return " & ".join(f"({part})" for part in near) if near else words[0][1]
    text = words[0][1]
    for (x, _), (y, word) in pairwise(words):
        text = f"({text} <{y - x}> {word})"
    return text


def _piece(leaf: plan.Piece) -> str:
    """A substring is a phrase of its pieces of three letters, or one piece of two."""
    size = min(3, len(leaf.text))
    grams = [(i, (leaf.text[i : i + size],)) for i in range(len(leaf.text) - size + 1)]
    return _phrase(leaf.field, grams, 0)


def query_text(leaf: plan.Leaf) -> tuple[str, str]:
    """The column that answers a leaf (words or pieces) and its tsquery."""
    if isinstance(leaf, plan.Piece):
        return "pieces", _piece(leaf)
    if isinstance(leaf, plan.Value):
        return "words", _any([value_lexeme(leaf.field, value) for value in leaf.values])
    if isinstance(leaf, plan.Words):
        return "words", _phrase(leaf.field, leaf.steps, leaf.slop)
    if isinstance(leaf, plan.Has):
        return "words", quoted(presence_lexeme(leaf.field))
    raise TypeError(f"{type(leaf).__name__} is not answered by the text index")
