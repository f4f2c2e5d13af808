"""The words of bits say what looking at each quote says."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from ckanext.haugiang.core.read.quotes import record_ends, regular

BORDERS = b',"\r\n'


def looked_at(data: bytes) -> bool:
    """The same, quote by quote."""
    places = [place for place, letter in enumerate(data) if letter == ord('"')]
    for number, place in enumerate(places):
        neighbour = data[place + 1 : place + 2] if number % 2 else data[max(place - 1, 0) : place]
        if neighbour and neighbour not in BORDERS:
            return False
    return True


CELLS = st.sampled_from([b"a", b'"a"', b'""', b'"a""b"', b'"a,\nb"', b'"\r\n"', b"a" * 61])
ODD = st.sampled_from([b'5" pipe', b'"open', b'a"', b'"a"b'])


@given(st.one_of(st.binary(max_size=300), st.lists(st.sampled_from(list(b'",\nab\r')), max_size=300).map(bytes)))
@example(b"")
@example(b'"' * 64)
@example(b"a" * 63 + b'"')
def test_any_bytes(data: bytes) -> None:
    assert regular(data, ord(","), ord('"')) == looked_at(data)


@given(st.lists(st.one_of(CELLS, CELLS, CELLS, ODD), max_size=60).map(b",".join))
def test_cells(data: bytes) -> None:
    assert regular(data, ord(","), ord('"')) == looked_at(data)


@given(st.lists(st.lists(CELLS, min_size=1).map(b",".join), min_size=1), st.sampled_from([b"\n", b"\r\n"]), st.booleans())
def test_records(rows: list[bytes], line: bytes, closed: bool) -> None:
    data = line.join(rows) + (line if closed else b"")
    ends = record_ends(data, ord('"'))
    assert [data[start:end].removesuffix(line) for start, end in zip([0, *ends[:-1]], ends, strict=True)] == rows


def test_another_separator_and_quote() -> None:
    assert regular(b"a;'b;c';d", ord(";"), ord("'"))
    assert not regular(b"a,'b'", ord(";"), ord("'"))
