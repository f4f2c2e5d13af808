"""Pages kept in the memory of one process: a bounded number of bytes, the least used leave first."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

Headers = tuple[tuple[str, str], ...]
Key = tuple[str, ...]
_OVERHEAD = 1_000  # bytes of a key and of the objects around a page, roughly


@dataclass(frozen=True)
class Page:
    """One page as it goes out.

    Attributes:
        packed: The body, compressed by gzip: most clients take it so, and five times as many find room.
        headers: Without those that depend on the client.
        etag: Names the content, so it says nothing that the content does not say.
        generation: The state of the data of which the page is.
        until: The moment from which the page may say what is not true any more, such as “a minute ago”.
    """

    packed: bytes
    headers: Headers
    etag: str
    generation: int
    until: float

    @property
    def size(self) -> int:
        """Bytes that it takes."""
        return len(self.packed) + _OVERHEAD


def made(body: bytes, headers: Headers, generation: int, until: float) -> Page:
    """A page out of the body of an answer."""
    etag = f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'
    return Page(gzip.compress(body, 6, mtime=0), headers, etag, generation, until)


class Store:
    """Pages by their keys.

    Args:
        room: Bytes for all of them.
    """

    def __init__(self, room: int) -> None:
        self.room, self.used = room, 0
        self._pages: OrderedDict[Key, Page] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> Page | None:
        """A page, if it is kept; whether it is still true is for the caller to find out."""
        with self._lock:
            page = self._pages.get(key)
            if page is not None:
                self._pages.move_to_end(key)
            return page

    def put(self, key: Key, page: Page) -> None:
        """Keep a page; one that would take a tenth of the room is not kept."""
        with self._lock:
            self._drop(key)
            if page.size > self.room // 10:
                return
            self._pages[key] = page
            self.used += page.size
            while self.used > self.room:
                self._drop(next(iter(self._pages)))

    def drop(self, key: Key) -> None:
        """Forget a page."""
        with self._lock:
            self._drop(key)

    def _drop(self, key: Key) -> None:
        page = self._pages.pop(key, None)
        self.used -= page.size if page else 0

    def __len__(self) -> int:
        """How many there are."""
        return len(self._pages)
