"""Records with named values (JSON, NDJSON) as a table: a header of all names, then a row for each record.

The header counts as row 1, as in a sheet, so record 1 is row 2. A value keeps the text that the file has for it (``1.10``
stays ``1.10``); what is no text is native: its numbers have no decimal comma to guess. Lists and objects inside a record
stay JSON, as fields of type array, object and geojson want them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from ckanext.haugiang.core.errors import LimitExceeded, ReadError
from ckanext.haugiang.core.read.block import Block
from ckanext.haugiang.core.read.limits import ReadLimits

_ROWS = 16_384


class Literal(str):
    """A number or constant as it is written in the file."""

    __slots__ = ()


def decoder() -> json.JSONDecoder:
    """Reads JSON with its numbers as they are written."""
    return json.JSONDecoder(parse_float=Literal, parse_int=Literal, parse_constant=Literal)


def names_of(records: Iterable[Mapping[str, Any]], limits: ReadLimits) -> list[str]:
    """All names of values, in the order in which they appear.

    Raises:
        LimitExceeded: too-many-columns.
    """
    names: dict[str, None] = {}
    for record in records:
        names.update(dict.fromkeys(record))
        if len(names) > limits.columns:
            raise LimitExceeded("too-many-columns", columns=len(names), limit=limits.columns)
    return list(names)


def record_blocks(
    names: Sequence[str], records: Iterable[tuple[int, Mapping[str, Any]]], limits: ReadLimits
) -> Iterator[Block]:
    """The header and the records as blocks.

    Args:
        names: The columns.
        records: Each with the line on which it begins, 0 when lines do not matter.
        limits: Bounds of a cell.

    Raises:
        ReadError: cell-too-large, nul-byte.
    """
    yield Block(tuple(pa.array([name], pa.string()) for name in names), 1)
    row = 2
    chunk: list[tuple[int, Mapping[str, Any]]] = []
    for record in records:
        chunk.append(record)
        if len(chunk) == _ROWS:
            yield _block(names, chunk, row, limits)
            row += len(chunk)
            chunk = []
    if chunk:
        yield _block(names, chunk, row, limits)


def _block(names: Sequence[str], chunk: Sequence[tuple[int, Mapping[str, Any]]], row: int, limits: ReadLimits) -> Block:
    columns = []
    native = []
    for number, name in enumerate(names, start=1):
        values = [record.get(name) for _, record in chunk]
        texts = [value if type(value) is str else _text(value) for value in values]
        for index, text in enumerate(texts):
            if len(text) > limits.cell_chars:
                raise ReadError("cell-too-large", row=row + index, limit=limits.cell_chars)
            if "\x00" in text:
                raise ReadError("nul-byte", row=row + index, column=number)
        columns.append(_strings(texts))
        exact = [type(value) is not str for value in values]
        native.append(pa.array(exact, pa.bool_()) if any(exact) else None)
    lines = np.asarray([line for line, _ in chunk], np.int64)
    return Block(tuple(columns), row, tuple(native), lines if lines.any() else None)


def _strings(texts: list[str]) -> pa.Array:
    try:
        return pa.array(texts, pa.string())
    except (UnicodeEncodeError, pa.ArrowInvalid) as error:  # "\ud800" is JSON, but no letter
        raise ReadError("encoding-unknown") from error


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value) if isinstance(value, str) else _json(value)


def _json(value: Any) -> str:
    """JSON whose numbers are written as they were."""
    if isinstance(value, Literal):
        return str(value)
    if isinstance(value, dict):
        return "{" + ",".join(f"{_json(str(key))}:{_json(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_json, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
