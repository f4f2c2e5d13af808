"""Which letters the bytes of a text file stand for.

UTF-8 and UTF-16 prove themselves. windows-1258 does not: any bytes decode somehow, so the result must be plausible
Vietnamese; what is not is refused, because a wrong letter that nobody sees is worse than a question. The fonts' own
encodings (TCVN3, VNI, VISCII) are refused by the same test.
"""

from __future__ import annotations

import codecs
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from ckanext.haugiang.core.errors import ReadError
from ckanext.haugiang.core.read.vietnamese import plausibility

_BOM = b"\xef\xbb\xbf"
LOOK = 256 * 1024
PIECE = 1024 * 1024
_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
# Below this share of well-formed syllables a decoding is not believed. Real lists of communes reach 0.99; TCVN3 read as
# windows-1258 stays under 0.5, mostly at 0.
BELIEVED = 0.9


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a text file is written.

    Attributes:
        name: Python's name of the codec.
        bom: Bytes to skip at the beginning.
        confidence: 1 when proven.
    """

    name: str
    bom: int
    confidence: float


def find_encoding(stream: BinaryIO) -> Encoding:
    """Tell the encoding from the first 256 KiB; what follows is checked while it is read.

    Raises:
        ReadError: encoding-unknown.
    """
    stream.seek(0)
    head = stream.read(LOOK)
    for bom, name in _BOMS:
        if head.startswith(bom):
            return Encoding(name, len(bom), 1.0)
    wide = _utf16_without_bom(head)
    if wide:
        return Encoding(wide, 0, 0.95)
    if _decodes(head, "utf-8"):
        return Encoding("utf-8", 0, 1.0)
    try:
        text = codecs.getincrementaldecoder("cp1258")().decode(head)
    except UnicodeDecodeError as error:
        raise ReadError("encoding-unknown") from error
    score = plausibility(text)
    if score < BELIEVED:
        raise ReadError("encoding-unknown")
    return Encoding("cp1258", 0, round(score, 3))


def utf8_pieces(stream: BinaryIO, encoding: Encoding) -> Iterator[bytes]:
    """The file's text as UTF-8 in pieces of about 1 MiB, each checked.

    windows-1258 writes tones as letters of their own; they are composed here, so that the reader sees the NFC text
    that a steward sees. A second mark of byte order (two programs wrote one each) is dropped.

    Raises:
        ReadError: encoding-unknown, as soon as bytes do not fit.
    """
    stream.seek(encoding.bom)
    if encoding.name == "utf-8":
        yield from _utf8_as_it_is(stream)
        return
    decoder = codecs.getincrementaldecoder(encoding.name)()
    first = True
    while True:
        piece = stream.read(PIECE)
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as error:
            raise ReadError("encoding-unknown") from error
        if first:
            text = text.lstrip("\ufeff")
            first = False
        if encoding.name == "cp1258":
            if plausibility(text) == 0.0:
                raise ReadError("encoding-unknown")
            text = unicodedata.normalize("NFC", text)
        if text:
            try:
                yield text.encode("utf-8")
            except UnicodeEncodeError as error:  # a lone surrogate in UTF-16
                raise ReadError("encoding-unknown") from error
        if not piece:
            return


def _utf8_as_it_is(stream: BinaryIO) -> Iterator[bytes]:
    """UTF-8 needs to be checked but not written again; a letter may lie across two pieces."""
    first = True
    rest = b""  # the beginning of a letter
    while read := stream.read(PIECE):
        piece = rest + read if rest else read
        rest = b""
        if not piece.isascii():
            rest = _begun(piece)
            piece = piece[: len(piece) - len(rest)]
            if not is_utf8(piece):
                raise ReadError("encoding-unknown")
        while first and piece.startswith(_BOM):
            piece = piece.removeprefix(_BOM)
        if piece:
            first = False
            yield piece
    if rest:
        raise ReadError("encoding-unknown")


def _begun(piece: bytes) -> bytes:
    """The bytes at the end that begin a letter and do not end it."""
    for size in range(1, min(3, len(piece)) + 1):
        byte = piece[-size]
        if byte >= 0xC0:
            whole = 4 if byte >= 0xF0 else 3 if byte >= 0xE0 else 2
            return piece[-size:] if size < whole else b""
        if byte < 0x80:
            break
    return b""


def is_utf8(piece: bytes) -> bool:
    """Whether all of it is UTF-8: by Arrow, once over all bytes, which is five times as fast as decoding."""
    ends = pa.py_buffer(np.array([0, len(piece)], np.int32))
    try:
        pa.Array.from_buffers(pa.string(), 1, [None, ends, pa.py_buffer(piece)]).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _decodes(head: bytes, name: str) -> bool:
    try:
        codecs.getincrementaldecoder(name)().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _utf16_without_bom(head: bytes) -> str | None:
    """Half of a UTF-16 text's bytes are NUL as long as it has figures and delimiters, always on the same side."""
    if len(head) < 4 or b"\x00" not in head:
        return None
    even, odd = head[0::2], head[1::2]
    few, many = len(even) // 50, len(even) // 4
    for name, low, high in (("utf-16-le", even, odd), ("utf-16-be", odd, even)):
        if high.count(0) > many and low.count(0) <= few and _decodes(head, name):
            return name
    return None
