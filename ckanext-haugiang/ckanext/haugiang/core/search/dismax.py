"""Plain words → syntax tree, as Solr's dismax parser reads them.

Every word is looked for in several fields (``qf``); ``mm`` says how many words must be found. Quotes, ``+``, ``-`` and
the words AND, OR, NOT keep their meaning, everything else is text.
"""

from __future__ import annotations

import re

from ckanext.haugiang.core.search.errors import SearchRefused
from ckanext.haugiang.core.search.lucene import parse
from ckanext.haugiang.core.search.syntax import Best, Boosted, Group, Phrase, Term, Tree

_ESCAPED = re.compile(r"([\\!(){}\[\]^~*?:/]|&&|\|\|)")
_OPERATORS = {"AND", "OR", "NOT"}


def weights(qf: str) -> tuple[tuple[str, float], ...]:
    """``name^4 text`` → ((name, 4), (text, 1))."""
    found: list[tuple[str, float]] = []
    for part in qf.split():
        name, _, weight = part.partition("^")
        try:
            found.append((name, float(weight) if weight else 1.0))
        except ValueError:
            raise SearchRefused(f"qf names a weight that is no number: {part}") from None
    return tuple(found)


def minimum(spec: str, count: int) -> int:
    """How many of ``count`` words must match by a ``mm`` such as ``2<-1 5<80%``.

    Raises:
        SearchRefused: if the text is no such rule.
    """
    try:
        return _minimum(spec.strip(), count)
    except ValueError:
        raise SearchRefused(f"mm is not understood: {spec}") from None


def _minimum(spec: str, count: int) -> int:
    if "<" in spec:
        result = count
        for part in re.sub(r"\s*<\s*", "<", spec).split():
            upper, _, rule = part.partition("<")
            if count <= int(upper):
                return result
            result = _minimum(rule, count)
        return result
    if spec.endswith("%"):
        share = int(count * int(spec[:-1]) / 100)  # toward zero, as Java does
        result = count + share if share < 0 or spec.startswith("-") else share
    else:
        number = int(spec)
        result = count + number if number < 0 else number
    return max(0, min(count, result))


def _words(query: str) -> str:
    """Escape what is syntax in Lucene but text here; drop a lone quote and signs or operators that lead nowhere."""
    if query.count('"') % 2:
        query = query.replace('"', " ")
    query = _ESCAPED.sub(r"\\\1", query)
    query = re.sub(r"[-+]+(?=\s|$|[-+])", " ", query)
    parts = re.findall(r'[-+]?"[^"]*"|[^\s"]+', query)
    kept: list[str] = []
    for part in parts:
        if part in _OPERATORS and (not kept or kept[-1] in _OPERATORS) and part != "NOT":
            continue
        kept.append(part)
    while kept and kept[-1] in _OPERATORS:
        kept.pop()
    return " ".join(kept)


def _spread(tree: Tree, fields: tuple[tuple[str, float], ...], tie: float) -> Tree:
    """Look for a word in every field."""
    if isinstance(tree, Group):
        return Group(tuple((occur, _spread(node, fields, tie)) for occur, node in tree.clauses), tree.mm)
    if isinstance(tree, Term | Phrase):
        nodes = [
            Boosted(Term(name, tree.text) if isinstance(tree, Term) else Phrase(name, tree.text, tree.slop), weight)
            for name, weight in fields
        ]
        return Best(tuple(nodes), tie)
    raise SearchRefused("The query is not understood as plain words.")


def parse_plain(query: str, qf: str, mm: str, tie: float) -> Tree | None:
    """Parse plain words.

    Args:
        query: what the user typed.
        qf: fields with weights.
        mm: how many words must match.
        tie: how much the fields count that are not the best for a word.

    Returns:
        The tree, or None if no word is there.
    """
    fields = weights(qf)
    if not fields:
        raise SearchRefused("qf names no field")
    tree = parse(_words(query), "OR")
    if tree is None:
        return None
    if isinstance(tree, Group):
        minimum(mm, len(tree.clauses))  # refuses a rule that is none; it is counted when empty words are gone
        tree = Group(tree.clauses, mm)
    return _spread(tree, fields, tie)
