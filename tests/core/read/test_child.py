"""Whatever a file does to the process that reads it, a check ends in time, with a result or one named error."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile_files import FILES, make

from ckanext.haugiang.adapters import child
from ckanext.haugiang.adapters.child import Limits, check_file
from ckanext.haugiang.core.errors import HauGiangError
from ckanext.haugiang.core.schema import TableSchema, parse_table_schema

HOSTILE = {
    "far.xlsx": "sheet-too-large",
    "far-written-oddly.xlsx": "sheet-too-large",
    "far-without-rows.xlsx": "sheet-too-large",
    "far-declared.xlsx": "sheet-too-large",
    "bomb.xlsx": "file-zip-bomb",
    "long-cell.xlsx": "cell-too-large",
    "entities.xlsx": "file-unreadable",
    "outside-entity.xlsx": "file-unreadable",
    "wide.xlsx": "too-many-columns",
    "macro.xlsm": "file-macro",
    "cut.xlsx": "file-truncated",
    "long-quoted-cell.csv": "cell-too-large",
    "long-cell.csv": "cell-too-large",
    "columns.csv": "too-many-columns",
    "nul.csv": "nul-byte",
    "empty.csv": "file-empty",
    "page.csv": "file-type-mismatch",
    "pdf.xlsx": "file-type-mismatch",
    "gzip.csv": "file-type-mismatch",
    "open-quote.csv": "quote-unclosed",
    "no-header.csv": "no-header",
    "short-header.csv": "header-missing-required",
}


@pytest.fixture(scope="module")
def schema() -> TableSchema:
    fields = [
        {"name": "a", "type": "integer", "title": "A", "x-title-en": "A", "constraints": {"required": True}},
        {"name": "b", "type": "number", "title": "B", "x-title-en": "B"},
    ]
    return parse_table_schema(
        {
            "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
            "name": "trial",
            "x-version": "1.0.0",
            "x-sector": "agriculture",
            "title": "Bảng thử",
            "x-title-en": "Trial",
            "fields": fields,
        }
    )


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    """A file that never ends and never begins: to open it waits for ever."""
    path = tmp_path / "never.csv"
    os.mkfifo(path)
    return path


def code_of(source: Path, schema: TableSchema, work: Path, limits: Limits | None = None) -> str:
    with pytest.raises(HauGiangError) as caught:
        check_file(source, source.name, schema, {}, work, limits=limits)
    assert caught.value.message
    return caught.value.code


def test_a_good_file_gives_everything(schema: TableSchema, tmp_path: Path, work: Path) -> None:
    """Detection, tidy, report, profile, table, changes, rows and hash belong to each other."""
    source = tmp_path / "good.csv"
    source.write_text("B;A\n2,5;1\n1.234,5;2\n", encoding="utf-8")
    stages: list[str] = []
    checked = check_file(source, "good.csv", schema, {}, work, on_progress=lambda stage, info: stages.append(stage))
    assert list(dict.fromkeys(stages)) == ["detect", "tidy", "validate", "profile"]
    assert checked.table.read_text(encoding="utf-8") == "a,b\n1,2.5\n2,1234.5\n"
    assert checked.sha256 == hashlib.sha256(checked.table.read_bytes()).hexdigest()
    assert (checked.rows, checked.profile["rows"], checked.report["haugiang"]["rows"]) == (2, 2, 2)
    assert checked.report["valid"] is True
    assert checked.detection["dialect"]["delimiter"] == ";"
    assert checked.detection["header_row"] == 1
    changes = [json.loads(line) for line in checked.changes.read_text(encoding="utf-8").splitlines()]
    assert [(change["cell"], change["after"]) for change in changes] == [("A2", "2.5"), ("A3", "1234.5")]
    assert checked.tidy["changes"] == 2


def test_errors_name_the_cell_of_the_file(schema: TableSchema, tmp_path: Path, work: Path) -> None:
    """Title, order of columns, empty rows and line ends in quotes do not move the place of an error."""
    source = tmp_path / "bad.csv"
    source.write_text('"Một\nbảng",\nB,A\n,\n1,x\n2,2\nz,3\n', encoding="utf-8")
    checked = check_file(source, "bad.csv", schema, {}, work)
    assert [(place["cell"], place.get("line")) for place in checked.report["haugiang"]["sources"]] == [
        ("B4", 5),
        ("A6", 7),
    ]


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_by_name(name: str, schema: TableSchema, tmp_path: Path, work: Path) -> None:
    """Each is refused with its code, in seconds and within the limits."""
    source = make(name, tmp_path)
    start = time.monotonic()
    assert code_of(source, schema, work, Limits(memory_mb=400)) == HOSTILE[name]
    assert time.monotonic() - start < 30


@pytest.mark.parametrize(
    ("constraints", "cell"),
    [({"pattern": "(a+)+"}, "a" * 40 + "!"), ({"enum": [f"giá trị số {n:05}" for n in range(20_000)]}, "sai")],
    ids=["(a+)+", "20,000 values"],
)
def test_hostile_schemas_are_judged(
    constraints: dict[str, Any], cell: str, schema: TableSchema, tmp_path: Path, work: Path
) -> None:
    """A pattern that keeps other engines busy for years, a list that stands in every error: judged all the same."""
    descriptor: dict[str, Any] = json.loads(json.dumps(schema.descriptor))
    descriptor["fields"][1] |= {"type": "string", "constraints": constraints}
    source = tmp_path / "bad.csv"
    source.write_text("a,b\n" + f"1,{cell}\n" * 20_000, encoding="utf-8")
    start = time.monotonic()
    checked = check_file(source, "bad.csv", parse_table_schema(descriptor), {}, work, limits=Limits(memory_mb=400))
    assert time.monotonic() - start < 30
    assert checked.report["haugiang"]["by_type"] == {"constraint-error": 20_000}
    assert len(checked.report["tasks"][0]["errors"]) == 1000
    assert len(json.dumps(checked.report)) < 5_000_000


@pytest.mark.parametrize("name", ["pass_protected.xlsx", "pass_protected.ods"])
def test_passwords(name: str, schema: TableSchema, work: Path) -> None:
    """A file with a password says so."""
    assert code_of(FILES / name, schema, work) == "file-encrypted"


def python(code: str) -> Any:
    return lambda workdir, writing: [sys.executable, "-c", code]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import os; os.abort()", "reader-crashed"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "reader-crashed"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "memory-limit"),
        (
            "import sys; print('memory allocation of 9 bytes failed', file=sys.stderr); import os; os.abort()",
            "memory-limit",
        ),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXCPU)", "time-limit"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGXFSZ)", "output-limit"),
        ("raise SystemExit(3)", "internal"),
        ("", "internal"),
    ],
)
def test_ends_of_a_child(
    code: str, expected: str, schema: TableSchema, fifo: Path, work: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An abort, a signal, a panic, an end without a word: each has its code."""
    if "SIGXFSZ" in code:
        code = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_DFL); " + code
    monkeypatch.setattr(child, "command", python(code))
    assert code_of(fifo, schema, work) == expected


