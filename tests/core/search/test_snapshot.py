"""The kept columns: counts equal those of a plain count, and an older snapshot never changes."""

from __future__ import annotations

from collections import Counter

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ckanext.haugiang.core.search import snapshot as module
from ckanext.haugiang.core.search.evaluate import facet
from ckanext.haugiang.core.search.snapshot import Index, Row

VALUES = st.dictionaries(st.sampled_from(["tags", "groups"]), st.lists(st.sampled_from("abcd"), unique=True), max_size=2)
CHANGES = st.lists(st.tuples(st.integers(3, 12), st.none() | VALUES), min_size=1, max_size=6)


def counted(documents, name):
    return dict(Counter(value for values in documents.values() for value in values.get(name, ())))


def seen(view):
    """What a snapshot says of itself: its documents and counts."""
    facets = {name: facet(view, view.alive, name, -1, 1) for name in ("tags", "groups")}
    return sorted(int(o) for o in view.ords[view.alive]), {
        name: dict(zip(flat[::2], flat[1::2], strict=True)) for name, flat in facets.items()
    }


@settings(deadline=None)
@given(st.lists(CHANGES, max_size=8), st.booleans())
def test_counts_follow_every_change_and_older_snapshots_stay(history, compact):
    """Also when dead positions are swept out after every change."""
    few = module._FEW
    module._FEW = 1 if compact else few
    try:
        index, documents, older = Index(["tags", "groups"]), {}, []
        for number, changes in enumerate(history):
            last = dict(changes)
            view = index.apply([Row(ord_, number, values) for ord_, values in last.items()])
            documents = {o: v for o, v in {**documents, **last}.items() if v is not None}
            expected = sorted(documents), {name: counted(documents, name) for name in ("tags", "groups")}
            assert seen(view) == expected
            older.append((view, expected))
            some = np.array([o for o in documents if o % 2], dtype=np.int32)
            assert set(view.ords[view.mask(some)].tolist()) == set(some.tolist())
        for view, expected in older:
            assert seen(view) == expected
    finally:
        module._FEW = few


def test_a_fork_does_not_show_in_the_index():
    """What one transaction has written is seen by it alone."""
    index = Index(["tags"])
    before = index.apply([Row(1, 1, {"tags": ["a"]})])
    fork = index.fork().apply([Row(1, 2, {"tags": ["b"]}), Row(2, 2, {"tags": ["a"]})])
    assert facet(fork, fork.alive, "tags", -1, 1) == ["a", 1, "b", 1]
    assert facet(before, before.alive, "tags", -1, 1) == ["a", 1]
    assert facet(index.snapshot(), index.snapshot().alive, "tags", -1, 1) == ["a", 1]


def test_a_column_can_be_added_later():
    """A field that was not kept is loaded when it is first counted."""
    index = Index(["tags"])
    index.apply([Row(5, 1, {"tags": ["a"]}), Row(6, 1, {"tags": ["a"]})])
    view = index.add_column("theme", {5: ["x"], 99: ["y"]})
    assert facet(view, view.alive, "theme", -1, 1) == ["x", 1]


def test_facets_are_cut_and_ordered_as_solr_does():
    """Most frequent first, then by name; all of them by name; values that no hit has are never told."""
    index = Index(["tags"])
    view = index.apply([Row(n, 1, {"tags": tags}) for n, tags in enumerate((["b"], ["b", "a"], ["c"]))])
    assert facet(view, view.alive, "tags", 2, 1) == ["b", 2, "a", 1]
    assert facet(view, view.alive, "tags", -1, 1) == ["a", 1, "b", 2, "c", 1]
    assert facet(view, view.alive, "tags", -1, 2) == ["b", 2]
    assert facet(view, view.mask(np.array([2])), "tags", -1, 0) == ["c", 1]
    assert facet(view, view.alive, "khac", -1, 1) == []
