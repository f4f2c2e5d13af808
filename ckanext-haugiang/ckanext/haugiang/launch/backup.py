"""``make backup`` and ``make restore``: both databases, the stored files and the secrets in one file.

The file is a plain tar, readable by its owner alone, because it holds the passwords. The search index is left out: it
is made anew from the datasets. The databases are dumped before the files are copied, and files are never overwritten,
so every file that a dump names is there.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import tarfile
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from ckanext.haugiang.launch import start
from ckanext.haugiang.launch.home import LaunchError, say, write_private
from ckanext.haugiang.launch.ini import addresses
from ckanext.haugiang.launch.portal import Portal
from ckanext.haugiang.launch.start import step
from ckanext.haugiang.launch.wheels import environment

FORMAT = 1
INDEX_SCHEMA = "pgsearch"
DUMPS = {"main.dump": "sqlalchemy.url", "datastore.dump": "ckan.datastore.write_url"}
KEPT = ("secrets.json", "tokens.json", "accounts")
REMADE = ("webassets",)  # below storage: CKAN writes it again


def backup(portal: Portal, target: Path | None) -> None:
    """Save the portal, running or not, to one file.

    Args:
        portal: the installation.
        target: the file, by default one with the time in its name in the folder ``backups``.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    target = target or portal.home.backups / f"haugiang-{stamp}.tar"
    if not portal.home.done().get("setup"):
        raise LaunchError("There is nothing to save: the portal has never been up.")
    with portal.home.only_one(), tempfile.TemporaryDirectory(dir=portal.home.temporary) as folder:
        with step("Databases"):
            _dump(portal, Path(folder))
        with step("Files"):
            _write(portal, Path(folder), target)
    say(f"\n  {target} ({target.stat().st_size / 2**20:.0f} MB). It holds all passwords: keep it as safe as the portal.")


def _dump(portal: Portal, folder: Path) -> None:
    ours = portal.settings.embedded_postgres and not portal.home.supervisor()
    if ours:
        portal.prepare()
    with portal.postgres.running() if ours else start.nothing():
        for name, option in DUMPS.items():
            url = addresses(portal.settings, portal.postgres, portal.redis)[option]
            arguments = [
                "--format=custom",
                "--no-owner",
                "--no-acl",
                f"--exclude-schema={INDEX_SCHEMA}",
                f"--file={folder / name}",
            ]
            _client(portal, "pg_dump", url, arguments)


def _client(portal: Portal, name: str, url: str, arguments: list[str]) -> None:
    """Run a client program of PostgreSQL; the password goes through the environment, arguments show to others."""
    parts = urlsplit(url)
    environ = environment() | {"PGDATABASE": unquote(parts.path.lstrip("/")), "PGCONNECT_TIMEOUT": "10"}
    given = {
        "PGHOST": parts.hostname,
        "PGPORT": str(parts.port or ""),
        "PGUSER": parts.username,
        "PGPASSWORD": parts.password,
    }
    environ |= {key: unquote(value) for key, value in given.items() if value}
    environ |= {
        f"PG{key.upper()}": value
        for key, value in parse_qsl(parts.query)
        if key in ("host", "port", "sslmode", "sslrootcert")
    }
    database = ["--dbname", environ["PGDATABASE"]] if name == "pg_restore" else []
    # The wheel's programs are as new as a server can be, but know no TLS; for that the system's must do.
    for program in filter(None, (portal.postgres.program(name), shutil.which(name))):
        command = [program, *database, *arguments]
        result = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
        if result.returncode == 0 or "SSL" not in result.stderr:
            break
    if result.returncode:
        raise LaunchError(f"{name} failed: {(result.stderr.strip().splitlines() or ['no reason given'])[0]}")


def _write(portal: Portal, folder: Path, target: Path) -> None:
    """Write the file beside and rename it when it is complete."""
    members = {name: folder / name for name in DUMPS} | {name: portal.home.path / name for name in KEPT}
    for path in sorted(portal.home.storage.rglob("*")):
        inside = path.relative_to(portal.home.storage)
        if path.is_file() and inside.parts[0] not in REMADE:
            members[f"storage/{inside.as_posix()}"] = path
    part = target.with_name(f"{target.name}.part")
    try:
        with tarfile.open(part, "w") as archive:
            digests = {}
            for name, path in members.items():
                try:
                    archive.add(path, name, recursive=False)
                    digests[name] = _digest(path)
                except FileNotFoundError:  # a file that a person deleted meanwhile
                    continue
            manifest = {
                "format": FORMAT,
                "made": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
                "done": portal.home.done(),
                "sha256": digests,
            }
            write_private(folder / "manifest.json", json.dumps(manifest, indent=1))
            archive.add(folder / "manifest.json", "manifest.json")
        part.chmod(0o600)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise LaunchError(f"Cannot write {target}: {error.strerror}.") from None


