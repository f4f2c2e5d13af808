"""``make down``, ``make status``, ``make check`` and ``make reset``."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time

from ckanext.haugiang.launch.home import LaunchError, say
from ckanext.haugiang.launch.portal import Portal
from ckanext.haugiang.launch.processes import memory, tree
from ckanext.haugiang.launch.programs import health
from ckanext.haugiang.launch.wheels import environment, magic, python

KEPT = (
    "backups",
    "installation",
    "settings",
)  # a reset starts anew, it does not lose what was saved or how the portal is set


def down(portal: Portal) -> None:
    """Stop the portal and leave no process."""
    with portal.home.only_one():
        say("Stopped." if portal.stop() else "The portal was not running.")


def status(portal: Portal) -> int:
    """Show what runs; 0 when all is well, 1 when something is not, 3 when the portal is down."""
    state = portal.state()
    if not state:
        say(f"down     state in {portal.home.path}")
        return 3
    answer = health(state["local_url"], state["url"])  # as it was started, whatever the settings are now
    good = state["phase"] == "ready" and answer.get("status") == "ok"
    say(f"{'up' if good else state['phase']}       {state['url']}")
    for name, program in state["programs"].items():
        if program["once"]:
            continue
        size = memory(tree(program["pid"])) / 2**20 if program["pid"] else 0
        word = "ready" if program["ready"] else "starting" if program["pid"] else "waiting"
        again = f"started again {program['restarts']} times" if program["restarts"] else ""
        say(f"  {name:<12}{word:<10}{program['pid'] or '-':<9}{size:6.0f} MB  {again}".rstrip())
    total = memory(tree(state["pid"])) / 2**20
    say(f"  {'together':<31}{total:6.0f} MB")
    say("  " + ", ".join(f"{name} {value}" for name, value in answer.items()) if answer else "  /health does not answer")
    return 0 if good else 1


def check(portal: Portal) -> int:
    """Compare files, tables and search with what is published; 1 when something differs."""
    if not portal.state():
        raise LaunchError("The portal is down: make up first.")
    told = dict(portal.settings.values) | {"HAUGIANG_HOME": str(portal.home.path), "TMPDIR": str(portal.home.temporary)}
    command = [python(), "-P", "-m", "ckanext.haugiang.check_site"]
    return subprocess.run(command, env=environment() | magic() | told, cwd=portal.home.path, check=False).returncode


def reset(portal: Portal, *, confirmed: bool) -> None:
    """Stop the portal and move its state aside, so that the next start makes a new one.

    Args:
        portal: the installation.
        confirmed: do not ask. Without a terminal to ask on, this is needed.
    """
    if not confirmed:
        if not sys.stdin.isatty():
            raise LaunchError("make reset deletes all datasets and accounts: say so with make reset CONFIRM=yes.")
        if input(f"Delete all datasets and accounts in {portal.home.path}? Type yes: ").strip().lower() != "yes":
            raise LaunchError("Nothing was deleted.")
    with portal.home.only_one():
        portal.stop()
        sockets = portal.home.sockets()
        for path in portal.home.path.iterdir():
            if path.name in KEPT or path.name.endswith(".lock"):
                continue
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        shutil.rmtree(sockets, ignore_errors=True)
    say(f"Deleted at {time.strftime('%H:%M')}; backups and settings are kept. make up starts anew.")
