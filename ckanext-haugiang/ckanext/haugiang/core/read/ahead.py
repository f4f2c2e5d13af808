"""Read the next block while the last one is worked on: parsing leaves Python's lock, so two cores share the work."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from concurrent.futures import ThreadPoolExecutor

from ckanext.haugiang.core.read.block import Block


def ahead(blocks: Iterable[Block]) -> Generator[Block, None, None]:
    """The same blocks, one read ahead; what reading raises is raised in its turn."""
    source = iter(blocks)
    with ThreadPoolExecutor(1, thread_name_prefix="read-ahead") as pool:
        waiting = pool.submit(next, source, None)
        while (block := waiting.result()) is not None:
            waiting = pool.submit(next, source, None)
            yield block
