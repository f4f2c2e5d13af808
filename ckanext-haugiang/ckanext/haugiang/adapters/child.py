"""The check of one file in a process of its own: detect, tidy, validate, profile.

A file can end the process that reads it (a workbook of 4.6 KB makes calamine abort), take all memory or never come to
an end. So it is read in a child with limits on memory, time and output; whatever happens there, `check_file` returns
a result or raises one error with a code. Progress comes over a pipe, one JSON object a line.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import TYPE_CHECKING, Any

from ckanext.haugiang.core.errors import HauGiangError, LimitExceeded, ReadError, RunError, from_code
from ckanext.haugiang.core.schema import TableSchema

if TYPE_CHECKING:
    import pyarrow as pa

_MODULE = "ckanext.haugiang.adapters.child_main"
_LOG_BYTES = 64 * 1024
_ABORTS = (signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP)
THREADS, DASK = "threads", "dask://"
OnProgress = Callable[[str, dict[str, Any]], None]


@dataclass(frozen=True)
class Limits:
    """What one check may take.

    Attributes:
        memory_mb: Memory beyond what its libraries take.
        cpu_seconds: Time of the processor.
        wall_seconds: Time of the clock.
        output_mb: Largest file it may write.
        file_mb: Largest file it reads.
        cells: Largest box of cells of a sheet.
        columns: Most columns.
        cell_chars: Most characters in a cell.
        unpacked_mb: What a workbook may unpack to.
    """

    memory_mb: int = 1536
    cpu_seconds: int = 600
    wall_seconds: int = 900
    output_mb: int = 4096
    file_mb: int = 12 * 1024
    cells: int = 30_000_000
    columns: int = 2_000
    cell_chars: int = 500_000
    unpacked_mb: int = 1024


@dataclass(frozen=True)
class Checked:
    """What a check found.

    Attributes:
        detection: format, encoding, dialect, sheet, header_row, title_rows.
        tidy: changes, by_step, columns, dropped_columns, questions.
        report: frictionless's report as JSON, with our part under "haugiang".
        profile: Per field: type, count, nulls, distinct, min, max, mean, top values.
        table: The canonical CSV.
        changes: The changes, one JSON object a line.
        specifications: What charts and map of a valid table are to show, for `adapters.drawing`.
        rows: Rows of the table.
        sha256: Hash of the table.
    """

    detection: dict[str, Any]
    tidy: dict[str, Any]
    report: dict[str, Any]
    profile: dict[str, Any]
    table: Path
    changes: Path
    specifications: Path
    rows: int
    sha256: str


def check_file(  # noqa: PLR0913 - what a check depends on
    source: Path,
    filename: str,
    schema: TableSchema,
    registers: Mapping[str, pa.Table],
    workdir: Path,
    *,
    limit: int = 1000,
    limits: Limits | None = None,
    constants: Mapping[str, str] | None = None,
    engine: str = THREADS,
    on_progress: OnProgress | None = None,
) -> Checked:
    """Detect, tidy, validate and profile one file.

    Args:
        source: The file.
        filename: The name under which it came.
        schema: What its table must be.
        registers: The registers that the schema refers to.
        workdir: An empty folder for what comes out.
        limit: How many errors are described in full.
        limits: What the check may take.
        constants: Values for fields that the file has no column for.
        engine: Where rows are screened: ``threads``, ``threads:N``, or ``dask://HOST:PORT`` for a cluster.
        on_progress: Told of each stage, and from time to time how many rows are done; what it raises ends the check.

    Raises:
        HauGiangError: with the code of what is wrong; never anything else that the file has caused.
    """
    import pyarrow.ipc  # 50 MB that a web process, which only asks for `fit_schemas`, need not carry

    limits = limits or Limits()
    names = {}
    for number, (name, table) in enumerate(registers.items()):
        names[name] = f"register{number}.arrow"
        with pyarrow.ipc.new_file(workdir / names[name], table.schema) as writer:
            writer.write_table(table)
    request = {
        "source": str(source.resolve()),
        "filename": filename,
        "schema": dict(schema.descriptor),
        "registers": names,
        "limit": limit,
        "limits": asdict(limits),
        "constants": dict(constants or {}),
        "engine": engine,
    }
    answer = _talk(workdir, request, limits, on_progress)
    return Checked(
        detection=answer["detection"],
        tidy=answer["tidy"],
        report=_load(workdir / "report.json"),
        profile=_load(workdir / "profile.json"),
        table=workdir / "table.csv",
        changes=workdir / "changes.ndjson",
        specifications=workdir / "specifications.json",
        rows=answer["rows"],
        sha256=answer["sha256"],
    )


def infer_schema(
    source: Path, filename: str, workdir: Path, *, name: str | None = None, limits: Limits | None = None
) -> dict[str, Any]:
    """Propose a table schema for a file.

    Args:
        source: The file.
        filename: The name under which it came.
        workdir: An empty folder.
        name: What to call the schema; by default the file's name.
        limits: What the look at the file may take.

    Raises:
        HauGiangError: with the code of what is wrong.
    """
    limits = limits or Limits()
    request = {
        "source": str(source.resolve()),
        "filename": filename,
        "infer": name or Path(filename).stem,
        "limits": asdict(limits),
    }
    schema: dict[str, Any] = _talk(workdir, request, limits, None)["schema"]
    return schema


def fit_schemas(
    source: Path, filename: str, schemas: Iterable[TableSchema], workdir: Path, *, limits: Limits | None = None
) -> list[dict[str, Any]]:
    """Tell which schemas a file could be for, by the heads of its columns.

    Args:
        source: The file.
        filename: The name under which it came.
        schemas: Those to choose from.
        workdir: An empty folder.
        limits: What the look at the file may take.

    Returns:
        The best one first: ref, matched, columns, missing, score; see `core.tidy.Fit`.

    Raises:
        HauGiangError: with the code of what is wrong with the file.
    """
    limits = limits or Limits()
    request = {
        "source": str(source.resolve()),
        "filename": filename,
        "fit": [dict(schema.descriptor) for schema in schemas],
        "limits": asdict(limits),
    }
    fits: list[dict[str, Any]] = _talk(workdir, request, limits, None)["fits"]
    return fits


def _load(path: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return loaded


def _talk(workdir: Path, request: dict[str, Any], limits: Limits, on_progress: OnProgress | None) -> dict[str, Any]:
    (workdir / "request.json").write_text(json.dumps(request), encoding="utf-8")
    reading, writing = os.pipe()
    log = workdir / "child.log"
    try:
        with log.open("wb") as noise:
            child = subprocess.Popen(  # noqa: S603 - our own module
                command(workdir, writing),
                stdin=subprocess.DEVNULL,
                stdout=noise,
                stderr=noise,
                pass_fds=(writing,),
                start_new_session=True,
                env=_environment(),
            )
    except OSError:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    try:
        answer = _listen(reading, time.monotonic() + limits.wall_seconds, on_progress or (lambda stage, info: None))
        status = child.wait(timeout=10) if answer is None else 0
    except (TimeoutError, subprocess.TimeoutExpired) as error:
        raise LimitExceeded("time-limit", seconds=limits.wall_seconds) from error
    finally:
        os.close(reading)
        _end(child)
    if answer is None:
        raise _of_status(status, log, limits)
    return answer


def command(workdir: Path, writing: int) -> list[str]:
    """How the child is started; tests put one that misbehaves here."""
    return [sys.executable, "-m", _MODULE, str(workdir), str(writing), str(os.getpid())]


def _environment() -> dict[str, str]:
    """What the child may know: nothing of the portal's settings and secrets."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "HOME", "TMPDIR", "LANG") if name in os.environ}
    # Arrow's own pools reserve addresses ahead, which a limit on memory would count.
    return {**kept, "PYTHONUTF8": "1", "ARROW_DEFAULT_MEMORY_POOL": "system", "MALLOC_ARENA_MAX": "2"}


