"""Ranges of a file that are screened by whoever sees the file, without anybody having read it before.

A range begins somewhere in a record. Its first record is taken to begin after the next line end, which is wrong where that
line end stands in a quoted cell. So where the range before it ended decides: if that is not where this one began, this one
is screened again from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import BinaryIO

import numpy as np

from ckanext.haugiang.core.errors import ReadError
from ckanext.haugiang.core.read.quotes import record_ends
from ckanext.haugiang.core.validate.blocks import Block, Irregular, Marks, cut
from ckanext.haugiang.core.validate.parse import NotForArrow
from ckanext.haugiang.core.validate.parts import Job
from ckanext.haugiang.core.validate.screen import Screened

LOOK_BYTES = 1 << 16


@dataclass(frozen=True)
class Range:
    """The records that begin in some bytes of a file.

    Attributes:
        begin: The first byte.
        end: The byte after the last.
        exact: Whether a record is known to begin at ``begin``.
    """

    begin: int
    end: int
    exact: bool = False


@dataclass
class Ranged:
    """What was found in a range.

    Attributes:
        begin: Where its first record was taken to begin.
        end: Where the next one begins, if that was right.
        results: What was found in its blocks.
        error: What ended it early.
    """

    begin: int
    end: int
    results: list[Screened] = field(default_factory=list)
    error: Exception | None = None


def ranges(begin: int, end: int, step: int) -> Iterator[Range]:
    """The ranges of a file whose first record begins at ``begin``."""
    for start in range(begin, end, step):
        yield Range(start, min(start + step, end), exact=start == begin)


def screen_range(stream: BinaryIO, part: Range, block_bytes: int, job: Job) -> Ranged:
    """Judge the records of a range; what is raised on the way is returned, as it means nothing if the begin is wrong."""
    begin = part.begin if part.exact else _next_line(stream, part.begin)
    found = Ranged(begin, begin)
    stream.seek(begin)
    try:
        for whole in cut(stream, job.plan.marks, size=block_bytes, offset=begin, careful=False):
            if whole.offset >= part.end:
                break
            block = _until(whole, part.end, job.plan.marks)
            found.results.append(job.screen(block))
            found.end = block.offset + len(block.data)
            if found.end >= part.end:
                break
    except (Irregular, NotForArrow, ReadError) as error:
        found.error = error
    return found


def joined(parts: Iterable[tuple[Range, Ranged]], again: Callable[[Range], Ranged]) -> Iterator[Screened]:
    """The results of all ranges in order, each of which begins where the one before it ended.

    Args:
        parts: What was found in each range.
        again: Screens a range whose begin was wrong.

    Raises:
        Exception: What ended a range early.
    """
    expected = -1
    for part, first in parts:
        found = first
        if not part.exact and found.begin != expected:
            if expected >= part.end:  # a record longer than the range
                continue
            found = again(Range(expected, part.end, exact=True))
        yield from found.results
        if found.error is not None:
            raise found.error
        expected = found.end


def _next_line(stream: BinaryIO, place: int) -> int:
    """Where the next line begins at or after ``place``."""
    stream.seek(place - 1)
    place -= 1
    while data := stream.read(LOOK_BYTES):
        end = data.find(b"\n")
        if end >= 0:
            return place + end + 1
        place += len(data)
    return place


def _until(block: Block, end: int, marks: Marks) -> Block:
    """The records of a block up to the first that ends at or after ``end``."""
    if block.offset + len(block.data) <= end or (block.sure and marks.quote and marks.quote in block.data):
        return block
    ends = record_ends(block.data, marks.quote[0] if marks.quote else None)
    return replace(block, data=block.data[: ends[np.searchsorted(ends, end - block.offset)]])
