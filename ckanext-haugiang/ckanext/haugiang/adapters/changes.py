"""Whether anything that pages show has changed, exactly, by one cheap question to PostgreSQL.

Every transaction that changes what pages show leaves a row with its number in ``haugiang_change`` (triggers of migration
0003). A process remembers the snapshot of its last question. If a row can be seen now that could not be seen in that
snapshot, something was committed since, and a new generation begins. So no change is missed, not that of a transaction
that began long ago and has only now committed, and nobody waits for a lock, as one counter would make all writers wait.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from typing import Any

from ckan.common import config
from sqlalchemy import create_engine
from sqlalchemy.engine import Engine
from sqlalchemy.exc import SQLAlchemyError

__all__ = ["WRITING", "generation", "note", "prune", "written"]

log = logging.getLogger(__name__)
# Actions that write rows; `datastore_records_delete` calls one of them.
WRITING = ("datastore_create", "datastore_upsert", "datastore_delete", "datastore_run_triggers")
_ASK = """SELECT pg_current_snapshot()::text, EXISTS (
    SELECT FROM haugiang_change
    WHERE xid >= pg_snapshot_xmin(CAST(%s AS pg_snapshot)) AND NOT pg_visible_in_snapshot(xid, CAST(%s AS pg_snapshot)))"""
_NOTE = "INSERT INTO haugiang_change DEFAULT VALUES ON CONFLICT (xid) DO NOTHING"
# Numbers beyond the newest are those of another server, from whose dump this database was made: always "new" to everybody.
_PRUNE = """DELETE FROM haugiang_change
    WHERE at < clock_timestamp() - interval '1 day' OR xid >= pg_snapshot_xmax(pg_current_snapshot())"""
_NO_TABLE = "42P01"  # the portal's tables are not made yet, so no page is kept
# A process that has not asked for so long begins anew, because notes older than a day are deleted.
_FORGET_SECONDS = 3600.0


class Generations:
    """What one process knows of one database."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = create_engine(
            url, future=True, isolation_level="AUTOCOMMIT", pool_size=4, max_overflow=12, pool_timeout=2,
            pool_reset_on_return=None, pool_recycle=1800,
            connect_args={
                "connect_timeout": 3, "application_name": "haugiang-pages", "options": "-c statement_timeout=2000",
            },
        )  # fmt: skip
        self.lock = threading.Lock()
        self.number = 0
        self.snapshot = ""
        self.asked = 0.0

    def now(self) -> int:
        """The generation that is true at some moment after this call began."""
        with self.lock:
            number, snapshot = self.number, self.snapshot
            if not snapshot or time.monotonic() - self.asked > _FORGET_SECONDS:
                return self._begin()
        seen, changed = self._ask(snapshot)
        with self.lock:
            if (number, snapshot) == (self.number, self.snapshot):
                self.number, self.snapshot, self.asked = number + changed, seen, time.monotonic()
            elif changed:
                # Another thread has moved on meanwhile. Which of the two looked later is not known, so what was made of its
                # generation may lack what this one saw; what will be read from now on is newer than either snapshot.
                self.number += 1
            return self.number if changed else number

    def _begin(self) -> int:
        with self.engine.connect() as db:
            db.exec_driver_sql(_PRUNE)
            self.snapshot = str(db.exec_driver_sql("SELECT pg_current_snapshot()::text").scalar())
        self.number, self.asked = self.number + 1, time.monotonic()
        return self.number

    def _ask(self, snapshot: str) -> tuple[str, bool]:
        with self.engine.connect() as db:
            seen, changed = db.exec_driver_sql(_ASK, (snapshot, snapshot)).one()
        return str(seen), bool(changed)


_known: dict[tuple[int, str], Generations] = {}
_guard = threading.Lock()


def _after_fork() -> None:
    global _guard  # noqa: PLW0603 - a lock that another thread held while forking would stay shut
    _guard = threading.Lock()


os.register_at_fork(after_in_child=_after_fork)


def _here() -> Generations:
    key = os.getpid(), str(config["sqlalchemy.url"])
    with _guard:
        if key not in _known:
            _known[key] = Generations(key[1])
        return _known[key]


def generation() -> int | None:
    """The number of the present state of what pages show, in this process; None if PostgreSQL does not tell.

    What is read after the call is at least of that state. A later call that gives the same number says that nothing has
    changed in between.
    """
    try:
        return _here().now()
    except SQLAlchemyError as error:
        log.warning("pages are not kept: %s", str(error).splitlines()[0])
        return None


def note() -> None:
    """Say that something has changed that no trigger sees: the DataStore is another database, the index another schema."""
    try:
        with _here().engine.connect() as db:
            db.exec_driver_sql(_NOTE)
    except SQLAlchemyError as error:
        if getattr(getattr(error, "orig", None), "pgcode", None) != _NO_TABLE:
            log.warning("a change was not noted, pages may show it late: %s", str(error).splitlines()[0])


def written(*_: Any, **__: Any) -> None:
    """An action has written rows into the DataStore; receives CKAN's signal."""
    note()


def prune() -> int:
    """Delete notes that no process needs any more; how many."""
    with _here().engine.connect() as db:
        return int(db.exec_driver_sql(_PRUNE).rowcount)
