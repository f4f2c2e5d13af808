"""`ckan haugiang …`: the scheduler and what an administrator needs by hand."""

from __future__ import annotations

import json
import logging
import signal
import threading
import time
from typing import Any

import ckan.plugins.toolkit as tk
import click

from ckanext.haugiang import config

__all__ = ["haugiang"]
log = logging.getLogger(__name__)


@click.group(short_help="The Hậu Giang portal: checks of files and their upkeep.")
def haugiang() -> None:
    """The Hậu Giang portal: checks of files and their upkeep."""


@haugiang.command()
@click.option("--once", is_flag=True, help="One round, then stop.")
def scheduler(once: bool) -> None:
    """Watch over runs, queue and tables, and clean up, until told to stop."""
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    cleaned = time.monotonic()
    while True:
        _round("haugiang_watch")
        if time.monotonic() - cleaned > config.clean_seconds():
            _round("haugiang_clean")
            cleaned = time.monotonic()
        if once or over.wait(config.watchdog_seconds()):
            return


def _round(action: str) -> None:
    # A database that is down is no reason to die: the next round comes.
    try:
        done = _call(action)
        if any(done.values()):
            log.info("%s: %s", action, done)
    except Exception:
        log.exception("%s", action)


def _call(action: str, **data: Any) -> Any:
    return tk.get_action(action)({"ignore_auth": True, "user": ""}, data)


@haugiang.command()
def clean() -> None:
    """Remove files that nothing refers to and the rows of purged datasets."""
    click.echo(json.dumps(_call("haugiang_clean")))


@haugiang.command()
@click.argument("resource_id")
def validate(resource_id: str) -> None:
    """Check the file of RESOURCE_ID once more."""
    _show(_call("haugiang_resource_validate", resource_id=resource_id))


@haugiang.command()
@click.option("--resource", "resource_id", help="Only runs of this resource.")
@click.option("--limit", default=20, show_default=True, help="How many.")
def runs(resource_id: str | None, limit: int) -> None:
    """List runs, the newest first."""
    site = tk.get_action("get_site_user")({"ignore_auth": True}, {})
    asked = {"limit": limit} | ({"resource_id": resource_id} if resource_id else {})
    for run in tk.get_action("haugiang_run_list")({"user": site["name"]}, asked):
        _show(run)


def _show(run: dict[str, Any]) -> None:
    name = (run["file"] or {}).get("name", "")
    reason = (run["error"] or {}).get("code", "")
    click.echo(f"{run['created']}  {run['id']}  {run['state']:<10} {run['verdict'] or '-':<8} {name}  {reason}")
