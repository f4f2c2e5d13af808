"""``/health``: whether the portal works, for load balancers, monitoring and the launcher."""

from __future__ import annotations

import logging
from collections.abc import Callable

import sqlalchemy as sa
from ckan import model
from ckan.lib import search
from ckan.lib.redis import connect_to_redis
from flask import Blueprint, Response, jsonify
from redis.exceptions import RedisError

log = logging.getLogger(__name__)
blueprint = Blueprint("haugiang_health", __name__)
__all__ = ["blueprint"]


def database() -> str:
    """CKAN's database answers."""
    model.Session.execute(sa.text("SELECT 1"))
    return "ok"


def redis() -> str:
    """Redis answers."""
    connect_to_redis().ping()
    return "ok"


def index() -> str:
    """The search answers."""
    return "ok" if search.is_available() else "down"


def workers() -> str:
    """A worker is alive. RQ's set of workers is lost with Redis's data, each worker's own key comes back with a beat."""
    return "ok" if next(connect_to_redis().scan_iter("rq:worker:*", count=1000), None) else "down"


PARTS: dict[str, Callable[[], str]] = {"database": database, "redis": redis, "search": index, "workers": workers}


@blueprint.route("/health")
def health() -> tuple[Response, int]:
    """Each part's state in one word, and 503 when one is down. Neither addresses nor versions are told."""
    found = {}
    for name, ask in PARTS.items():
        try:
            found[name] = ask()
        except (sa.exc.SQLAlchemyError, RedisError, OSError, search.SearchError):
            log.warning("health: %s does not answer", name, exc_info=True)
            found[name] = "down"
    model.Session.rollback()
    good = all(state == "ok" for state in found.values())
    answer = jsonify({"status": "ok" if good else "down", **found})
    answer.headers["Cache-Control"] = "no-store"
    return answer, 200 if good else 503
