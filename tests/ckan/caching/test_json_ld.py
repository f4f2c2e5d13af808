"""A graph is written the same way each time, and stays the same graph."""

from __future__ import annotations

import random

from rdflib import BNode, Graph, Literal, Namespace
from rdflib.compare import isomorphic

from ckanext.haugiang.views.json_ld import settled

SCHEMA = Namespace("https://schema.org/")


def graph(seed):
    """A dataset with two files, two contacts alike and one more, in an order by chance."""
    chance, made = random.Random(seed), Graph()
    dataset, contacts = BNode(), [BNode() for _ in range(3)]
    facts = [(dataset, SCHEMA.name, Literal("Lúa <b> & _:x"))]
    facts += [(dataset, SCHEMA.contact, contact) for contact in contacts]
    facts += [(contact, SCHEMA.email, Literal(mail)) for contact, mail in zip(contacts, "aab", strict=True)]
    facts += [(SCHEMA[f"file{n}"], SCHEMA.isPartOf, dataset) for n in range(2)]
    chance.shuffle(facts)
    for fact in facts:
        made.add(fact)
    return made


def test_the_same_words_each_time():
    """Whatever names rdflib gives, and in whatever order."""
    assert len({settled(graph(seed).serialize(format="json-ld")) for seed in range(20)}) == 1


def test_the_same_graph():
    """Nothing is lost, merged or renamed but what has no name; markup is escaped."""
    written = settled(graph(1).serialize(format="json-ld"))
    assert "<" not in written
    assert "&" not in written
    assert isomorphic(Graph().parse(data=written, format="json-ld"), graph(2))


def test_one_node_without_a_list():
    """A context around a single node."""
    text = '{"@context": {"@vocab": "https://schema.org/"}, "@id": "_:N1", "name": "x"}'
    assert settled(text) == settled(text.replace("_:N1", "_:N2"))


def test_a_circle_is_not_lost():
    """Two nodes without names that nobody else refers to."""
    text = """[{"@id": "_:a", "https://schema.org/knows": [{"@id": "_:b"}]},
               {"@id": "_:b", "https://schema.org/knows": [{"@id": "_:a"}]}]"""
    assert isomorphic(Graph().parse(data=settled(text), format="json-ld"), Graph().parse(data=text, format="json-ld"))
