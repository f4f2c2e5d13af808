"""The queries of one search → plans; which leaves the database has to answer, and which columns are needed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ckanext.haugiang.core.search import plan
from ckanext.haugiang.core.search.dismax import parse_plain
from ckanext.haugiang.core.search.errors import SearchRefused
from ckanext.haugiang.core.search.lucene import parse
from ckanext.haugiang.core.search.params import Params
from ckanext.haugiang.core.search.plan import Leaf, Plan
from ckanext.haugiang.core.search.planner import Planner
from ckanext.haugiang.core.search.schema import KEPT, TEXTUAL, IndexSchema
from ckanext.haugiang.core.search.syntax import Group, Occur, Phrase, Term, Tree

_LOCAL = re.compile(r"""\{!((?:[^'"}]|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")*)\}(.*)""", re.DOTALL)
_PAIR = re.compile(r"""([\w.]+)(?:=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s'"]+))?\s*""")
_CLAUSES: dict[str, Occur] = {"must": "must", "filter": "must", "should": "should", "must_not": "must_not"}


@dataclass(frozen=True)
class Queries:
    """The plans of one search: the query, which scores, and the filters, which only narrow."""

    query: Plan
    filters: tuple[Plan, ...]

    def leaves(self) -> Iterable[Leaf]:
        """All leaves, with the exact forms that scoring also asks for."""
        for leaf in plan.leaves(self.query):
            yield leaf
            if isinstance(leaf, plan.Words) and leaf.exact:
                yield plan.Words(leaf.field, leaf.exact, leaf.slop)
        for part in self.filters:
            yield from plan.leaves(part)

    def replaced(self, by: dict[Leaf, Plan]) -> Queries:
        """The same with some leaves replaced."""
        return Queries(plan.replaced(self.query, by), tuple(plan.replaced(part, by) for part in self.filters))


def read_queries(params: Params, planner: Planner) -> Queries:
    """Plan the query and the filters of a search.

    Raises:
        SearchRefused: if one of them is not understood.
    """
    query = _tree(params.q, params.parser, params)
    filters = [_tree(text, "lucene", params) for text in params.fq]
    return Queries(planner.top(query), tuple(planner.top(tree) for tree in filters))


def _tree(text: str, parser: str, params: Params) -> Tree | None:
    local = _LOCAL.fullmatch(text.strip())
    if local:
        return _local(local[1], local[2], params)
    return _parsed(text, parser, params, {})


def _parsed(text: str, parser: str, params: Params, local: dict[str, str]) -> Tree | None:
    if parser == "lucene":
        return parse(text, local.get("q.op", params.operator))
    qf, mm = local.get("qf", params.qf), local.get("mm", params.mm)
    if text.strip() == "*:*":
        return parse(text)
    if parser == "edismax" and ":" in text:
        try:
            return parse(text, local.get("q.op", params.operator))
        except SearchRefused:
            pass  # as Solr's edismax: what is no query is words
    return parse_plain(text, qf, mm, params.tie)


def _local(head: str, rest: str, params: Params) -> Tree | None:
    """``{!type key=value …}rest``: the few parsers that CKAN's own tests and documentation name."""
    pairs: list[tuple[str, str]] = []
    for key, value in _PAIR.findall(head):
        bare = value[1:-1].replace("\\", "") if value[:1] in {"'", '"'} else value
        if bare.startswith("$"):
            raise SearchRefused(f"The local parameter {key}={bare} refers to another parameter; write its value.")
        pairs.append((key, bare) if value else ("type", key))
    local = dict(pairs)
    kind, text = local.get("type", "lucene"), local.get("v", rest)
    if kind in {"lucene", "dismax", "edismax"}:
        return _parsed(text, kind, params, local)
    if kind == "bool":
        clauses = [(_CLAUSES[key], parse(value, params.operator)) for key, value in pairs if key in _CLAUSES]
        return Group(tuple((occur, tree) for occur, tree in clauses if tree)) if clauses else None
    if kind in {"term", "field"} and local.get("f"):
        return Term(local["f"], text) if kind == "term" else Phrase(local["f"], text)
    raise SearchRefused(f"Unknown query parser '{kind}'")


def asked(queries: Queries) -> list[Leaf]:
    """The leaves that only the database can answer, each once."""
    found = [
        leaf
        for leaf in queries.leaves()
        if isinstance(leaf, plan.Words | plan.Value | plan.Piece) or (isinstance(leaf, plan.Has) and leaf.field not in KEPT)
    ]
    return list(dict.fromkeys(found))


def expansions(queries: Queries) -> list[plan.Expand]:
    """The leaves that a dictionary of terms has to expand first, each once."""
    return list(dict.fromkeys(leaf for leaf in queries.leaves() if isinstance(leaf, plan.Expand)))


def columns(queries: Queries, params: Params, schema: IndexSchema) -> list[str]:
    """The fields that are compared, sorted or counted, and that not every process keeps.

    Raises:
        SearchRefused: for a field that cannot be sorted or counted.
    """
    names = [leaf.field for leaf in queries.leaves() if isinstance(leaf, plan.Span)]
    for name, _ in params.sort:
        if name == "score":
            continue
        field = schema.field(name)
        if not field.indexed:
            raise SearchRefused(f"can not sort on a field which is not indexed: {name} (Unknown sort order)")
        if field.multi:
            raise SearchRefused(f"can not sort on multivalued field: {name} (Unknown sort order)")
        names.append(name)
    for name in params.facets.fields:
        field = schema.field(name)
        if field.kind in TEXTUAL or not field.indexed or name == "permission_labels":
            raise SearchRefused(f"The field {name} cannot be counted as a facet.")
        names.append(name)
    return [name for name in dict.fromkeys(names) if name not in KEPT]
