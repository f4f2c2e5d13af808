"""The dictionary of all terms, which wildcards, regular expressions and fuzzy words are looked up in.

Terms are only ever added: one that no document has any more matches nothing, and processes may remember what is there.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text
from sqlalchemy.engine import Connection

from ckanext.haugiang.adapters.search.database import writing
from ckanext.haugiang.core.search import plan
from ckanext.haugiang.core.search.errors import SearchRefused
from ckanext.haugiang.core.search.fuzzy import within

_ADD = text(
    "INSERT INTO pgsearch.term (vocabulary, term) "
    "SELECT * FROM unnest(CAST(:vocabularies AS text[]), CAST(:terms AS text[])) ON CONFLICT DO NOTHING"
)
_FIND = {
    "like": text("SELECT term FROM pgsearch.term WHERE vocabulary = :v AND term LIKE :p LIMIT :most"),
    "regex": text("SELECT term FROM pgsearch.term WHERE vocabulary = :v AND term ~ :p LIMIT :most"),
    "fuzzy": text(
        "SELECT term FROM pgsearch.term WHERE vocabulary = :v AND char_length(term) BETWEEN :least AND :longest LIMIT :most"
    ),
}
_MOST = 50_000  # terms that one wildcard may stand for
_MOST_WILDCARDS = 12  # of one word; LIKE tries every split
_LONGEST_REGEX = 300
_SHORTER = 200  # terms longer than this are not in the dictionary
_REMEMBERED = 200_000
_known: set[tuple[str, str]] = set()
_generation = ""


def learn(pairs: Iterable[tuple[str, str]]) -> None:
    """Add terms in a transaction of its own, so that nobody waits for who adds the same new word with a dataset."""
    global _generation  # noqa: PLW0603 - what is known is known of one making of the tables
    with writing() as db:
        generation = db.execute(text("SELECT generation FROM pgsearch.meta")).scalar_one()
        if generation != _generation or len(_known) > _REMEMBERED:
            _known.clear()
            _generation = generation
        # sorted, so that two writers never wait for each other in a circle
        new = sorted(pair for pair in set(pairs) - _known if len(pair[1]) <= _SHORTER)
        if new:
            db.execute(_ADD, {"vocabularies": [pair[0] for pair in new], "terms": [pair[1] for pair in new]})
    if generation == _generation:
        _known.update(new)


def expand(db: Connection, leaf: plan.Expand) -> list[str]:
    """The terms that a pattern stands for.

    Raises:
        SearchRefused: if the pattern is too costly or stands for too many.
    """
    values: dict[str, object] = {"v": leaf.vocabulary, "most": _MOST + 1}
    if leaf.edits:
        word = leaf.parts[0][1]
        values |= {"least": len(word) - leaf.edits, "longest": len(word) + leaf.edits}
        found = db.execute(_FIND["fuzzy"], values).scalars().all()
        return [term for term in found if within(word, term, leaf.edits)]
    if leaf.regex:
        if len(leaf.parts[0][1]) > _LONGEST_REGEX:
            raise SearchRefused(f"A regular expression may have {_LONGEST_REGEX} characters.")
        found = db.execute(_FIND["regex"], {**values, "p": f"^(?:{leaf.parts[0][1]})$"}).scalars().all()
    else:
        found = db.execute(_FIND["like"], {**values, "p": _like(leaf)}).scalars().all()
    if len(found) > _MOST:
        raise SearchRefused(f"The pattern stands for more than {_MOST} terms; write more letters of it.")
    return list(found)


def _like(leaf: plan.Expand) -> str:
    if sum(wild for wild, _ in leaf.parts) > _MOST_WILDCARDS:
        raise SearchRefused(f"A word may have {_MOST_WILDCARDS} wildcards.")
    signs = {"*": "%", "?": "_"}
    escaped = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_", "\x00": None})
    return "".join(signs[part] if wild else part.translate(escaped) for wild, part in leaf.parts)