def test_a_child_that_hangs_is_ended(schema: TableSchema, fifo: Path, work: Path) -> None:
    """The clock on the wall ends what the processor's clock does not see."""
    start = time.monotonic()
    assert code_of(fifo, schema, work, Limits(wall_seconds=3)) == "time-limit"
    assert time.monotonic() - start < 10
    assert children_of(os.getpid()) == []


def test_output_and_memory_are_limited(schema: TableSchema, tmp_path: Path, work: Path) -> None:
    """A table that grows too large, and a file that takes too much memory, end with their codes."""
    source = tmp_path / "large.csv"
    source.write_text("a,b\n" + '1,"2,5"\n' * 400_000, encoding="utf-8")
    assert code_of(source, schema, work, Limits(output_mb=1)) == "output-limit"
    assert code_of(source, schema, work, Limits(memory_mb=4)) == "memory-limit"


def test_what_the_listener_raises_ends_the_check(schema: TableSchema, fifo: Path, work: Path) -> None:
    """A run that lost its lease stops its child at once."""

    class Lost(Exception):
        pass

    def lost(stage: str, info: dict[str, Any]) -> None:
        raise Lost

    with pytest.raises(Lost):
        check_file(fifo, "x.csv", schema, {}, work, on_progress=lost)
    assert children_of(os.getpid()) == []


@pytest.mark.parametrize("delay", [0, 3])
def test_a_child_dies_with_its_parent(delay: int, fifo: Path, work: Path) -> None:
    """kill -9 of a worker leaves no reader behind, neither one that starts nor one that hangs."""
    code = (
        "import sys; from pathlib import Path; from ckanext.haugiang.adapters import child; "
        "child.infer_schema(Path(sys.argv[1]), 'x.csv', Path(sys.argv[2]))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code, str(fifo), str(work)])
    found = eventually(lambda: children_of(parent.pid))
    time.sleep(delay)
    parent.kill()
    parent.wait()
    assert eventually(lambda: [pid for pid in found if not Path(f"/proc/{pid}").exists()]) == found


def test_a_child_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The portal's settings are not in the environment of what reads strangers' files."""
    monkeypatch.setenv("CKAN_SQLALCHEMY_URL", "postgresql://user:secret@/db")
    assert "CKAN_SQLALCHEMY_URL" not in child._environment()


def eventually(found: Any) -> list[int]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if result := found():
            return list(result)
        time.sleep(0.1)
    raise AssertionError("it never happened")


def children_of(parent: int) -> list[int]:
    return list(_children(parent))


def _children(parent: int) -> Iterator[int]:
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if fields[1] == str(parent) and fields[0] != "Z":
            yield int(path.parent.name)


def test_signals_are_what_we_think() -> None:
    """The codes above hang on these numbers."""
    assert {signal.SIGABRT, signal.SIGSEGV, signal.SIGBUS} <= set(child._ABORTS)
