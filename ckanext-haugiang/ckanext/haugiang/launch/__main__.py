"""``python -m ckanext.haugiang.launch``: the commands behind ``make up`` and its sisters."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from ckanext.haugiang.launch.home import LaunchError
from ckanext.haugiang.launch.portal import Portal


def main() -> int:
    """Run one command."""
    os.umask(0o077)
    options = arguments().parse_args()
    try:
        return run(options)
    except LaunchError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped.\n")
        return 130


def arguments() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m ckanext.haugiang.launch", description=__doc__)
    parser.add_argument("--code", default="", help="fingerprint of the installed programs")
    parser.add_argument("--datasets", type=Path, default=Path("datasets"), help="folder of the data to load")
    parser.add_argument("--began", type=float, default=0, help="when the command began, for the time it took")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("up", help="start the portal")
    command.add_argument("--foreground", action="store_true", help="stay, and stop at Ctrl-C")
    commands.add_parser("down", help="stop the portal")
    commands.add_parser("status", help="show what runs")
    commands.add_parser("check", help="compare files, tables and search with what is published")
    command = commands.add_parser("reset", help="delete the portal's data")
    command.add_argument("--confirm", default="", help="yes: do not ask")
    command = commands.add_parser("backup", help="save databases, files and secrets to one file")
    command.add_argument("--to", type=Path, help="the file to write")
    command = commands.add_parser("restore", help="bring a backup back")
    command.add_argument("--from", dest="source", required=True, help="the file, or the number of an open descriptor")
    commands.add_parser("supervise", help="the background process of up")
    command = commands.add_parser("services", help="run a command with PostgreSQL and Redis of its own, for tests")
    command.add_argument("rest", nargs=argparse.REMAINDER)
    return parser


def run(options: argparse.Namespace) -> int:
    """Do what the command line says."""
    if options.command == "services":
        from ckanext.haugiang.launch.services import services

        return services(options.rest[1:] if options.rest[:1] == ["--"] else options.rest)
    portal = Portal.here(options.code, options.datasets)
    if options.command in ("up", "supervise"):
        from ckanext.haugiang.launch import start

        start.supervise(portal) if options.command == "supervise" else start.up(
            portal, foreground=options.foreground, began=options.began
        )
        return 0
    if options.command in ("backup", "restore"):
        from ckanext.haugiang.launch import backup

        backup.backup(portal, options.to) if options.command == "backup" else backup.restore(portal, options.source)
        return 0
    from ckanext.haugiang.launch import stop

    if options.command in ("status", "check"):
        return stop.status(portal) if options.command == "status" else stop.check(portal)
    stop.down(portal) if options.command == "down" else stop.reset(portal, confirmed=options.confirm == "yes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
