"""What ``pysolr.Solr`` is to CKAN, on PostgreSQL: search, add, delete, commit."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

import pysolr

from ckanext.haugiang.adapters import changes
from ckanext.haugiang.adapters.search import session, store, terms
from ckanext.haugiang.adapters.search.database import again_if_gone, solr_errors, writing
from ckanext.haugiang.adapters.search.shipped import schema
from ckanext.haugiang.adapters.search.view import View, view
from ckanext.haugiang.core.search import plan
from ckanext.haugiang.core.search.document import BULKY, Indexed, build
from ckanext.haugiang.core.search.evaluate import Evaluator, Hits, facet, order
from ckanext.haugiang.core.search.params import Params, read_params
from ckanext.haugiang.core.search.planner import Planner
from ckanext.haugiang.core.search.queries import Queries, asked, columns, expansions, read_queries

_NAMING = {"id", "name", "index_id"}  # a deletion that names a dataset belongs into its transaction


class PostgresSolr:
    """A ``pysolr.Solr`` for ``solr_url = pgsearch://``.

    Args:
        url: as in the setting; the index is in CKAN's own database.
        decoder: its ``object_hook``, if any, is applied to each document, as a JSON decoder would.
        results_cls: what to wrap answers in.
        options: other arguments of pysolr, which mean nothing here.
    """

    def __init__(self, url: str, decoder: Any = None, *, results_cls: Any = pysolr.Results, **options: Any) -> None:
        self.url = url
        self.decoder = decoder
        self.results_cls = results_cls
        self.options = options

    def search(self, q: str, search_handler: str | None = None, **kwargs: Any) -> Any:
        """Search as ``pysolr.Solr.search`` does.

        Raises:
            pysolr.SolrError: if the query is not served or PostgreSQL does not answer.
        """
        started = time.monotonic()
        if search_handler not in {None, "select", "/select"}:
            raise pysolr.SolrError(f"The request handler {search_handler} is not supported by PostgreSQL search.")
        with solr_errors():
            params = read_params(q, kwargs)
            answer = again_if_gone(lambda: _answer(params))
        hook = getattr(self.decoder, "object_hook", None)
        if hook:
            answer["response"]["docs"] = [hook(document) for document in answer["response"]["docs"]]
        taken = int((time.monotonic() - started) * 1000)
        return self.results_cls({"responseHeader": {"status": 0, "QTime": taken}, **answer})

    def add(self, docs: Iterable[Mapping[str, Any]] | Mapping[str, Any], **_options: Any) -> str:
        """Index documents in place of their older selves.

        Raises:
            pysolr.SolrError: if a document does not fit the schema or cannot be written.
        """
        now = datetime.now(UTC)
        with solr_errors():
            items = [docs] if isinstance(docs, Mapping) else list(docs)
            documents = [build(item, schema(), now) for item in items]
            again_if_gone(lambda: terms.learn(pair for document in documents for pair in document.terms))
            _put(documents)
        return ""

    def delete(self, id: Any = None, q: str | None = None, **_options: Any) -> str:  # noqa: A002 - pysolr's name
        """Delete documents by the value of ``index_id`` or by query.

        Raises:
            ValueError: if neither or both are given.
            pysolr.SolrError: if the query is not understood or PostgreSQL does not answer.
        """
        if (id is None) == (q is None):
            raise ValueError('Give either "id" or "q".')
        if q is None:
            ids = [id] if isinstance(id, str) else list(id)
            q = " OR ".join(f'index_id:"{str(item).translate(_QUOTE)}"' for item in ids)
        with solr_errors():
            params = read_params(q, {"q.op": "AND", "rows": 0})
            again_if_gone(lambda: _delete(params))
        return ""

    def commit(self, **_options: Any) -> str:
        """Do nothing: what is written is committed, here or with the dataset."""
        return ""

    optimize = commit

    def ping(self, **_options: Any) -> str:
        """Say whether the index can be read."""
        with solr_errors(), view():
            return '{"status": "OK"}'

    def _unsupported(self, *_args: Any, **_kwargs: Any) -> Any:
        raise pysolr.SolrError("PostgreSQL search does not support this; set solr_url to a Solr server.")

    more_like_this = suggest_terms = extract = _unsupported


_QUOTE = str.maketrans({'"': '\\"', "\\": "\\\\"})


def _put(documents: Sequence[Indexed]) -> None:
    own = session.joined()
    if own is not None:
        session.note([store.put(own, document) for document in documents])
        return
    with writing() as db:
        for document in documents:
            store.put(db, document)
    changes.note()  # CKAN shows the public datasets out of the index, and no table of its own changes here


def _delete(params: Params) -> None:
    """Delete what a query finds, with the dataset that it names or at once."""
    with view() as seen:
        queries = _expanded(seen, read_queries(params, Planner(schema(), datetime.now(UTC))))
        hits = Evaluator(seen.snapshot, seen.matches(asked(queries))).mask(queries.query)
        ords = [int(ord_) for ord_ in seen.snapshot.ords[hits]]
        everything = len(ords) == int(seen.snapshot.alive.sum())
    named = any(getattr(leaf, "field", "") in _NAMING for leaf in plan.leaves(queries.query))
    own = session.joined() if named else None
    if own is not None:
        store.delete(own, ords)
        session.note(ords)
        return
    with writing() as db:
        store.delete(db, ords)
        if everything and not named:
            store.bury(db)
    changes.note()


def _expanded(seen: View, queries: Queries) -> Queries:
    found = expansions(queries)
    planner = Planner(schema(), datetime.now(UTC))
    return queries.replaced({leaf: planner.expanded(leaf, terms.expand(seen.db, leaf)) for leaf in found})


def _answer(params: Params) -> dict[str, Any]:
    """One search, as Solr's JSON tells it."""
    planner = Planner(schema(), datetime.now(UTC), params.df)
    queries = read_queries(params, planner)
    with view(columns(queries, params, schema())) as seen:
        queries = _expanded(seen, queries)
        hits = _hits(seen, queries, params)
        ords = order(seen.snapshot, hits, params.sort, params.start, params.rows)
        counts = {
            name: facet(seen.snapshot, hits.mask, name, params.facets.limit, params.facets.mincount)
            for name in params.facets.fields
        }
        documents = _documents(seen, ords, hits, params.fields)
    response = {"numFound": int(hits.mask.sum()), "start": params.start, "docs": documents}
    facets = {"facet_queries": {}, "facet_fields": counts, "facet_ranges": {}, "facet_intervals": {}}
    return {"response": response, "facet_counts": facets}


