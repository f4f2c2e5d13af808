"""PostgreSQL and Redis for one command, for the tests: their own, empty, fast and gone afterwards."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ckanext.haugiang.launch.home import SECRETS, LaunchError
from ckanext.haugiang.launch.postgres import DATABASE, DATASTORE, OWNER, READ, WRITE, Postgres
from ckanext.haugiang.launch.processes import die_with_parent
from ckanext.haugiang.launch.redis import Redis
from ckanext.haugiang.launch.wheels import environment, magic


def services(command: list[str]) -> int:
    """Run a command with the addresses in CKAN's environment variables; give its status.

    Args:
        command: the program and its arguments.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with throwaway(pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None) as addresses:
        child = subprocess.Popen(command, env=os.environ | magic() | addresses)
        try:
            return child.wait()
        except KeyboardInterrupt:
            child.wait(30)
            return 130


@contextmanager
def throwaway(user: int | None) -> Iterator[dict[str, str]]:
    """Services in a temporary folder.

    Args:
        user: who runs them, when root asks, because PostgreSQL refuses root.
    """
    folder = Path(tempfile.mkdtemp(prefix="haugiang-test-", dir="/tmp"))
    passwords = {name: secrets.token_urlsafe(16) for name in SECRETS}
    postgres = Postgres(folder / "postgres", folder, passwords, user, throwaway=True)
    redis = Redis(folder / "redis", folder, passwords, user)
    try:
        if user is not None:
            os.chown(folder, user, -1)
        postgres.prepare()
        redis.prepare()
        (folder / "storage").mkdir()
        with postgres.running(), _running(redis):
            postgres.create()
            yield {
                "CKAN_SQLALCHEMY_URL": postgres.url(OWNER, DATABASE),
                "CKAN_DATASTORE_WRITE_URL": postgres.url(WRITE, DATASTORE),
                "CKAN_DATASTORE_READ_URL": postgres.url(READ, DATASTORE),
                "CKAN_REDIS_URL": redis.url(1),
                "CKAN_STORAGE_PATH": str(folder / "storage"),
                "PYTHONUTF8": "1",
            }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _running(redis: Redis) -> Iterator[None]:
    with (redis.data / "redis.log").open("wb") as log:
        server = subprocess.Popen(
            redis.command(), cwd=redis.data, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(),
            user=redis.user, start_new_session=True, preexec_fn=die_with_parent(signal.SIGKILL),
        )  # fmt: skip
    try:
        for _ in range(200):
            if redis.ready():
                break
            time.sleep(0.05)
        else:
            sys.stderr.write((redis.data / "redis.log").read_text(encoding="utf-8"))
            raise LaunchError("Redis did not start.")
        yield
    finally:
        server.kill()
        server.wait()
