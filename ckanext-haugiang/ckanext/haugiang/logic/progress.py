"""The heartbeat of a run and the list of its stages."""

from __future__ import annotations

import logging
import threading
import time
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa
from ckan import model

from ckanext.haugiang import config
from ckanext.haugiang.adapters import runs

log = logging.getLogger(__name__)


class Lost(Exception):  # noqa: N818 - says what is, as KeyError's kin do
    """The run was superseded, cancelled or given to another worker."""


class Progress:
    """Writes a heartbeat from a thread of its own while a run is worked on.

    Args:
        run: The claimed row.
    """

    def __init__(self, run: runs.Row) -> None:
        self.run = run
        self.lost = threading.Event()
        self._over = threading.Event()
        self._seconds = config.heartbeat_seconds()
        self._stages: list[dict[str, Any]] = [{"name": "fetch", "seconds": None}]
        self._since = time.monotonic()
        self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        """Begin to beat."""
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Stop beating."""
        self._over.set()
        self._thread.join(timeout=30)

    def enter(self, stage: str) -> None:
        """The next stage begins.

        Raises:
            Lost: if the run is no longer this worker's.
        """
        if self._stages[-1]["name"] != stage:
            self._close()
            self._stages.append({"name": stage, "seconds": None})
        with model.meta.engine.begin() as db:
            if not runs.beat(db, self.run, stage, self._stages):
                self.lost.set()
        self.check()

    def check(self) -> None:
        """Stop here if the run is no longer this worker's.

        Raises:
            Lost: if so.
        """
        if self.lost.is_set():
            raise Lost

    def stages(self) -> list[dict[str, Any]]:
        """All stages with the seconds each took, when the last is over."""
        self._close()
        return self._stages

    def _close(self) -> None:
        if self._stages[-1]["seconds"] is None:
            self._stages[-1]["seconds"] = round(time.monotonic() - self._since, 2)
            self._since = time.monotonic()

    def _beat(self) -> None:
        while not self._over.wait(self._seconds):
            try:
                with model.meta.engine.begin() as db:
                    if not runs.beat(db, self.run):
                        self.lost.set()
                        return
            except sa.exc.SQLAlchemyError:
                log.warning("run %s: no heartbeat written", self.run["id"])
