"""The processes of the portal: how each is started, when it is ready and how it is stopped."""

from __future__ import annotations

import http.client
import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from ckanext.haugiang.launch.home import Home
from ckanext.haugiang.launch.postgres import Postgres
from ckanext.haugiang.launch.processes import MARK, started
from ckanext.haugiang.launch.redis import Redis
from ckanext.haugiang.launch.settings import Settings
from ckanext.haugiang.launch.wheels import environment, magic, python

CKAN = "import sys; from ckan.cli.cli import ckan; sys.argv[0] = 'ckan'; sys.exit(ckan())"


def steady(pid: int) -> bool:
    """Ready when it has run for some seconds: what cannot start ends sooner."""
    began = started(pid)
    now = float(Path("/proc/uptime").read_text(encoding="ascii").split()[0])
    return began is not None and now - began / os.sysconf("SC_CLK_TCK") > 3


@dataclass(frozen=True)
class Program:
    """One process.

    Attributes:
        name: in the status and of its log.
        command: with arguments; no secret among them, they show in the list of processes.
        after: the programs that must be ready (or, if they run once, done) before.
        follows: when one of these had to be started again, this one is asked to end, to begin anew with it.
        once: it ends by itself; with a failure nothing that waits for it is started.
        ready: tells by the process number whether it does its work.
        stop: the signal that asks it to end in good order.
        orphaned: the signal that the kernel sends when the supervisor is killed.
        patience: seconds that it gets for that.
        nice: lower priority than the web server's.
    """

    name: str
    command: list[str]
    environ: Mapping[str, str]
    folder: Path
    after: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()
    once: bool = False
    ready: Callable[[int], bool] = field(default=steady)
    stop: int = signal.SIGTERM
    orphaned: int = signal.SIGTERM
    patience: float = 20
    nice: int = 0


def programs(home: Home, settings: Settings, postgres: Postgres, redis: Redis, *, set_up: str) -> list[Program]:
    """All processes in the order of their start.

    Args:
        home: the state folder.
        settings: which parts are embedded, and how many processes there are.
        postgres: the embedded server.
        redis: the embedded server.
        set_up: the code for which the database is to be made or migrated first, empty when it is there.
    """
    bare = environment() | {MARK: str(home.path), "TMPDIR": str(home.temporary)}
    found = list(embedded(home, settings, postgres, redis, bare))
    after = tuple(program.name for program in found)
    threads = {"MALLOC_ARENA_MAX": "2", "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}
    ckan = bare | magic() | threads | {"CKAN_INI": str(home.ini)}
    if set_up:
        told = ckan | dict(settings.values) | {"HAUGIANG_HOME": str(home.path)}
        command = [python(), "-P", "-m", "ckanext.haugiang.setup_site", "--code", set_up]
        found.append(Program("setup", command, told, home.path, after=after, once=True, patience=5))
        after = ("setup",)
    return [*found, *site(home, settings, ckan, after)]


def embedded(
    home: Home, settings: Settings, postgres: Postgres, redis: Redis, environ: Mapping[str, str]
) -> Iterator[Program]:
    """The servers that no setting replaces. SIGINT makes PostgreSQL end its clients and stop in good order."""
    if settings.embedded_postgres:
        ready, end = postgres.ready, signal.SIGINT
        command = postgres.command()
        yield Program("postgres", command, environ, home.path, ready=ready, stop=end, orphaned=end, patience=60)
    if settings.embedded_redis:
        yield Program("redis", redis.command(), environ, redis.data, ready=redis.ready)


def site(home: Home, settings: Settings, environ: Mapping[str, str], after: tuple[str, ...]) -> Iterator[Program]:
    """CKAN's processes."""

    def answers(_pid: int) -> bool:
        return bool(health(settings.local_url, settings.site_url))

    yield Program("web", web_command(settings), environ, home.path, after=after, ready=answers, patience=15)
    command = [python(), "-P", "-c", CKAN, "-c", str(home.ini)]
    work = [*command, "jobs", "worker", "haugiang", "default"]
    for number in range(1, settings.number("WORKERS", 2, 64) + 1):
        # A killed worker's job is found by the watchdog, so there is no need to wait long for a big file.
        # RQ's workers register in Redis once, and after a lost connection wait up to a minute.
        yield Program(
            f"worker-{number}", work, environ, home.path, after=after, follows=("redis",), orphaned=signal.SIGKILL,
            patience=10, nice=5,
        )  # fmt: skip
    watch = [*command, "haugiang", "scheduler"]
    yield Program("scheduler", watch, environ, home.path, after=after, patience=5, nice=5)


def web_command(settings: Settings) -> list[str]:
    """Gunicorn, with CKAN loaded once before it forks. Uploads of 500 MB on slow lines need the long timeout."""
    bind = f"[{settings.host}]:{settings.port}" if ":" in settings.host else f"{settings.host}:{settings.port}"
    command = [
        python(),
        "-P",
        "-m",
        "gunicorn",
        "--bind",
        bind,
        "--workers",
        str(settings.number("WEB_PROCESSES", 2, 64)),
    ]
    command += [
        "--worker-class",
        "ckanext.haugiang.web_worker.PatientWorker",
        "--threads",
        "8",
        "--timeout",
        "300",
        "--graceful-timeout",
        "10",
        "--keep-alive",
        "5",
    ]
    command += [
        "--preload",
        "--no-control-socket",
        # Gunicorn lets whoever asks from this machine, so any proxy on it, set SCRIPT_NAME by a header of a visitor.
        "--forwarder-headers",
        "",
        "--max-requests",
        "20000",
        "--max-requests-jitter",
        "2000",
        "--log-level",
        "warning",
    ]
    return [*command, "ckanext.haugiang.wsgi:application"]


def health(local_url: str, site_url: str) -> dict[str, object]:
    """What ``/health`` answers; empty when there is no answer.

    Args:
        local_url: where the web server listens.
        site_url: the address that people type, whose host the server is asked for.
    """
    parts = urlsplit(local_url)
    connection = http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=3)
    try:
        connection.request("GET", "/health", headers={"Host": urlsplit(site_url).netloc})
        answer = json.loads(connection.getresponse().read())
    except (OSError, ValueError, http.client.HTTPException):
        return {}
    finally:
        connection.close()
    return answer if isinstance(answer, dict) else {}
