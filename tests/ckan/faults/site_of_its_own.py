"""A small portal of real processes, to be killed piece by piece: PostgreSQL, Redis, a web server, workers, the scheduler."""

from __future__ import annotations

import configparser
import contextlib
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path
from typing import Any

from support import RICE, metadata

from ckanext.haugiang.launch.home import SECRETS
from ckanext.haugiang.launch.postgres import DATABASE, DATASTORE, OWNER, READ, WRITE, Postgres
from ckanext.haugiang.launch.processes import die_with_parent
from ckanext.haugiang.launch.redis import Redis
from ckanext.haugiang.launch.wheels import environment, magic

ROOT = Path(__file__).resolve().parents[3]
FINAL = ("done", "failed", "cancelled", "superseded")
PATIENCE = 90
SETTINGS = {
    "ckan.max_resource_size": "10",
    "ckan.datastore.default_fts_lang": "simple",
    "api_token.jwt.encode.secret": "string:only-for-tests-only-for-tests-only",
    "api_token.jwt.decode.secret": "string:only-for-tests-only-for-tests-only",
    "ckanext.haugiang.heartbeat_seconds": "1",
    "ckanext.haugiang.lease_seconds": "5",
    "ckanext.haugiang.watchdog_seconds": "1",
    "ckanext.haugiang.retry_seconds": "1",
}
SETUP = """\
import json, sys
from ckan.cli import db, load_config
from ckan.config.middleware import make_app
app = make_app(load_config(sys.argv[1]))._wsgi_app
db._run_migrations("")
db._migrate_plugins(apply=True)
import ckan.plugins.toolkit as tk
with app.test_request_context():
    site = tk.get_action("get_site_user")({"ignore_auth": True}, {})
    context = lambda: {"ignore_auth": True, "user": site["name"]}
    user = tk.get_action("user_create")(context(), {"name": "steward", "email": "a@example.org", "password": "12345678"})
    org = tk.get_action("organization_create")(context(), {"name": "so-nn", "title": "Sở",
        "users": [{"name": "steward", "capacity": "editor"}]})
    token = tk.get_action("api_token_create")(context(), {"user": "steward", "name": "test"})
    print(json.dumps({"token": token["token"], "org": org["id"]}))
"""


class Process:
    """One process of ours, ended by its own number."""

    def __init__(self, command: list[str], log: Path, env: dict[str, str], user: int | None = None) -> None:
        with log.open("ab") as output:
            self.popen = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=env, user=user,
                start_new_session=True, preexec_fn=die_with_parent(signal.SIGKILL),  # noqa: PLW1509
            )  # fmt: skip

    def children(self) -> list[int]:
        """Numbers of its children, and of theirs."""
        found, todo = [], [self.popen.pid]
        while todo:
            path = Path(f"/proc/{todo[0]}/task/{todo.pop(0)}/children")
            mine = [int(word) for word in path.read_text().split()] if path.exists() else []
            found += mine
            todo += mine
        return found

    def kill_with_children(self) -> None:
        """SIGKILL for the process and everything below it."""
        for number in [self.popen.pid, *self.children()]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        self.popen.wait(10)

    def terminate(self) -> None:
        """Ask it to end."""
        self.popen.terminate()

    def terminate_twice(self) -> None:
        """Ask it to end, and insist: RQ takes what comes within a second of the first signal for the same one."""
        self.popen.terminate()
        for _ in range(10):
            time.sleep(1.5)
            self.popen.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.popen.wait(1.5)
                return
        self.popen.wait(1)


