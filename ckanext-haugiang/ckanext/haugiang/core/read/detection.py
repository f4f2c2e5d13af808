"""`detect`: what a file is and how it is written; `open_tables`: its tables."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO

from ckanext.haugiang.core.errors import LimitExceeded, ReadError
from ckanext.haugiang.core.read.block import Table
from ckanext.haugiang.core.read.delimited import DelimitedTable
from ckanext.haugiang.core.read.dialect import Dialect, find_dialect
from ckanext.haugiang.core.read.encoding import Encoding, find_encoding, utf8_pieces
from ckanext.haugiang.core.read.json_table import JsonTable, NdjsonTable
from ckanext.haugiang.core.read.limits import MIB, ReadLimits
from ckanext.haugiang.core.read.magic import TEXT, binary_format, extension, refuse_unless_named_so, text_format
from ckanext.haugiang.core.read.parquet import ParquetTable
from ckanext.haugiang.core.read.workbook import sheet_tables

_HEAD_CHARS = 256 * 1024


@dataclass(frozen=True, slots=True)
class Detection:
    """What a file is.

    Attributes:
        format: csv, tsv, txt, xlsx, xls, xlsb, ods, json, ndjson or parquet.
        encoding: Of a text, else None.
        dialect: Of a delimited text, else None.
        size: In bytes.
    """

    format: str
    size: int
    encoding: Encoding | None = None
    dialect: Dialect | None = None

    def to_dict(self) -> dict[str, Any]:
        """The record as JSON."""
        return {
            "format": self.format,
            "size": self.size,
            "encoding": asdict(self.encoding) if self.encoding else None,
            "dialect": asdict(self.dialect) if self.dialect else None,
        }


def detect(
    stream: BinaryIO,
    filename: str,
    *,
    limits: ReadLimits | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Detection:
    """Tell what a file is by its bytes, and refuse what its name contradicts.

    Args:
        stream: The file, seekable.
        filename: The name under which it came.
        limits: Only the file's size is looked at here.
        encoding: Name of a codec, when the steward says it.
        delimiter: The same for the sign between cells.

    Raises:
        ReadError: file-empty, file-encrypted, file-truncated, file-macro, file-type-mismatch, file-type-unsupported,
            encoding-unknown.
        LimitExceeded: file-too-large.
    """
    limits = limits or ReadLimits()
    size = stream.seek(0, os.SEEK_END)
    if size == 0:
        raise ReadError("file-empty")
    if size > limits.file_bytes:
        raise LimitExceeded("file-too-large", size=f"{size // MIB} MB", limit=f"{limits.file_bytes // MIB} MB")
    found = binary_format(stream)
    if found:
        refuse_unless_named_so(found, filename)
        return Detection(found, size)
    return _detect_text(stream, filename, size, encoding, delimiter)


def open_tables(stream: BinaryIO, detection: Detection, limits: ReadLimits | None = None) -> Iterator[Table]:
    """The tables of a file: one for a text, one for each sheet that holds data.

    Raises:
        ReadError: why the file cannot be read; also while the blocks are read.
        LimitExceeded: sheet-too-large, too-many-columns.
    """
    limits = limits or ReadLimits()
    if detection.encoding and detection.dialect:
        dialect = detection.dialect
        if dialect.width > limits.columns:
            raise LimitExceeded("too-many-columns", columns=_first_row(stream, detection), limit=limits.columns)
        yield DelimitedTable(stream, detection.encoding, dialect.delimiter, dialect.width, limits)
    elif detection.encoding:
        reader = JsonTable if detection.format == "json" else NdjsonTable
        yield reader(stream, detection.encoding, limits)
    elif detection.format == "parquet":
        yield ParquetTable(stream, limits)
    else:
        yield from sheet_tables(stream, detection.format, limits)


def _first_row(stream: BinaryIO, detection: Detection) -> int:
    """Cells of the first row, counted to its end, for the message."""
    assert detection.encoding  # noqa: S101 - tells the type checker
    assert detection.dialect  # noqa: S101
    count = 1
    for piece in utf8_pieces(stream, detection.encoding):
        line, end, _ = piece.partition(b"\n")
        count += line.count(detection.dialect.delimiter.encode())
        if end:
            break
    return count


def _detect_text(stream: BinaryIO, filename: str, size: int, encoding: str | None, delimiter: str | None) -> Detection:
    letters = Encoding(encoding, 0, 1.0) if encoding else find_encoding(stream)
    head = ""
    for piece in utf8_pieces(stream, letters):
        head += piece.decode("utf-8", "ignore")  # a letter may lie across two pieces
        if len(head) >= _HEAD_CHARS:
            break
    if not head.strip("\ufeff \t\r\n\x00"):
        raise ReadError("file-empty")
    found = text_format(head, extension(filename))
    refuse_unless_named_so(found, filename)
    if found not in TEXT:
        return Detection(found, size, letters)
    if head.count("\x00") > len(head) // 10:
        raise ReadError("file-type-unsupported", found="a binary file that is no table")
    dialect = find_dialect(head[:_HEAD_CHARS], extension(filename))
    if delimiter:
        dialect = find_dialect(head[:_HEAD_CHARS], extension(filename), delimiters=(delimiter,))
    return Detection(found, size, letters, dialect)
