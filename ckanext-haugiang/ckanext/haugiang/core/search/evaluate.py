"""Plan + snapshot + what the database matched → hits, scores, facets and the page that was asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ckanext.haugiang.core.search import plan
from ckanext.haugiang.core.search.errors import SearchRefused
from ckanext.haugiang.core.search.plan import Leaf, Plan
from ckanext.haugiang.core.search.snapshot import Mask, Numbers, Snapshot, Values

Scores = Numbers
EXACT = 1.5  # how much a word counts with its diacritics as typed, against its look-alikes


@dataclass(frozen=True)
class Hits:
    """The documents that match, and how well; scores are None where nobody asked for them."""

    mask: Mask
    scores: Scores | None


class Evaluator:
    """Answers plans on one snapshot.

    Args:
        snapshot: the documents.
        matched: what the database found for each leaf that it was asked.
        within: the documents over which rarity is counted: only what the user may see, so that scores tell nothing
            about the rest.
    """

    def __init__(self, snapshot: Snapshot, matched: Mapping[Leaf, Mask], within: Mask | None = None) -> None:
        self.snapshot = snapshot
        self.matched = matched
        self.size = len(snapshot.alive)
        self.within = snapshot.alive if within is None else within
        self.total = int(self.within.sum())

    def mask(self, node: Plan) -> Mask:
        """The documents that match."""
        if isinstance(node, plan.Weighted):
            return self.mask(node.part)
        if isinstance(node, plan.BestOf):
            return self._any([self.mask(part) for part in node.parts])
        if isinstance(node, plan.Clauses):
            return self._clauses(node, [self.mask(part) for part in node.should])
        return self._leaf(node) & self.snapshot.alive

    def hits(self, node: Plan) -> Hits:
        """The documents that match, with scores: rarity × weight, with a bonus for exact diacritics."""
        if isinstance(node, plan.Weighted):
            part = self.hits(node.part)
            assert part.scores is not None  # noqa: S101 - hits() always scores
            weighted: Scores = part.mask * node.factor if node.constant else part.scores * node.factor
            return Hits(part.mask, weighted)
        if isinstance(node, plan.BestOf):
            return self._best(node)
        if isinstance(node, plan.Clauses):
            return self._scored(node)
        mask = self.mask(node)
        scores: Scores = mask * self._rarity(node, mask)
        if isinstance(node, plan.Words) and node.exact:
            exact = self.mask(plan.Words(node.field, node.exact, node.slop))
            scores = np.where(exact, scores * EXACT, scores)
        return Hits(mask, scores)

    def _leaf(self, node: Leaf) -> Mask:
        if isinstance(node, plan.Everything):
            return self.snapshot.alive
        if isinstance(node, plan.Nothing):
            return np.zeros(self.size, dtype=np.bool_)
        if node in self.matched:
            return self.matched[node]
        column = self.snapshot.columns.get(node.field)
        if column is None:
            return np.zeros(self.size, dtype=np.bool_)
        chosen = np.zeros(column.count, dtype=np.bool_)
        if isinstance(node, plan.In):
            chosen[[code for code in map(column.code, node.values) if code is not None]] = True
        elif isinstance(node, plan.Span):
            chosen[:] = [_inside(value, node) for value in column.column.values[: column.count]]
        elif isinstance(node, plan.Has):
            chosen[:] = True
        else:
            raise SearchRefused(f"The field {node.field} cannot be searched in this way.")
        return column.having(chosen, self.size)

    def _any(self, masks: Sequence[Mask]) -> Mask:
        return np.logical_or.reduce(masks) if masks else np.zeros(self.size, dtype=np.bool_)

    def _clauses(self, node: plan.Clauses, should: Sequence[Mask]) -> Mask:
        """Lucene's rule for the clauses of one group."""
        mask = np.zeros(self.size, dtype=np.bool_)  # a group that only excludes finds nothing
        if node.must:
            mask = np.logical_and.reduce([self.mask(part) for part in node.must])
        least = max(node.minimum, 0 if node.must else 1)
        if should and least:
            enough = np.sum(should, axis=0) >= least if least > 1 else self._any(should)
            mask = mask & enough if node.must else enough
        for part in node.must_not:
            mask = mask & ~self.mask(part)
        return mask

    def _scored(self, node: plan.Clauses) -> Hits:
        parts = [self.hits(part) for part in (*node.must, *node.should)]
        mask = self._clauses(node, [part.mask for part in parts[len(node.must) :]])
        scores = np.zeros(self.size)
        for part in parts:
            scores += part.scores if part.scores is not None else 0
        return Hits(mask, scores * mask)

    def _best(self, node: plan.BestOf) -> Hits:
        parts = [self.hits(part) for part in node.parts]
        scores = np.array([part.scores for part in parts])
        best = scores.max(axis=0)
        return Hits(self._any([part.mask for part in parts]), best + node.tie * (scores.sum(axis=0) - best))

    def _rarity(self, node: Leaf, mask: Mask) -> float:
        """Lucene's inverse document frequency; whole kinds of documents (everything, ranges) count 1."""
        if not isinstance(node, plan.Words | plan.Value | plan.In | plan.Piece):
            return 1.0
        found = int((mask & self.within).sum())
        return math.log(1 + (self.total - found + 0.5) / (found + 0.5))


