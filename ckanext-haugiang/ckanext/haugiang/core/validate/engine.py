"""`validate`: the one function that pages, command line and pipeline call.

The screen reads the file once, block by block on all cores, and says which rows may be bad and how many errors there
are. Then frictionless is fed those rows alone, and writes the report.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import frictionless
import pyarrow as pa

from ckanext.haugiang.core.errors import ReadError, SchemaError, UnknownRegister
from ckanext.haugiang.core.schema import TableSchema
from ckanext.haugiang.core.validate import judge, report
from ckanext.haugiang.core.validate.blocks import BLOCK_BYTES, Irregular, first_record_end
from ckanext.haugiang.core.validate.feed import FIRST_DATA_ROW, Found, feed
from ckanext.haugiang.core.validate.judge import FedDialect, Verdict
from ckanext.haugiang.core.validate.linear import LinearTable
from ckanext.haugiang.core.validate.parse import NotForArrow
from ckanext.haugiang.core.validate.parts import Engine, Job, Source, Threads
from ckanext.haugiang.core.validate.places import Sources, plain_sources
from ckanext.haugiang.core.validate.plan import OWN

HEAD_BYTES = 1 << 20
UNLIMITED_FINDINGS = 10_000
SAMPLE_LINES = 101  # frictionless looks at the first hundred rows before it begins


def validate(  # noqa: PLR0913 - each one is a question that a caller really asks
    table: BinaryIO | Path | str,
    schema: TableSchema,
    registers: Mapping[str, pa.Table],
    *,
    limit: int = 1000,
    sources: Sources | None = None,
    dialect: frictionless.Dialect | None = None,
    encoding: str = "utf-8",
    engine: Engine | None = None,
    block_bytes: int = BLOCK_BYTES,
    on_batch: Callable[[pa.RecordBatch], None] | None = None,
) -> frictionless.Report:
    """Judge a CSV table against its schema as frictionless 5.21.0 does, with its registers in one package.

    Args:
        table: The CSV, as a path or a binary stream; by default the canonical one (comma, first row = field names).
        schema: What the table must be.
        registers: The tables that its foreign keys and rules refer to, by name; all that `TableSchema.registers` names.
        limit: Stop writing details after so many errors, as ``limit_errors`` does; 0 writes all. Counts stay exact.
        sources: Places in the steward's file; by default the table's own rows and columns.
        dialect: How the CSV is written, when not the canonical way.
        encoding: How its letters are written.
        engine: Where its blocks are screened; by default on all cores of this machine.
        block_bytes: How much of the file is in one block; the verdict does not depend on it.
        on_batch: Gets the values of each block as typed columns, in the order of the file, null where a cell is not of
            its type. Rows that do not fit the header are left out. Where frictionless reads the whole file it is not
            called, or only for the blocks before the one that made it necessary.

    Raises:
        SchemaError: frictionless would raise a Python exception on this schema.
        ReadError: it would raise one on a value, or a quote that never closes makes one cell of the rest of the file.
        UnknownRegister: A foreign key refers to a register that ``registers`` lacks.
    """
    known = _needed(schema, registers)
    try:
        standard = schema.frictionless()
        with _opened(table) as stream:
            path = Path(table) if isinstance(table, str | Path) else None
            work = _Work(
                path,
                stream,
                stream.tell(),
                schema,
                standard,
                known,
                limit,
                dialect,
                encoding,
                engine or Threads(),
                block_bytes,
                on_batch,
            )
            verdict = _judge(work)
    except frictionless.FrictionlessException as error:
        raise SchemaError("schema-invalid", reason=error.error.note) from error
    places = sources or plain_sources([field.name for field in schema.fields])
    return report.finish(verdict, schema, places, limit)


def _needed(schema: TableSchema, registers: Mapping[str, pa.Table]) -> dict[str, pa.Table]:
    for name in schema.registers():
        if name not in registers:
            raise UnknownRegister(name)
    return {name: registers[name] for name in schema.registers()}


@contextmanager
def _opened(table: BinaryIO | Path | str) -> Iterator[BinaryIO]:
    if isinstance(table, str | Path):
        with Path(table).open("rb") as stream:
            yield stream
    elif table.seekable():
        yield table
    else:
        yield io.BytesIO(table.read())


@dataclass(frozen=True)
class _Work:
    """What `validate` was asked."""

    path: Path | None
    stream: BinaryIO
    begin: int
    table: TableSchema
    schema: frictionless.Schema
    registers: Mapping[str, pa.Table]
    limit: int
    dialect: frictionless.Dialect | None
    encoding: str
    engine: Engine
    block_bytes: int
    on_batch: Callable[[pa.RecordBatch], None] | None


def _judge(work: _Work) -> Verdict:
    found = None
    try:
        resource, fed, found = _screen(work)
        if not any(key.resource == OWN for key in work.table.foreign_keys):
            return _fed(work, resource, fed, found)
    except NotForArrow:
        pass
    work.stream.seek(work.begin)
    verdict = judge.read_all(work.path or work.stream, work.schema, work.registers, work.limit, work.dialect, work.encoding)
    if found is not None:
        verdict.take_findings(found.findings, found.found, work.table)
    return verdict


def _screen(work: _Work) -> tuple[LinearTable, FedDialect, Found]:
    """Read the whole file with masks.

    Raises:
        NotForArrow: frictionless has to read it.
    """
    if work.encoding.lower() not in ("utf-8", "utf8", "ascii"):
        raise NotForArrow
    head = _head(work.stream)
    job = Job(
        head,
        work.table,
        work.registers,
        work.dialect or judge.csv_dialect(),
        work.limit or UNLIMITED_FINDINGS,
        work.on_batch is not None,
    )
    plan = job.plan
    resource, fed = job.opened
    found = Found(
        plan,
        begin=work.begin + first_record_end(head, plan.marks),
        header_errors=len(resource.header.errors),
        limit=work.limit,
    )
    try:
        try:
            _take_blocks(work, job, found, careful=False)
        except Irregular:
            _take_blocks(work, job, found, careful=True)
    except ReadError as error:
        if error.code != "quote-unclosed":
            raise
        raise ReadError("quote-unclosed", row=FIRST_DATA_ROW + found.rows) from None
    found.settle_keys()
    found.settle_rules()
    return resource, fed, found


def _take_blocks(work: _Work, job: Job, found: Found, *, careful: bool) -> None:
    """Screen what is not screened yet."""
    for result in work.engine(Source(work.stream, found.end, work.block_bytes, careful), job):
        found.add(result)
        if work.on_batch is not None and result.batch is not None:
            work.on_batch(result.batch)


def _fed(work: _Work, resource: LinearTable, fed: FedDialect, found: Found) -> Verdict:
    """Let frictionless write the report about the rows that may be bad."""
    judge.fill_lookup(resource, work.registers)
    fed.feed = feed(work.stream, found)
    header_errors = list(resource.header.errors)
    verdict = Verdict(judge.judged(resource, work.limit), rows=found.rows)
    for error in header_errors:
        verdict.count(error, work.schema.primary_key)
    for (kind, names), count in found.counts.items():
        verdict.add(kind, names.split("\n"), count)
    verdict.take_findings(found.findings, found.found, work.table)
    return verdict


def _head(stream: BinaryIO) -> bytes:
    head = stream.read(HEAD_BYTES)
    while head.count(b"\n") + head.count(b"\r") < SAMPLE_LINES * 2:
        more = stream.read(HEAD_BYTES)
        if not more:
            return head
        head += more
    return head[: head.rfind(b"\n") + 1] or head