class Site:
    """Starts everything on entry, ends everything on exit.

    Args:
        folder: For logs, configuration and files.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.workers, self.others = folder, [], []
        self.sockets = Path(tempfile.mkdtemp(prefix="haugiang-faults-", dir="/tmp"))  # short, for the sockets
        passwords = {name: secrets.token_urlsafe(16) for name in SECRETS}
        self.user = pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None
        self.postgres = Postgres(self.sockets / "postgres", self.sockets, passwords, self.user, throwaway=True)
        self.redis = Redis(self.sockets / "redis", self.sockets, passwords, self.user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def __enter__(self) -> Site:
        try:
            return self._start()
        except BaseException:
            self.__exit__()
            raise

    def _start(self) -> Site:
        if self.user is not None:
            os.chown(self.sockets, self.user, -1)
        self.postgres.prepare()
        self.redis.prepare()
        self.start_postgres()
        self.start_redis()
        self.postgres.create()
        self.env = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("CKAN_", "HAUGIANG_"))},
            **magic(),
            "CKAN_SQLALCHEMY_URL": self.postgres.url(OWNER, DATABASE),
            "CKAN_DATASTORE_WRITE_URL": self.postgres.url(WRITE, DATASTORE),
            "CKAN_DATASTORE_READ_URL": self.postgres.url(READ, DATASTORE),
            "CKAN_REDIS_URL": self.redis.url(1),
            "CKAN_INI": str(self.folder / "site.ini"),
            "PYTHONUTF8": "1",
        }
        self._configure()
        command = [sys.executable, "-W", "ignore", "-c", SETUP, str(self.folder / "site.ini")]
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=False, timeout=180)
        assert done.returncode == 0, done.stderr
        self.__dict__ |= json.loads(done.stdout.splitlines()[-1])
        web = ["-m", "gunicorn", "-b", f"127.0.0.1:{self.port}", "-k", "gthread", "--threads", "4"]
        self.others.append(self._python([*web, "ckanext.haugiang.wsgi:application"], "web"))
        self.others.append(self._ckan("haugiang", "scheduler"))
        self._until(lambda: bool(self.call("status_show")), 60)
        return self

    def _configure(self) -> None:
        ini = configparser.RawConfigParser()
        ini.optionxform = str  # SECRET_KEY keeps its letters
        ini.read(ROOT / "test.ini", encoding="utf-8")
        own = {
            "ckan.site_id": uuid.uuid4().hex,
            "ckan.site_url": f"http://127.0.0.1:{self.port}",
            "ckan.storage_path": str(self.folder / "storage"),
        }
        ini["app:main"].update(SETTINGS | own)
        with (self.folder / "site.ini").open("w", encoding="utf-8") as file:
            ini.write(file)

    def __exit__(self, *_: object) -> None:
        for process in [*self.workers, *self.others]:
            process.kill_with_children()
        for name in ("redis_process", "postgres_process"):
            if name in self.__dict__:
                self.__dict__[name].kill_with_children()
        shutil.rmtree(self.sockets, ignore_errors=True)

    def _python(self, arguments: list[str], log: str, **more: str) -> Process:
        return Process([sys.executable, "-W", "ignore", *arguments], self.folder / f"{log}.log", self.env | more)

    def _ckan(self, *arguments: str, **more: str) -> Process:
        program = ["-c", "from ckan.cli.cli import ckan; ckan()", "-c", str(self.folder / "site.ini"), *arguments]
        return self._python(program, arguments[-1], **more)

    def start_worker(self, fault: str = "") -> Process:
        """A worker more, with a fault in it."""
        worker = self._ckan("jobs", "worker", "haugiang", HAUGIANG_FAULT_AT=fault)
        self.workers.append(worker)
        return worker

    def stop_workers(self) -> None:
        """End all workers; no run is on."""
        for worker in self.workers:
            worker.kill_with_children()
        self.workers.clear()

    def start_postgres(self) -> None:
        """Start PostgreSQL and wait for it."""
        log = self.folder / "postgres.log"
        self.postgres_process = Process(self.postgres.command(), log, environment(), self.user)
        self._until(lambda: self.postgres.ready(self.postgres_process.popen.pid), 60)

    def kill_postgres(self) -> None:
        """SIGKILL for the server and all its connections."""
        self.postgres_process.kill_with_children()
        for rest in ("postmaster.pid",):
            (self.postgres.data / rest).unlink(missing_ok=True)

    def start_redis(self) -> None:
        """Start Redis and wait for it."""
        with contextlib.chdir(self.redis.data):
            self.redis_process = Process(self.redis.command(), self.folder / "redis.log", environment(), self.user)
        self._until(self.redis.ready, 20)

    def kill_redis(self) -> None:
        """SIGKILL for Redis, and its data deleted."""
        self.redis_process.kill_with_children()
        for path in (*self.redis.data.glob("*.rdb"), self.redis.socket):
            path.unlink(missing_ok=True)

    def call(self, action: str, file: bytes | None = None, **data: Any) -> Any:
        """An action of the API as the steward."""
        body, kind = json.dumps(data).encode(), "application/json"
        if file is not None:
            mark = uuid.uuid4().hex
            parts = [f'--{mark}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in data.items()]
            parts.append(f'--{mark}\r\nContent-Disposition: form-data; name="upload"; filename="lua.csv"\r\n\r\n')
            body, kind = (
                "".join(parts).encode() + file + f"\r\n--{mark}--\r\n".encode(),
                f"multipart/form-data; boundary={mark}",
            )
        headers = {"Authorization": getattr(self, "token", ""), "Content-Type": kind}
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/api/3/action/{action}", body, headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)["result"]
        except urllib.error.HTTPError as error:
            error.add_note(error.read().decode("utf-8", "replace")[:500])
            raise

    def upload_new(self, content: bytes) -> str:
        """Make a dataset with one checked file; the resource's id."""
        package = self.call("package_create", **metadata({"id": self.org}))
        resource = self.call("resource_create", content, package_id=package["id"], table_schema=RICE, name="Lua")
        return resource["id"]

    def replace(self, resource_id: str, content: bytes) -> None:
        """Upload another file over it."""
        self.call("resource_patch", content, id=resource_id)

    def areas(self, resource_id: str) -> list[float]:
        """One column of the table as the public reads it."""
        return [row["dt_gieo_trong"] for row in self.call("datastore_search", resource_id=resource_id)["records"]]

    def runs(self, resource_id: str) -> list[dict[str, Any]]:
        """Its runs, the newest first."""
        return self.call("haugiang_run_list", resource_id=resource_id)

    def wait_for_stage(self, resource_id: str, stage: str) -> None:
        """Until the newest run is at a stage."""
        self._until(lambda: self.runs(resource_id)[0]["stage"] == stage)

    def wait_until_final(self, resource_id: str) -> dict[str, Any]:
        """Until the newest run is over, whatever fails meanwhile; the run."""
        self._until(lambda: self.runs(resource_id)[0]["state"] in FINAL)
        return self.runs(resource_id)[0]

    def _until(self, ask: Any, seconds: float = PATIENCE) -> None:
        deadline, last = time.monotonic() + seconds, None
        while True:
            try:
                if ask():
                    return
            except OSError as error:  # what was killed does not answer
                last = (error, getattr(error, "__notes__", ""))
            if time.monotonic() > deadline:
                logs = {path.name: path.read_text(errors="replace")[-1500:] for path in self.folder.glob("*.log")}
                raise AssertionError("not in time", last, logs)
            time.sleep(0.3)
