"""What queries find: Lucene's clauses on documents, Vietnamese words, filters, ranges, order."""

from __future__ import annotations

import unicodedata

import pytest
from naive import NOW, QF, NaiveSearch, schema

from ckanext.haugiang.core.search.document import build
from ckanext.haugiang.core.search.errors import SearchRefused

DOCUMENTS = [
    {"index_id": "lua", "name": "lua-he-thu", "title": "Diện tích lúa Hè Thu", "notes": "Sản lượng lúa theo huyện",
     "tags": ["lúa", "nông nghiệp"], "views_total": 5, "metadata_modified": "2024-05-01T00:00:00Z"},
    {"index_id": "lua2", "name": "lua-dong-xuan", "title": "Năng suất lúa Đông Xuân", "notes": "thống kê",
     "tags": ["lúa"], "views_total": 50, "metadata_modified": "2024-05-03T00:00:00Z"},
    {"index_id": "lau", "name": "nha-lua", "title": "Nghề dệt lụa", "notes": "lụa tơ tằm",
     "tags": ["nghề"], "views_total": 7, "metadata_modified": "2024-05-02T00:00:00Z"},
    {"index_id": "nuoc", "name": "nuoc-mat", "title": "Chất lượng nước mặt", "notes": "Trạm quan trắc; thủy lợi",
     "tags": ["nước", "môi trường"], "groups": ["moi-truong"], "share": 0.5, "thu_date": "2024-01-31",
     "metadata_modified": "2024-04-01T00:00:00Z"},
    {"index_id": "en", "name": "rice-exports", "title": "Rice exports and statistics", "notes": "wi-fi term0123",
     "tags": ["Rice", "exports"], "so_hieu": "Q/2024:1", "metadata_modified": "2024-03-01T00:00:00Z"},
]  # fmt: skip
SITE = NaiveSearch([build(document, schema(), NOW) for document in DOCUMENTS])
NAMES = {"defType": "dismax", **QF}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("*:*", "lua lua2 lau nuoc en"),
        ("title:lúa", "lua lua2 lau"),
        ("title:LUA", "lua lua2 lau"),
        ("title:lua AND notes:huyện", "lua"),
        ("title:lua notes:huyện", "lua"),
        ("title:lua OR title:nước", "lua lua2 lau nuoc"),
        ("title:lua -title:nghề", "lua lua2"),
        ("-title:lua", "nuoc en"),
        ("NOT title:lua", "nuoc en"),
        ("title:nuoc OR -title:lua", "nuoc"),
        ("*:* (-title:lua)", ""),
        ("+title:lua title:xuan OR title:nghe", "lua lua2 lau"),
        ('title:"lúa hè"', "lua"),
        ('title:"hè lúa"', ""),
        ('title:"lúa thu"~1', "lua"),
        ('title:"lúa thu"', ""),
        ('"lúa nông"', ""),
        ("tags:lúa", "lua lua2"),
        ("tags:lua", ""),
        ("tags:(lúa OR nước)", "lua lua2 nuoc"),
        ('tags:"môi trường"', "nuoc"),
        ("tags:[l TO m]", "lua lua2"),
        ("name:rice-exports", "en"),
        ("rice", "en"),
        ("wifi", "en"),
        ("wi fi", "en"),
        ("statistic", "en"),
        ("term0123", "en"),
        ("term0124", ""),
        ("thuy loi", "nuoc"),
        (r"so_hieu:Q\/2024\:1", "en"),
        ("so_hieu:*", "en"),
        ("groups:*", "nuoc"),
        ("-groups:*", "lua lua2 lau en"),
        ("notes:*", "lua lua2 lau nuoc en"),
        ("khong_co:*", ""),
        ("khong_co:x", ""),
        ("views_total:[6 TO 50]", "lua2 lau"),
        ("views_total:{7 TO 50}", ""),
        ("views_total:7", "lau"),
        ("share:[0.4 TO *]", "nuoc"),
        ("metadata_modified:[NOW-31DAYS TO NOW]", "lua lua2 lau"),
        ("metadata_modified:[2024-05-02T00:00:00Z TO *]", "lua2 lau"),
        ("thu_date:[* TO 2024-02-01T00:00:00Z]", "nuoc"),
        ('title:"!!!"', ""),
        ('title:lua title:"!!!"', "lua lua2 lau"),
        ("name_ngram:rice", "en"),
        ('name_ngram:"a-he"', "lua"),
        ("name_ngram:x", ""),
        ("", ""),
    ],
)
def test_queries_of_fields(query, found):
    """Lucene's syntax, with the operator that CKAN sets."""
    assert set(SITE.search(query)) == set(found.split())


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("lúa", "lua lua2 lau"),
        ("lua", "lua lua2 lau"),
        ("LÚA", "lua lua2 lau"),
        (unicodedata.normalize("NFD", "lúa hè"), "lua"),
        ("nuoc mat", "nuoc"),
        ("lúa hè thu", "lua"),
        ("lúa hè khôngcó", "lua"),
        ("lúa xuân khôngcó gìcả", ""),
        ("+lúa -xuân", "lua lau"),
        ('"hè thu"', "lua"),
        ("rice & statistics", "en"),
        ("moi truong", "nuoc"),
        ("rice-exports", "en"),
        ("Rice", "en"),
        ("(lúa)", "lua lua2 lau"),
        ("*", ""),
        ("!!!", ""),
    ],
)
def test_plain_words(query, found):
    """As visitors type them: most words must match, diacritics may be missing."""
    assert set(SITE.search(query, **NAMES)) == set(found.split())


