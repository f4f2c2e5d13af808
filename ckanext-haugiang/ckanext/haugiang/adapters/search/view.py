"""One moment of the index for one search: what is committed, and on top what the caller's own transaction wrote."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from ckan.common import config
from sqlalchemy.engine import Connection

from ckanext.haugiang.adapters.search import session, store
from ckanext.haugiang.adapters.search.database import reading
from ckanext.haugiang.adapters.search.live import live
from ckanext.haugiang.core.search.plan import Leaf
from ckanext.haugiang.core.search.snapshot import Mask, Snapshot


@dataclass(frozen=True)
class View:
    """What one search sees.

    Attributes:
        db: a read-only transaction at the moment of the snapshot.
        snapshot: the documents.
        own: the connection of the caller's transaction, if it has written to the index.
        own_ords: what it wrote.
    """

    db: Connection
    snapshot: Snapshot
    own: Connection | None
    own_ords: tuple[int, ...]

    def matches(self, leaves: Sequence[Leaf]) -> dict[Leaf, Mask]:
        """Which documents match each leaf."""
        if not leaves:
            return {}
        found = store.matches(self.db, leaves)
        if self.own is not None:
            mine = np.array(self.own_ords, dtype=np.int32)
            changed = store.matches(self.own, leaves, self.own_ords)
            for leaf in leaves:
                kept = found[leaf][~np.isin(found[leaf], mine)]
                found[leaf] = np.concatenate([kept, changed[leaf]])
        return {leaf: self.snapshot.mask(ords) for leaf, ords in found.items()}

    def documents(self, ords: Sequence[int], bulky: Sequence[str]) -> Mapping[int, dict[str, Any]]:
        """The stored fields of documents by ordinal."""
        found = store.documents(self.db, [o for o in ords if o not in self.own_ords], bulky)
        if self.own is not None:
            found |= store.documents(self.own, [o for o in ords if o in self.own_ords], bulky)
        return found


@contextmanager
def view(fields: Sequence[str] = ()) -> Iterator[View]:
    """Look at the index.

    Args:
        fields: columns that are needed besides those that are always kept.
    """
    ords = tuple(session.written())
    with reading() as db:
        known = live(str(config["sqlalchemy.url"]))
        if not ords:
            yield View(db, known.snapshot(db, fields), None, ())
            return
        own = session.joined()
        assert own is not None  # noqa: S101 - who has written is still in that transaction
        snapshot = known.overlaid(db, fields, lambda extra: store.load(own, ords, extra))
        yield View(db, snapshot, own, ords)
