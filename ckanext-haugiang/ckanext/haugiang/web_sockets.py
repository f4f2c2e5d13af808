"""What a request reads from and an answer is written to, so that no slow client holds a thread of the web server.

A body must come at a bearable pace. An answer goes out at once as far as the socket takes it; the rest waits here and is
sent by a thread that does nothing else, when the application is done.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from typing import IO, Any

from gunicorn.http.unreader import SocketUnreader

__all__ = ["Outbox", "PacedUnreader"]

# A body or an answer that is slower than 2 KB/s is given up: piece by piece within these seconds.
PIECE, SECONDS = 64 * 1024, 30.0
# What an answer may leave waiting in memory, and on disk.
IN_MEMORY, WAITING = 1 << 20, 64 << 20


class PacedUnreader(SocketUnreader):
    """Reads a request; gives up on a client that is silent for long or sends little for long."""

    def __init__(self, sock: socket.socket) -> None:
        super().__init__(sock)
        self.waited, self.got = 0.0, 0

    def chunk(self, size_hint: int | None = None) -> bytes:
        """The next bytes. Only the time spent waiting for them counts, not that of the application."""
        self.sock.settimeout(SECONDS)
        began = time.monotonic()
        with slow_is_gone():
            data: bytes = super().chunk(size_hint)
        self.waited += time.monotonic() - began
        self.got += len(data)
        if self.waited > SECONDS and self.got / self.waited < PIECE / SECONDS:
            raise ConnectionResetError(errno.ECONNRESET, "the request comes too slowly")
        return data


@contextlib.contextmanager
def slow_is_gone() -> Iterator[None]:
    """Treat a client that is too slow as one that went away: gunicorn writes nothing of those into its log."""
    try:
        yield
    except TimeoutError:
        raise ConnectionResetError(errno.ECONNRESET, "the client is too slow") from None


class Outbox:
    """Stands for the socket while the application answers, and keeps what the client does not take at once.

    Args:
        sock: The socket.
    """

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        # Files as they are to be sent: the file, from where, how many bytes.
        self._parts: deque[tuple[IO[bytes], int, int]] = deque()
        self._waiting = 0

    def __getattr__(self, name: str) -> Any:
        """Everything else is the socket's."""
        return getattr(self.sock, name)

    @property
    def empty(self) -> bool:
        """Whether everything is sent."""
        return not self._parts

    def sendall(self, data: bytes) -> None:
        """Send what goes at once, keep the rest."""
        if not self._parts:
            data = data[self._at_once(data) :]
        if not data:
            return
        if self._waiting + len(data) > WAITING:
            # More than is kept: the application must wait for its client after all, though not for ever.
            self.flush()
            self._send_piece_by_piece(data)
            return
        self._waiting += len(data)
        self._keep(data)

    def sendfile(self, file: IO[bytes], offset: int = 0, count: int | None = None) -> int:
        """Keep a file: the caller closes its own handle."""
        size = os.fstat(file.fileno()).st_size - offset if count is None else count
        self._parts.append((os.fdopen(os.dup(file.fileno()), "rb", buffering=0), offset, size))
        return size

    def flush(self) -> None:
        """Send everything that waits.

        Raises:
            OSError: The client went away or takes too little.
        """
        while self._parts:
            file, place, left = self._parts[0]
            while left:
                data = self._read(file, min(PIECE, left), place)
                if not data:
                    raise OSError("a file became shorter while it was sent")
                self._send_piece_by_piece(data)
                place, left = place + len(data), left - len(data)
            self._parts.popleft()[0].close()
        self._waiting = 0

    def close(self) -> None:
        """Forget what waits."""
        while self._parts:
            self._parts.popleft()[0].close()

    def _at_once(self, data: bytes) -> int:
        self.sock.setblocking(False)
        try:
            return self.sock.send(data)
        except BlockingIOError:
            return 0
        finally:
            self.sock.settimeout(SECONDS)

    def _keep(self, data: bytes) -> None:
        if self._parts and isinstance(self._parts[-1][0], tempfile.SpooledTemporaryFile):
            file, place, left = self._parts.pop()
        else:
            file, place, left = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY), 0, 0  # noqa: SIM115 - closed when sent
        file.seek(0, os.SEEK_END)
        file.write(data)
        self._parts.append((file, place, left + len(data)))

    @staticmethod
    def _read(file: IO[bytes], size: int, place: int) -> bytes:
        # The handle of a file shares its position with the one it was copied from.
        if not isinstance(file, tempfile.SpooledTemporaryFile):
            return os.pread(file.fileno(), size, place)
        file.seek(place)
        return file.read(size)

    def _send_piece_by_piece(self, data: bytes) -> None:
        for start in range(0, len(data), PIECE):
            self.sock.settimeout(SECONDS)  # for the whole piece: that is what Python's sendall counts
            with slow_is_gone():
                self.sock.sendall(data[start : start + PIECE])
