"""JSON and NDJSON tables.

Read are a list of objects; a list of lists whose first one is the header; and an object that holds one such list under
``data``, ``records``, ``rows`` or ``items``, as dumps of data portals do. NDJSON has one object a line and is read in
a stream; a JSON text is parsed as a whole.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, BinaryIO

from ckanext.haugiang.core.errors import LimitExceeded, ReadError
from ckanext.haugiang.core.read.block import Block, Merged
from ckanext.haugiang.core.read.encoding import Encoding, utf8_pieces
from ckanext.haugiang.core.read.limits import MIB, ReadLimits
from ckanext.haugiang.core.read.records import decoder, names_of, record_blocks

# Parsed, JSON takes about ten times its size; what is larger belongs into NDJSON.
JSON_BYTES = 128 * MIB
_LISTS = ("data", "records", "rows", "items", "result")


class JsonTable:
    """The list of a JSON text as a table.

    Args:
        stream: The file.
        encoding: Its letters.
        limits: Where reading stops.
    """

    sheet: str | None = None
    merged: tuple[Merged, ...] = ()

    def __init__(self, stream: BinaryIO, encoding: Encoding, limits: ReadLimits) -> None:
        self._limits = limits
        self._records = _records(_parse(stream, encoding))
        self._names = names_of(self._records, limits)
        self.width = len(self._names)

    def blocks(self) -> Iterator[Block]:
        """The header and all records."""
        return record_blocks(self._names, ((0, record) for record in self._records), self._limits)


class NdjsonTable:
    """The lines of an NDJSON text as a table, read in a stream; the names of all columns take a pass of their own.

    Args:
        stream: The file.
        encoding: Its letters.
        limits: Where reading stops.
    """

    sheet: str | None = None
    merged: tuple[Merged, ...] = ()

    def __init__(self, stream: BinaryIO, encoding: Encoding, limits: ReadLimits) -> None:
        self._stream = stream
        self._encoding = encoding
        self._limits = limits
        self._names = names_of((record for _, record in self._lines()), limits)
        self.width = len(self._names)

    def blocks(self) -> Iterator[Block]:
        """The header and all records."""
        return record_blocks(self._names, self._lines(), self._limits)

    def _lines(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        decode = decoder().decode
        longest = 8 * self._limits.cell_chars
        for number, line in _text_lines(self._stream, self._encoding, longest):
            if not line.strip():
                continue
            try:
                record = decode(line)
            except (json.JSONDecodeError, RecursionError) as error:
                column = error.colno if isinstance(error, json.JSONDecodeError) else 1
                raise ReadError("json-invalid", row=number, column=column) from error
            if not isinstance(record, dict):
                raise ReadError("json-no-table")
            yield number, record


def _text_lines(stream: BinaryIO, encoding: Encoding, longest: int) -> Iterator[tuple[int, str]]:
    rest = b""
    number = 1
    for piece in utf8_pieces(stream, encoding):
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield number, line.decode("utf-8")
            number += 1
        if len(rest) > longest:
            raise ReadError("cell-too-large", row=number, limit=longest)
    yield number, rest.decode("utf-8")


def _parse(stream: BinaryIO, encoding: Encoding) -> Any:
    parts = []
    size = 0
    for piece in utf8_pieces(stream, encoding):
        size += len(piece)
        if size > JSON_BYTES:
            raise LimitExceeded("file-too-large", size=f"> {JSON_BYTES // MIB} MB", limit=f"{JSON_BYTES // MIB} MB")
        parts.append(piece)
    try:
        return decoder().decode(b"".join(parts).decode("utf-8"))
    except json.JSONDecodeError as error:
        raise ReadError("json-invalid", row=error.lineno, column=error.colno) from error
    except RecursionError as error:
        raise ReadError("json-invalid", row=1, column=1) from error


def _records(document: Any) -> list[Mapping[str, Any]]:
    if isinstance(document, dict):
        for name in _LISTS:
            if isinstance(document.get(name), list | dict):
                return _records(document[name])
        raise ReadError("json-no-table")
    if not isinstance(document, list) or not document:
        raise ReadError("json-no-table")
    if all(isinstance(item, dict) for item in document):
        return document
    if all(isinstance(item, list) for item in document):
        names = [str(name) for name in document[0]]
        if len(set(names)) == len(names) and all(len(item) <= len(names) for item in document):
            return [dict(zip(names, item, strict=False)) for item in document[1:]]
    raise ReadError("json-no-table")
