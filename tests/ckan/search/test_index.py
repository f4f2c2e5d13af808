"""The index in PostgreSQL finds what a search by the book finds, returns what is stored, and nothing else."""

from __future__ import annotations

import random
import time
import unicodedata
from datetime import UTC, datetime

import pysolr
import pytest
from ckan.lib.search import make_connection
from naive import QF, NaiveSearch

from ckanext.haugiang.adapters.search.shipped import schema
from ckanext.haugiang.core.search.document import build

WORDS = [
    *("lúa", "lụa", "lau", "lua", "nước", "nuôc", "sông", "thủy", "lợi", "thuỷ", "thủ", "hè", "thu", "Đông", "Xuân"),
    *("rice", "wi-fi", "2024", "PowerShot", "a_b", "it's"),
]
FIELDS = [
    *("title", "notes", "text", "tags", "name", "groups", "state", "res_format"),
    *("khac", "extras_x", "res_name", "vocab_v"),
]
PLAIN = {"defType": "dismax", **QF}


def found(index, q, **given):
    return [d["index_id"] for d in index.search(q, **{"q.op": "AND", "rows": 1000, "fl": "index_id", **given})]


def invented(chance: random.Random, number: int, document):
    def some(most):
        return " ".join(chance.choice(WORDS) for _ in range(chance.randrange(most)))

    return document(
        f"d{number}",
        title=some(5),
        notes=some(12),
        tags=[chance.choice(WORDS) for _ in range(chance.randrange(3))],
        groups=[chance.choice("xyz") for _ in range(chance.randrange(2))],
        res_format=[chance.choice(["CSV", "XLSX"]) for _ in range(chance.randrange(3))],
        res_name=[some(3) for _ in range(chance.randrange(3))],
        vocab_v=[chance.choice("pq")],
        extras_x=some(3),
        khac=chance.choice(["", "Một", "hai", "hai ba"]),
        views_total=chance.randrange(5),
        metadata_modified=f"2024-0{chance.randrange(1, 10)}-01T00:00:00Z",
    )


def asked(chance: random.Random, depth: int = 0) -> str:
    """A query that is one."""
    word, field = chance.choice(WORDS), chance.choice([f"{f}:" for f in FIELDS] + [""] * 4)
    kinds = [
        lambda: f"{field}{word}",
        lambda: f'{field}"{word} {chance.choice(WORDS)}"' + chance.choice(["", "~1", "~2"]),
        lambda: f"{'' if depth else chance.choice('+-')}{field}{word}",
        lambda: f"views_total:[{chance.randrange(5)} TO {chance.choice('*35')}]",
        lambda: f"metadata_modified:{{* TO 2024-0{chance.randrange(1, 10)}-01T00:00:00Z]",
        lambda: f"{chance.choice(FIELDS)}:*",
        lambda: f'{chance.choice(["title_ngram", "name_ngram"])}:"{word[:4]}"',
        lambda: "*:*",
    ]
    if depth < 2 and chance.random() < 0.5:
        parts = [asked(chance, depth + 1) for _ in range(chance.randrange(1, 4))]
        return "(" + chance.choice([" ", " AND ", " OR ", " NOT "]).join(parts) + ")"
    return chance.choice(kinds)()


def test_the_database_finds_what_the_book_finds(index, document):
    """Six hundred random queries on random documents, hits and order."""
    chance = random.Random(5)
    documents = [invented(chance, number, document) for number in range(60)]
    index.add(documents)
    book = NaiveSearch([build(d, schema(), datetime.now(UTC)) for d in documents], schema())
    for number in range(600):
        q = asked(chance) if number % 3 else " ".join(chance.sample(WORDS, chance.randrange(1, 4)))
        given = {} if number % 3 else dict(PLAIN)
        given["fq"] = [asked(chance)] if number % 5 == 0 else []
        given["sort"] = chance.choice(["score desc, metadata_modified desc", "title_string desc", "khac asc, name desc"])
        assert found(index, q, **given) == book.search(q, **given), (q, given)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("name:lua-h*", "lua-he"),
        ("name:*thu", "nuoc-thu"),
        ("name:*o?-*", "nuoc-thu"),
        (r"name:*\**", ""),
        ("name:100%*", ""),
        ("name:l_a*", ""),
        ("title:lú*", "lua-he"),
        ("title:LU*", "lua-he"),
        ("notes:l?a", "lua-he"),
        ("name:/lua-.*/", "lua-he"),
        ("name:/lua/", ""),
        ("title:/n[uo]+c/", "nuoc-thu"),
        ("title:lau~1", "lua-he"),
        ("name:lua-hx~1", "lua-he"),
        ("tags:lú*", "lua-he"),
        ("tags:[* TO b]", "nuoc-thu"),
        ("tags:khong*", ""),
        ("res_url:*vidu.vn*", "nuoc-thu"),
        ("-name:lua*", "nuoc-thu"),
    ],
)
def test_words_that_stand_for_many(index, document, query, names):
    """Wildcards, regular expressions and wrong letters go through the dictionary of terms."""
    index.add(
        [
            document("lua-he", title="Lúa hè", notes="sản lượng lúa", tags=["lúa"]),
            document("nuoc-thu", title="Nước thu", tags=["a"], res_url=["https://vidu.vn/a.csv"]),
        ]
    )
    assert found(index, query) == names.split()


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("query", ["lua", "lúa", "LÚA", "Lúa hè", "lua he thu", "title:lúa", 'title:"lúa hè"'])
def test_vietnamese_is_found_however_it_is_typed(index, document, query, form):
    """With and without diacritics, composed and decomposed, in documents and in queries."""
    for other in ("NFC", "NFD"):
        index.add([document(other.lower(), title=unicodedata.normalize(other, "Diện tích lúa hè thu"))])
    given = {} if ":" in query else PLAIN
    assert set(found(index, unicodedata.normalize(form, query), **given)) == {"nfc", "nfd"}


