"""Files by the SHA-256 of their content: written once, never changed, shared by all that have the same bytes.

So a bad upload cannot replace a good file, and a version that was published can be served for ever. A file is complete
under its name or not there: it is written beside, synced and renamed. What nothing refers to any more is removed later.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from ckanext.haugiang import config
from ckanext.haugiang.core.errors import LimitExceeded, RunError

CHUNK = 1 << 20
MODE = 0o640
LOOK_FOLDER = "look-"  # where a web process looks at a file, before there is a run
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True)
class Stored:
    """What was stored."""

    sha256: str
    size: int


class Files:
    """The store below one folder.

    Args:
        root: Its folder; made when something is stored.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        """Where the content with this hash lies, whether it is there or not."""
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise ValueError("not a SHA-256 in hexadecimal")
        return self.root / "files" / sha256[:2] / sha256[2:4] / sha256

    def put(self, stream: IO[bytes], limit: int | None = None) -> Stored:
        """Store what ``stream`` gives.

        Args:
            stream: Read to its end in pieces.
            limit: Largest number of bytes to take.

        Raises:
            LimitExceeded: ``file-too-large``; nothing is left behind.
            RunError: ``storage-full``; nothing is left behind.
        """
        with full_is_named(), self._beside() as (path, target):
            digest, size = hashlib.sha256(), 0
            while piece := stream.read(CHUNK):
                size += len(piece)
                if limit is not None and size > limit:
                    raise LimitExceeded("file-too-large", size=f"> {limit >> 20} MB", limit=f"{limit >> 20} MB")
                digest.update(piece)
                target.write(piece)
            return self._finish(path, target, digest.hexdigest(), size)

    def put_path(self, source: Path) -> Stored:
        """Store a copy of the file at ``source``."""
        with source.open("rb") as stream:
            return self.put(stream)

    def verify(self, sha256: str) -> bool:
        """Whether the content is there and still has its hash."""
        try:
            with self.path(sha256).open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == sha256
        except FileNotFoundError:
            return False

    @contextmanager
    def folder(self, name: str) -> Iterator[Path]:
        """A folder to work in that is gone afterwards."""
        path = self.root / "work" / name
        with full_is_named():
            path.mkdir(parents=True, mode=0o750)
        try:
            yield path
        finally:
            shutil.rmtree(path, ignore_errors=True)

    def folders(self, looked_at_before: float = 0.0) -> list[Path]:
        """Folders to work in that are there, also those of processes that were killed.

        Args:
            looked_at_before: Leave out the folders of web processes (`LOOK_FOLDER`) that are younger, in seconds.
        """
        work, limit = self.root / "work", time.time() - looked_at_before
        found = sorted(work.iterdir()) if work.is_dir() else []
        return [path for path in found if not (path.name.startswith(LOOK_FOLDER) and _changed(path) > limit)]

    def remove_unreferenced(self, referenced: Callable[[], set[str]], older_than: float) -> int:
        """Remove what ``referenced`` does not name and what is older than so many seconds; the number of files removed.

        The age protects a file between its storing and the commit of the row that refers to it. The lock protects one
        that is stored again while it is being removed.
        """
        limit, removed = time.time() - older_than, 0
        old = [path for path in self.root.glob("files/*/*/*") if path.stat().st_mtime < limit]
        if not old:
            return 0
        keep = referenced()
        for path in old:
            if path.name in keep:
                continue
            with self._lock(fcntl.LOCK_EX):
                if path.stat().st_mtime < limit:
                    path.unlink()
                    removed += 1
        for path in self.root.glob("incoming/*"):
            if path.stat().st_mtime < limit:
                path.unlink(missing_ok=True)
        return removed

    @contextmanager
    def _beside(self) -> Iterator[tuple[Path, IO[bytes]]]:
        folder = self.root / "incoming"
        folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        handle, name = tempfile.mkstemp(dir=folder)
        path = Path(name)
        try:
            with os.fdopen(handle, "wb") as target:
                yield path, target
        finally:
            path.unlink(missing_ok=True)

    def _finish(self, path: Path, target: IO[bytes], sha256: str, size: int) -> Stored:
        final = self.path(sha256)
        with self._lock(fcntl.LOCK_SH):
            if final.exists() and final.stat().st_size == size:
                os.utime(final)  # young again, so that the cleaning leaves it alone until its row is committed
                return Stored(sha256, size)
            target.flush()
            os.fchmod(target.fileno(), MODE)
            os.fsync(target.fileno())
            final.parent.mkdir(parents=True, exist_ok=True, mode=0o750)
            path.rename(final)
        _sync_folder(final.parent)
        return Stored(sha256, size)

    @contextmanager
    def _lock(self, kind: int) -> Iterator[None]:
        with (self.root / "lock").open("ab") as lock:
            fcntl.flock(lock, kind)
            yield


def store() -> Files:
    """The store that the configuration names."""
    return Files(config.storage_folder())


@contextmanager
def full_is_named() -> Iterator[None]:
    """Turn a full disk into the named error ``storage-full``."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise RunError("storage-full") from error
        raise


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0
