"""Screens a file on a Dask cluster (`distributed <https://distributed.dask.org>`_).

When all workers see the same file under the same path, each reads its ranges there; else blocks are sent. What comes back
is small (places of bad rows, counts, eight bytes a row and key), and merges in the order of the file. Dask gives the part
of a lost worker to another one; a part that ends worker after worker ends the check.
"""

from __future__ import annotations

import ctypes
import hashlib
import importlib.metadata
import os
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as NotYet
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import distributed

from ckanext.haugiang.core.errors import ReadError, RunError
from ckanext.haugiang.core.validate.blocks import Block
from ckanext.haugiang.core.validate.parts import Job, Source, in_order
from ckanext.haugiang.core.validate.ranges import Range, Ranged, joined, ranges, screen_range
from ckanext.haugiang.core.validate.screen import Screened

BLOCKS_PER_PART = 16
PROBE_BYTES = 1 << 20
KEPT_BYTES = 32 << 20
PATIENCE_SECONDS = 30
PACKAGES = ("ckanext-haugiang", "frictionless", "pyarrow", "numpy", "google-re2")
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
Result = TypeVar("Result")


@dataclass(frozen=True)
class Cluster:
    """An `Engine` on the workers of one scheduler.

    Attributes:
        address: The scheduler, ``HOST:PORT``.
        path: The file, for workers that see it too.
    """

    address: str
    path: Path | None = None

    def __call__(self, source: Source, job: Job) -> Iterator[Screened]:
        """Screen on all workers, a few parts ahead of whoever takes the results.

        Raises:
            RunError: ``cluster-unreachable``, or ``cluster-failed`` with what it said.
        """
        with self._client() as client:
            shared = self._compared(client)
            # Computed there, not sent there: Dask makes it anew where the worker that held it is lost.
            known = client.submit(_known, job, pure=False)
            ahead = 2 * sum(client.nthreads().values()) + 1

            def asked(work: Callable[..., Result], *arguments: Any) -> _Awaited[Result]:
                return _Awaited(client, client.submit(work, *arguments, known, pure=False))

            if shared is None or source.careful:
                sent = in_order(_parts(source.blocks(job)), lambda part: asked(screen_sent, part), ahead)
                with closing(sent):  # before the client is
                    for results in sent:
                        yield from results
                return

            def there(part: Range) -> _Awaited[tuple[Range, Ranged]]:
                return asked(screen_there, shared, part, source.block_bytes)

            size = Path(shared).stat().st_size
            found = in_order(ranges(source.begin, size, source.block_bytes * BLOCKS_PER_PART), there, ahead)
            with closing(found):
                yield from joined(found, lambda part: there(part).result()[1])

    def _client(self) -> distributed.Client:
        secure = distributed.Security()  # of Dask's own configuration
        scheme = "tls" if secure.require_encryption else "tcp"
        try:
            client = distributed.Client(
                f"{scheme}://{self.address}", timeout=PATIENCE_SECONDS, set_as_default=False, security=secure
            )
        except (OSError, ValueError) as error:
            raise RunError("cluster-unreachable", address=self.address) from error
        try:
            client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
        except (OSError, NotYet) as error:
            client.close()
            raise RunError("cluster-failed", reason="it has no worker") from error
        return client

    def _compared(self, client: distributed.Client) -> str | None:
        """The path of the file where all workers see it; None where its bytes must be sent.

        Raises:
            RunError: A worker has other versions of what the verdict depends on.
        """
        path = str(self.path.resolve()) if self.path else None
        mine = about(path)
        seen = client.run(about, path)
        for worker, other in seen.items():
            for package, version in mine["versions"].items():
                if other["versions"].get(package) != version:
                    theirs = other["versions"].get(package)
                    raise RunError("cluster-failed", reason=f"{worker} has {package} {theirs}, this machine {version}")
        return path if path and all(other["file"] == mine["file"] for other in seen.values()) else None


class _Awaited(Generic[Result]):
    """A part under way; does not wait for ever when no worker is left."""

    def __init__(self, client: distributed.Client, future: distributed.Future[Result]) -> None:
        self._client, self._future = client, future

    def result(self) -> Result:
        """What was found in the part."""
        while True:
            try:
                found: Result = self._future.result(timeout=PATIENCE_SECONDS)
            except NotYet as error:
                if not self._workers():
                    raise RunError("cluster-failed", reason="its last worker was lost") from error
            except (distributed.KilledWorker, distributed.client.FutureCancelledError, OSError) as error:
                raise RunError("cluster-failed", reason=str(error)) from error
            else:
                return found

    def cancel(self) -> None:
        """Nobody waits for it any more."""
        self._future.cancel()

    def _workers(self) -> Any:
        return self._client.status == "running" and self._client.nthreads()


def _parts(blocks: Iterator[Block]) -> Iterator[list[Block]]:
    part: list[Block] = []
    try:
        for block in blocks:
            part.append(block)
            if len(part) == BLOCKS_PER_PART:
                yield part
                part = []
    except ReadError:  # what stands before the record without end still counts
        if part:
            yield part
        raise
    if part:
        yield part


# What runs on the workers.


def about(path: str | None) -> dict[str, Any]:
    """Versions of what the verdict depends on, and what the file looks like from here."""
    return {"versions": {name: importlib.metadata.version(name) for name in PACKAGES}, "file": _look(path) if path else None}


def _look(path: str) -> tuple[int, str] | None:
    try:
        with Path(path).open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            ends = stream.read(PROBE_BYTES)
            stream.seek(max(0, size - PROBE_BYTES))
            return size, hashlib.sha256(ends + stream.read()).hexdigest()
    except OSError:
        return None


def _known(job: Job) -> Job:
    return job


def screen_sent(blocks: list[Block], job: Job) -> list[Screened]:
    """Judge some blocks that were sent."""
    _keep_memory()
    return list(map(job.screen, blocks))


def screen_there(path: str, part: Range, block_bytes: int, job: Job) -> tuple[Range, Ranged]:
    """Judge a range of a file that the worker sees."""
    _keep_memory()
    with Path(path).open("rb") as stream:
        return part, screen_range(stream, part, block_bytes, job)


@cache
def _keep_memory() -> None:
    """Dask has its workers give memory back at once; taking each block's anew from the system costs as much as screening."""
    with suppress(OSError, AttributeError):  # another C library than GNU's
        for option in (_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD):
            ctypes.CDLL(None).mallopt(option, KEPT_BYTES)
