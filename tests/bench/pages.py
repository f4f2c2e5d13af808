"""Requests per second of home, list and dataset pages beside stock CKAN, in one run: ``make bench-pages``.

Stock CKAN is what ``ckan generate config`` describes, with the portal's search in the place of Solr. Both sites hold the
same datasets, run two gunicorn processes of eight threads on PostgreSQL servers of their own, and are asked in turns by
the same client over eight kept-alive connections. The portal is measured twice: as it is, and with no page kept, which is
what the first visitor after a change waits for. Figures depend on the machine, ratios hardly.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import pwd
import random
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ckanext.haugiang.launch.ini import PLUGINS
from ckanext.haugiang.launch.processes import die_with_parent
from ckanext.haugiang.launch.services import throwaway
from ckanext.haugiang.launch.wheels import magic

HERE = Path(__file__).resolve().parent
STOCK, ANEW, OURS = "stock CKAN", "the portal, nothing kept", "the portal"
CONNECTIONS, LOOKED_AT = 8, 100
GUNICORN = ["--workers", "2", "--worker-class", "gthread", "--threads", "8", "--timeout", "120", "--keep-alive", "30",
            "--preload", "--no-control-socket", "--log-level", "warning"]  # fmt: skip
CKAN = "import sys; from ckan.cli.cli import ckan; sys.argv[0] = 'ckan'; sys.exit(ckan())"
SECRET = "only-for-a-benchmark-only-for-a-benchmark"
OF_THE_PORTAL = {
    "ckan.plugins": PLUGINS, "ckan.locale_default": "vi", "ckan.locales_offered": "vi en", "ckan.locale_order": "vi en",
    "ckan.display_timezone": "Asia/Ho_Chi_Minh", "ckan.site_title": "Cổng dữ liệu mở Hậu Giang",
    "ckan.datastore.default_fts_lang": "simple",
}  # fmt: skip
WORDS = """nông nghiệp lúa gạo nước sông thủy lợi sản lượng diện tích năng suất vụ hè thu đông xuân môi trường y tế bệnh
    dịch trạm quan trắc chất xã huyện tỉnh thống kê bảng số liệu hàng năm tuần báo cáo chăn nuôi cây trồng rừng đất khí"""
SYLLABLES = WORDS.split()
AUTHORITY = "http://publications.europa.eu/resource/authority/"
MANDATORY = {
    "creator": [{"name": "Sở Nông nghiệp và Môi trường"}], "contact": [{"name": "Văn phòng", "email": "so@example.org"}],
    "license_id": "CC-BY-4.0", "access_rights": AUTHORITY + "access-right/PUBLIC", "personal_data_check": "none",
    "frequency": AUTHORITY + "frequency/ANNUAL", "temporal_coverage": [{"start": "2024-01-01", "end": "2024-12-31"}],
    "spatial_coverage": [{"text": "Hậu Giang", "code": "93", "version": "2024"}],
}  # fmt: skip


def datasets(number, *, portal):
    """The same datasets for both; the portal's have a sector and the metadata that it demands."""
    chance = random.Random(1)
    review = {"review_due": (datetime.now(UTC).date() + timedelta(days=90)).isoformat()}
    for n in range(number):
        formats = [chance.choice(["CSV", "XLSX", "JSON", "PDF"]) for _ in range(chance.randrange(1, 5))]
        package = {
            "name": f"bang-so-{n}",
            "title": f"{' '.join(chance.choice(SYLLABLES) for _ in range(8)).capitalize()} {n}",
            "notes": " ".join(chance.choice(SYLLABLES) for _ in range(100)),
            "tags": [{"name": f"thẻ {t}"} for t in chance.sample(range(300), 4)],
            "owner_org": f"so-{n % 10}",
            "resources": [
                {"name": f"Bảng {i}", "format": kind, "url": f"https://vidu.vn/{n}/{i}.{kind.lower()}"}
                for i, kind in enumerate(formats)
            ],
        }
        kind = ("agriculture", "health", "environment")[n % 3]
        yield package | ({"type": kind, **MANDATORY, **review} if portal else {"license_id": "cc-by"})


