"""The plan of a query: leaves that can be answered one by one, joined by clauses. It knows fields, but no SQL.

Leaves over kept columns (``In``, ``Span``, ``Has``) are answered in memory; ``Words``, ``Value`` and ``Piece`` by the
database's text index; ``Expand`` is first turned into values by its dictionary of terms.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Everything:
    """Every document."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """No document."""


@dataclass(frozen=True, slots=True)
class In:
    """Documents with one of these values in a kept string field."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """Documents with one of these values in a string field that is not kept in memory."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Documents with a value between two ends; None is an open end. Ends are numbers or, for strings, text."""

    field: str
    low: int | float | str | None
    high: int | float | str | None
    with_low: bool
    with_high: bool


@dataclass(frozen=True, slots=True)
class Has:
    """Documents with any value in a field."""

    field: str


@dataclass(frozen=True, slots=True)
class Words:
    """Documents with these words at these distances in a text field.

    Attributes:
        steps: (position, alternatives) of each word; one step is a plain word.
        slop: how many other words may stand between two steps.
        exact: the same steps in the exact form where a word has diacritics, else the folded one; empty without any.
    """

    field: str
    steps: tuple[tuple[int, tuple[str, ...]], ...]
    slop: int = 0
    exact: tuple[tuple[int, tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """Documents whose title or name contains this folded text."""

    field: str
    text: str


@dataclass(frozen=True, slots=True)
class Expand:
    """A word that stands for many: wildcards, a regular expression or wrong letters.

    Attributes:
        field: where to look.
        vocabulary: the field in the dictionary of terms; empty for words of text.
        parts: as in ``syntax.Pattern``.
        regex: whether the one part is a regular expression.
        edits: for a fuzzy word, how many wrong letters; else 0.
    """

    field: str
    vocabulary: str
    parts: tuple[tuple[bool, str], ...]
    regex: bool = False
    edits: int = 0


@dataclass(frozen=True, slots=True)
class Weighted:
    """A part whose score is multiplied, or replaced by a constant."""

    part: Plan
    factor: float
    constant: bool = False


@dataclass(frozen=True, slots=True)
class Clauses:
    """Every must, no must_not, at least ``minimum`` of should (one if there is no must)."""

    must: tuple[Plan, ...] = ()
    should: tuple[Plan, ...] = ()
    must_not: tuple[Plan, ...] = ()
    minimum: int = 0


@dataclass(frozen=True, slots=True)
class BestOf:
    """One of the parts has to match; the best scores, the others add ``tie`` of theirs."""

    parts: tuple[Plan, ...]
    tie: float


Leaf = Everything | Nothing | In | Value | Span | Has | Words | Piece | Expand
Plan = Leaf | Weighted | Clauses | BestOf


def leaves(plan: Plan) -> Iterator[Leaf]:
    """All leaves of a plan."""
    if isinstance(plan, Weighted):
        yield from leaves(plan.part)
    elif isinstance(plan, Clauses):
        for part in (*plan.must, *plan.should, *plan.must_not):
            yield from leaves(part)
    elif isinstance(plan, BestOf):
        for part in plan.parts:
            yield from leaves(part)
    else:
        yield plan


def replaced(plan: Plan, by: dict[Leaf, Plan]) -> Plan:
    """The plan with some leaves replaced."""
    if isinstance(plan, Weighted):
        return Weighted(replaced(plan.part, by), plan.factor, plan.constant)
    if isinstance(plan, Clauses):
        must, should, must_not = (
            tuple(replaced(part, by) for part in parts) for parts in (plan.must, plan.should, plan.must_not)
        )
        return Clauses(must, should, must_not, plan.minimum)
    if isinstance(plan, BestOf):
        return BestOf(tuple(replaced(part, by) for part in plan.parts), plan.tie)
    return by.get(plan, plan)
