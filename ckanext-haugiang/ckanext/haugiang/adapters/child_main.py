"""The child's side of `child`: limits itself, does the work, tells the parent over a pipe."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import resource
import signal
import sys
import time
import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.ipc

from ckanext.haugiang.adapters.child import DASK
from ckanext.haugiang.adapters.drawing import boundaries
from ckanext.haugiang.core import profile, read, tidy, validate
from ckanext.haugiang.core.errors import HauGiangError
from ckanext.haugiang.core.publish import drawings
from ckanext.haugiang.core.read.limits import MIB, ReadLimits
from ckanext.haugiang.core.schema import TableSchema, parse_table_schema
from ckanext.haugiang.core.validate.parts import Engine, Threads
from ckanext.haugiang.core.validate.report import add_rows

_PR_SET_PDEATHSIG = 1
_EVERY_SECONDS = 2.0
# What threads, the loader of libraries and the system say when there is no room for a stack or a segment.
_NO_MEMORY = ("can't start new thread", "failed to map segment", "Cannot allocate memory")


class _Pipe:
    """Tells the parent; a parent that is gone ends the child."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._last = 0.0

    def tell(self, message: dict[str, Any]) -> None:
        data = json.dumps(message, ensure_ascii=False, default=str).encode() + b"\n"
        while data:
            data = data[os.write(self._descriptor, data) :]

    def stage(self, name: str, **info: Any) -> None:
        self._last = time.monotonic()
        self.tell({"stage": name, "info": info})

    def rows(self, name: str, rows: int) -> None:
        if time.monotonic() - self._last > _EVERY_SECONDS:
            self.stage(name, rows=rows)


def main(workdir: Path, descriptor: int) -> None:
    """Check the file that the request in ``workdir`` names."""
    pipe = _Pipe(descriptor)
    request = json.loads((workdir / "request.json").read_text(encoding="utf-8"))
    _limit(request["limits"])
    try:
        work = propose if "infer" in request or "fit" in request else check
        pipe.tell({"result": work(request, workdir, pipe)})
    except HauGiangError as error:
        _fail(pipe, error.code, error.params)
    except (MemoryError, pa.ArrowMemoryError):
        _fail(pipe, "memory-limit", {"megabytes": request["limits"]["memory_mb"]})
    except OSError as error:
        traceback.print_exc()
        if error.errno == errno.EFBIG:
            _fail(pipe, "output-limit", {"megabytes": request["limits"]["output_mb"]})
        else:
            _fail(pipe, "storage-full" if error.errno == errno.ENOSPC else "internal", {"reference": "CHILD-IO"})
    except BaseException as error:  # noqa: BLE001 - a panic of Rust code is no Exception, and must not pass for success
        traceback.print_exc()
        if any(sign in str(error) for sign in _NO_MEMORY):
            _fail(pipe, "memory-limit", {"megabytes": request["limits"]["memory_mb"]})
            return
        panic = type(error).__name__ == "PanicException"
        _fail(pipe, "reader-crashed" if panic else "internal", {"reference": f"CHILD-{type(error).__name__}"})


def check(request: dict[str, Any], workdir: Path, pipe: _Pipe) -> dict[str, Any]:
    """Do the stages one after the other."""
    schema = parse_table_schema(request["schema"])
    registers = {name: _register(workdir / path) for name, path in request["registers"].items()}
    limits = _read_limits(request["limits"])
    pipe.stage("detect")
    with Path(request["source"]).open("rb") as stream:
        detection = read.detect(stream, request["filename"], limits=limits)
        pipe.stage("tidy", format=detection.format)
        tables = read.open_tables(stream, detection, limits)
        tidied = _tidy(tables, schema, registers, request, workdir, pipe)
    pipe.stage("validate", rows=tidied.rows)
    report = validate.validate(
        workdir / "table.csv",
        schema,
        registers,
        limit=request["limit"],
        sources=tidied.places,
        engine=_engine(request["engine"], workdir / "table.csv"),
    ).to_descriptor()
    ours = report["haugiang"]
    ours["findings"] = [*ours["findings"], *tidied.info["questions"]]
    ours["warnings"] += len(tidied.info["questions"])
    for question in tidied.info["questions"]:
        ours["by_rule"][question["rule"]] = ours["by_rule"].get(question["rule"], 0) + 1
    with (workdir / "table.csv").open(encoding="utf-8", newline="") as table:
        add_rows(ours["findings"], table)
    _dump(workdir / "report.json", report)
    pipe.stage("profile", rows=tidied.rows)
    _dump(workdir / "profile.json", profile.profile(workdir / "table.csv", schema))
    _dump(workdir / "specifications.json", [] if ours["errors"] else _drawings(workdir, tidied.rows, schema, registers))
    return {
        "detection": {**detection.to_dict(), **tidied.header},
        "tidy": tidied.info,
        "rows": tidied.rows,
        "sha256": tidied.sha256,
    }