def fill(ini, number, *, portal):
    """Make the tables, ten departments and the datasets."""
    import stock

    app = stock.loaded(ini)._wsgi_app
    from ckan import model
    from ckan.cli import db
    from ckan.plugins import toolkit as tk

    db._run_migrations("")
    db._migrate_plugins(apply=True)
    with app.test_request_context():
        name = tk.get_action("get_site_user")({"ignore_auth": True}, {})["name"]
        for n in range(10):
            org = {"name": f"so-{n}", "title": f"Sở số {n}"}
            tk.get_action("organization_create")({"ignore_auth": True, "user": name}, org)
        for package in datasets(number, portal=portal):
            tk.get_action("package_create")({"ignore_auth": True, "user": name}, package)
            model.Session.remove()


def write_ini(path, addresses, port, **more):
    """CKAN's own generated configuration, with addresses, secrets, and what a site sets besides."""
    python = [sys.executable, "-c", CKAN]
    subprocess.run([*python, "generate", "config", str(path)], check=True, stdout=subprocess.DEVNULL)
    values = {
        "sqlalchemy.url": addresses["CKAN_SQLALCHEMY_URL"], "solr_url": "pgsearch://",
        "ckan.datastore.write_url": addresses["CKAN_DATASTORE_WRITE_URL"],
        "ckan.datastore.read_url": addresses["CKAN_DATASTORE_READ_URL"], "ckan.redis.url": addresses["CKAN_REDIS_URL"],
        "ckan.storage_path": str(path.parent), "ckan.site_url": f"http://127.0.0.1:{port}", "SECRET_KEY": SECRET,
        "api_token.jwt.encode.secret": f"string:{SECRET}", "api_token.jwt.decode.secret": f"string:{SECRET}", **more,
    }  # fmt: skip
    text = path.read_text("utf-8")
    text = re.sub(r"^level = (INFO|DEBUG)$", "level = WARNING", text, flags=re.M)
    for name in values:
        text = re.sub(rf"^{re.escape(name)}\s*=.*$", "", text, flags=re.M)
    lines = "\n".join(f"{name} = {value.replace('%', '%%')}" for name, value in values.items())
    path.write_text(text.replace("use = egg:ckan\n", f"use = egg:ckan\n{lines}\n"), "utf-8")


