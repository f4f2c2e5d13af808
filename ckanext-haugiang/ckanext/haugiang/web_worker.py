"""The web server's process: gunicorn's with threads, except that none of them waits for a slow client.

In gunicorn's own a thread reads the head of a request for as long as the client likes to take, so that a handful of
connections which send one letter a second stop the portal for everybody. Here one loop collects heads, and bodies of
forms and queries, of all connections; a thread begins when the request is complete. Larger bodies are read by threads, but
never by all of them; answers that a client does not take at once are sent by threads of their own.
"""

from __future__ import annotations

import contextlib
import re
import socket
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from selectors import EVENT_READ
from typing import Any

from gunicorn.workers.gthread import TConn, ThreadWorker

from ckanext.haugiang.web_sockets import Outbox, PacedUnreader

__all__ = ["PatientWorker"]

# Seconds for the head of a request, with a small body; for a place among those that send large ones; for a goodbye.
HEAD, PLACE, GOODBYE = 20.0, 60.0, 2.0
LARGEST_HEAD, SMALL_BODY = 64 * 1024, 64 * 1024
SENDERS = 32
LENGTH = re.compile(rb"^content-length:[ \t]*(\d{1,18})[ \t]*\r?$", re.IGNORECASE | re.MULTILINE)
UNTOLD = re.compile(rb"^(?:transfer-encoding|expect):", re.IGNORECASE | re.MULTILINE)
WAIT, READY, LARGE, REFUSE = "wait", "ready", "large", "refuse"


def judge(came: bytes | bytearray) -> str:
    """What to do with a connection from which these bytes came.

    Returns:
        ``wait`` for more, a request that is ``ready``, one whose ``large`` body is still to come, one to ``refuse``.
    """
    end = came.find(b"\r\n\r\n")
    if end < 0 or end > LARGEST_HEAD:
        return WAIT if len(came) <= LARGEST_HEAD else REFUSE
    head = bytes(came[: end + 2])
    lengths = LENGTH.findall(head)
    missing = max(map(int, lengths), default=0) - (len(came) - end - 4)
    if UNTOLD.search(head) or (missing > 0 and max(map(int, lengths)) > SMALL_BODY):
        return LARGE
    return WAIT if missing > 0 else READY


