"""``make up``: everything from a folder to a portal that answers."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from ckanext.haugiang.launch.home import LaunchError, read_json, say
from ckanext.haugiang.launch.portal import Portal, elapsed, progress
from ckanext.haugiang.launch.programs import health, programs
from ckanext.haugiang.launch.supervisor import Supervisor, last_line

WORDS = {
    "postgres": "PostgreSQL",
    "redis": "Redis",
    "setup": "Database, roles and accounts",
    "web": "Web server",
    "worker": "Workers",
    "scheduler": "Scheduler",
}
PATIENCE = 600  # seconds for one start; a migration of a big database may need minutes
HOPELESS = 4  # failures in a row


def up(portal: Portal, *, foreground: bool = False, began: float = 0) -> None:
    """Bring the portal up, or see that it is up; return when it answers and its data is loaded.

    Args:
        portal: the installation.
        foreground: stay, and stop the portal at Ctrl-C.
        began: when the command began, by the machine's clock of seconds, if that was earlier.
    """
    began = began or time.monotonic()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    supervisor: subprocess.Popen[bytes] | None = None
    try:
        with portal.home.only_one():
            changed = _stop_if_changed(portal)
            running = bool(portal.home.supervisor())
            if not running:
                supervisor = _begin(portal, foreground=foreground)
            _follow(portal, supervisor)
            loaded = _load(portal)
        if running and not loaded and not changed:
            say(f"The portal is up already: {portal.settings.site_url}")
        else:
            _tell(portal, began)
    except KeyboardInterrupt:
        say("\nStopping.")
        portal.stop()
        raise SystemExit(130) from None
    except NotLoadedError:
        raise
    except LaunchError:
        if supervisor:
            portal.stop()
        raise
    if foreground:
        _stay(portal)


def _stop_if_changed(portal: Portal) -> bool:
    """Stop a portal that runs older code or other settings."""
    state = portal.state()
    if not state or all(state.get(name) == value for name, value in portal.identity.items()):
        return False
    with step("Stopping: code or settings changed"):
        portal.stop()
    return True


def _begin(portal: Portal, *, foreground: bool) -> subprocess.Popen[bytes]:
    """Make what is missing and start the supervisor."""
    portal.end_leftovers()
    portal.check_port()
    fresh = portal.settings.embedded_postgres and not (portal.home.postgres / "PG_VERSION").exists()
    with step("Database folder and secrets") if fresh else nothing():
        portal.prepare()
    return portal.start_supervisor(foreground=foreground)


def _follow(portal: Portal, supervisor: subprocess.Popen[bytes] | None) -> None:
    """Show what becomes ready until everything is."""
    deadline, since, shown = time.monotonic() + PATIENCE, time.monotonic(), set[str]()
    log = portal.home.logs
    while time.monotonic() < deadline:
        state = portal.state()
        found = state.get("programs", {})
        for name, program in found.items():
            group = name.partition("-")[0]
            all_ready = all(p["ready"] or p["done"] for n, p in found.items() if n.partition("-")[0] == group)
            if supervisor and all_ready and group not in shown and (program["ready"] or program["done"]):
                shown.add(group)
                progress(WORDS.get(group, group))
                progress(elapsed(since), end_line=True)
        if state.get("phase") == "ready" and _health(portal).get("status") == "ok":
            return
        for name, program in found.items():
            if program["failures"] >= HOPELESS:
                raise LaunchError(
                    f"The portal did not start, {name} ended {HOPELESS} times: {last_line(log / f'{name}.log')} "
                    f"(more in {log})."
                )
        if supervisor and supervisor.poll() is not None:
            last = read_json(portal.home.state) or {}
            reason = str(last.get("message") or "the supervisor ended")
            raise LaunchError(f"The portal did not start: {reason} (more in {log}).")
        if not supervisor and not portal.home.supervisor():
            raise LaunchError(f"The portal stopped while it was starting (more in {log}).")
        time.sleep(0.1)
    waiting = [n for n, p in portal.state().get("programs", {}).items() if not (p["ready"] or p["done"])]
    raise LaunchError(
        f"Not ready after {PATIENCE} s; waiting for {', '.join(waiting) or json.dumps(_health(portal))} (more in {log})."
    )


def _health(portal: Portal) -> dict[str, object]:
    return health(portal.settings.local_url, portal.settings.site_url)


def _load(portal: Portal) -> bool:
    """Load the demonstration data through the public API, once for each state of the folder.

    A failure leaves the portal up: it works, and the next ``make up`` goes on with the data where this one stopped.
    """
    from ckanext.haugiang.launch.load import load

    given = portal.settings.get("DATASETS")
    folder = Path(given) if given else portal.datasets
    wanted = "" if given == "none" else fingerprint(folder)
    if given not in ("", "none") and not (folder / "portal.json").exists():
        raise NotLoadedError(f"The portal is up, but {folder / 'portal.json'} cannot be read: correct HAUGIANG_DATASETS.")
    if not wanted or portal.home.done().get("datasets") == wanted:
        return False
    tokens = read_json(portal.home.path / "tokens.json")
    path = portal.home.logs / "load.log"
    with step("Datasets through the whole pipeline"), path.open("a", encoding="utf-8") as log:

        def note(line: str) -> None:
            log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {line}\n")
            log.flush()

        os.environ["no_proxy"] = "*"  # the portal is on this machine
        try:
            load(portal.settings.local_url, tokens["admin"], tokens["steward"], folder, note)
        except Exception as error:  # noqa: BLE001 - whatever it is, the portal stays up
            log.write(traceback.format_exc())
            reason = " ".join(str(error).split()) or type(error).__name__
            raise NotLoadedError(
                f"The portal is up, its datasets are not loaded: {reason} (more in {path}). Then make up again."
            ) from None
    portal.home.mark_done("datasets", wanted)
    return True


class NotLoadedError(LaunchError):
    """The portal is up without its data."""


def fingerprint(folder: Path) -> str:
    """One hash of a folder's content, empty when there is none."""
    from hashlib import sha256

    files = sorted(path for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else []
    parts = (str(path.relative_to(folder)).encode() + b"\0" + sha256(path.read_bytes()).digest() for path in files)
    return sha256(b"".join(parts)).hexdigest() if files else ""


def _tell(portal: Portal, began: float) -> None:
    """Say what to open; the passwords once."""
    say(f"\n  Ready in {time.monotonic() - began:.0f} s:  {portal.settings.site_url}\n")
    if "told" not in portal.home.done():
        say(portal.home.accounts.read_text(encoding="utf-8"))
        portal.home.mark_done("told", "yes")
    say(f"  Accounts: {portal.home.accounts}\n  Logs:     {portal.home.logs}\n  Stop: make down   State: make status")


def _stay(portal: Portal) -> None:
    """Wait until the supervisor ends; stop it at Ctrl-C."""
    try:
        while portal.home.supervisor():
            time.sleep(0.5)
    except KeyboardInterrupt:
        say("\nStopping.")
        portal.stop()


def supervise(portal: Portal) -> None:
    """The background process of ``make up``."""
    set_up = "" if portal.home.done().get("setup") == portal.set_up_for else portal.code
    chosen = programs(portal.home, portal.settings, portal.postgres, portal.redis, set_up=set_up)
    Supervisor(portal.home, chosen, portal.identity).run()


@contextlib.contextmanager
def step(name: str) -> Iterator[None]:
    """Show one step with its time."""
    since = time.monotonic()
    progress(name)
    try:
        yield
    except BaseException:
        progress("failed", end_line=True)
        raise
    progress(elapsed(since), end_line=True)


def nothing() -> contextlib.AbstractContextManager[None]:
    """In place of a context that is not wanted."""
    return contextlib.nullcontext()