def free_port():
    """A port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def asked(port, address):
    """One request as bytes."""
    return f"GET {address} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: gzip\r\nAccept: text/html\r\n\r\n".encode()


class Connection:
    """A kept-alive connection that reads answers and throws them away: a client must cost as little as it can."""

    def __init__(self, port):
        self.port, self.socket, self.left = port, None, b""

    def get(self, address):
        """Ask once; the length of the body. A server may close a connection between two requests."""
        for again in (True, False):
            try:
                if self.socket is None:
                    self.socket, self.left = socket.create_connection(("127.0.0.1", self.port), timeout=120), b""
                self.socket.sendall(asked(self.port, address))
                return self._answer(address)
            except (ConnectionError, EOFError):
                self.socket = None
                if not again:
                    raise
        return 0

    def _answer(self, address):
        while b"\r\n\r\n" not in self.left:
            self._more()
        head, _, rest = self.left.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise AssertionError(f"{address}: {head.splitlines()[0].decode()}")
        length = int(re.search(rb"(?i)content-length: (\d+)", head)[1])
        self.left = rest
        while len(self.left) < length:
            self._more()
        self.left = self.left[length:]
        return length

    def _more(self):
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise EOFError
        self.left += piece


def rate(port, addresses, seconds):
    """Answers per second over all connections."""
    until, counts, faults = time.monotonic() + seconds, [], []

    def ask(seed):
        connection, chance, count = Connection(port), random.Random(seed), 0
        try:
            while time.monotonic() < until:
                connection.get(chance.choice(addresses))
                count += 1
        except Exception as error:  # noqa: BLE001 - told by the main thread
            faults.append(error)
        counts.append(count)

    began = time.monotonic()
    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if faults:
        raise faults[0]
    return sum(counts) / (time.monotonic() - began)


@contextlib.contextmanager
def server(ini, port, application):
    """Gunicorn with two processes, until the end of the block."""
    environ = os.environ | magic() | {"CKAN_INI": str(ini), "PYTHONPATH": str(HERE), "PYTHONUTF8": "1"}
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", *GUNICORN, application]
    process = subprocess.Popen(command, env=environ, cwd=ini.parent, preexec_fn=die_with_parent(signal.SIGTERM))  # noqa: PLW1509
    try:
        for _ in range(600):
            with contextlib.suppress(OSError):
                Connection(port).get("/")
                break
            if process.poll() is not None:
                sys.exit(f"{application} did not start")
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait(30)


def main(number, seconds, rounds):
    """Fill, measure in turns, print."""
    pages = {
        "home": ["/"],
        "list": [f"/dataset/?page={n}" for n in range(1, max(2, number // 20))],
        "dataset": [f"/dataset/bang-so-{n}" for n in range(0, number, max(1, number // LOOKED_AT))],
    }
    user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
    with contextlib.ExitStack() as stack:
        folder = Path(tempfile.mkdtemp(prefix="haugiang-bench-"))
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        places = {STOCK: stack.enter_context(throwaway(user)), OURS: stack.enter_context(throwaway(user))}
        ports = {name: free_port() for name in (STOCK, ANEW, OURS)}
        for name, port in ports.items():
            more = {} if name == STOCK else OF_THE_PORTAL
            more = more | ({"ckanext.haugiang.page_cache.megabytes": "0"} if name == ANEW else {})
            ini = folder / f"{name}.ini"
            write_ini(ini, places[STOCK if name == STOCK else OURS], port, **more)
            if name != ANEW:
                began = time.monotonic()
                kind = "stock" if name == STOCK else "portal"
                command = [sys.executable, __file__, "--fill", kind, "--ini", str(ini), "--datasets", str(number)]
                subprocess.run(command, check=True, env=os.environ | magic() | {"PYTHONUTF8": "1"})
                print(f"{name}: {number} datasets in {time.monotonic() - began:.0f} s", flush=True)
        for name, port in ports.items():
            stack.enter_context(
                server(
                    folder / f"{name}.ini", port, "stock:loaded()" if name == STOCK else "ckanext.haugiang.wsgi:application"
                )
            )
        measure(pages, ports, seconds, rounds)


def measure(pages, ports, seconds, rounds):
    """Every page of every site in turns, so that whatever else the machine does hits all alike."""
    for addresses in pages.values():
        for port in ports.values():
            rate(port, addresses, seconds)  # the first time, templates are compiled
    print(f"\n{'page':9}" + "".join(f"{name:>27}" for name in ports))
    for page, addresses in pages.items():
        found = {name: [] for name in ports}
        for _ in range(rounds):
            for name, port in ports.items():
                found[name].append(rate(port, addresses, seconds))
        middle = {name: statistics.median(rates) for name, rates in found.items()}
        cells = [f"{rate_:>12.1f}/s {rate_ / middle[STOCK]:8.1f} ×" for rate_ in middle.values()]
        print(f"{page:9}" + "".join(f"{cell:>27}" for cell in cells), flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--datasets", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--fill", choices=["stock", "portal"], help=argparse.SUPPRESS)
    parser.add_argument("--ini", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fill:
        fill(given.ini, given.datasets, portal=given.fill == "portal")
    else:
        main(given.datasets, given.seconds, given.rounds)
