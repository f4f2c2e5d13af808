"""One installation: where its parts are, and what is to be done before it starts."""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ckanext.haugiang.launch.home import Home, LaunchError, read_json
from ckanext.haugiang.launch.ini import write_ini
from ckanext.haugiang.launch.postgres import Postgres
from ckanext.haugiang.launch.processes import die_with_parent, end, marked, started, tree
from ckanext.haugiang.launch.redis import Redis
from ckanext.haugiang.launch.settings import Settings, read_settings
from ckanext.haugiang.launch.wheels import environment, python


@dataclass(frozen=True)
class Portal:
    """An installation.

    Attributes:
        home: its state folder.
        settings: its settings.
        code: a fingerprint of the installed programs.
        datasets: the folder of the demonstration data.
    """

    home: Home
    settings: Settings
    code: str
    datasets: Path

    @classmethod
    def here(cls, code: str, datasets: Path) -> Portal:
        """The installation that HAUGIANG_HOME names."""
        home = Home(Path(os.environ["HAUGIANG_HOME"]))
        return cls(home, read_settings(os.environ, home.path), code, datasets)

    @cached_property
    def postgres(self) -> Postgres:
        """The embedded PostgreSQL."""
        return Postgres(self.home.postgres, self.home.sockets(), self.home.secrets())

    @cached_property
    def redis(self) -> Redis:
        """The embedded Redis."""
        return Redis(self.home.redis, self.home.sockets(), self.home.secrets())

    @property
    def identity(self) -> dict[str, str]:
        """What a running portal was started with."""
        urls = {"url": self.settings.site_url, "local_url": self.settings.local_url}
        return {"code": self.code, "settings": self.settings.fingerprint(), **urls}

    @property
    def set_up_for(self) -> str:
        """Changes when the database must be looked after before the start: other code or other databases."""
        return f"{self.code}:{self.settings.fingerprint()}"

    def prepare(self) -> None:
        """Make what the processes need: data folders, secrets, configuration."""
        if self.settings.embedded_postgres:
            self.postgres.prepare()
        if self.settings.embedded_redis:
            self.redis.prepare()
        self.write_ini()

    def write_ini(self) -> None:
        """Write CKAN's configuration."""
        write_ini(self.home, self.settings, self.home.secrets(), self.postgres, self.redis)

    def state(self) -> dict[str, Any]:
        """What the supervisor last said; empty when none runs."""
        pid = self.home.supervisor()
        found: dict[str, Any] = read_json(self.home.state) or {}
        return found if pid and found.get("pid") == pid else {}

    def check_port(self) -> None:
        """Refuse a port that another program has."""
        family = socket.AF_INET6 if ":" in self.settings.host else socket.AF_INET
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((self.settings.host, self.settings.port))
            except OSError as error:
                port = self.settings.port
                if error.errno == errno.EADDRINUSE:
                    raise LaunchError(
                        f"Port {port} is in use by another program: for another, make up HAUGIANG_PORT={port + 1}."
                    ) from None
                raise LaunchError(
                    f"Cannot listen on {self.settings.host}:{port} ({error.strerror}): set HAUGIANG_HOST or _PORT."
                ) from None

    def start_supervisor(self, *, foreground: bool) -> subprocess.Popen[bytes]:
        """Start the supervisor apart from this terminal.

        Args:
            foreground: it ends with this process.
        """
        command = [
            python(),
            "-P",
            "-m",
            "ckanext.haugiang.launch",
            "--code",
            self.code,
            "--datasets",
            str(self.datasets),
            "supervise",
        ]
        environ = environment() | dict(self.settings.values) | {"HAUGIANG_HOME": str(self.home.path)}
        with (self.home.logs / "supervisor.log").open("ab") as log:
            return subprocess.Popen(
                command, cwd=self.home.path, env=environ, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent(signal.SIGTERM) if foreground else None,
            )  # fmt: skip

    def stop(self) -> bool:
        """Stop everything and leave no process; tell whether something ran."""
        pid = self.home.supervisor()
        if pid:
            everything = {member: started(member) for member in tree(pid)}
            os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + 100
            while self.home.supervisor() and time.monotonic() < deadline:
                time.sleep(0.1)
            end(everything, signal.SIGKILL, 0)
        return self.end_leftovers() or bool(pid)

    def end_leftovers(self) -> bool:
        """End what a killed supervisor left (the kernel has told its children already); tell if there was anything."""
        state: dict[str, Any] = read_json(self.home.state) or {}
        recorded = {p["pid"]: p["began"] for p in state.get("programs", {}).values() if p.get("pid")}
        left = {pid: began for pid, began in recorded.items() if began is not None and started(pid) == began}
        left |= {pid: started(pid) for pid in marked(str(self.home.path))}
        database = state.get("programs", {}).get("postgres", {}).get("pid")
        end({pid: began for pid, began in left.items() if pid != database}, signal.SIGTERM, 15)
        end({pid: began for pid, began in left.items() if pid == database}, signal.SIGINT, 60)
        return bool(left)

    def at(self, folder: Path) -> Portal:
        """The same installation with another state folder (a restore builds beside)."""
        return replace(self, home=Home(folder))


def elapsed(since: float) -> str:
    """Seconds for a progress line."""
    return f"{time.monotonic() - since:6.1f} s"


def progress(text: str, *, end_line: bool = False) -> None:
    """Write one half of a progress line."""
    sys.stdout.write(f"{text}\n" if end_line else f"  {text:<44}")
    sys.stdout.flush()
