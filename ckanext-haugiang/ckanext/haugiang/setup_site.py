"""Makes or migrates the database and the first two accounts: the one start of CKAN before the portal's.

``ckan`` commands would load CKAN anew for each step, several seconds every time; this process does them all. It runs
in the launcher's name, after PostgreSQL and Redis answer, and only when the code or the settings changed. Each step may
be run again. A failure is one line on the standard error, the last one.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ckanext.haugiang.launch.home import LaunchError, read_json, write_private
from ckanext.haugiang.launch.portal import Portal

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)
ACCOUNTS = {  # name: full name, secret with the password
    "admin": ("Quản trị viên", "admin_password"),
    "steward": ("Cán bộ dữ liệu", "steward_password"),
}


def main() -> None:
    """Do all steps."""
    parser = argparse.ArgumentParser(prog="python -m ckanext.haugiang.setup_site", description=__doc__)
    parser.add_argument("--code", default="", help="fingerprint of the installed programs")
    code = parser.parse_args().code
    try:
        portal = Portal.here(code, Path())
        if portal.settings.embedded_postgres:
            portal.postgres.create(main=not portal.settings.get("DATABASE_URL"))
        if portal.settings.get("DATASTORE_WRITE_URL"):
            permit_elsewhere(portal)
        claim_redis(portal)
        app = load_ckan(portal)
        migrate()
        accounts(app, portal)
        rebuild_search(app, portal)
        portal.home.mark_done("setup", portal.set_up_for)
    except LaunchError as error:
        sys.exit(str(error))
    except Exception as error:
        log.exception("Setting up failed")
        sys.exit(f"{type(error).__name__}: {' '.join(str(error).split())[:300]}")


def claim_redis(portal: Portal) -> None:
    """Refuse a Redis database that another portal uses: their jobs would mix."""
    import redis

    url = portal.settings.get("REDIS_URL")
    if not url:
        return
    ours = portal.home.installation()
    try:
        client = redis.Redis.from_url(url, socket_timeout=5)
        client.set("haugiang:installation", ours, nx=True)
        owner = client.get("haugiang:installation")
    except redis.RedisError as error:
        raise LaunchError(
            f"Redis at HAUGIANG_REDIS_URL does not answer ({error}): check the address and the password."
        ) from None
    if owner != ours.encode():
        raise LaunchError(
            "The Redis database of HAUGIANG_REDIS_URL belongs to another portal: choose another number after the last "
            "slash, or delete its key haugiang:installation if that portal is gone."
        )


def permit_elsewhere(portal: Portal) -> None:
    """Give the DataStore's roles their rights in somebody else's PostgreSQL, as far as the role that writes may."""
    import psycopg2
    from sqlalchemy.engine import make_url

    from ckanext.datastore.cli import permissions_sql

    write, read = (make_url(portal.settings.get(f"DATASTORE_{kind}_URL")) for kind in ("WRITE", "READ"))
    sql = permissions_sql("-", str(write.database), str(write.username), str(write.username), str(read.username))
    kept = [line for line in sql.splitlines() if not line.startswith(("\\connect", "REVOKE CONNECT"))]
    try:
        with psycopg2.connect(portal.settings.get("DATASTORE_WRITE_URL")) as connection, connection.cursor() as cursor:
            cursor.execute("\n".join(kept))
    except psycopg2.OperationalError as error:
        raise LaunchError(f"The database of HAUGIANG_DATASTORE_WRITE_URL does not answer: {first_line(error)}") from None
    except psycopg2.Error as error:
        log.warning(
            "DataStore permissions were not set (%s): run `ckan datastore set-permissions | psql` as superuser.",
            first_line(error),
        )


def load_ckan(portal: Portal) -> Flask:
    """Load CKAN with the configuration of this installation."""
    from ckan.cli import load_config
    from ckan.config.middleware import make_app
    from sqlalchemy.exc import OperationalError

    try:
        return make_app(load_config(str(portal.home.ini)))._wsgi_app  # the Flask application inside the middleware
    except OperationalError as error:
        raise LaunchError(
            f"The database does not answer: {first_line(error.orig)}. Check the HAUGIANG_…_URL settings."
        ) from None


def migrate() -> None:
    """Bring the tables of CKAN and of the plugins to this code's state."""
    from alembic.util.exc import CommandError
    from ckan.cli import db

    try:
        db._run_migrations("")
        db._migrate_plugins(apply=True)
    except CommandError as error:
        raise LaunchError(
            f"The database was made by a newer portal ({first_line(error)}): update the code, or restore a backup."
        ) from None


def accounts(app: Flask, portal: Portal) -> None:
    """Make the administrator and the steward, if they are missing, and tokens that work."""
    from ckan import model
    from ckan.lib.api_token import get_user_from_token
    from ckan.logic import get_action

    secrets, path = portal.home.secrets(), portal.home.path / "tokens.json"
    tokens: dict[str, str] = read_json(path) or {}
    with app.test_request_context():
        site_user = get_action("get_site_user")({"ignore_auth": True}, {})["name"]
        for name, (full_name, secret) in ACCOUNTS.items():
            context = {"ignore_auth": True, "user": site_user}
            if model.User.get(name) is None:
                data = {"name": name, "email": f"{name}@localhost", "fullname": full_name, "password": secrets[secret]}
                get_action("user_create")(context, data)
            if name == "admin":
                model.User.get(name).sysadmin = True
                model.Session.commit()
            if not (tokens.get(name) and get_user_from_token(tokens[name])):
                made = get_action("api_token_create")(
                    {"ignore_auth": True, "user": site_user}, {"user": name, "name": "make up"}
                )
                tokens[name] = made["token"]
    write_private(path, json.dumps(tokens, indent=1))
    lines = [f"  {name:<9}{secrets[secret]}    {full_name}" for name, (full_name, secret) in ACCOUNTS.items()]
    write_private(portal.home.accounts, "\n".join(["  Name     Password, as first made", *lines, ""]))


def rebuild_search(app: Flask, portal: Portal) -> None:
    """Index all datasets after a restore, because a backup has no index, and when the search has moved."""
    from ckan.lib import search

    place = f"built in {portal.settings.get('SOLR_URL') or 'PostgreSQL'}"
    if portal.home.done().get("search") == place:
        return
    with app.test_request_context():
        search.rebuild()
    portal.home.mark_done("search", place)


def first_line(error: object) -> str:
    """The first line of a message."""
    return (str(error).strip().splitlines() or ["no reason given"])[0]


if __name__ == "__main__":
    main()
