"""Lucene's classic query syntax → syntax tree, with the clause rules of Solr's parser.

``AND``, ``OR`` and ``NOT`` are not operators with a precedence: they change the clause before or behind them. CKAN
relies on it when it writes ``+capacity:public `` before a user's filter, so the rules are kept to the letter.
"""

from __future__ import annotations

from ckanext.haugiang.core.search.errors import SearchRefused
from ckanext.haugiang.core.search.lexer import Lexeme, lex, pieces, range_ends, unescape
from ckanext.haugiang.core.search.syntax import All, Boosted, Fuzzy, Group, Occur, Pattern, Phrase, Range, Term, Tree

DEEPEST = 60  # brackets within brackets
MOST = 4096  # clauses of one query; Solr's limit is 1024 for one group
_MAGIC = {"_query_", "_val_"}
_END = Lexeme("end", "", 0)


def parse(query: str, operator: str = "AND") -> Tree | None:
    """Parse a query.

    Args:
        query: the text.
        operator: ``AND`` or ``OR``, what stands between clauses that name nothing.

    Returns:
        The tree, or None for a query without any clause.

    Raises:
        SearchRefused: with Solr's words, if the text is not a query.
    """
    if operator not in {"AND", "OR"}:
        raise SearchRefused(f"q.op is AND or OR, not {operator}")
    return _Parser(query, operator).whole()


class _Parser:
    """Recursive descent over the tokens of one query."""

    def __init__(self, query: str, operator: str) -> None:
        self.query = query
        self.all_required = operator == "AND"
        self.tokens = list(lex(query))
        self.at = 0
        self.clauses = 0

    def peek(self, ahead: int = 0) -> Lexeme:
        place = self.at + ahead
        return self.tokens[place] if place < len(self.tokens) else _END

    def take(self, *kinds: str) -> Lexeme | None:
        token = self.peek()
        if token.kind not in kinds:
            return None
        self.at += 1
        return token

    def refuse(self) -> SearchRefused:
        token = self.peek()
        found = f"{token.text!r} at column {token.start}" if token.kind != "end" else "its end"
        return SearchRefused(f"org.apache.solr.search.SyntaxError: Cannot parse {self.query[:200]!r}: encountered {found}.")

    def whole(self) -> Tree | None:
        if not self.tokens:
            return None
        tree = self.group(None, 0)
        if self.peek().kind != "end":
            raise self.refuse()
        return tree

    def group(self, field: str | None, depth: int) -> Tree:
        """Clauses up to a closing bracket or the end."""
        if depth > DEEPEST:
            raise SearchRefused(f"The query nests more than {DEEPEST} brackets.")
        clauses: list[tuple[Occur, Tree]] = []
        first = True
        while first or self.peek().kind not in {"end", "close"}:
            joined = None if first else self.take("and", "or")
            sign = self.take("plus", "not")
            self.add(clauses, joined, sign, self.clause(field, depth))
            first = False
        return clauses[0][1] if len(clauses) == 1 and clauses[0][0] == "should" else Group(tuple(clauses))

    def add(self, clauses: list[tuple[Occur, Tree]], joined: Lexeme | None, sign: Lexeme | None, tree: Tree) -> None:
        """Lucene's ``addClause``: a conjunction also changes the clause before it."""
        self.clauses += 1
        if self.clauses > MOST:
            raise SearchRefused(f"The query has more than {MOST} clauses (too many boolean clauses).")
        word = joined.kind if joined else ""
        if clauses and clauses[-1][0] != "must_not":
            if word == "and":
                clauses[-1] = ("must", clauses[-1][1])
            elif word == "or" and self.all_required:
                clauses[-1] = ("should", clauses[-1][1])
        mark = sign.kind if sign else ""
        required = word != "or" if self.all_required else mark == "plus" or word == "and"
        occur: Occur = "must_not" if mark == "not" else "must" if required else "should"
        clauses.append((occur, tree))

    def clause(self, field: str | None, depth: int) -> Tree:
        if self.peek(1).kind == "colon" and self.peek().kind in {"term", "wild"}:
            name = self.peek()
            if name.kind == "wild" and name.text != "*":
                raise self.refuse()
            self.at += 2
            field = "*" if name.kind == "wild" else unescape(name.text)
            if field in _MAGIC:
                raise SearchRefused(f"The magic field {field} is not supported.")
        opening = self.take("open")
        if not opening:
            return self.term(field)
        tree = self.group(field, depth + 1)
        if not self.take("close"):
            raise self.refuse()
        return self.boosted(tree)

    def term(self, field: str | None) -> Tree:
        token = self.take("term", "wild", "regex", "bare", "quoted", "range")
        if not token:
            raise self.refuse()
        if token.kind == "range":
            return self.boosted(Range(field, *range_ends(token.text)))
        boost = self.take("boost")
        slop = self.take("fuzzy")
        boost = boost or self.take("boost")
        tree = self.meaning(field, token, slop)
        return _boosted(tree, boost) if boost else tree

    def meaning(self, field: str | None, token: Lexeme, slop: Lexeme | None) -> Tree:
        if token.kind == "quoted":
            loose = int(float(slop.text[1:])) if slop and slop.text != "~" else 0
            return Phrase(field, unescape(token.text[1:-1]), min(loose, 1000))
        if token.kind == "regex":
            return Pattern(field, ((True, token.text[1:-1].replace("\\/", "/")),), regex=True)
        if slop:
            return Fuzzy(field, unescape(token.text), _edits(slop.text))
        if token.kind == "wild":
            if field == "*" and token.text == "*":
                return All()
            return Pattern(field, pieces(token.text))
        return Term(field, token.text if token.kind == "bare" else unescape(token.text))

    def boosted(self, tree: Tree) -> Tree:
        boost = self.take("boost")
        return _boosted(tree, boost) if boost else tree


def _boosted(tree: Tree, boost: Lexeme) -> Tree:
    constant = boost.text.startswith("^=")
    return Boosted(tree, float(boost.text.lstrip("^=")), constant)


def _edits(text: str) -> int:
    """The edits of ``~``: 2 if no number stands there; old similarities such as ``~0.8`` mean one edit."""
    if text == "~":
        return 2
    number = float(text[1:])
    return min(int(number), 2) if number >= 1 else 1
