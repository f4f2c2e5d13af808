"""The statements of the index: every one is fixed text, every value a bound parameter."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import numpy as np
from sqlalchemy import text
from sqlalchemy.engine import Connection

from ckanext.haugiang.adapters.search.tsquery import query_text, vector_text
from ckanext.haugiang.core.search import plan
from ckanext.haugiang.core.search.document import BULKY, Indexed, Scalar
from ckanext.haugiang.core.search.snapshot import Numbers, Row

_COLUMNS = "written = pg_current_xact_id(), kept = CAST(:kept AS jsonb), other = CAST(:other AS jsonb), stored = :stored, data_dict = :data_dict, validated_data_dict = :validated_data_dict"  # noqa: E501
_UPDATE = text(f"UPDATE pgsearch.document SET {_COLUMNS} WHERE index_id = :id RETURNING ord")  # noqa: S608
_INSERT = text(
    "INSERT INTO pgsearch.document (index_id, written, kept, other, stored, data_dict, validated_data_dict) "  # noqa: S608
    "VALUES (:id, pg_current_xact_id(), CAST(:kept AS jsonb), CAST(:other AS jsonb), :stored, :data_dict, "
    f":validated_data_dict) ON CONFLICT (index_id) DO UPDATE SET {_COLUMNS} RETURNING ord"
)
_POSTING = text(
    "INSERT INTO pgsearch.posting (ord, words, pieces) "
    "VALUES (:ord, CAST(:words AS tsvector), CAST(:pieces AS tsvector)) "
    "ON CONFLICT (ord) DO UPDATE SET words = excluded.words, pieces = excluded.pieces"
)
_MATCH = {
    (column, some): text(
        "SELECT q.n, (SELECT string_agg(int4send(p.ord), ''::bytea) FROM pgsearch.posting p "  # noqa: S608
        f"WHERE p.{column} @@ q.q{' AND p.ord = ANY(:ords)' if some else ''}) "
        "FROM (SELECT n, CAST(t AS tsquery) AS q FROM unnest(CAST(:queries AS text[])) WITH ORDINALITY AS u(t, n)) q"
    )
    for column in ("words", "pieces")
    for some in (False, True)
}
_CHANGED = text(
    "SELECT set_config('enable_seqscan', 'off', true), set_config('statement_timeout', :ms, true), "
    "pg_snapshot_xmin(pg_current_snapshot())::text AS xmin, (SELECT generation FROM pgsearch.meta) AS generation, "
    "(SELECT string_agg(int4send(ord) || xid8send(written), ''::bytea) FROM pgsearch.document "
    "WHERE written >= CAST(:since AS xid8)) AS changed"
)
_CHANGE = np.dtype([("ord", ">i4"), ("written", ">u8")])
_BATCH = 2_000  # terms in one tsquery


def put(db: Connection, document: Indexed) -> int:
    """Write a document in place of its older self.

    Returns:
        Its ordinal, which it keeps for life: an update first, since an upsert would burn a number each time.
    """
    values: dict[str, Any] = {
        "id": document.id,
        "kept": json.dumps(document.kept),
        "other": json.dumps(document.other),
        "stored": json.dumps(document.stored),
        **{name: document.bulky.get(name) for name in BULKY},
    }
    ordinal = db.execute(_UPDATE, values).scalar()
    if ordinal is None:
        ordinal = db.execute(_INSERT, values).scalar_one()
    posting = {"ord": ordinal, "words": vector_text(document.words), "pieces": vector_text(document.pieces)}
    db.execute(_POSTING, posting)
    return int(ordinal)


def delete(db: Connection, ords: Sequence[int]) -> None:
    """Leave tombstones: other processes learn of a deletion as they learn of a change."""
    if not ords:
        return
    db.execute(text("DELETE FROM pgsearch.posting WHERE ord = ANY(:ords)"), {"ords": list(ords)})
    db.execute(
        text(
            "UPDATE pgsearch.document SET written = pg_current_xact_id(), kept = NULL, other = NULL, stored = NULL, "
            "data_dict = NULL, validated_data_dict = NULL WHERE ord = ANY(:ords)"
        ),
        {"ords": list(ords)},
    )


def bury(db: Connection) -> None:
    """Remove all tombstones and tell every process to read the index anew."""
    db.execute(text("DELETE FROM pgsearch.document WHERE kept IS NULL"))
    db.execute(text("UPDATE pgsearch.meta SET generation = :g"), {"g": uuid4().hex})


def changed(db: Connection, since: int, milliseconds: int) -> tuple[int, str, Numbers]:
    """What was written by transactions from ``since`` on; must be the first statement of its transaction.

    Returns:
        The oldest transaction that still runs, the index's generation, and (ord, written) of each document.
    """
    row = db.execute(_CHANGED, {"since": str(since), "ms": str(milliseconds)}).one()
    return int(row.xmin), row.generation, np.frombuffer(bytes(row.changed or b""), dtype=_CHANGE)


def load(db: Connection, ords: Sequence[int] | None, extra: Sequence[str]) -> list[Row]:
    """The kept values of some documents, or of all that live."""
    query = "SELECT ord, written::text AS written, kept"
    query += ", other" if extra else ""
    query += " FROM pgsearch.document WHERE " + ("kept IS NOT NULL" if ords is None else "ord = ANY(:ords)")
    rows = db.execute(text(query), {} if ords is None else {"ords": list(ords)})
    return [
        Row(row.ord, int(row.written), {**row.kept, **_some(row.other, extra)} if extra and row.kept else row.kept)
        for row in rows
    ]


def _some(values: Mapping[str, Any] | None, names: Sequence[str]) -> dict[str, Any]:
    return {name: values[name] for name in names if name in values} if values else {}


def column(db: Connection, name: str) -> dict[int, Sequence[Scalar]]:
    """The values of one more field by ordinal; nothing, and quickly so, for a field that no document has."""
    presence = query_text(plan.Has(name))[1]
    query = text("SELECT EXISTS (SELECT 1 FROM pgsearch.posting WHERE words @@ CAST(:q AS tsquery))")
    if not db.execute(query, {"q": presence}).scalar():
        return {}
    rows = db.execute(
        text("SELECT ord, other -> :name AS found FROM pgsearch.document WHERE kept IS NOT NULL AND other ? :name"),
        {"name": name},
    )
    return {row.ord: row.found for row in rows}


def matches(db: Connection, leaves: Sequence[plan.Leaf], among: Sequence[int] | None = None) -> dict[plan.Leaf, Numbers]:
    """The ordinals of the documents that match each leaf, as the transaction sees them.

    Args:
        db: the transaction.
        leaves: what to look for.
        among: only these documents, if given.
    """
    asked: dict[str, list[tuple[plan.Leaf, str]]] = defaultdict(list)
    for leaf in leaves:
        for part in _batches(leaf):
            where, query = query_text(part)
            asked[where].append((leaf, query))
    found: dict[plan.Leaf, list[Numbers]] = {leaf: [] for leaf in leaves}
    for where, queries in asked.items():
        values: dict[str, Any] = {"queries": [query for _, query in queries]}
        if among is not None:
            values["ords"] = list(among)
        for number, ords in db.execute(_MATCH[where, among is not None], values):
            if ords is not None:
                found[queries[number - 1][0]].append(np.frombuffer(bytes(ords), dtype=">i4").astype(np.int32))
    empty = np.empty(0, dtype=np.int32)
    return {leaf: np.concatenate(parts) if parts else empty for leaf, parts in found.items()}


def _batches(leaf: plan.Leaf) -> list[plan.Leaf]:
    """A wildcard may stand for very many terms: more than one tsquery should hold."""
    if isinstance(leaf, plan.Value) and len(leaf.values) > _BATCH:
        return [plan.Value(leaf.field, leaf.values[i : i + _BATCH]) for i in range(0, len(leaf.values), _BATCH)]
    if isinstance(leaf, plan.Words) and len(leaf.steps) == 1 and len(leaf.steps[0][1]) > _BATCH:
        words = leaf.steps[0][1]
        return [plan.Words(leaf.field, ((0, words[i : i + _BATCH]),)) for i in range(0, len(words), _BATCH)]
    return [leaf]


def documents(db: Connection, ords: Sequence[int], bulky: Sequence[str]) -> dict[int, dict[str, Any]]:
    """The stored fields of some documents by ordinal, and of the bulky ones those that are asked for."""
    names = ", ".join(["ord", "stored", *(name for name in BULKY if name in bulky)])
    query = text(f"SELECT {names} FROM pgsearch.document WHERE ord = ANY(:ords) AND kept IS NOT NULL")  # noqa: S608
    found: dict[int, dict[str, Any]] = {}
    for row in db.execute(query, {"ords": list(ords)}):
        found[row.ord] = json.loads(row.stored)
        found[row.ord].update({name: getattr(row, name) for name in bulky if getattr(row, name) is not None})
    return found