def _inside(value: str | float, span: plan.Span) -> bool:
    low, high = span.low, span.high
    if low is not None and (value < low or (value == low and not span.with_low)):  # type: ignore[operator]
        return False
    return high is None or value < high or (value == high and span.with_high)  # type: ignore[operator]


def order(snapshot: Snapshot, hits: Hits, sort: Sequence[tuple[str, bool]], start: int, rows: int) -> list[int]:
    """The ordinals of one page of hits in order; hits that sort alike come in the order of their ordinals."""
    positions = np.flatnonzero(hits.mask)
    keys: list[Numbers] = [snapshot.ords[positions]]
    for name, descending in reversed(sort):
        keys.append(_key(snapshot, hits, name, positions, descending=descending))
    placed = positions[np.lexsort(keys)] if rows else positions[:0]
    return [int(ord_) for ord_ in snapshot.ords[placed[start : start + rows]]]


def _key(snapshot: Snapshot, hits: Hits, name: str, positions: Numbers, *, descending: bool) -> Numbers:
    if name == "score":
        scores = np.zeros(len(positions)) if hits.scores is None else np.round(hits.scores[positions], 9)
        return -scores if descending else scores
    column = snapshot.columns.get(name)
    if column is None:
        return np.zeros(len(positions))
    return _column_key(column, len(snapshot.alive), positions, descending=descending)


def _column_key(column: Values, size: int, positions: Numbers, *, descending: bool) -> Numbers:
    """Ranks of a column; text that is missing comes last in both directions, numbers that are missing count as 0."""
    if column.count == 0:
        return np.zeros(len(positions))
    if isinstance(column.column.values[0], str):
        ranks = column.column.ranks(column.count)[: column.count].astype(np.float64)
        key = np.full(size, np.inf)
        key[column.positions] = -ranks[column.codes] if descending else ranks[column.codes]
        return key[positions]
    numbers = np.array(column.column.values[: column.count], dtype=np.float64)
    key = np.zeros(size)
    key[column.positions] = numbers[column.codes]
    return -key[positions] if descending else key[positions]


def facet(snapshot: Snapshot, mask: Mask, name: str, limit: int, mincount: int) -> list[str | int]:
    """The counts of one field as Solr lists them: value, count, value, count …, most frequent first.

    Values that no hit has are never listed, whatever ``mincount`` says: Solr would list those of hidden documents.
    """
    column = snapshot.columns.get(name)
    counts = column.counts(mask) if column else {}
    items = [(value, count) for value, count in counts.items() if count >= mincount]
    items.sort(key=(lambda item: item[0]) if limit < 0 else (lambda item: (-item[1], item[0])))
    kept = items if limit < 0 else items[:limit]
    return [entry for item in kept for entry in item]
