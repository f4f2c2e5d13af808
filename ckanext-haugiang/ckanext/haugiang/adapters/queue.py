"""The queue that wakes workers: RQ in Redis, by way of CKAN.

Nothing is lost with it. A run is a row in PostgreSQL; a job carries its id alone, is sent after the row is committed, and is
sent again by the watchdog when Redis has forgotten it.
"""

from __future__ import annotations

import logging
import uuid
from typing import Any

import redis
from ckan.lib import jobs
from ckan.model.meta import Session
from sqlalchemy import event

from ckanext.haugiang import config

log = logging.getLogger(__name__)
QUEUE = "haugiang"
JOB = "ckanext.haugiang.logic.pipeline.run"
_WAITING = "haugiang_wake"


def wake_after_commit(session: Any, run_id: str) -> None:
    """Have a worker woken for a run as soon as its row is committed."""
    _info(session).setdefault(_WAITING, []).append(run_id)


def send(run_id: str) -> bool:
    """Wake a worker for a run; False when Redis does not answer, which the watchdog makes good."""
    job_id = f"{run_id}_{uuid.uuid4().hex[:8]}"  # names the run, so that nobody has to unpickle a job to know it
    options = {"timeout": config.job_seconds(), "job_id": job_id, "result_ttl": 0, "failure_ttl": 3600}
    try:
        jobs.enqueue(JOB, [run_id], title="haugiang", queue=QUEUE, rq_kwargs=options)
    except redis.exceptions.RedisError as error:
        log.warning("Redis does not answer, the watchdog will wake a worker for run %s: %s", run_id, error)
        return False
    return True


def waiting() -> set[str] | None:
    """Ids of the runs for which a worker is being woken; None when Redis does not answer."""
    try:
        return {job_id.partition("_")[0] for job_id in jobs.get_queue(QUEUE).job_ids}
    except redis.exceptions.RedisError:
        return None


def listen() -> None:
    """Follow CKAN's sessions; called once when the plugin is configured."""
    for name, function in (("after_commit", _after_commit), ("after_soft_rollback", _after_rollback)):
        if not event.contains(Session, name, function):
            event.listen(Session, name, function)


def _after_commit(session: Any) -> None:
    if not session.in_nested_transaction():
        for run_id in session.info.pop(_WAITING, []):
            send(run_id)


def _after_rollback(session: Any, previous: Any) -> None:
    if not previous.nested:
        session.info.pop(_WAITING, None)


def _info(session: Any) -> dict[str, Any]:
    # A scoped_session hands `info` on to the session of this thread; a plain one has it.
    real = session() if callable(session) else session
    info: dict[str, Any] = real.info
    return info
