"""Named points at which a test may kill this process, let it fail or let it wait.

``HAUGIANG_FAULT_AT=<name>[:<n>][:<what>]`` acts at the n-th time (default 1) this process reaches the point ``name``;
``what`` is ``kill`` (SIGKILL, the default), ``raise``, or ``sleep=<seconds>``. Without the variable a point costs one look
into the environment.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter

POINTS = (
    "after-claim",
    "after-fetch",
    "after-detect",
    "after-tidy",
    "after-validate",
    "after-profile",
    "after-store",
    "during-copy",
    "after-copy",
    "before-swap",
    "after-swap",
    "before-status",
    "before-index",
    "after-status",
)
VARIABLE = "HAUGIANG_FAULT_AT"
_reached: Counter[str] = Counter()


class InjectedFault(RuntimeError):  # noqa: N818 - says what is, as KeyError's kin do
    """A fault that a test asked for."""


def reach(name: str) -> None:
    """Say that the pipeline is at the point ``name``."""
    wanted = os.environ.get(VARIABLE)
    if not wanted:
        return
    point, _, rest = wanted.partition(":")
    if point != name:
        return
    first, _, second = rest.partition(":")
    number, what = (int(first), second) if first.isdigit() else (1, first)
    _reached[name] += 1
    if _reached[name] == number:
        _act(name, what or "kill")


def _act(name: str, what: str) -> None:
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif what == "raise":
        raise InjectedFault(name)
    elif what.startswith("sleep="):
        time.sleep(float(what.removeprefix("sleep=")))
    else:
        raise ValueError(f"{VARIABLE}: no action {what!r}")
