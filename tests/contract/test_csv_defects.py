"""Files with every defect that test suites of CSV readers name: the same report as frictionless's, in whatever blocks."""

import io

import pytest

from ckanext.haugiang.core.errors import ReadError
from ckanext.haugiang.core.schema import parse_table_schema
from ckanext.haugiang.core.validate import blocks, validate
from ckanext.haugiang.core.validate.judge import csv_dialect
from ckanext.haugiang.core.validate.parts import Threads

from .oracle import counted, oracle, told
from .tables import V2
from .test_frictionless import ranged


def schema(*fields, **keys):
    return parse_table_schema(
        {
            "$schema": V2,
            "name": "trial",
            "x-version": "1.0.0",
            "x-sector": "health",
            "title": "x",
            "x-title-en": "x",
            "fields": [{"title": "x", **field} for field in fields],
            **keys,
        }
    )


TWO = schema({"name": "a", "type": "integer"}, {"name": "b", "type": "string", "constraints": {"required": True}})
DEFECTS = {
    # csv-spectrum's twelve
    "comma in quotes": 'a,b\n1,"x, y"\n',
    "empty": 'a,b\n1,""\n2,\n',
    "empty and crlf": 'a,b\r\n1,""\r\n2,\r\n',
    "escaped quotes": 'a,b\n1,"ha ""ha"" ha"\n3,4\n',
    "json": 'a,b\n1,"{""type"": ""Point"", ""coordinates"": [102.0, 0.5]}"\n',
    "line ends within": 'a,b\n1,"Once upon \na time"\n5,6\n',
    "line ends within and crlf": 'a,b\r\n1,"Once upon \r\na time"\r\n5,6\r\n',
    "quotes and line ends": 'a,b\n1,"ha \n""ha"" \nha"\n3,4\n',
    "simple": "a,b\n1,2\n",
    "simple and crlf": "a,b\r\n1,2\r\n",
    "utf-8": "a,b\n1,Lúa gạo ʤ\n",
    "places": "a,b\n1,Cần Thơ\nx,Vị Thanh\n",
    # structure
    "ragged rows": "a,b\n1\n2,x,3\n4,y\n,,\n",
    "only ragged rows": "a,b\n1\n2\n",
    "lone quote within": 'a,b\n1,5" pipe\n2,x\n3,6" pipe\n',
    "lone quote opens": 'a,b\n1,"x\n2,y\n',
    "text after a quote": 'a,b\n1,"x"y\n2,"x" \nq,"x""\n3,z"\n',
    "blank before a quote": 'a,b\n1, "x"\nq, "y, z"\n',
    "mixed line ends": "a,b\r\n1,x\n2,y\rq,z\r\n",
    "old macintosh": "a,b\r1,x\rq,y\r",
    "no line end at last": "a,b\n1,x\nq,y",
    "blank lines": "a,b\n\n1,x\n\n\nq,y\n\n",
    "blank lines and crlf": "a,b\r\n\r\n1,x\r\n\r\nq,y\r\n",
    "a line of blanks": "a,b\n  \n1,x\n",
    "a row of separators": "a,b\n,\n1,x\n",
    "byte order mark": "\ufeffa,b\n1,x\nq,y\n",
    "byte order mark and quotes": '\ufeff"a","b"\n1,x\nq,y\n',
    "line end in the header": '"a\n",b\n1,x\nq,y\n',
    "odd quote in the header": 'a",b\n1,x\nq,"y"\n',
    "duplicate labels": "a,a\n1,x\n",
    "blank label": "a,\n1,x\n",
    "more labels": "a,b,c\n1,x,y\nq,x,y\n",
    "fewer labels": "a\n1\nq\n",
    "a quote that opens in the last row": 'a,b\n1,x\n"\n',
    "a quote that opens in the last row, with text": 'a,b\n1,x\n"q\r\n',
    "a quote that opens in the last row, several lines": 'a,b\r\n1,x\r\n2,y,"q\r\n\r\n',
    "a quote that opens in the last row, no line end": 'a,b\n1,x\n"q',
    "header alone": "a,b\n",
    "header without line end": "a,b",
    "nothing": "",
    "a blank line": "\n",
    "a blank line before": "\na,b\n1,x\n",
    "nul bytes": "a,b\n1,x\x00y\n\x00,z\n",
    "quote in the header never closes": 'a,"b\n' + "1,x\n" * 100,
    "long cells": "a,b\n" + "q" * 400 + ",x\n1," + "đ" * 200 + ",z\n",
    "tabs": "a,b\n1\t,x\n\t2,y\n",
}


