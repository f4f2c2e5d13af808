"""Files of a few bytes against their cases: tests/cases/read/*.yaml."""

from __future__ import annotations

import io
import unicodedata
from pathlib import Path
from typing import Any

import pytest
import yaml

from ckanext.haugiang.core.errors import HauGiangError, ReadError
from ckanext.haugiang.core.read import detect, encoding, open_tables
from ckanext.haugiang.core.read.encoding import Encoding, utf8_pieces

CASES = Path(__file__).parents[2] / "cases" / "read"


def cases() -> list[Any]:
    return [
        pytest.param(case, id=f"{path.stem}: {case['name']}")
        for path in sorted(CASES.glob("*.yaml"))
        for case in yaml.safe_load(path.read_text(encoding="utf-8"))
    ]


def content(case: dict[str, Any]) -> bytes:
    if "as_bytes" in case:  # cp1258 has no composed letters: tones are letters after the vowel
        return decomposed_for_1258(case["as_bytes"])
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    return case["text"].encode(case.get("as", "utf-8"))


def decomposed_for_1258(text: str) -> bytes:
    tones = dict(zip("\u0300\u0309\u0303\u0301\u0323", b"\xcc\xd2\xde\xec\xf2", strict=True))
    out = bytearray()
    for letter in text:
        spread = unicodedata.normalize("NFD", letter)
        tone = [mark for mark in spread if mark in tones]
        out += unicodedata.normalize("NFC", "".join(c for c in spread if c not in tones)).encode("cp1258")
        out += bytes(tones[mark] for mark in tone)
    return bytes(out)


def read_all(stream: io.BytesIO, name: str) -> None:
    for table in open_tables(stream, detect(stream, name)):
        list(table.blocks())


@pytest.mark.parametrize("case", cases())
def test_case(case: dict[str, Any]) -> None:
    """Format, letters, delimiter and rows are as the case says, or the file is refused with its code."""
    stream = io.BytesIO(content(case))
    if "error" in case:
        with pytest.raises(HauGiangError) as caught:
            read_all(stream, case["file"])
        assert caught.value.code == case["error"]
        assert {key: caught.value.params[key] for key in case.get("params", {})} == case.get("params", {})
        return
    found = detect(stream, case["file"])
    assert found.encoding is not None
    delimiter = found.dialect.delimiter if found.dialect else None
    said = {"format": found.format, "encoding": found.encoding.name, "delimiter": delimiter}
    assert {key: said[key] for key in said if key in case} == {key: case[key] for key in said if key in case}
    if "rows" in case:
        blocks = [block for table in open_tables(stream, found) for block in table.blocks()]
        assert [row for block in blocks for row in block.rows(block.height)] == case["rows"]
        assert blocks[0].first == 1
        if "lines" in case:
            assert [line for block in blocks for line in (block.lines if block.lines is not None else [])] == case["lines"]


@pytest.mark.parametrize("shift", [0, 1, 2])
def test_a_letter_across_two_pieces(shift: int) -> None:
    """Files are read in pieces of 1 MiB, and letters do not mind where these end."""
    stream = io.BytesIO(("a,b,ghi chú\n" + "x" * shift + ",,ữ\n" * 300_000).encode())
    (table,) = open_tables(stream, detect(stream, "a.csv"))
    assert sum(block.height for block in table.blocks()) == 300_001


@pytest.mark.parametrize("end", ["\u1eef", "\U0001f33e", "\u00e9", "x"])
@pytest.mark.parametrize("cut", [1, 2, 3])
def test_a_letter_that_is_cut_off(end: str, cut: int) -> None:
    """Bytes that begin a letter at the end of a file are no letter; nor are those in the middle of one."""
    text = "a,b\n1,ữ\n2," + end
    whole = text.encode()
    cut = min(cut, len(end.encode()) - 1)
    letters = Encoding("utf-8", 0, 1.0)
    assert b"".join(utf8_pieces(io.BytesIO(whole), letters)) == whole
    if cut:
        with pytest.raises(ReadError):
            list(utf8_pieces(io.BytesIO(whole[:-cut]), letters))
        with pytest.raises(ReadError):
            list(utf8_pieces(io.BytesIO(whole[:-cut] + b"\n3,4\n"), letters))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 7])
def test_any_letter_lies_across_any_pieces(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the pieces, the bytes come out as they went in."""
    monkeypatch.setattr(encoding, "PIECE", size)
    text = "\ufeffa\u00e9ữ\U0001f33e\u20ab,x\n".encode() * 3
    assert b"".join(utf8_pieces(io.BytesIO(text), Encoding("utf-8", 3, 1.0))) == text[3:]
    for bad in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\x80\x80\x80\x80", b"\xf5\x80\x80\x80"):
        with pytest.raises(ReadError):
            list(utf8_pieces(io.BytesIO(b"abc" + bad + b"def"), Encoding("utf-8", 0, 1.0)))
