"""The command line ``haugiang``: judge tables, propose and show schemas. Works without CKAN and without a portal."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

from ckanext.haugiang.adapters import child, console
from ckanext.haugiang.adapters.package_data import catalogue
from ckanext.haugiang.core import read
from ckanext.haugiang.core.errors import HauGiangError, SchemaError, UnknownRegister
from ckanext.haugiang.core.schema import TableSchema, parse_table_schema

VALID, INVALID, NOT_JUDGED = 0, 1, 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ckanext-haugiang")
def main() -> None:
    """Check tables of open data against their schemas, cell by cell."""


@main.command()
@click.argument("files", nargs=-1, required=True)
@click.option("--schema", "-s", required=True, metavar="NAME[@VERSION]|FILE.json", help="What the tables must be.")
@click.option(
    "--format",
    "-f",
    "form",
    type=click.Choice(["text", "json", "csv", "html"]),
    default="text",
    show_default=True,
    help="How to print the verdict.",
)
@click.option("--lang", type=click.Choice(["vi", "en"]), default="vi", show_default=True, help="Language of sentences.")
@click.option("--limit", default=1000, show_default=True, help="How many errors to describe; all are counted.")
@click.option("--register", "registers", multiple=True, metavar="NAME=FILE", help="A CSV for a register or code list.")
@click.option("--set", "constants", multiple=True, metavar="FIELD=VALUE", help="A value for a column the file lacks.")
@click.option(
    "--engine",
    default=child.THREADS,
    show_default=True,
    metavar="threads[:N]|dask://HOST:PORT",
    help="Where rows are judged: on the cores of this machine, or on a Dask cluster.",
)
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Also write the tidied table (one file only).")
def validate(  # noqa: PLR0913, PLR0917 - one argument for each option
    files: Sequence[str],
    schema: str,
    form: str,
    lang: str,
    limit: int,
    registers: Sequence[str],
    constants: Sequence[str],
    engine: str,
    output: Path | None,
) -> None:
    """Judge FILES (CSV, TSV, TXT, XLSX, XLS, XLSB, ODS; globs too) by a table schema.

    Exit code 0: all are valid. 1: at least one is not. 2: at least one could not be judged.
    """
    try:
        table_schema = _schema(schema)
        given = _registers(table_schema, registers)
    except HauGiangError as error:
        raise _Stopped(error.message) from error
    values = _pairs(constants)
    unknown = values.keys() - {field.name for field in table_schema.fields}
    if unknown:
        raise click.UsageError(f"the schema has no field {sorted(unknown)[0]}")
    _check_engine(engine)
    paths = list(_expand(files))
    if output and len(paths) != 1:
        raise click.UsageError("--output takes the table of one file")
    outcomes = []
    for path in paths:
        with tempfile.TemporaryDirectory(prefix="haugiang-") as folder:
            outcome = _judge(path, table_schema, given, Path(folder), limit, values, engine)
            if output and outcome.checked:
                output.write_bytes(outcome.checked.table.read_bytes())
        outcomes.append(outcome)
    click.echo(console.render(outcomes, form, lang), nl=False)
    if any(outcome.checked is None for outcome in outcomes):
        sys.exit(NOT_JUDGED)
    sys.exit(VALID if all(outcome.valid for outcome in outcomes) else INVALID)


@main.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the schema; the file's name by default.")
def infer(file: Path, name: str | None) -> None:
    """Propose a table schema for FILE, as JSON to be corrected by hand."""
    if not file.is_file():
        raise _Stopped(f"There is no file {file}.")
    try:
        with tempfile.TemporaryDirectory(prefix="haugiang-") as folder:
            proposal = child.infer_schema(file, file.name, Path(folder), name=name)
    except HauGiangError as error:
        raise _Stopped(error.message) from error
    click.echo(json.dumps(proposal, ensure_ascii=False, indent=1))


@main.group()
def schema() -> None:
    """The table schemas that are installed."""


@schema.command("list")
def list_schemas() -> None:
    """Name, newest version and title of each schema."""
    for name in catalogue().names():
        item = catalogue().get(name)
        click.echo(f"{item.ref}\t{item.sector}\t{item.title}")


@schema.command("show")
@click.argument("ref")
def show_schema(ref: str) -> None:
    """The JSON of the schema NAME[@VERSION]."""
    try:
        descriptor = catalogue().get(ref).descriptor
    except HauGiangError as error:
        raise _Stopped(error.message) from error
    click.echo(json.dumps(descriptor, ensure_ascii=False, indent=1))


@schema.command("fit")
@click.argument("file", type=click.Path(path_type=Path))
def fit_schema(file: Path) -> None:
    """The installed schemas that FILE could be for, the best one first: score, schema, what is missing."""
    if not file.is_file():
        raise _Stopped(f"There is no file {file}.")
    known = [catalogue().get(name) for name in catalogue().names()]
    try:
        with tempfile.TemporaryDirectory(prefix="haugiang-") as folder:
            fits = child.fit_schemas(file, file.name, known, Path(folder))
    except HauGiangError as error:
        raise _Stopped(error.message) from error
    for fit in fits:
        missing = f"\t– {', '.join(fit['missing'])}" if fit["missing"] else ""
        click.echo(f"{fit['score']:.0%}\t{fit['ref']}\t{fit['matched']}/{fit['columns']}{missing}")


class _Stopped(click.ClickException):
    """Nothing could be judged."""

    exit_code = NOT_JUDGED


def _check_engine(engine: str) -> None:
    if not re.fullmatch(r"threads(:[1-9]\d*)?|dask://[^/\s]+:\d+", engine):
        raise click.UsageError(f"{engine!r} is none of threads, threads:N and dask://HOST:PORT")
    if engine.startswith(child.DASK) and not importlib.util.find_spec("distributed"):
        raise click.UsageError("dask:// needs Dask: pip install 'ckanext-haugiang[dask]'")


def _schema(ref: str) -> TableSchema:
    if not ref.endswith(".json"):
        return catalogue().get(ref)
    try:
        return parse_table_schema(json.loads(Path(ref).read_text(encoding="utf-8")))
    except (OSError, ValueError, RecursionError) as error:
        raise SchemaError("schema-invalid", reason=str(error)) from error


def _registers(table_schema: TableSchema, options: Sequence[str]) -> dict[str, pa.Table]:
    files = _pairs(options)
    found = {}
    for name in table_schema.registers():
        if name in files:
            found[name] = _read_register(name, Path(files[name]))
        elif name in catalogue().registers():
            found[name] = catalogue().register(name)
        else:
            raise UnknownRegister(name)
    return found


def _read_register(name: str, path: Path) -> pa.Table:
    """A register from a text file whose first row names its columns."""
    if not path.is_file():
        raise UnknownRegister(name)
    with path.open("rb") as stream:
        detection = read.detect(stream, path.name)
        if detection.dialect is None:
            raise UnknownRegister(name)
        blocks = [block.columns for table in read.open_tables(stream, detection) for block in table.blocks()]
    columns = [pa.chunked_array(parts).combine_chunks() for parts in zip(*blocks, strict=True)]
    names = [column[0].as_py() for column in columns]
    return pa.table([column[1:] for column in columns], names=names)


def _pairs(options: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for option in options:
        name, sign, value = option.partition("=")
        if not sign or not name:
            raise click.UsageError(f"{option!r} is not NAME=VALUE")
        pairs[name] = value
    return pairs


def _expand(files: Sequence[str]) -> Iterable[Path]:
    """Files and globs; a shell that does not expand them must not matter."""
    for file in files:
        path = Path(file)
        matches = [path] if path.exists() else sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
        if not matches:
            raise _Stopped(f"There is no file {file}.")
        for match in matches:
            if match.is_dir():
                raise _Stopped(f"{match} is a folder; name its files, or write {match}/*.csv")
        yield from matches


def _judge(  # noqa: PLR0913, PLR0917 - what one check depends on
    path: Path,
    table_schema: TableSchema,
    registers: dict[str, pa.Table],
    folder: Path,
    limit: int,
    constants: dict[str, str],
    engine: str,
) -> console.Outcome:
    progress = _Progress(path.name)
    try:
        checked = child.check_file(
            path,
            path.name,
            table_schema,
            registers,
            folder,
            limit=limit,
            constants=constants,
            engine=engine,
            on_progress=progress,
        )
    except HauGiangError as error:
        return console.Outcome(str(path), table_schema, None, error)
    finally:
        progress.done()
    return console.Outcome(str(path), table_schema, checked, None)


class _Progress:
    """One line on a terminal: stage, rows, rows a second."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._start = time.monotonic()
        self._shown = sys.stderr.isatty()

    def __call__(self, stage: str, info: dict[str, Any]) -> None:
        if not self._shown:
            return
        rows = info.get("rows")
        seconds = max(time.monotonic() - self._start, 0.001)
        rate = f"  {rows:,} rows, {rows / seconds:,.0f} a second" if rows else ""
        click.echo(f"\r\x1b[K{self._name}: {stage}{rate}", nl=False, err=True)

    def done(self) -> None:
        """Clear the line."""
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)


if __name__ == "__main__":
    main()
