"""CKAN's DataStore: a table is built beside the old one and takes its place in one transaction.

Readers see the whole old table or the whole new one. The new one is built in a schema of its own, because every table in
``public`` shows in ``_table_metadata``, which anybody may read, and under a name that is no resource's, because CKAN looks
tables up by name alone. The comment on a table says which run filled it; the DataStore has its own database, so no
transaction spans both, and this comment is what recovery compares (I7).
"""

from __future__ import annotations

import csv
import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg2
import sqlalchemy as sa
from sqlalchemy.engine import Connection, make_url

from ckanext.datastore.backend.postgres import get_write_engine
from ckanext.haugiang import config
from ckanext.haugiang.adapters import faults
from ckanext.haugiang.core.errors import RunError
from ckanext.haugiang.core.publish import Column

BESIDE = "haugiang_staging"
MARK = "haugiang:"
LOCKED = {"55P03", "40P01"}  # lock_not_available, deadlock_detected
# A tsvector holds a megabyte; a row of more words is searchable by its beginning (F40).
SEARCHABLE = 100_000
# Where COPY stopped, as the server says it.
_AT = re.compile(r"line (?P<line>\d+), column (?P<column>[^:]+):")
LONGEST = 100  # characters of a refused value that a sentence quotes


class Busy(Exception):  # noqa: N818 - says what is, as KeyError's kin do
    """Readers held the old table all the time; the swap may be tried again."""


@dataclass(frozen=True)
class Mark:
    """Which run filled a table, and with what."""

    run: str
    sha256: str
    rows: int

    def text(self) -> str:
        """As it stands in the table's comment."""
        return MARK + json.dumps({"run": self.run, "sha256": self.sha256, "rows": self.rows})

    @classmethod
    def parse(cls, comment: str | None) -> Mark | None:
        """The mark in a table's comment; None if it is not one of ours."""
        if not comment or not comment.startswith(MARK):
            return None
        try:
            return cls(**json.loads(comment.removeprefix(MARK)))
        except (ValueError, TypeError):
            return None


def quoted(name: str) -> str:
    """An identifier in SQL."""
    return '"' + name.replace("\0", "").replace('"', '""') + '"'


def text(value: str) -> str:
    """A string in SQL; for places where PostgreSQL takes no parameter."""
    return "'" + value.replace("\0", "").replace("'", "''") + "'"


def run(connection: Connection, sql: str, parameters: Any = None) -> Any:
    """Execute SQL as it is: no colon or percent sign in it means anything to SQLAlchemy."""
    return connection.exec_driver_sql(sql if parameters else sql.replace("%", "%%"), parameters or ())


def build(name: str, columns: Iterable[Column], table: Path, mark: Mark) -> str:
    """Build a table beside, from the canonical CSV; its name.

    Args:
        name: Of the new table; unique to this attempt of this run.
        columns: In the order of the file.
        table: Canonical CSV: UTF-8, a header, empty cells are null.
        mark: What the table must turn out to hold.

    Raises:
        RunError: ``load-failed`` if the file is not what the mark says, ``value-out-of-range`` if a value is of its type
            but PostgreSQL's type cannot hold it.
    """
    columns = list(columns)
    beside, raw = f"{BESIDE}.{quoted(name)}", f"{BESIDE}.{quoted(name + '_raw')}"
    with get_write_engine().begin() as connection:
        run(connection, f"CREATE SCHEMA IF NOT EXISTS {BESIDE}")
        typed = ", ".join(f"{quoted(c.name)} {c.type}" for c in columns)
        # Not a temporary one, which PostgreSQL reads with one process only, and not an unlogged one: PostgreSQL 18 does not
        # start again if it is killed while one is being filled. Nobody sees it, it goes before the commit.
        run(connection, f"CREATE TABLE {raw} (_id serial, {typed})")
        copied = _copy(connection, raw, columns, table, mark.sha256)
        if copied != mark.rows:
            raise RunError("load-failed", reason="rows", expected=mark.rows, found=copied)
        _fill(connection, name, columns)
        run(connection, f"DROP TABLE {raw}")
        _furnish(connection, name, beside, columns, mark)
    with get_write_engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        # Else the first reader marks each row as committed, which takes him seconds.
        run(connection, f"VACUUM (ANALYZE) {beside}")
    return name


