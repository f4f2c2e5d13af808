"""The state folder: its paths, its locks and the secrets of this installation."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class LaunchError(Exception):
    """What went wrong and what to do, in one line for a terminal."""


@dataclass(frozen=True)
class Home:
    """The one folder that holds all state (``.portal/``, or HAUGIANG_HOME)."""

    path: Path

    def __post_init__(self) -> None:
        """Make the folder, for its owner alone."""
        try:
            for folder in (self.path, self.logs, self.storage, self.backups, self.temporary):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise LaunchError(f"Cannot write in {self.path} ({error.strerror}): choose another HAUGIANG_HOME.") from None

    @property
    def logs(self) -> Path:
        """A log file for each process."""
        return self.path / "logs"

    @property
    def storage(self) -> Path:
        """Files that CKAN stores."""
        return self.path / "storage"

    @property
    def backups(self) -> Path:
        """What ``make backup`` writes."""
        return self.path / "backups"

    @property
    def temporary(self) -> Path:
        """TMPDIR of every process."""
        return self.path / "tmp"

    @property
    def postgres(self) -> Path:
        """The data folder of the embedded PostgreSQL."""
        return self.path / "postgres"

    @property
    def redis(self) -> Path:
        """The data folder of the embedded Redis."""
        return self.path / "redis"

    @property
    def ini(self) -> Path:
        """CKAN's configuration, written anew at each start."""
        return self.path / "ckan.ini"

    @property
    def accounts(self) -> Path:
        """Names, passwords and API tokens of the first two accounts."""
        return self.path / "accounts"

    @property
    def state(self) -> Path:
        """What the supervisor says of itself."""
        return self.path / "state.json"

    def secrets(self) -> dict[str, str]:
        """The secrets of this installation; those that are missing are made and kept (0600)."""
        path = self.path / "secrets.json"
        known: dict[str, str] = read_json(path) or {}
        wanted = {name: secrets.token_urlsafe(32) for name in SECRETS} | {"site_id": f"haugiang-{secrets.token_hex(4)}"}
        wanted |= {name: readable_password() for name in ("admin_password", "steward_password")}
        complete = wanted | known
        if complete != known:
            write_private(path, json.dumps(complete, indent=1))
        return complete

    def installation(self) -> str:
        """A name of this installation that neither a reset nor a backup carries over."""
        path = self.path / "installation"
        if not path.exists():
            write_private(path, secrets.token_hex(16))
        return path.read_text(encoding="ascii")

    def done(self) -> dict[str, str]:
        """Which one-time steps were done, by the fingerprint of what they were done for."""
        return read_json(self.path / "done.json") or {}

    def mark_done(self, step: str, fingerprint: str) -> None:
        """Note a one-time step."""
        write_private(self.path / "done.json", json.dumps(self.done() | {step: fingerprint}, indent=1))

    def sockets(self) -> Path:
        """A short folder for Unix sockets, closed to others.

        A socket's path may have 107 bytes, and a checkout under a long Vietnamese folder name has more.
        """
        note = self.path / "sockets"
        with contextlib.suppress(OSError, ValueError):
            folder = Path(note.read_text(encoding="utf-8"))
            found = folder.lstat()
            if stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and stat.S_IMODE(found.st_mode) == 0o700:
                return folder
        folder = Path(tempfile.mkdtemp(prefix="haugiang-", dir="/tmp"))
        write_private(note, str(folder))
        return folder

    @contextlib.contextmanager
    def only_one(self) -> Iterator[None]:
        """Let one start, stop, backup or restore run at a time."""
        with (self.path / "command.lock").open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                say("  Another command is at work on this portal; waiting for it.")
                fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def supervisor(self) -> int | None:
        """The process number of the running supervisor: it holds a lock as long as it lives."""
        with (self.path / "supervisor.lock").open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except OSError:
                handle.seek(0)
                return int(handle.read() or 0) or None
            return None


SECRETS = ("secret_key", "token_secret", "postgres_admin", "postgres_owner", "postgres_write", "postgres_read", "redis")


def readable_password() -> str:
    """A password of 80 bits that can be read aloud."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone can read, whole or not at all."""
    number, name = tempfile.mkstemp(prefix=path.name + ".", dir=path.parent)
    with os.fdopen(number, "w", encoding="utf-8") as handle:
        handle.write(text)
    Path(name).replace(path)


def read_json(path: Path) -> Any:
    """The content of a JSON file, None when there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError:
        raise LaunchError(f"{path} is damaged: repair it, or restore a backup (make restore FROM=…).") from None


def say(line: str) -> None:
    """Tell the person at the terminal."""
    print(line, flush=True)  # noqa: T201 - this is a program for a terminal