def test_exact_diacritics_come_first(index, document):
    """bão before báo and bao, whichever was written last."""
    index.add([document("bao", title="bao"), document("bao-2", title="báo"), document("bao-3", title="bão")])
    order = "score desc, metadata_modified desc"
    assert found(index, "báo", sort=order, **PLAIN)[0] == "bao-2"
    assert found(index, "bão", sort=order, **PLAIN)[0] == "bao-3"
    assert len(found(index, "bao", sort=order, **PLAIN)) == 3


def test_titles_sort_as_in_a_vietnamese_dictionary(index, document):
    """Đ after d, tones after letters, case and digits where they belong."""
    titles = ["2024", "An Giang", "ăn", "Bạc Liêu", "Cà Mau", "Cần Thơ", "dừa", "đường", "Hậu Giang", "Ô Môn", "Ơ"]
    index.add([document(f"n{n}", title=t, title_string=t) for n, t in enumerate(reversed(titles))])
    sorted_titles = [d["title"] for d in index.search("*:*", sort="title_string asc", rows=99)]
    assert sorted_titles == titles
    assert [d["title"] for d in index.search("*:*", sort="title_string desc", rows=99)] == titles[::-1]


def test_only_what_is_stored_is_returned(index, document):
    """Whatever fl asks for: never permission labels, sort keys or fields that nobody declared."""
    index.add([document("a", title_string="bí-mật", permission_labels=["creator-bí-mật"], khac="bí-mật")])
    hidden = ("permission_labels", "title_string", "khac", "text")
    for fl in ("*", "permission_labels", "*,permission_labels", ["id", "khac"], "p*", "title_string score", ""):
        for shown in index.search("*:*", fl=fl).docs:
            assert "bí-mật" not in str(shown)
            assert not set(hidden) & set(shown)
    assert index.search("*:*", fl="name,score").docs == [{"name": "a", "score": 1.0}]
    assert set(index.search("*:*", fl="id data_dict").docs[0]) == {"id", "data_dict"}


def test_documents_come_back_as_solr_gives_them(index, document):
    """Lists stay lists, dates have milliseconds and a Z; with a decoder they are Python's."""
    index.add([document("a", tags=["x"], moc_date="2024-01-31T00:00:00+07:00", extras_so="7")])
    shown = index.search("name:a").docs[0]
    assert shown["tags"] == ["x"]
    assert shown["metadata_modified"] == "2024-01-01T00:00:00.123Z"
    assert shown["moc_date"] == "2024-01-30T17:00:00Z"
    assert shown["extras_so"] == "7"
    assert make_connection().search("name:a").docs[0]["moc_date"] == datetime(2024, 1, 30, 17)  # noqa: DTZ001


def test_facets(index, document):
    """Documents are counted, not values; most frequent first; -1 is all; unknown fields have none."""
    index.add(
        [
            document("a", tags=["x", "y"], res_format=["CSV", "CSV"], theme="t1"),
            document("b", tags=["x"], res_format=["CSV"], theme="t2"),
            document("c", tags=["z"], theme="t2"),
        ]
    )

    def counts(name, **given):
        given = {"facet": "true", "facet.field": [name], "facet.mincount": 1, "rows": 0, **given}
        return index.search(given.pop("q", "*:*"), **given).facets["facet_fields"][name]

    assert counts("tags") == ["x", 2, "y", 1, "z", 1]
    assert counts("tags", **{"facet.limit": 1}) == ["x", 2]
    assert counts("tags", **{"facet.limit": -1, "q": "name:c"}) == ["z", 1]
    assert counts("tags", **{"facet.mincount": 0, "q": "name:c"}) == ["z", 1]
    assert counts("res_format") == ["CSV", 2]
    assert counts("theme") == ["t2", 2, "t1", 1]
    index.add([document("d", theme="t1")])
    index.delete(id="b")
    assert counts("theme") == ["t1", 2, "t2", 1]
    assert counts("khong_co") == []
    assert index.search("*:*", **{"facet": "false", "facet.field": ["tags"]}).facets["facet_fields"] == {}


