"""Slow clients hold up nobody but themselves (F73): the web server's process with a small application and short times."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from portal import free_port

from ckanext.haugiang import web_worker

HEAD, PIECE_SECONDS, THREADS = 2, 2, 4
MANY, LONGEST = 40, 2.0
BIG = bytes(range(256)) * 40_000  # 10 MB
APP = f"""
import hashlib, os
from ckanext.haugiang import web_sockets, web_worker
web_worker.HEAD, web_worker.PLACE, web_sockets.SECONDS = {HEAD}, 4, {PIECE_SECONDS}
web_sockets.WAITING = 12 << 20

BIG = bytes(range(256)) * 40_000

def app(environ, start_response):
    path, headers = environ["PATH_INFO"], [("Content-Type", "text/plain")]
    if path == "/body":
        body = hashlib.sha256()
        while data := environ["wsgi.input"].read(50_000):
            body.update(data)
        answer = [body.hexdigest().encode()]
    elif path == "/file":
        start_response("200 OK", [*headers, ("Content-Length", str(len(BIG)))])
        return environ["wsgi.file_wrapper"](open(os.environ["BIG_FILE"], "rb"))
    elif path == "/stream":
        start_response("200 OK", headers)
        return (BIG[i : i + 100_000] for i in range(0, len(BIG), 100_000))
    else:
        answer = [BIG if path == "/big" else b"ok"]
    start_response("200 OK", [*headers, ("Content-Length", str(len(answer[0])))])
    return answer
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory) -> Iterator[int]:
    """The port of a server with one process of few threads."""
    folder = tmp_path_factory.mktemp("web")
    (folder / "small_app.py").write_text(APP, encoding="utf-8")
    (folder / "big").write_bytes(BIG)
    port = free_port()
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--preload"]
    command += ["--threads", str(THREADS), "--worker-class", "ckanext.haugiang.web_worker.PatientWorker"]
    command += ["--no-control-socket", "--log-level", "warning", "--graceful-timeout", "2", "small_app:app"]
    environ = os.environ | {"PYTHONPATH": str(folder), "BIG_FILE": str(folder / "big")}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environ, cwd=folder, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            time.sleep(0.1)
        yield port
        assert "Traceback" not in (folder / "log").read_text("utf-8")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def ask(port: int, path: str = "/", body: object = None, **headers: str) -> bytes:
    """One request of a quick client."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    with contextlib.closing(connection):
        connection.request("POST" if body else "GET", path, body, headers)
        return connection.getresponse().read()


def crowd(port: int, first: bytes) -> list[socket.socket]:
    """Many clients that begin alike."""
    found = []
    for _ in range(MANY):
        sock = socket.create_connection(("127.0.0.1", port), 5)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.sendall(first)
        sock.settimeout(0)
        found.append(sock)
    return found


def open_still(sock: socket.socket, letter: bytes) -> bool:
    """Send the letter or, without one, read one; whether the server has not ended the connection."""
    try:
        return bool(sock.send(letter) if letter else sock.recv(1))
    except BlockingIOError:
        return True
    except OSError:
        return False


def drip(socks: list[socket.socket], port: int, seconds: float, letter: bytes) -> tuple[int, float]:
    """Send a letter now and then, and look at a page as another visitor; how many were cut, the slowest page."""
    alive, slowest, deadline = list(socks), 0.0, time.monotonic() + seconds
    while time.monotonic() < deadline and alive:
        alive = [sock for sock in alive if open_still(sock, letter)]
        began = time.monotonic()
        assert ask(port) == b"ok"
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.2)
    for sock in socks:
        sock.close()
    return len(socks) - len(alive), slowest


FORM = b"POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\nx"
CHUNKS = b"POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("first", "letter", "cut"),
    [
        (b"", b"", MANY),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"x", MANY),
        (FORM % 60_000, b"x", MANY),
        (FORM % 900_000, b"x", THREADS // 2),
        (CHUNKS, b"1\r\nx\r\n", THREADS // 2),
    ],
    ids=["silent", "head", "small body", "large body", "chunks"],
)
def test_who_sends_slowly_is_cut_and_others_do_not_wait(server, first, letter, cut):
    socks = crowd(server, first)
    found, slowest = drip(socks, server, 2 * (HEAD + PIECE_SECONDS), letter)
    assert found >= cut
    assert slowest < LONGEST


@pytest.mark.parametrize("path", ["/big", "/file", "/stream"])
def test_who_reads_slowly_is_cut_and_others_do_not_wait(server, path):
    socks = crowd(server, f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    _, slowest = drip(socks, server, 2 * PIECE_SECONDS, b"")
    assert slowest < LONGEST


def test_who_does_not_hang_up_holds_nobody_up(server):
    socks = crowd(server, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    _, slowest = drip(socks, server, 1, b"x")
    assert slowest < LONGEST


@pytest.mark.parametrize("path", ["/big", "/file", "/stream"])
@pytest.mark.parametrize("pause", [0, 0.02], ids=["quick", "slow"])
def test_whoever_reads_gets_everything(server, path, pause):
    sock = socket.create_connection(("127.0.0.1", server), 5)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    sock.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    answer = http.client.HTTPResponse(sock)
    answer.begin()
    digest = hashlib.sha256()
    while data := answer.read(200_000):
        digest.update(data)
        time.sleep(pause)
    assert digest.digest() == hashlib.sha256(BIG).digest()
    # The connection is good for the next one.
    sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert sock.makefile("rb").read().endswith(b"\r\n\r\nok")
    sock.close()


@pytest.mark.parametrize("size", [1, 60_000, 70_000, 5_000_000])
@pytest.mark.parametrize("how", ["length", "chunks", "expect"])
def test_bodies_arrive_whole(server, size, how):
    body = os.urandom(size)
    pieces = (body[i : i + 9_999] for i in range(0, size, 9_999)) if how == "chunks" else body
    more = {"Expect": "100-continue"} if how == "expect" else {}
    assert ask(server, "/body", pieces, **more).decode() == hashlib.sha256(body).hexdigest()


def test_requests_one_behind_the_other(server):
    with socket.create_connection(("127.0.0.1", server), 5) as sock:
        last = b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
        sock.sendall(FORM % 1 + b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 2 + last[:20])
        time.sleep(0.3)
        sock.sendall(last[20:])
        answers = sock.makefile("rb").read()
    assert answers.count(b"HTTP/1.1 200 OK") == 4
    assert answers.count(b"\r\n\r\nok") == 3


def test_a_head_without_end_is_refused(server):
    with socket.create_connection(("127.0.0.1", server), 5) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\nX-Long: " + b"x" * 70_000)
        assert b"431" in sock.makefile("rb").readline()


@pytest.mark.parametrize(
    ("came", "verdict"),
    [
        (b"", "wait"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n", "wait"),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "ready"),
        (b"POST / HTTP/1.1\r\ncontent-length:\t5 \r\n\r\n1234", "wait"),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n12345", "ready"),
        (b"POST / HTTP/1.1\r\nContent-Length: 70000\r\n\r\n", "large"),
        (b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 70000\r\n\r\n1", "large"),
        (b"POST / HTTP/1.1\r\nTRANSFER-ENCODING: chunked\r\n\r\n", "large"),
        (b"POST / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n", "large"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "ready"),
        (b"x" * 70_000, "refuse"),
    ],
)
def test_what_is_done_with_what_came(came, verdict):
    assert web_worker.judge(came) == verdict