class PatientWorker(ThreadWorker):
    """A process of the web server."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Connections whose request is not complete: what came, and until when it may. The oldest stand first.
        self._arriving: dict[TConn, tuple[bytearray, float]] = {}
        # Requests with a large body that wait for their turn, and those whose turn it is.
        self._in_line: deque[tuple[TConn, bytes, float]] = deque()
        self._reading: set[TConn] = set()
        # Connections that we ended and that the client has not ended yet.
        self._leaving: dict[TConn, float] = {}
        self._outboxes: dict[TConn, Outbox] = {}
        self._senders = ThreadPoolExecutor(SENDERS, thread_name_prefix="sender")

    # --- requests come in: in the loop

    def accept(self, listener: socket.socket) -> None:
        """Take a connection."""
        try:
            sock, client = listener.accept()
        except OSError:
            return  # another process was quicker, or the client went away
        self.nr_conns += 1
        self._await(TConn(self.cfg, sock, client, listener.getsockname()))

    def on_client_socket_readable(self, conn: TConn, client: socket.socket) -> None:
        """The next request on a connection that was kept."""
        self.poller.unregister(client)
        self.keepalived_conns.remove(conn)
        self._await(conn)

    def _await(self, conn: TConn, came: bytes = b"") -> None:
        conn.sock.setblocking(False)
        self._arriving[conn] = (bytearray(came), time.monotonic() + HEAD)
        self.poller.register(conn.sock, EVENT_READ, partial(self._arrives, conn))
        self._arrives(conn, conn.sock)

    def _arrives(self, conn: TConn, _sock: socket.socket) -> None:
        came = self._arriving[conn][0]
        try:
            data = conn.sock.recv(LARGEST_HEAD)
        except BlockingIOError:
            data = None
        except OSError:
            data = b""
        if data == b"":
            self._drop(conn)
            return
        came += data or b""
        verdict = judge(came)
        if verdict == WAIT:
            return
        del self._arriving[conn]
        self.poller.unregister(conn.sock)
        if verdict == REFUSE:
            self._refuse(conn, "431 Request Header Fields Too Large")
        elif verdict == LARGE and len(self._reading) >= max(1, self.cfg.threads // 2):
            self._in_line.append((conn, bytes(came), time.monotonic() + PLACE))
        else:
            self._begin(conn, bytes(came), large=verdict == LARGE)

    def _begin(self, conn: TConn, came: bytes, *, large: bool) -> None:
        if large:
            self._reading.add(conn)
        if not conn.initialized:
            conn.init()
        conn.parser.unreader = PacedUnreader(conn.sock)
        conn.parser.unreader.unread(came)
        self.enqueue_req(conn)

    def murder_pending(self) -> None:
        """End what took too long; the loop asks once a second, or more often."""
        now = time.monotonic()
        for conn, (came, until) in list(self._arriving.items()):
            if until <= now and came:
                self._drop(conn, "408 Request Timeout")
            elif until <= now or not (self.alive or came):
                self._drop(conn)
        while self._in_line and self._in_line[0][2] <= now:
            self._refuse(self._in_line.popleft()[0], "503 Service Unavailable")
        for conn, until in list(self._leaving.items()):
            if until <= now or not self.alive:
                self._left(conn)

    # --- requests are answered: in threads

    def handle_request(self, req: Any, conn: TConn) -> bool:
        """Let the application answer; what the client does not take at once stays in the outbox."""
        sock, outbox = conn.sock, Outbox(conn.sock)
        conn.sock = outbox
        try:
            again = bool(super().handle_request(req, conn))
        except BaseException:
            outbox.close()
            raise
        finally:
            conn.sock = sock
        if not outbox.empty:
            self._outboxes[conn] = outbox
        return again

    @staticmethod
    def _send(outbox: Outbox, again: bool) -> bool:
        try:
            outbox.flush()
        finally:
            outbox.close()
        return again

    # --- and are over: in the loop

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """A thread is done with a request."""
        if conn in self._reading:
            self._reading.discard(conn)
            if self._in_line:
                waiting, came, _ = self._in_line.popleft()
                self._begin(waiting, came, large=True)
        outbox = self._outboxes.pop(conn, None)
        if outbox is None or fs.cancelled() or fs.exception():
            self._finish(conn, fs)
            return
        sent = self._senders.submit(self._send, outbox, bool(fs.result()))
        sent.add_done_callback(lambda done: self.method_queue.defer(self._finish, conn, done))

    def _finish(self, conn: TConn, fs: Future[Any]) -> None:
        if fs.cancelled() or fs.exception():
            self.nr_conns -= 1
            conn.close()
        elif not fs.result():
            self._leave(conn)
        elif rest := conn.parser.unreader.take_buffered():
            self._await(conn, rest)
        else:
            super().finish_request(conn, fs)

    def _refuse(self, conn: TConn, status: str) -> None:
        with contextlib.suppress(OSError):
            conn.sock.setblocking(False)
            conn.sock.send(f"HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n".encode())
        self._leave(conn)

    def _drop(self, conn: TConn, status: str = "") -> None:
        del self._arriving[conn]
        self.poller.unregister(conn.sock)
        if status:
            self._refuse(conn, status)
        else:
            self.nr_conns -= 1
            conn.close()

    def _leave(self, conn: TConn) -> None:
        """Say goodbye and let the client end the connection, or the kernel may cut off the end of the answer.

        Gunicorn waits for that in its loop, so that each client that stays stops the others for two seconds.
        """
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
            self.poller.register(conn.sock, EVENT_READ, partial(self._leaves, conn))
        except (OSError, ValueError):
            self.nr_conns -= 1
            conn.close()
            return
        self._leaving[conn] = time.monotonic() + GOODBYE

    def _leaves(self, conn: TConn, _sock: socket.socket) -> None:
        try:
            if conn.sock.recv(LARGEST_HEAD):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._left(conn)

    def _left(self, conn: TConn) -> None:
        del self._leaving[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()
