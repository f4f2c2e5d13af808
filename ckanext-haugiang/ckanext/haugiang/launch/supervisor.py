"""Starts the portal's processes in their order, starts again what dies, stops everything in good order.

One supervisor runs for a state folder; it holds a lock as long as it lives. It is the only one that starts processes;
``make up`` watches it through ``state.json``. Its children die with it, and it adopts the children of a process
that was killed, so that none goes on working unseen.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

from ckanext.haugiang.launch.home import Home, LaunchError, write_private
from ckanext.haugiang.launch.processes import adopt_orphans, die_with_parent, everyone, parent, send, started
from ckanext.haugiang.launch.programs import Program

LOG_SIZE, LOGS_KEPT = 10_000_000, 3
LONGEST_PAUSE, STEADY = 30.0, 20.0  # seconds between two starts; of running that count as recovered


class Child:
    """A program with its process, if it runs, and its history."""

    def __init__(self, program: Program, logs: Path) -> None:
        """Nothing runs yet."""
        self.program, self.log = program, logs / f"{program.name}.log"
        self.pid = self.began = None  # type: int | None
        self.since = self.not_before = 0.0
        self.starts = self.failures = 0
        self.ready = self.done = False

    def start(self) -> None:
        """Start the process."""
        program = self.program

        def prepare() -> None:
            orphaned()
            os.nice(program.nice)

        orphaned = die_with_parent(program.orphaned)
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                program.command, cwd=program.folder, env=dict(program.environ), stdin=subprocess.DEVNULL, stdout=output,
                stderr=output, start_new_session=True, preexec_fn=prepare,
            )  # fmt: skip
        process.returncode = 0  # reaped here, not by subprocess
        self.pid, self.began, self.since = process.pid, started(process.pid), time.monotonic()
        self.starts += 1

    def ended(self, status: int) -> str:
        """Note the end of the process and when it may be started again; say how it ended."""
        code = os.waitstatus_to_exitcode(status)
        ran = time.monotonic() - self.since
        self.failures = 0 if ran > STEADY else self.failures + 1
        self.not_before = time.monotonic() + min(LONGEST_PAUSE, 0.25 * 2**self.failures if self.failures else 0)
        self.pid = self.began = None
        self.ready, self.done = False, self.program.once and code == 0
        return f"signal {-code}" if code < 0 else f"status {code}"

    def describe(self) -> dict[str, Any]:
        """For the state file."""
        return {
            "pid": self.pid, "began": self.began, "ready": self.ready, "done": self.done, "once": self.program.once,
            "restarts": max(0, self.starts - 1), "failures": self.failures,
        }  # fmt: skip


class Supervisor:
    """The loop over all children."""

    def __init__(self, home: Home, programs: list[Program], identity: dict[str, str]) -> None:
        """Take the lock.

        Args:
            home: the state folder.
            programs: what to run, in the order of the start.
            identity: what the state file tells besides the processes (code, settings, address).

        Raises:
            LaunchError: another supervisor runs.
        """
        self.home, self.identity = home, identity
        self.children = {program.name: Child(program, home.logs) for program in programs}
        self.phase, self.message, self.stopping, self.written = "starting", "", False, ""
        self.lock = (home.path / "supervisor.lock").open("a+")
        try:
            fcntl.flock(self.lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise LaunchError("The portal is running already.") from None
        self.lock.truncate(0)
        self.lock.write(str(os.getpid()))
        self.lock.flush()

    def run(self) -> None:
        """Work until a signal or a failed setup ends it."""
        adopt_orphans()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        checked = 0.0
        try:
            while not self.stopping:
                self._reap()
                self._start_what_may()
                if time.monotonic() - checked > 5:
                    checked = time.monotonic()
                    self._end_orphans()
                    for log in self.home.logs.glob("*.log"):
                        rotate(log)
                self._write()
                time.sleep(0.1)
        finally:
            self._stop_all()

    def _stop(self, *_: object) -> None:
        self.stopping = True

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            child = next((c for c in self.children.values() if c.pid == pid), None)
            if child is None:
                continue  # an adopted one
            how = child.ended(status)
            if not self.stopping and not child.done:
                self._log(f"{child.program.name} ended with {how}")
                self._end_orphans()
                followers = [c for c in self.children.values() if child.program.name in c.program.follows]
                send([c.pid for c in followers if c.pid is not None], signal.SIGTERM)
            if child.program.once and not child.done:
                self.phase, self.message = "failed", last_line(child.log)
                self.stopping = True

    def _start_what_may(self) -> None:
        for child in self.children.values():
            if child.pid is None and not child.done:
                waits = any(not (self.children[name].ready or self.children[name].done) for name in child.program.after)
                if not waits and time.monotonic() >= child.not_before:
                    self._start(child)
            elif child.pid is not None and not child.ready and not child.program.once:
                child.ready = child.program.ready(child.pid)
        if self.phase == "starting" and all(child.ready or child.done for child in self.children.values()):
            self.phase = "ready"

    def _start(self, child: Child) -> None:
        try:
            child.start()
        except OSError as error:  # no memory, no space, no more processes: the next try may find some
            child.failures += 1
            child.not_before = time.monotonic() + LONGEST_PAUSE
            self._log(f"{child.program.name} cannot be started: {error.strerror}")
        else:
            self._log(f"{child.program.name} started as {child.pid}")

    def _end_orphans(self) -> None:
        """A process whose parent was killed is ours now; what it does is done again by others, so end it."""
        known = {child.pid for child in self.children.values()}
        orphans = [pid for pid in everyone() if pid not in known and parent(pid) == os.getpid()]
        for pid in orphans:
            self._log(f"ending {pid}, whose parent died")
        send(orphans, signal.SIGKILL)

    def _stop_all(self) -> None:
        """Stop in the opposite order, the databases last; those that wait for nothing of each other together."""
        if self.phase != "failed":
            self.phase = "stopping"
        self._write()
        first = [c for c in self.children.values() if c.program.after]
        last = [c for c in self.children.values() if not c.program.after]
        for group in (first, last):
            deadlines = {}
            for child in group:
                if child.pid is not None:
                    send([child.pid], child.program.stop)
                    deadlines[child.program.name] = time.monotonic() + child.program.patience
            while waiting := [c for c in group if c.pid is not None]:
                for child in waiting:
                    if child.pid is not None and time.monotonic() > deadlines[child.program.name]:
                        self._log(f"{child.program.name} did not end when asked")
                        send([child.pid], signal.SIGKILL)
                self._reap()
                time.sleep(0.05)
            self._end_orphans()
        self._reap()
        if self.phase != "failed":
            self.phase = "stopped"
        self._write()

    def _write(self) -> None:
        """Tell the state, when it changed."""
        content = self.identity | {
            "pid": os.getpid(), "began": started(os.getpid()), "phase": self.phase, "message": self.message,
            "programs": {name: child.describe() for name, child in self.children.items()},
        }  # fmt: skip
        text = json.dumps(content, indent=1)
        if text != self.written:
            with contextlib.suppress(OSError):  # a full disk must not stop the portal
                write_private(self.home.state, text)
                self.written = text

    def _log(self, line: str) -> None:
        with contextlib.suppress(OSError):
            print(time.strftime("%Y-%m-%d %H:%M:%S"), line, flush=True)  # noqa: T201 - standard output is the log


def rotate(log: Path) -> None:
    """Keep a log small. It is copied and emptied: the process goes on writing (appending) to the same file."""
    with contextlib.suppress(OSError):
        if log.stat().st_size > LOG_SIZE:
            for number in range(LOGS_KEPT - 1, 0, -1):
                older = log.with_name(f"{log.name}.{number}")
                if older.exists():
                    older.replace(log.with_name(f"{log.name}.{number + 1}"))
            shutil.copyfile(log, log.with_name(f"{log.name}.1"))
            os.truncate(log, 0)


def last_line(log: Path) -> str:
    """The last words of a program that failed."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1] if lines else "no reason was given"
