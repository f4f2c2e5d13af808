"""When a write joins CKAN's transaction, and what that transaction has written so far.

CKAN 2.11 indexes inside the session's ``before_commit``, CKAN 2.12 just before it commits what it has changed. In both
cases the index row belongs into the dataset's transaction: it commits with the dataset or not at all. Everything else
(a rebuild, ``set_datastore_active_flag``, which commits first) happens on a session without changes, where a joined row
would be lost, and so has a transaction of its own. One case remains: ``dataset_purge`` of CKAN 2.12 takes the dataset
out of the index before it changes anything.
"""

from __future__ import annotations

from typing import Any

from ckan import model
from sqlalchemy import event
from sqlalchemy.engine import Connection

_COMMITTING, _CHANGED, _ORDS = "pgsearch.committing", "pgsearch.changed", "pgsearch.ords"


def _before_commit(session: Any) -> None:
    session.info[_COMMITTING] = True


def _after_flush(session: Any, _context: Any) -> None:
    session.info[_CHANGED] = True


def _after_end(session: Any) -> None:
    if not session.in_nested_transaction():
        for key in (_COMMITTING, _CHANGED, _ORDS):
            session.info.pop(key, None)


_LISTENERS = (
    ("before_commit", _before_commit),
    ("after_flush", _after_flush),
    ("after_commit", _after_end),
    ("after_rollback", _after_end),
)


def listen() -> None:
    """Watch CKAN's session; before_commit comes first, since CKAN indexes in its own listener."""
    for name, function in _LISTENERS:
        if not event.contains(model.Session, name, function):
            event.listen(model.Session, name, function, insert=True)


def unlisten() -> None:
    """Stop watching."""
    for name, function in _LISTENERS:
        if event.contains(model.Session, name, function):
            event.remove(model.Session, name, function)


def joined() -> Connection | None:
    """The connection of the transaction that a write belongs into, or None if it has one of its own."""
    if not model.Session.registry.has():
        return None
    session = model.Session()
    if session.info.get(_COMMITTING) or session.info.get(_CHANGED) or _pending(session):
        return session.connection()
    return None


def _pending(session: Any) -> bool:
    """Whether changes wait to be flushed."""
    return bool(session.new or session.deleted) or any(session.is_modified(item) for item in session.dirty)


def written() -> list[int]:
    """The ordinals that this session's transaction has written and not committed."""
    return list(model.Session().info.get(_ORDS, ())) if model.Session.registry.has() else []


def note(ords: list[int]) -> None:
    """Remember what was written in the session's transaction, which other transactions do not see yet."""
    model.Session().info.setdefault(_ORDS, {}).update(dict.fromkeys(ords))
