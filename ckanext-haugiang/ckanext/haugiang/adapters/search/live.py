"""The snapshot of this process, exact at every search.

Each index row carries the number of the transaction that wrote it. A search opens a transaction, asks for what was
written by any transaction that still ran, or had not begun, when this process looked last, and takes that in. A
sequence would miss rows that commit late; the oldest running transaction (``pg_snapshot_xmin``) misses none. Opening
and taking in happen under one lock, so that the snapshot never is of a later moment than the transaction that looks
at it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence

from sqlalchemy.engine import Connection

from ckanext.haugiang.adapters.search import store
from ckanext.haugiang.adapters.search.database import LOAD_MS, SEARCH_MS, limit
from ckanext.haugiang.core.search.snapshot import Column, Index, Row, Snapshot

_MANY = 500  # changed documents, from which on reading them may take long
_MOST_EXTRA = 64  # columns loaded on first use; the oldest make room


class Live:
    """What this process knows of the index of one database."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.index = Index()
        self.since = 0
        self.generation = ""
        self.extra: dict[str, None] = {}

    def snapshot(self, db: Connection, fields: Sequence[str] = ()) -> Snapshot:
        """The index as a transaction that has just begun sees it.

        Args:
            db: a REPEATABLE READ transaction in which nothing was asked yet.
            fields: columns that the search needs besides the kept ones.
        """
        with self.lock:
            self._refresh(db, fields)
            return self.index.snapshot()

    def overlaid(self, db: Connection, fields: Sequence[str], rows: Callable[[Sequence[str]], Sequence[Row]]) -> Snapshot:
        """As ``snapshot``, with rows on top that only the caller's transaction sees.

        Args:
            db: as above.
            fields: as above.
            rows: gives the caller's rows with the values of some extra columns.
        """
        with self.lock:
            self._refresh(db, fields)
            index, extra = self.index.fork(), list(self.extra)
        for name in fields:  # a field that only the caller's rows have
            index.columns.setdefault(name, Column())
        return index.apply(rows(list(dict.fromkeys([*extra, *fields]))))

    def _refresh(self, db: Connection, fields: Sequence[str]) -> None:
        since, generation, pairs = store.changed(db, self.since, SEARCH_MS)
        new = [int(ord_) for ord_, written in pairs if self.index.written.get(int(ord_)) != int(written)]
        missing = [name for name in fields if name not in self.extra]
        long = generation != self.generation or bool(missing) or len(new) > _MANY
        if long:
            limit(db, LOAD_MS)
        if generation != self.generation:
            self.index, self.extra = Index(), {}
            self.index.apply(store.load(db, None, ()))
        elif new:
            self.index.apply(store.load(db, new, list(self.extra)))
        self.since, self.generation = since, generation
        for name in fields:
            self._load_column(db, name)
        if long:
            limit(db, SEARCH_MS)

    def _load_column(self, db: Connection, name: str) -> None:
        if name in self.extra:
            return
        values = store.column(db, name)
        if not values:
            return
        if len(self.extra) >= _MOST_EXTRA:
            oldest = next(iter(self.extra))
            del self.extra[oldest]
            del self.index.columns[oldest]
        self.index.add_column(name, values)
        self.extra[name] = None


_lives: dict[str, Live] = {}
_guard = threading.Lock()


def _renew_locks() -> None:
    """After a fork: what is known stays true, but a lock may be held by a thread that does not exist here."""
    global _guard  # noqa: PLW0603
    _guard = threading.Lock()
    _lives.clear()


os.register_at_fork(after_in_child=_renew_locks)


def live(url: str) -> Live:
    """What this process knows of the index of a database."""
    with _guard:
        return _lives.setdefault(url, Live())
