"""Lucene's syntax, clause by clause: each query and the tree that Solr makes of it, in Lucene's own notation."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.haugiang.core.search.errors import SearchRefused
from ckanext.haugiang.core.search.lucene import parse
from ckanext.haugiang.core.search.syntax import All, Boosted, Fuzzy, Group, Pattern, Phrase, Range, Term, Tree

SIGNS = {"must": "+", "should": "", "must_not": "-"}


def shown(tree: Tree | None) -> str:
    """A tree in Lucene's notation: + required, - forbidden, nothing optional; the default field is not named."""
    match tree:
        case None:
            return ""
        case All():
            return "*:*"
        case Group(clauses):
            return "(" + " ".join(SIGNS[occur] + shown(node) for occur, node in clauses) + ")"
        case Boosted(node, factor, constant):
            return f"{shown(node)}^{'=' if constant else ''}{factor:g}"
        case Term(field, text):
            body = text
        case Phrase(field, text, slop):
            body = f'"{text}"' + (f"~{slop}" if slop else "")
        case Pattern(field, parts, regex):
            body = f"/{parts[0][1]}/" if regex else "".join(f"<{t}>" if wild else t for wild, t in parts)
        case Fuzzy(field, text, edits):
            body = f"{text}~{edits}"
        case Range(field, low, high, with_low, with_high):
            body = f"{'[' if with_low else '{'}{low} TO {high}{']' if with_high else '}'}"
        case _:
            raise AssertionError(tree)
    return f"{field}:{body}" if field else body