def _hits(seen: View, queries: Queries, params: Params) -> Hits:
    """What matches the query and every filter; scored only if somebody sorts by it or asks for it."""
    matched = seen.matches(asked(queries))
    filters = Evaluator(seen.snapshot, matched)
    within = seen.snapshot.alive
    for part in queries.filters:
        within = within & filters.mask(part)
    evaluator = Evaluator(seen.snapshot, matched, within)
    if any(name == "score" for name, _ in params.sort) or "score" in params.fields:
        found = evaluator.hits(queries.query)
        return Hits(found.mask & within, found.scores)
    return Hits(evaluator.mask(queries.query) & within, None)


def _documents(seen: View, ords: Sequence[int], hits: Hits, fields: Sequence[str]) -> list[dict[str, Any]]:
    """The page of documents with the stored fields that were asked for."""
    bulky = [name for name in BULKY if any(fnmatchcase(name, pattern) for pattern in fields)]
    found = seen.documents(ords, bulky)
    documents = []
    for ord_ in ords:
        document = found[ord_]
        shown = {name: value for name, value in document.items() if any(fnmatchcase(name, p) for p in fields)}
        if "score" in fields and hits.scores is not None:
            shown["score"] = float(hits.scores[seen.snapshot.place[ord_ - seen.snapshot.base]])
        documents.append(shown)
    return documents