@pytest.mark.parametrize("block", [1 << 20, 1, 9])
@pytest.mark.parametrize("limit", [0, 1, 1000])
@pytest.mark.parametrize("name", DEFECTS)
@pytest.mark.parametrize("engine", [Threads(2), ranged])
def test_a_defect_is_reported_as_frictionless_does(name, limit, block, engine):
    data = DEFECTS[name].encode()
    expected = oracle(data, TWO, {}, limit=limit)
    report = validate(io.BytesIO(data), TWO, {}, limit=limit, block_bytes=block, engine=engine)
    assert told(report) == expected
    extra = report.custom["haugiang"]
    assert (extra["by_type"], extra["by_field"]) == counted(oracle(data, TWO, {}, limit=0), TWO)


@pytest.mark.parametrize("data", [b"a,b\n1,x\nq,\xff\n", b"a,b\n" + b"q,x\n" * 9000 + b"1,\xe1\n", b"\xff\xfe"])
def test_bytes_that_are_no_utf8_are_frictionlesss_to_report(data):
    report = validate(io.BytesIO(data), TWO, {}, limit=1000)
    assert told(report) == oracle(data, TWO, {}, limit=1000)


@pytest.mark.parametrize(
    ("delimiter", "quote", "text"),
    [
        (";", '"', 'a;b\n1;"x;y"\nq;z\n'),
        ("\t", '"', "a\tb\n1\tx\nq\ty\n"),
        ("|", "'", "a|b\n1|'x|y'\nq|z\n"),
        (",", "", 'a,b\n1,"x"\nq,y"\n'),
    ],
)
def test_other_dialects(delimiter, quote, text):
    dialect = csv_dialect(delimiter=delimiter, quote=quote)
    expected = oracle(text.encode(), TWO, {}, limit=0, dialect=csv_dialect(delimiter=delimiter, quote=quote))
    assert told(validate(io.BytesIO(text.encode()), TWO, {}, limit=0, dialect=dialect)) == expected


def test_a_quote_that_never_closes_is_refused_with_its_row(monkeypatch):
    monkeypatch.setattr(blocks, "RECORD_BYTES", 2000)
    data = b"a,b\n" + b"1,x\n" * 100 + b'2,"y\n' + b"3,z\n" * 2000
    with pytest.raises(ReadError) as caught:
        validate(io.BytesIO(data), TWO, {}, block_bytes=100)
    assert (caught.value.code, caught.value.params) == ("quote-unclosed", {"row": 102})


def test_a_pattern_that_backtracks_takes_no_time():
    table = schema({"name": "a", "type": "string", "constraints": {"pattern": "(a+)+"}})
    report = validate(io.BytesIO(b"a\n" + (b"a" * 40 + b"!\n") * 2000), table, {})
    assert report.custom["haugiang"]["errors"] == 2000


def test_a_number_without_end_takes_no_memory():
    table = schema({"name": "a", "type": "number", "constraints": {"unique": True}})
    report = validate(io.BytesIO(b"a\n1e999999999\n1e999999999\n" + b"9" * 100_000 + b"\n"), table, {})
    assert report.custom["haugiang"]["by_type"] == {"unique-error": 1}


def test_a_table_that_refers_to_itself():
    document = {"foreignKeys": [{"fields": ["b"], "reference": {"resource": "", "fields": ["a"]}}]}
    table = schema({"name": "a", "type": "string"}, {"name": "b", "type": "string"}, **document)
    data = b"a,b\n1,2\n2,3\n4,\n"
    report = validate(io.BytesIO(data), table, {})
    assert told(report) == oracle(data, table, {}, limit=1000)
    assert report.custom["haugiang"]["by_type"] == {"foreign-key": 1}


def test_typed_columns_come_from_the_same_pass():
    batches = []
    validate(io.BytesIO(b"a,b\n1,x\nq,y\n+3,\n"), TWO, {}, on_batch=batches.append, block_bytes=5)
    columns = [batch.to_pydict() for batch in batches]
    assert [value for part in columns for value in part["a"]] == [1, None, 3]
    assert [value for part in columns for value in part["b"]] == ["x", "y", None]