def _engine(wanted: str, table: Path) -> Engine:
    if wanted.startswith(DASK):
        from ckanext.haugiang.adapters.dask import Cluster  # an extra, and a second to import

        return Cluster(wanted.removeprefix(DASK), table)
    return Threads(int(wanted.partition(":")[2] or 0))


def _drawings(workdir: Path, rows: int, schema: TableSchema, registers: dict[str, pa.Table]) -> list[dict[str, Any]]:
    """Charts and a map, if they can be had: a valid table is published without them too."""
    try:
        return drawings.specify(workdir / "table.csv", rows, schema, registers, boundaries())
    except Exception:  # noqa: BLE001 - see above; the log of the child has it
        traceback.print_exc()
        return []


def propose(request: dict[str, Any], workdir: Path, pipe: _Pipe) -> dict[str, Any]:
    """Propose a new schema for the first table of the file, or the known ones that fit it."""
    del workdir
    limits = _read_limits(request["limits"])
    pipe.stage("detect")
    with Path(request["source"]).open("rb") as stream:
        detection = read.detect(stream, request["filename"], limits=limits)
        for table in read.open_tables(stream, detection, limits):
            if "infer" in request:
                return {"schema": tidy.infer(table, request["infer"])}
            schemas = map(parse_table_schema, request["fit"])
            return {"fits": [asdict(fit) for fit in tidy.fit_schemas(table, schemas)]}
    raise HauGiangError("file-empty")


def _tidy(  # noqa: PLR0913, PLR0917 - what one check holds
    tables: Any,
    schema: TableSchema,
    registers: dict[str, pa.Table],
    request: dict[str, Any],
    workdir: Path,
    pipe: _Pipe,
) -> tidy.Tidied:
    """Tidy the first table whose header fits; when none does, the first one's reason counts."""
    first: HauGiangError | None = None
    for table in tables:
        with (workdir / "table.csv").open("wb") as out, (workdir / "changes.ndjson").open("wb") as changes:
            try:
                return tidy.tidy(
                    table,
                    schema,
                    registers,
                    out,
                    changes,
                    constants=request["constants"],
                    on_rows=lambda rows: pipe.rows("tidy", rows),
                )
            except HauGiangError as error:
                first = first or error
                if error.code not in {"no-header", "file-empty"}:
                    break
    raise first or HauGiangError("file-empty")


def _register(path: Path) -> pa.Table:
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_file(source).read_all()


def _read_limits(limits: dict[str, Any]) -> ReadLimits:
    return ReadLimits(
        file_bytes=limits["file_mb"] * MIB,
        cells=limits["cells"],
        columns=limits["columns"],
        cell_chars=limits["cell_chars"],
        unpacked_bytes=limits["unpacked_mb"] * MIB,
    )


def _dump(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")


def _fail(pipe: _Pipe, code: str, params: dict[str, Any]) -> None:
    pipe.tell({"error": {"code": code, "params": params}})


def _limit(limits: dict[str, Any]) -> None:
    """Limit memory to what the libraries have already taken and the given amount, and time and output."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    memory = pages * resource.getpagesize() + limits["memory_mb"] * MIB
    _set(resource.RLIMIT_AS, memory)
    _set(resource.RLIMIT_CPU, limits["cpu_seconds"])
    _set(resource.RLIMIT_FSIZE, limits["output_mb"] * MIB)
    _set(resource.RLIMIT_CORE, 0)


def _set(kind: int, value: int) -> None:
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, hard if kind == resource.RLIMIT_CPU else value))


def _die_with_parent(parent: int) -> None:
    """A worker that is killed must not leave a child at work behind, not even one that is just starting."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


if __name__ == "__main__":
    _die_with_parent(int(sys.argv[3]))
    main(Path(sys.argv[1]), int(sys.argv[2]))
