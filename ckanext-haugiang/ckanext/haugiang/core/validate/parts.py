"""Judged in parts: the blocks of a file are screened side by side, on the cores of one machine or on many machines.

Whoever screens needs a `Job` and some blocks, nothing else. What is found merges in the order of the file (`feed.Found`),
so the report does not depend on who screened what, nor on which part was screened first.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO, Protocol, TypeVar

import frictionless
import pyarrow as pa

from ckanext.haugiang.core.errors import ReadError
from ckanext.haugiang.core.schema import TableSchema, parse_table_schema
from ckanext.haugiang.core.validate import judge
from ckanext.haugiang.core.validate.blocks import Block, cut
from ckanext.haugiang.core.validate.judge import FedDialect
from ckanext.haugiang.core.validate.linear import LinearTable
from ckanext.haugiang.core.validate.parse import NotForArrow
from ckanext.haugiang.core.validate.plan import Plan, make_plan
from ckanext.haugiang.core.validate.screen import Screened, screen

Part = TypeVar("Part")
Result_co = TypeVar("Result_co", covariant=True)


@dataclass(frozen=True)
class Job:
    """What screens the blocks of one file; it may be sent elsewhere, where it works out its plan itself.

    Attributes:
        head: The first rows of the file, from which frictionless knows its columns.
        table: What the table must be.
        registers: The tables that it refers to.
        dialect: How the CSV is written.
        details: How many findings of our rules are written out.
        typed: Whether the values are wanted as typed columns.
    """

    head: bytes
    table: TableSchema
    registers: Mapping[str, pa.Table]
    dialect: frictionless.Dialect
    details: int
    typed: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel without the plan, whose readers of cells cannot."""
        dialect = self.dialect.to_descriptor()
        return (_revive, (self.head, dict(self.table.descriptor), dict(self.registers), dialect, self.details, self.typed))

    @cached_property
    def opened(self) -> tuple[LinearTable, FedDialect]:
        """The table as frictionless sees its first rows, and the dialect through which it is fed.

        Raises:
            NotForArrow: frictionless has to read the whole file.
        """
        resource, fed = judge.open_head(self.head, self.table.frictionless(), self.registers, self.dialect)
        try:
            resource.to_descriptor(validate=True)
            resource.open()  # type: ignore[no-untyped-call]
        except frictionless.FrictionlessException:
            raise NotForArrow from None  # whatever it says about the first rows, let it say it itself
        return resource, fed

    @cached_property
    def plan(self) -> Plan:
        """The checks.

        Raises:
            NotForArrow: frictionless has to read the whole file.
        """
        resource, _ = self.opened
        plan = make_plan(resource, self.registers, self.table, self.details)
        if plan is None or not resource.labels:
            raise NotForArrow
        return plan

    def screen(self, block: Block) -> Screened:
        """Judge one block."""
        return screen(block, self.plan, typed=self.typed)


def _revive(head: bytes, table: dict[str, Any], registers: dict[str, pa.Table], dialect: Any, *others: Any) -> Job:
    return Job(head, parse_table_schema(table), registers, frictionless.Dialect.from_descriptor(dialect), *others)


@dataclass(frozen=True)
class Source:
    """The part of a file that is still to be screened.

    Attributes:
        stream: The file.
        begin: Where the first record begins that is not screened yet.
        block_bytes: About how much of it is screened at a time.
        careful: Whether its quotes are odd, see `blocks.cut`.
    """

    stream: BinaryIO
    begin: int
    block_bytes: int
    careful: bool

    def blocks(self, job: Job) -> Iterator[Block]:
        """Read it block by block."""
        self.stream.seek(self.begin)
        return cut(self.stream, job.plan.marks, size=self.block_bytes, offset=self.begin, careful=self.careful)


class Engine(Protocol):
    """Screens a file, wherever, and gives the results in the order of the file."""

    def __call__(self, source: Source, job: Job) -> Iterator[Screened]:
        """Screen; what reading the blocks raises comes after the results of the blocks before it."""


@dataclass(frozen=True)
class Threads:
    """Screens on the cores of this machine.

    Attributes:
        number: How many blocks at once; 0 is one a core.
    """

    number: int = 0

    def __call__(self, source: Source, job: Job) -> Iterator[Screened]:
        """Screen a few blocks ahead of whoever takes the results; only these are in memory."""
        blocks = source.blocks(job)
        number = self.number or os.cpu_count() or 1
        if number == 1:
            yield from map(job.screen, blocks)
            return
        with ThreadPoolExecutor(number, "screen") as pool:
            yield from in_order(blocks, lambda block: pool.submit(job.screen, block), ahead=number + 1)


class Promise(Protocol[Result_co]):
    """A result that is still being worked out."""

    def result(self) -> Result_co:
        """Wait for it."""

    def cancel(self) -> Any:
        """Nobody waits for it any more."""


def in_order(
    parts: Iterable[Part], submit: Callable[[Part], Promise[Result_co]], ahead: int
) -> Generator[Result_co, None, None]:
    """Results of ``parts`` in their order, with at most ``ahead`` parts under way when one is taken."""
    waiting: deque[Promise[Result_co]] = deque()
    try:
        try:
            for part in parts:
                waiting.append(submit(part))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
        except ReadError:  # the record without end; what stands before it still counts
            yield from (promise.result() for promise in waiting)
            raise
        while waiting:
            yield waiting.popleft().result()
    finally:
        for promise in waiting:
            promise.cancel()