class _Hashing:
    """A file that counts what is read from it into its hash, and is a fault point half way."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream = stream
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self.stream.read(size)
        self.digest.update(piece)
        faults.reach("during-copy")
        return piece


def _copy(connection: Connection, raw: str, columns: list[Column], table: Path, sha256: str) -> int:
    names = ", ".join(quoted(c.name) for c in columns)
    options = f"FORMAT csv, HEADER true, ENCODING 'UTF8', FORCE_NULL ({names})"
    sql = f"COPY {raw} ({names}) FROM STDIN WITH ({options})"
    with table.open("rb") as stream, connection.connection.cursor() as cursor:
        source = _Hashing(stream)
        try:
            cursor.copy_expert(sql, source, 1 << 16)
        except psycopg2.Error as error:
            raise _refused(error, columns, table) from error
        copied: int = cursor.rowcount
    if source.digest.hexdigest() != sha256:
        raise RunError("load-failed", reason="hash")
    return copied


def _refused(error: psycopg2.Error, columns: list[Column], table: Path) -> RunError:
    """What it means that PostgreSQL did not take what was copied: SQLAlchemy does not see these errors."""
    found = _AT.search(error.diag.context or "")
    column = next((c for c in columns if found and c.name == found["column"]), None)
    if found and column:
        row, value = _record(table, int(found["line"]), columns.index(column))
        told = {"row": row, "field": column.name, "column": column.info.get("label", column.name), "type": column.type}
        return RunError("value-out-of-range", value=value[:LONGEST], **told)
    if error.pgcode == "53100":
        return RunError("storage-full")
    if isinstance(error, psycopg2.OperationalError | psycopg2.InterfaceError):
        return RunError("database-unavailable")
    return RunError("load-failed", reason=error.pgcode or type(error).__name__)


def _record(table: Path, line: int, column: int) -> tuple[int, str]:
    """Row, the header being the first, and cell that end at a line of the file: a cell may hold line ends."""
    with table.open(encoding="utf-8", newline="") as stream:
        reader = csv.reader(stream)
        for row, cells in enumerate(reader, 1):
            if reader.line_num >= line:
                return row, cells[column]
    return line, ""


def _fill(connection: Connection, name: str, columns: list[Column]) -> None:
    """Make the table from what was copied, its words found by all processes that PostgreSQL may take.

    Half of the time of a load goes into the words. ``INSERT`` finds them in one process, ``CREATE TABLE AS`` in several.
    """
    beside, raw = f"{BESIDE}.{quoted(name)}", f"{BESIDE}.{quoted(name + '_raw')}"
    sequence = f"{BESIDE}.{quoted(name + '__id_seq')}"
    names = ", ".join(quoted(c.name) for c in columns)
    words = ", ".join(f"{quoted(c.name)}::text" for c in columns)  # an array, as functions take 100 arguments
    row = f"left(array_to_string(ARRAY[{words}], ' '), {SEARCHABLE})"
    vector = f"to_tsvector({text(config.fts_language())}::regconfig, {row})"
    # The planner knows nothing yet of a table this new; below 8 MB it still takes one process.
    run(connection, "SET LOCAL parallel_setup_cost = 0")
    run(connection, "SET LOCAL parallel_tuple_cost = 0")
    source = f"SELECT _id, {vector} AS _full_text, {names} FROM {raw}"  # noqa: S608 - names are quoted
    run(connection, f"CREATE TABLE {beside} AS {source}")
    run(connection, f"ALTER TABLE {beside} ADD PRIMARY KEY (_id)")
    run(connection, f"CREATE SEQUENCE {sequence} AS integer OWNED BY {beside}._id")
    run(connection, f"ALTER TABLE {beside} ALTER _id SET DEFAULT nextval({text(sequence)}::regclass)")
    last = f"(SELECT max(_id) FROM {beside})"  # noqa: S608 - a name of ours
    run(connection, f"SELECT setval({text(sequence)}, {last})")


def _furnish(connection: Connection, name: str, beside: str, columns: list[Column], mark: Mark) -> None:
    prefix = "hgi_" + hashlib.sha256(name.encode()).hexdigest()[:20]  # indexes live where their table does
    run(connection, f"CREATE INDEX {quoted(prefix + '_fts')} ON {beside} USING gin (_full_text)")
    for number, column in enumerate(columns):
        if column.indexed:
            run(connection, f"CREATE INDEX {quoted(f'{prefix}_{number}')} ON {beside} ({quoted(column.name)})")
        # The leading space says that the comment is of CKAN's newer kind, with `_info` inside.
        comment = " " + json.dumps({"_info": dict(column.info)}, ensure_ascii=False, separators=(",", ":"))
        run(connection, f"COMMENT ON COLUMN {beside}.{quoted(column.name)} IS {text(comment)}")
    run(connection, f"COMMENT ON TABLE {beside} IS {text(mark.text())}")
    if run(connection, "SELECT to_regprocedure('populate_full_text_trigger()')").scalar():
        run(
            connection,
            f"CREATE TRIGGER zfulltext BEFORE INSERT OR UPDATE ON {beside} "
            "FOR EACH ROW EXECUTE PROCEDURE populate_full_text_trigger()",
        )
    _let_read(connection, beside)


def _let_read(connection: Connection, relation: str) -> None:
    reader = make_url(config.datastore_read_url()).username
    if reader:
        run(connection, f"GRANT SELECT ON {relation} TO {quoted(reader)}")


def swap(name: str, resource_id: str) -> None:
    """Let the table ``name`` take the place of the resource's, in one transaction.

    Raises:
        Busy: if readers hold the old table for longer than ``ckanext.haugiang.swap_lock_milliseconds``.
    """
    with _named_lock_errors(), get_write_engine().begin() as connection:
        run(connection, f"SET LOCAL lock_timeout = {config.swap_lock_milliseconds()}")
        old = f"public.{quoted(resource_id)}"
        views, triggers = _views(connection, resource_id), _triggers(connection, resource_id)
        if run(connection, "SELECT to_regclass(%s)", (old,)).scalar():
            run(connection, f"LOCK TABLE {old} IN ACCESS EXCLUSIVE MODE")
        for view in views:
            run(connection, f"DROP VIEW public.{quoted(view)}")
        run(connection, f"DROP TABLE IF EXISTS {old}")
        run(connection, f"ALTER TABLE {BESIDE}.{quoted(name)} SET SCHEMA public")
        run(connection, f"ALTER TABLE public.{quoted(name)} RENAME TO {quoted(resource_id)}")
        for view in views:
            run(connection, f"CREATE VIEW public.{quoted(view)} AS SELECT * FROM {old}")  # noqa: S608 - names are quoted
            _let_read(connection, f"public.{quoted(view)}")
        for trigger in triggers:
            run(connection, trigger)
        _forget_counts(connection, resource_id)


def _forget_counts(connection: Connection, resource_id: str) -> None:
    """CKAN 2.12 keeps the number of a table's rows, and would tell that of the table before."""
    if run(connection, "SELECT to_regclass('public._table_stats')").scalar():
        run(connection, "DELETE FROM public._table_stats WHERE resource_id = %s", (resource_id,))


