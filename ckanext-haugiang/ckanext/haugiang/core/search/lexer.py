"""Query text → tokens of Lucene's classic syntax, as Solr's grammar cuts them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ckanext.haugiang.core.search.errors import SearchRefused

_BLANK = " \t\n\r\u3000"
_START = rf'(?:[^{_BLANK}+\-!():^\[\]"{{}}~*?\\/]|\\.)'
_CHAR = rf"(?:{_START}|[-+/!])"
_RULES = (
    ("blank", rf"[{_BLANK}]+|/\*.*?\*/"),
    ("regex", r"/(?:[^*/\\]|\\.)(?:[^/\\]|\\.)*/"),
    ("bare", rf"[-+!](?=[{_BLANK}])"),
    ("plus", r"\+"),
    ("not", r"-|!"),
    ("quoted", r'"(?:[^"\\]|\\.)*"'),
    ("wild", rf"(?:{_START}|[*?])(?:{_CHAR}|[*?])*"),
    ("fuzzy", r"~(?:\d+(?:\.\d+)?)?"),
    ("boost", r"\^=?-?\d+(?:\.\d+)?"),
    ("range", r'[\[{]\s*(?:"(?:[^"\\]|\\.)*"|[^\s\]}]+)\s+TO\s+(?:"(?:[^"\\]|\\.)*"|[^\s\]}]+)\s*[\]}]'),
    ("open", r"\("),
    ("close", r"\)"),
    ("colon", r":"),
)
_LEXER = re.compile("|".join(f"(?P<{name}>{rule})" for name, rule in _RULES), re.DOTALL)
_RANGE = re.compile(r'(.)\s*("(?:[^"\\]|\\.)*"|[^\s\]}]+)\s+TO\s+("(?:[^"\\]|\\.)*"|[^\s\]}]+)\s*(.)', re.DOTALL)
_WORDS = {"AND": "and", "&&": "and", "OR": "or", "||": "or", "NOT": "not"}
LONGEST = 100_000  # characters; a longer query is an attack, not a question


@dataclass(frozen=True, slots=True)
class Lexeme:
    """A token: its kind, its text as written, and where it starts."""

    kind: str
    text: str
    start: int


def unescape(text: str) -> str:
    r"""Take away backslashes, keeping what they protect; ``\u00e9`` is a letter by its number."""
    return re.sub(
        r"\\(?:u([0-9a-fA-F]{4})|(.))",
        lambda m: chr(int(m[1], 16)) if m[1] else m[2],
        text,
        flags=re.DOTALL,
    )


def pieces(text: str) -> tuple[tuple[bool, str], ...]:
    r"""Literal pieces and wildcards of a word: ``a\*b*`` → (no, ``a*b``), (yes, ``*``)."""
    found: list[tuple[bool, str]] = []
    for part in re.findall(r"(?:[^*?\\]|\\.)+|[*?]", text, re.DOTALL):
        found.append((part in {"*", "?"}, unescape(part)))
    return tuple(found)


def range_ends(text: str) -> tuple[str | None, str | None, bool, bool]:
    """The ends of a range token and whether they belong to it; None is an open end."""
    match = _RANGE.fullmatch(text)
    assert match is not None  # the lexer has matched it  # noqa: S101
    ends = [None if e == "*" else unescape(e[1:-1] if e[0] == '"' else e) for e in (match[2], match[3])]
    return ends[0], ends[1], match[1] == "[", match[4] == "]"


def lex(query: str) -> Iterator[Lexeme]:
    """Cut a query into tokens.

    Raises:
        SearchRefused: where no token fits, or if the query is too long.
    """
    if len(query) > LONGEST:
        raise SearchRefused(f"The query has {len(query)} characters; at most {LONGEST} are read.")
    at = 0
    while at < len(query):
        match = _LEXER.match(query, at)
        if not match:
            raise SearchRefused(f"org.apache.solr.search.SyntaxError: Cannot parse {query[:200]!r} at column {at}.")
        kind, text = match.lastgroup or "", match.group()
        if kind == "wild" and text in _WORDS:
            kind = _WORDS[text]
        elif kind == "wild" and not any(wild for wild, _ in pieces(text)):
            kind = "term"
        if kind != "blank":
            yield Lexeme(kind, text, at)
        at = match.end()