AND = [
    ("", ""),
    ("   ", ""),
    ("*:*", "(+*:*)"),
    ("lúa", "(+lúa)"),
    ("a b", "(+a +b)"),
    ("a AND b", "(+a +b)"),
    ("a && b", "(+a +b)"),
    ("a OR b", "(a b)"),
    ("a || b", "(a b)"),
    ("a OR b OR c", "(a b c)"),
    ("a AND b OR c", "(+a b c)"),
    ("a OR b AND c", "(a +b +c)"),
    ("a b OR c", "(+a b c)"),
    ("a OR b c", "(a b +c)"),
    ("+a OR b", "(a b)"),
    ("a OR +b", "(a b)"),
    ("-a", "(-a)"),
    ("!a", "(-a)"),
    ("NOT a", "(-a)"),
    ("a -b", "(+a -b)"),
    ("a NOT b", "(+a -b)"),
    ("a AND NOT b", "(+a -b)"),
    ("a OR NOT b", "(a -b)"),
    ("-a OR b", "(-a b)"),
    ("-a AND b", "(-a +b)"),
    ("+a -b c", "(+a -b +c)"),
    ("(a b)", "(+(+a +b))"),
    ("(a OR b) AND c", "(+(a b) +c)"),
    ("a AND (b OR c)", "(+a +(b c))"),
    ("a (-b)", "(+a +(-b))"),
    ("((a))", "(+(+(+a)))"),
    ("(a OR b)^2", "(+(a b)^2)"),
    ("title:a", "(+title:a)"),
    ("title: a", "(+title:a)"),
    ("title :a", "(+title:a)"),
    ("title:a b", "(+title:a +b)"),
    ("title:(a b)", "(+(+title:a +title:b))"),
    ("title:(a OR tags:b)", "(+(title:a tags:b))"),
    ("-title:a", "(-title:a)"),
    ("+title:a OR tags:b", "(title:a tags:b)"),
    ('"a b"', '(+"a b")'),
    ('title:"a b"', '(+title:"a b")'),
    ('title:"a b"~3', '(+title:"a b"~3)'),
    ('title:"a b"^2', '(+title:"a b"^2)'),
    ('title:"a b"~3^2', '(+title:"a b"~3^2)'),
    ('title:"a b"^2~3', '(+title:"a b"~3^2)'),
    (r'title:"a \"b\""', '(+title:"a "b"")'),
    (r"title:a\:b", "(+title:a:b)"),
    (r"a\ b", "(+a b)"),
    (r"\+a", "(+" + "+a)"),
    (r"\u0061b", "(+ab)"),
    (r"\AND", "(+AND)"),
    ("a^2", "(+a^2)"),
    ("a^2.5", "(+a^2.5)"),
    ("a^=2", "(+a^=2)"),
    ("a*", "(+a<*>)"),
    ("*a", "(+<*>a)"),
    ("a*b?c", "(+a<*>b<?>c)"),
    (r"a\*b*", "(+a*b<*>)"),
    ("title:*", "(+title:<*>)"),
    ("title:a*^2", "(+title:a<*>^2)"),
    ("/a[bc]+/", "(+/a[bc]+/)"),
    (r"url:/https?:\/\/x.*/", "(+url:/https?://x.*/)"),
    ("a~", "(+a~2)"),
    ("a~1", "(+a~1)"),
    ("a~0.8", "(+a~1)"),
    ("n:[1 TO 5]", "(+n:[1 TO 5])"),
    ("n:{1 TO 5}", "(+n:{1 TO 5})"),
    ("n:[1 TO 5}", "(+n:[1 TO 5})"),
    ("n:[* TO 5]", "(+n:[None TO 5])"),
    ("n:[* TO *]", "(+n:[None TO None])"),
    ("d:[2024-01-01T00:00:00Z TO NOW/DAY+1DAY]", "(+d:[2024-01-01T00:00:00Z TO NOW/DAY+1DAY])"),
    ('n:["a b" TO "c d"]', "(+n:[a b TO c d])"),
    ("a/b", "(+a/b)"),
    ("a-b+c!d", "(+a-b+c!d)"),
    ("a - b", "(+a +- +b)"),
    ("and or not", "(+and +or +not)"),
    ("ANDROID", "(+ANDROID)"),
    ("a /* a remark */ b", "(+a +b)"),
    ("lúa　gạo", "(+lúa +gạo)"),  # an ideographic space
    ('+capacity:public x OR y +state:(active OR draft)', "(+capacity:public x y +(state:active state:draft))"),
    ('+permission_labels:("public" OR "member-1")', '(+(permission_labels:"public" permission_labels:"member-1"))'),
]  # fmt: skip
OR = [
    ("a b", "(a b)"),
    ("a", "a"),
    ("a AND b", "(+a +b)"),
    ("a OR b", "(a b)"),
    ("a b AND c", "(a +b +c)"),
    ("+a b", "(+a b)"),
    ("a +b -c", "(a +b -c)"),
    ("a AND NOT b", "(+a -b)"),
    ("(a)", "a"),
    ("-a", "(-a)"),
]
WRONG = [
    "(", ")", "(a", "a)", '"a', "a AND", "OR a", "a OR OR b", "+", "+-a", "a:", ":a", "a:b:c", "[1 TO 2", "[1 2]", "^2",
    "a^", "a^x", "()", "title:()", "a* b:(", "{a TO b", "ti*tle:a", "?:a", "a AND OR b", "~", "a:b:*", "a\\",
    "_query_:x", "_val_:x", r"\_query_:x", "(" * 100 + "a" + ")" * 100, "a " * 5000, "x" * 100_001,
]  # fmt: skip


@pytest.mark.parametrize(("query", "tree"), AND)
def test_clauses_are_required_unless_they_say_otherwise(query, tree):
    """With q.op=AND, as CKAN searches."""
    assert shown(parse(query, "AND")) == tree


@pytest.mark.parametrize(("query", "tree"), OR)
def test_clauses_are_optional_unless_they_say_otherwise(query, tree):
    """With q.op=OR."""
    assert shown(parse(query, "OR")) == tree


@pytest.mark.parametrize("query", WRONG)
def test_what_is_no_query_is_refused(query):
    """Each of these raises one error, never another."""
    with pytest.raises(SearchRefused):
        parse(query)


def test_another_operator_is_refused():
    """q.op is AND or OR."""
    with pytest.raises(SearchRefused, match=r"q\.op"):
        parse("a", "XOR")


@given(st.text(alphabet='ab:()[]{}"+-!&|~^*?/\\ TOANDR0.', max_size=40))
def test_any_text_is_parsed_or_refused(query):
    """No text makes the parser fail in another way."""
    with suppress(SearchRefused):
        parse(query)