def _listen(reading: int, deadline: float, on_progress: OnProgress) -> dict[str, Any] | None:
    """Read messages until the result, an error (raised), or the end of the pipe (None)."""
    buffer = b""
    with DefaultSelector() as selector:
        selector.register(reading, EVENT_READ)
        while True:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise TimeoutError
            piece = os.read(reading, 65536)
            if not piece:
                return None
            buffer += piece
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                message = json.loads(line)
                if "error" in message:
                    raise from_code(message["error"]["code"], message["error"]["params"])
                if "result" in message:
                    result: dict[str, Any] = message["result"]
                    return result
                on_progress(message["stage"], message["info"])


def _of_status(status: int, log: Path, limits: Limits) -> HauGiangError:
    """What the end of a child without an answer means."""
    said = log.read_bytes()[-_LOG_BYTES:] if log.exists() else b""
    memory = b"memory allocation of" in said or b"MemoryError" in said or b"bad_alloc" in said
    if status == -signal.SIGXCPU:
        return LimitExceeded("time-limit", seconds=limits.cpu_seconds)
    if status == -signal.SIGXFSZ:
        return LimitExceeded("output-limit", megabytes=limits.output_mb)
    if status == -signal.SIGKILL or memory:  # nobody but the kernel kills it while it is listened to
        return LimitExceeded("memory-limit", megabytes=limits.memory_mb)
    if -status in _ABORTS:
        return ReadError("reader-crashed")
    return RunError("internal", reference=f"CHILD-{status}")


def _end(child: subprocess.Popen[bytes]) -> None:
    """Make sure that nothing of the child is left, and that it is reaped."""
    try:
        child.wait(timeout=0.5)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