def test_exact_diacritics_come_first():
    """lúa before lụa if lúa is typed, and the other way round."""
    assert SITE.search("lúa", **NAMES)[-1] == "lau"
    assert SITE.search("lụa", **NAMES)[0] == "lau"
    assert SITE.search("title:lụa")[0] == "lau"


def test_a_word_in_the_title_weighs_more_than_in_the_notes():
    """qf's weights."""
    assert SITE.search("lượng", **NAMES)[0] == "nuoc"


@pytest.mark.parametrize(
    ("sort", "first"),
    [
        ("metadata_modified desc", "lua2"),
        ("metadata_modified asc", "en"),
        ("name asc", "lua2"),
        ("name desc", "en"),
        ("title asc", "nuoc"),
        ("views_total desc", "lua2"),
        ("views_total asc", "nuoc"),  # without a number counts as 0, as in Solr; then by ordinal
        ("so_hieu asc", "en"),
        ("so_hieu desc", "en"),  # without text comes last in both directions
        ("khong_co desc, name asc", "lua2"),
    ],
)
def test_order(sort, first):
    """Any single-valued field sorts, even one that no document has."""
    assert SITE.search("*:*", sort=sort)[0] == first


def test_pages():
    """start and rows cut the same order."""
    whole = SITE.search("*:*", sort="name asc")
    assert [SITE.search("*:*", sort="name asc", start=n, rows=2) for n in (0, 2, 4, 9)] == [
        whole[:2], whole[2:4], whole[4:], [],
    ]  # fmt: skip


def test_filters_narrow_one_by_one():
    """Each filter is a query of its own; an OR inside cannot reach into another."""
    assert SITE.search("*:*", fq=["tags:lúa OR tags:nước", "-title:xuân"]) == ["lua", "nuoc"]
    assert SITE.search("*:*", fq=["+tags:lúa", "name:x OR *:*"]) == SITE.search("*:*", fq="tags:lúa")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("{!lucene q.op=OR}title:xuân title:nghề", "lua2 lau"),
        ("{!lucene q.op=AND}title:xuân title:nghề", ""),
        ("{!bool must=title:lua must_not=title:nghề}", "lua lua2"),
        ("{!type=bool must='title:lua' should=title:xuân}", "lua lua2 lau"),
        ("{!dismax qf=title}dien tich", "lua"),
        ("{!term f=name}rice-exports", "en"),
        ("{!field f=title v='hè thu'}", "lua"),
        ("{!bool}", ""),
    ],
)
def test_local_parameters(query, found):
    """The parsers that CKAN's settings may allow."""
    assert set(SITE.search(query)) == set(found.split())


@pytest.mark.parametrize(
    ("query", "given", "words"),
    [
        ("*:*", {"facet.query": "x"}, "facet.query"),
        ("*:*", {"bf": "recip(x)"}, "bf"),
        ("*:*", {"hl": "true"}, "hl"),
        ("*:*", {"defType": "knn"}, "knn"),
        ("*:*", {"rows": "x"}, "rows"),
        ("*:*", {"start": -1}, "start"),
        ("*:*", {"sort": "name"}, "Sort Order"),
        ("*:*", {"sort": "(select 1) asc"}, "Sort Order"),
        ("*:*", {"fl": "sum(a,b)"}, "fl"),
        ("*:*", {"facet": "true", "facet.field": "{!ex=a}b"}, "facet.field"),
        ("{!knn f=v}[1]", {}, "knn"),
        ("{!lucene v=$q}", {}, "refers"),
        ("data_dict:x", {}, "not indexed"),
        ("*:x", {}, "undefined"),
        ("title:[a TO b]", {}, "words"),
        ("metadata_modified:today", {}, "Invalid Date"),
        ("metadata_modified:[x TO NOW]", {}, "Invalid Date"),
        ("views_total:many", {}, "Invalid Number"),
        ("views_total:99999999999", {}, "Invalid Number"),
        ("views_total:1*", {}, "wildcard"),
        ("views_total:1~", {}, "fuzzy"),
        ("name_ngram:ri*", {}, "wildcard"),
    ],
)
def test_what_is_not_served_is_refused_by_name(query, given, words):
    """Nothing is silently dropped."""
    with pytest.raises(SearchRefused, match=words):
        SITE.search(query, **given)