@pytest.mark.parametrize(
    ("q", "given"),
    [
        ("*:*", {"bf": "x"}),
        ("*:*", {"boost": "x"}),
        ("*:*", {"facet.pivot": "a,b"}),
        ("*:*", {"facet.range": "a"}),
        ("*:*", {"hl": "true"}),
        ("*:*", {"facet": "true", "facet.field": ["permission_labels"]}),
        ("*:*", {"facet": "true", "facet.field": ["title"]}),
        ("*:*", {"facet": "true", "facet.field": ["data_dict"]}),
        ("*:*", {"sort": "tags asc"}),
        ("*:*", {"sort": "permission_labels asc"}),
        ("*:*", {"sort": "data_dict asc"}),
        ("*:*", {"sort": "score"}),
        ("{!func}x", {}),
        ("_query_:x", {}),
        ("name:/(/", {}),
        ("name:" + "*a" * 20, {}),
        ("a:b:c", {}),
        ('"', {}),
    ],
)
def test_what_is_not_served_is_an_error_of_solr(index, q, given):
    """CKAN tells a visitor of a SolrError; nothing is dropped in silence."""
    with pytest.raises(pysolr.SolrError, match="HTTP 400"):
        index.search(q, **given)


def test_a_document_that_does_not_fit_is_an_error_of_solr(index, document):
    """And leaves nothing behind."""
    with pytest.raises(pysolr.SolrError, match="object"):
        index.add([document("a"), document("b", khac={"x": 1})])
    assert found(index, "*:*") == []


def test_documents_are_deleted_by_id_and_by_query(index, document):
    """As pysolr takes it."""
    index.add([document(name) for name in "abcdef"])
    index.delete(id="a")
    index.delete(id=["b", 'c"'])
    index.delete(q='+site_id:"test" AND +(id:"id-d" OR name:"id-d")')
    assert set(found(index, "*:*")) == {"c", "e", "f"}
    index.add([document("a", title="lại")])
    assert found(index, "title:lại") == ["a"]
    index.delete(q='+site_id:"test"')
    assert found(index, "*:*") == []
    for wrong in ({}, {"id": "a", "q": "*:*"}):
        with pytest.raises(ValueError, match="id"):
            index.delete(**wrong)


def test_long_and_odd_values(index, document):
    """NUL, quotes, backslashes, the separators of the index itself, and a value of 40,000 letters."""
    odd = [
        "a'b",
        'a"b',
        "a\\b",
        "a\x1eb",
        "a\x1fb",
        "a:b",
        "a|b&!",
        "đ" * 40_000,
        "a\x00b",
        "\ud800a",
        "%_",
        "$1",
        "{x}",
    ]
    index.add([document(f"o{n}", khac=value, title=f"{value} x{n}") for n, value in enumerate(odd)])
    for n, value in enumerate(odd):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        assert found(index, f'khac:"{escaped}"') == [f"o{n}"]
        assert found(index, f"title:x{n}") == [f"o{n}"]


@pytest.mark.parametrize(
    ("q", "given"),
    [
        ("a" * 99_000, PLAIN),
        ("a " * 900, PLAIN),
        ("(" * 50 + "a" + ")" * 50, {}),
        ("*a*b*c*d*e*f*g*", {}),
        ("text:*a*", {}),
        ("name:/(a+)+$/", {}),
        ("name:/(.*)*(.*)*x/", {}),
        ("title:" + "a?" * 10 + "*", {}),
        ('"' + "lúa " * 2000 + '"', {}),
        ("lúa~2", {}),
        ("*:*", {"rows": 10**9}),
        ("*:*", {"start": 10**12}),
    ],
)
def test_no_query_takes_long(index, document, q, given):
    """A second at most, found or refused."""
    chance = random.Random(1)
    index.add([invented(chance, number, document) for number in range(50)])
    index.search("*:*")
    started = time.monotonic()
    refused = ""
    try:
        index.search(q, **{"q.op": "AND", **given})
    except pysolr.SolrError as error:
        refused = str(error)
    assert time.monotonic() - started < 1
    assert not refused or "HTTP 400" in refused
