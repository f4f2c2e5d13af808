"""What Linux tells about processes, and how to end them for certain."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
MARK = "_HAUGIANG_INSTANCE"
_LIBC = ctypes.CDLL(None)


def die_with_parent(number: int) -> Callable[[], None]:
    """A ``preexec_fn``: the kernel signals the child when the process that started it ends, however it ends."""
    parent = os.getpid()

    def prepare() -> None:
        _LIBC.prctl(PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:  # it died in between
            os._exit(1)

    return prepare


def adopt_orphans() -> None:
    """Become the parent of grandchildren whose parent dies (a killed worker's child goes on working otherwise)."""
    _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1)


def started(pid: int) -> int | None:
    """When a process began, in clock ticks since the machine's start; with the number it names a process for good."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def parent(pid: int) -> int:
    """The parent of a process, 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[1])
    except OSError:
        return 0


def everyone() -> list[int]:
    """All process numbers."""
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]  # noqa: PTH208 - names only, and often


def tree(root: int) -> set[int]:
    """A process and all its descendants."""
    parents = {pid: parent(pid) for pid in everyone()}
    found = {root}
    while more := {pid for pid, above in parents.items() if above in found} - found:
        found |= more
    return found


def marked(instance: str) -> set[int]:
    """Processes whose environment says that they belong to an installation, without this one and its ancestors."""
    ours, pid = set(), os.getpid()
    while pid:
        ours.add(pid)
        pid = parent(pid)
    wanted = f"{MARK}={instance}".encode()
    found = set()
    for pid in everyone():
        with contextlib.suppress(OSError):
            if wanted in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                found.add(pid)
    return found - ours


def memory(pids: Iterable[int]) -> int:
    """Proportional memory of processes, in bytes."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError, StopIteration):
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8").splitlines()
            total += int(next(line for line in lines if line.startswith("Pss:")).split()[1]) * 1024
    return total


def send(pids: Iterable[int], number: int) -> None:
    """Signal processes that may have ended meanwhile."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)


def end(processes: dict[int, int | None], first: int = signal.SIGTERM, patience: float = 10) -> None:
    """Ask processes to end, wait, then end them.

    Args:
        processes: when each began, by its number: a number that was given to another process since is left alone.
        first: the signal that asks.
        patience: seconds to wait.
    """
    alive = {pid: began for pid, began in processes.items() if began is not None and started(pid) == began}
    send(alive, first)
    deadline = time.monotonic() + patience
    while alive and time.monotonic() < deadline:
        time.sleep(0.1)
        alive = {pid: began for pid, began in alive.items() if started(pid) == began}
    send(alive, signal.SIGKILL)