def _digest(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def restore(portal: Portal, source: str) -> None:
    """Bring a backup back and start the portal. What was there before is kept beside.

    Args:
        portal: the installation.
        source: the file, or the number of a descriptor that the caller opened.
    """
    with portal.home.only_one():
        fresh = Path(tempfile.mkdtemp(prefix="restore.new-", dir=portal.home.path))
        try:
            with step("Reading the backup"):
                manifest = _unpack(source, fresh)
            portal.stop()
            aside = portal.home.path / f"before-restore-{time.strftime('%Y%m%d-%H%M%S')}"
            _exchange(portal, fresh, aside)
            portal = replace(portal)  # with the restored secrets
            try:
                with step("Databases"):
                    _fill(portal, fresh)
            except BaseException:
                _put_back(portal, aside)
                raise
            kept = {name: value for name, value in manifest["done"].items() if name in ("datasets", "told")}
            write_private(portal.home.path / "done.json", json.dumps(kept | {"search": "rebuild"}))
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    start.up(portal)
    if aside.exists():
        say(f"  What was there before is in {aside}: delete it when it is not needed any more.")


def _unpack(source: str, fresh: Path) -> dict[str, Any]:
    """Unpack and verify before anything is touched."""
    try:
        with (
            os.fdopen(int(source), "rb") if source.isdecimal() else Path(source).open("rb") as handle,
            tarfile.open(fileobj=handle) as archive,
        ):
            _extract(archive, fresh)
        manifest: dict[str, Any] = json.loads((fresh / "manifest.json").read_text(encoding="utf-8"))
        if manifest["format"] != FORMAT:
            raise LaunchError(
                f"This backup has format {manifest['format']}, this portal reads {FORMAT}: use the portal that made it."
            )
        wrong = [name for name, value in manifest["sha256"].items() if _digest(fresh / name) != value]
    except (OSError, tarfile.TarError, ValueError, KeyError):
        raise LaunchError("This is not a complete backup of the portal: nothing was changed.") from None
    if wrong:
        raise LaunchError(f"The backup is damaged ({wrong[0]}): nothing was changed.")
    return manifest


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    """Take out plain files and folders that stay inside; Debian 12's Python 3.11.2 has no ``filter="data"`` for it."""
    for member in archive:
        place = Path(member.name)
        if place.is_absolute() or ".." in place.parts or not (member.isreg() or member.isdir()):
            raise tarfile.TarError(member.name)
        archive.extract(member, folder, set_attrs=False)


def _exchange(portal: Portal, fresh: Path, aside: Path) -> None:
    aside.mkdir(mode=0o700)
    for name in ("postgres", "redis", "storage", "done.json", *KEPT):
        old, new = portal.home.path / name, fresh / name
        if old.exists():
            old.rename(aside / name)
        if new.exists():
            new.rename(old)
    portal.home.storage.mkdir(mode=0o700, exist_ok=True)


def _put_back(portal: Portal, aside: Path) -> None:
    for name in ("postgres", "redis", "storage", "done.json", *KEPT):
        path = portal.home.path / name
        if (aside / name).exists():
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
            (aside / name).rename(path)
    shutil.rmtree(aside)


def _fill(portal: Portal, fresh: Path) -> None:
    """Load the dumps: into new databases of ours, or over the content of somebody else's."""
    if portal.settings.embedded_postgres:
        portal.prepare()
    with portal.postgres.running() if portal.settings.embedded_postgres else start.nothing():
        if portal.settings.embedded_postgres:
            portal.postgres.create(main=not portal.settings.get("DATABASE_URL"))
        for name, option in DUMPS.items():
            url = addresses(portal.settings, portal.postgres, portal.redis)[option]
            # The rights of the DataStore made a view and a function already; all or nothing, whoever runs the server.
            options = ["--clean", "--if-exists", "--single-transaction", "--no-owner", "--no-acl"]
            _client(portal, "pg_restore", url, [*options, str(fresh / name)])
