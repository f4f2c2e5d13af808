"""One portal with data for all tests of the start; those that need another state start their own without data."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from portal import TestPortal, another, the_portal

# Whoever starts the tests in the background hands down an ignored Ctrl-C, and then nothing could be interrupted.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def portal() -> Iterator[TestPortal]:
    """A portal that is up, with the demonstration data."""
    with the_portal() as found:
        yield found


@pytest.fixture
def fresh() -> Iterator[TestPortal]:
    """A portal that was never started, without data."""
    with another() as found:
        yield found