def _views(connection: Connection, resource_id: str) -> list[str]:
    sql = """SELECT DISTINCT v.relname FROM pg_depend d JOIN pg_rewrite w ON w.oid = d.objid
        JOIN pg_class v ON v.oid = w.ev_class AND v.relkind = 'v' JOIN pg_class t ON t.oid = d.refobjid
        WHERE d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
        AND t.relname = %s AND t.relnamespace = 'public'::regnamespace AND v.oid <> t.oid"""
    return [row[0] for row in run(connection, sql, (resource_id,))]


def _triggers(connection: Connection, resource_id: str) -> list[str]:
    sql = """SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
        WHERE c.relname = %s AND c.relnamespace = 'public'::regnamespace
        AND NOT t.tgisinternal AND t.tgname <> 'zfulltext'"""
    return [row[0] for row in run(connection, sql, (resource_id,))]


@contextmanager
def _named_lock_errors() -> Iterator[None]:
    try:
        yield
    except sa.exc.DBAPIError as error:
        if getattr(error.orig, "pgcode", None) in LOCKED:
            raise Busy from error
        raise


def marks() -> dict[str, Mark]:
    """Which run filled each table that is ours, by the name of the table (the resource's id)."""
    sql = """SELECT c.relname, d.description FROM pg_description d JOIN pg_class c ON c.oid = d.objoid AND d.objsubid = 0
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND d.classoid = 'pg_class'::regclass"""
    with get_write_engine().connect() as connection:
        found = {name: Mark.parse(comment) for name, comment in run(connection, sql)}
    return {name: mark for name, mark in found.items() if mark}


def mark_of(resource_id: str) -> Mark | None:
    """Which run filled the table of a resource; None if there is none or it is not ours."""
    sql = "SELECT obj_description(to_regclass(%s), 'pg_class')"
    with get_write_engine().connect() as connection:
        return Mark.parse(run(connection, sql, (f"public.{quoted(resource_id)}",)).scalar())


def drop(resource_id: str) -> None:
    """Remove the table of a resource and the views on it."""
    with _named_lock_errors(), get_write_engine().begin() as connection:
        run(connection, f"SET LOCAL lock_timeout = {config.swap_lock_milliseconds()}")
        run(connection, f"DROP TABLE IF EXISTS public.{quoted(resource_id)} CASCADE")
        _forget_counts(connection, resource_id)


def beside() -> list[str]:
    """Names of tables that were built and have not taken anybody's place."""
    sql = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = to_regnamespace(%s)"
    with get_write_engine().connect() as connection:
        return [row[0] for row in run(connection, sql, (BESIDE,))]


def drop_beside(name: str) -> None:
    """Remove a table that was built beside."""
    with get_write_engine().begin() as connection:
        run(connection, f"DROP TABLE IF EXISTS {BESIDE}.{quoted(name)}")
