"""Plain words as Solr's dismax reads them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.haugiang.core.search.dismax import minimum, parse_plain, weights
from ckanext.haugiang.core.search.errors import SearchRefused
from ckanext.haugiang.core.search.syntax import Best, Boosted, Group, Phrase, Term

CKAN = "2<-1 5<80%"


def words(query: str) -> list[tuple[str, str]]:
    """The words of a query with their sign, from the first of two fields."""
    tree = parse_plain(query, "title^4 text", CKAN, 0.1)
    if tree is None:
        return []
    clauses = tree.clauses if isinstance(tree, Group) else (("should", tree),)
    found = []
    for occur, node in clauses:
        assert isinstance(node, Best)
        assert [boosted.factor for boosted in node.nodes if isinstance(boosted, Boosted)] == [4, 1]
        first = node.nodes[0].node
        assert isinstance(first, Term | Phrase)
        found.append((occur, f'"{first.text}"' if isinstance(first, Phrase) else first.text))
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("lúa", [("should", "lúa")]),
        ("lúa hè thu", [("should", "lúa"), ("should", "hè"), ("should", "thu")]),
        ('"lúa hè" thu', [("should", '"lúa hè"'), ("should", "thu")]),
        ("+lúa -ngô", [("must", "lúa"), ("must_not", "ngô")]),
        ("lúa AND ngô", [("must", "lúa"), ("must", "ngô")]),
        ("NOT ngô", [("must_not", "ngô")]),
        ("AND OR lúa", [("should", "lúa")]),
        ("lúa AND", [("should", "lúa")]),
        ('lúa "hè', [("should", "lúa"), ("should", "hè")]),
        ("title:x (a* OR b~2) ^3", [*[("should", t) for t in ("title:x", "(a*", "b~2)", "^3")]]),
        ("a && b", [("should", "a"), ("should", "&&"), ("should", "b")]),
        ("- + lúa", [("should", "lúa")]),
        ("--lúa", [("must_not", "lúa")]),
        ("lúa -", [("should", "lúa")]),
        ("c:\\data\\", [("should", "c:\\data\\")]),
        ("", []),
        ('"', []),
        ("[1 TO 2]", [("should", "[1"), ("should", "TO"), ("should", "2]")]),
    ],
)
def test_signs_quotes_and_operators_count_and_the_rest_is_text(query, expected):
    """Nothing that a visitor types is an error."""
    assert words(query) == expected


@pytest.mark.parametrize(
    ("spec", "counts"),
    [
        (CKAN, {1: 1, 2: 2, 3: 2, 4: 3, 5: 4, 6: 4, 10: 8}),
        ("2", {1: 1, 2: 2, 5: 2}),
        ("-1", {1: 0, 3: 2}),
        ("75%", {4: 3, 5: 3}),
        ("-25%", {4: 3, 5: 4}),
        ("3<90%", {3: 3, 10: 9}),
        ("100%", {7: 7}),
        ("0%", {7: 0}),
    ],
)
def test_how_many_words_must_match(spec, counts):
    """Solr's mm, as documented there."""
    assert {count: minimum(spec, count) for count in counts} == counts


@pytest.mark.parametrize("spec", ["x", "2<", "%", "2<x%"])
def test_a_wrong_rule_is_refused(spec):
    """mm is checked even where it does not matter."""
    with pytest.raises(SearchRefused, match="mm"):
        parse_plain("a b c d", "text", spec, 0)


def test_weights_of_fields():
    """qf names fields with weights; another weight is refused."""
    assert weights("name^4 text") == (("name", 4.0), ("text", 1.0))
    with pytest.raises(SearchRefused, match="qf"):
        weights("name^x")
    with pytest.raises(SearchRefused, match="qf"):
        parse_plain("a", " ", CKAN, 0)


@given(st.text(max_size=60))
def test_any_text_is_words(query):
    """Whatever is typed is understood."""
    parse_plain(query, "title^4 text", CKAN, 0.1)
