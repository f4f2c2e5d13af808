"""Syntax tree + schema → plan: what each word means in the field it is asked of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime

from ckanext.haugiang.core.search import analysis, dates, plan, syntax
from ckanext.haugiang.core.search.dismax import minimum
from ckanext.haugiang.core.search.errors import SearchRefused
from ckanext.haugiang.core.search.plan import Plan
from ckanext.haugiang.core.search.schema import COUNTED, NUMBERS, TEXTUAL, Field, IndexSchema


class Planner:
    """Plans queries for one schema.

    Args:
        schema: the fields.
        now: what NOW means in dates.
        default: the field of words that name none (``df``).
    """

    def __init__(self, schema: IndexSchema, now: datetime, default: str = "text") -> None:
        self.schema = schema
        self.now = now
        self.default = default

    def whole(self, tree: syntax.Tree | None) -> Plan:
        """The plan of a query; a query without any word finds nothing, as in Solr."""
        return self._part(tree) or plan.Nothing() if tree is not None else plan.Nothing()

    def top(self, tree: syntax.Tree | None) -> Plan:
        """The plan of a whole query: one that only excludes is understood as everything else, as Solr does on top."""
        found = self.whole(tree)
        if isinstance(found, plan.Clauses) and found.must_not and not found.must and not found.should:
            return plan.Clauses(must=(plan.Everything(),), must_not=found.must_not)
        return found

    def _part(self, tree: syntax.Tree) -> Plan | None:
        """None is a word of which analysis leaves nothing; Lucene drops such clauses."""
        match tree:
            case syntax.All():
                return plan.Everything()
            case syntax.Boosted(node, factor, constant):
                part = self._part(node)
                return plan.Weighted(part, factor, constant) if part else None
            case syntax.Group():
                return self._clauses(tree)
            case syntax.Best():
                return self._best(tree)
            case _:
                return self._asked_of(self._field(tree.field), tree)

    def _asked_of(
        self, field: Field, tree: syntax.Term | syntax.Phrase | syntax.Pattern | syntax.Fuzzy | syntax.Range
    ) -> Plan | None:
        match tree:
            case syntax.Range():
                return self._range(field, tree)
            case syntax.Pattern():
                return self._pattern(field, tree)
            case syntax.Fuzzy():
                return self._fuzzy(field, tree)
            case _:
                return self._value(field, tree)

    def _field(self, name: str | None) -> Field:
        field = self.schema.field(self.default if name is None else name)
        if field.name == "*" or not field.indexed or field.kind == "binary":
            raise SearchRefused(f"undefined field {field.name}: it is not indexed and cannot be searched.")
        return field

    def _clauses(self, tree: syntax.Group) -> Plan | None:
        sides: dict[str, list[Plan]] = {"must": [], "should": [], "must_not": []}
        for occur, node in tree.clauses:
            part = self._part(node)
            if part is not None:
                sides[occur].append(part)
        must, should, must_not = (tuple(sides[name]) for name in ("must", "should", "must_not"))
        if not (must or should or must_not):
            return None
        return plan.Clauses(must, should, must_not, minimum(tree.mm, len(should)) if tree.mm else 0)

    def _best(self, tree: syntax.Best) -> Plan | None:
        """The same word in several fields; a sign that is no word in the text fields is not asked of the others."""
        parts = [self._part(node) for node in tree.nodes]
        kept = tuple(part for part in parts if part is not None)
        texts = [part for part in kept if isinstance(part, plan.Weighted) and isinstance(part.part, plan.Words)]
        return plan.BestOf(kept, tree.tie) if kept and (texts or None not in parts) else None

    def _value(self, field: Field, tree: syntax.Term | syntax.Phrase) -> Plan | None:
        if field.kind == "text":
            slop = tree.slop if isinstance(tree, syntax.Phrase) else 0
            return words(field.name, tree.text, slop, phrase=isinstance(tree, syntax.Phrase))
        if field.kind == "ngram":
            text = analysis.plain(tree.text)
            return plan.Piece(field.name, text) if len(text) > 1 else plan.Nothing()
        if field.kind == "string":
            value = analysis.clean(tree.text)
            return (plan.In if field.name in COUNTED else plan.Value)(field.name, (value,))
        number = self._number(field, tree.text)
        return plan.Span(field.name, number, number, with_low=True, with_high=True)

    def _number(self, field: Field, text: str) -> int | float:
        if field.kind == "date":
            return dates.parse_date(text, self.now)
        try:
            value = float(text) if field.kind == "float" else int(text)
        except ValueError:
            value = math.nan
        if math.isnan(value) or abs(value) > NUMBERS.get(field.kind, math.inf):
            raise SearchRefused(f"Invalid Number: {text[:100]} for the field {field.name}")
        return value

    def _range(self, field: Field, tree: syntax.Range) -> Plan:
        if tree.low is None and tree.high is None:
            return plan.Has(field.name)
        if field.kind in TEXTUAL:
            raise SearchRefused(f"The field {field.name} holds words; ranges are for dates, numbers and whole values.")
        ends: list[int | float | str | None] = [
            None if end is None else end if field.kind == "string" else self._number(field, end)
            for end in (tree.low, tree.high)
        ]
        return plan.Span(field.name, ends[0], ends[1], tree.with_low, tree.with_high)

    def _pattern(self, field: Field, tree: syntax.Pattern) -> Plan:
        if not tree.regex and all(wild and text == "*" for wild, text in tree.parts):
            return plan.Has(field.name)
        if field.kind == "string":
            return plan.Expand(field.name, field.name, tree.parts, tree.regex)
        if field.kind == "text":
            parts = tree.parts if tree.regex else tuple((w, t if w else analysis.fold(t)) for w, t in tree.parts)
            return plan.Expand(field.name, "", parts, tree.regex)
        raise SearchRefused(f"The field {field.name} takes no wildcard.")

    def _fuzzy(self, field: Field, tree: syntax.Fuzzy) -> Plan | None:
        if field.kind == "string":
            return plan.Expand(field.name, field.name, ((False, tree.text),), edits=tree.edits)
        if field.kind == "text":
            found = analysis.tokens(tree.text)
            parts = [plan.Expand(field.name, "", ((False, t.text),), edits=tree.edits) for t in found]
            return plan.Clauses(must=tuple(parts)) if parts else None
        raise SearchRefused(f"The field {field.name} takes no fuzzy word.")

    def expanded(self, leaf: plan.Expand, values: Sequence[str]) -> Plan:
        """The plan for the values that a dictionary of terms gave for a pattern."""
        if not values:
            return plan.Nothing()
        if leaf.vocabulary == "":
            return plan.Words(leaf.field, ((0, tuple(values)),))
        return (plan.In if leaf.field in COUNTED else plan.Value)(leaf.field, tuple(values))


def words(field: str, text: str, slop: int, *, phrase: bool) -> Plan | None:
    """The words of a text as they must stand in a field; parts of one written word always stand together."""
    found = analysis.tokens(text)
    if not found:
        return None
    together = phrase or len(text.split()) == 1
    groups = [found] if together else [[token] for token in found]
    parts: list[Plan] = []
    for group in groups:
        first = group[0].position
        steps = tuple((t.position - first, (t.text,)) for t in group)
        exact = tuple((t.position - first, (f"={t.exact}" if t.exact else t.text,)) for t in group)
        parts.append(plan.Words(field, steps, slop, exact if exact != steps else ()))
    return parts[0] if len(parts) == 1 else plan.Clauses(must=tuple(parts))
