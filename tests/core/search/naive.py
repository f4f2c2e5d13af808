"""A search by the book: every leaf is answered by reading each document, and clauses by Python's own logic.

It stands in for the database in the pure tests, and the database is compared with it in ``tests/ckan/search``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np

from ckanext.haugiang.core.search import plan
from ckanext.haugiang.core.search.document import Indexed, presence_lexeme, value_lexeme, word_lexeme
from ckanext.haugiang.core.search.evaluate import Evaluator, order
from ckanext.haugiang.core.search.params import read_params
from ckanext.haugiang.core.search.planner import Planner
from ckanext.haugiang.core.search.queries import asked, read_queries
from ckanext.haugiang.core.search.schema import KEPT, IndexSchema, parse_schema
from ckanext.haugiang.core.search.snapshot import Index, Row

NOW = datetime(2024, 6, 1, tzinfo=UTC)
QF = {"qf": "name^4 title^4 tags^2 groups^2 text", "mm": "2<-1 5<80%", "tie": "0.1"}
SCHEMA = """<schema name="ckan-test" version="1.6"><types>
  <fieldType name="string" class="solr.StrField"/><fieldType name="int" class="solr.IntPointField"/>
  <fieldType name="float" class="solr.FloatPointField"/><fieldType name="date" class="solr.DatePointField"/>
  <fieldtype name="binary" class="solr.BinaryField"/><fieldType name="text" class="solr.TextField"/>
  <fieldType name="ngram" class="solr.TextField">
    <analyzer type="index"><tokenizer class="solr.NGramTokenizerFactory"/></analyzer></fieldType></types>
<fields>
  <field name="index_id" type="string" indexed="true" stored="true" required="true"/>
  <field name="name" type="string" indexed="true" stored="true"/>
  <field name="name_ngram" type="ngram" indexed="true" stored="false"/>
  <field name="title" type="text" indexed="true" stored="true"/>
  <field name="title_string" type="string" indexed="true" stored="false"/>
  <field name="notes" type="text" indexed="true" stored="true"/>
  <field name="tags" type="string" indexed="true" stored="true" multiValued="true"/>
  <field name="groups" type="string" indexed="true" stored="true" multiValued="true"/>
  <field name="permission_labels" type="string" indexed="true" stored="false" multiValued="true"/>
  <field name="text" type="text" indexed="true" stored="false" multiValued="true"/>
  <field name="data_dict" type="string" indexed="false" stored="true"/>
  <field name="views_total" type="int" indexed="true" stored="false"/>
  <field name="share" type="float" indexed="true" stored="true"/>
  <field name="metadata_modified" type="date" indexed="true" stored="true"/>
  <field name="indexed_ts" type="date" indexed="true" stored="true" default="NOW"/>
  <dynamicField name="*_date" type="date" indexed="true" stored="true"/>
  <dynamicField name="extras_*" type="text" indexed="true" stored="true"/>
  <dynamicField name="vocab_*" type="string" indexed="true" stored="true" multiValued="true"/>
  <dynamicField name="*" type="string" indexed="true" stored="false"/>
</fields>
<copyField source="name" dest="name_ngram"/><copyField source="name" dest="text"/>
<copyField source="title" dest="text"/><copyField source="notes" dest="text"/><copyField source="tags" dest="text"/>
<copyField source="extras_*" dest="text"/><copyField source="text" dest="text"/></schema>"""


def schema() -> IndexSchema:
    return parse_schema(SCHEMA)


def answers(document: Indexed, leaf: plan.Leaf) -> bool:
    """Whether a document matches a leaf that the database would be asked."""
    words, pieces = document.words.places, document.pieces.places
    match leaf:
        case plan.Words(field, steps, slop):
            starts = {p for w in steps[0][1] for p in words.get(word_lexeme(field, w), [])}
            return any(_follows(words, field, steps, slop, start) for start in starts)
        case plan.Value(field, values):
            return any(value_lexeme(field, value) in words for value in values)
        case plan.Has(field):
            return presence_lexeme(field) in words
        case plan.Piece(field, text):
            size = min(3, len(text))
            grams = [word_lexeme(field, text[i : i + size]) for i in range(len(text) - size + 1)]
            return any(
                all(start + i in pieces.get(gram, []) for i, gram in enumerate(grams)) for start in pieces.get(grams[0], [])
            )
    raise AssertionError(leaf)


def _follows(words: Mapping[str, list[int]], field: str, steps: Sequence, slop: int, start: int) -> bool:
    """Whether the steps stand at their places from a start on; with a slop, each somewhat later than it should."""
    places = {start}
    for (x, _), (y, alternatives) in pairwise(steps):
        there = {p for w in alternatives for p in words.get(word_lexeme(field, w), [])}
        places = {p for p in there for before in places if 0 <= p - before - (y - x) <= slop}
    return bool(places)


class NaiveSearch:
    """Documents, searched by reading them all."""

    def __init__(self, documents: Sequence[Indexed], fields: IndexSchema | None = None) -> None:
        self.documents = list(documents)
        self.schema = fields or schema()
        names = {name for d in documents for name in (*d.kept, *d.other)}
        rows = [Row(n, 1, {**d.other, **d.kept}) for n, d in enumerate(self.documents)]
        self.snapshot = Index(names | KEPT).apply(rows)

    def search(self, q: str, **given: object) -> list[str]:
        """The ids that match, in order."""
        params = read_params(q, {"q.op": "AND", "rows": 1000, **given})
        queries = read_queries(params, Planner(self.schema, NOW, params.df))
        matched = {
            leaf: self.snapshot.mask(np.array([n for n, d in enumerate(self.documents) if answers(d, leaf)], dtype=int))
            for leaf in asked(queries)
        }
        within = self.snapshot.alive
        for part in queries.filters:
            within = within & Evaluator(self.snapshot, matched).mask(part)
        hits = Evaluator(self.snapshot, matched, within).hits(queries.query)
        hits = type(hits)(hits.mask & within, hits.scores)
        return [self.documents[n].id for n in order(self.snapshot, hits, params.sort, params.start, params.rows)]
