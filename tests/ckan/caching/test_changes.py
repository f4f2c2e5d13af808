"""The number of the state of the data: exact, whoever commits when."""

from __future__ import annotations

import random
import runpy
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa
from ckan import model

from ckanext.haugiang.adapters import changes
from ckanext.haugiang.migration import haugiang as migration

MIGRATION = runpy.run_path(str(Path(migration.__path__[0]) / "versions" / "0003_changes.py"))
TOUCH = sa.text("UPDATE tag SET name = name")


@pytest.fixture(autouse=True)
def tables(portal):
    """A database with the triggers."""


def count():
    with model.meta.engine.connect() as db:
        return db.execute(sa.text("SELECT count(*) FROM haugiang_change")).scalar()


def test_a_transaction_leaves_one_note():
    """However many statements it has, and none when it is rolled back."""
    before = count()
    with model.meta.engine.begin() as db:
        for _ in range(5):
            db.execute(TOUCH)
    assert count() == before + 1
    with model.meta.engine.connect() as db:
        transaction = db.begin()
        db.execute(TOUCH)
        transaction.rollback()
    assert count() == before + 1


def test_writers_do_not_wait_for_each_other():
    """Two open transactions have both left their notes."""
    with model.meta.engine.connect() as one, model.meta.engine.connect() as two:
        first, second = one.begin(), two.begin()
        for db in (one, two):
            db.execute(sa.text("SET LOCAL lock_timeout = '1s'"))
            db.execute(TOUCH)
        second.commit()
        first.commit()


def test_a_truncated_table_is_noted():
    """TRUNCATE fires other triggers."""
    before = changes.generation()
    with model.meta.engine.begin() as db:
        db.execute(sa.text("TRUNCATE haugiang_report"))
    assert changes.generation() != before


def test_a_rolled_back_savepoint_leaves_no_note_of_its_own():
    """Only what is committed counts."""
    before = changes.generation()
    with model.meta.engine.begin() as db:
        inner = db.begin_nested()
        db.execute(TOUCH)
        inner.rollback()
    assert changes.generation() == before


def test_notes_of_another_server_are_removed():
    """A restored dump brings numbers that no transaction here has had yet; each process removes them when it begins."""
    with model.meta.engine.begin() as db:
        db.execute(sa.text("INSERT INTO haugiang_change (xid) VALUES ('9000000000000')"))
    assert changes.generation() != changes.generation()
    assert changes.prune() == 1
    changes.generation()
    assert changes.generation() == changes.generation()


def test_old_notes_are_removed():
    """A day is longer than any process trusts what it knows."""
    with model.meta.engine.begin() as db:
        db.execute(TOUCH)
        db.execute(sa.text("UPDATE haugiang_change SET at = now() - interval '25 hours'"))
    changes.prune()
    assert count() == 0


def test_a_process_that_slept_begins_anew(monkeypatch):
    """It may have missed notes that are deleted by now."""
    before = changes.generation()
    here = changes._here()
    monkeypatch.setattr(here, "asked", here.asked - changes._FORGET_SECONDS - 1)
    assert changes.generation() != before


def test_no_change_is_missed_while_many_write_and_read():
    """Whoever has committed and then asks gets another number than anybody who had asked before the change began."""
    stop, faults, seen = threading.Event(), [], []
    lock = threading.Lock()

    def write(seed):
        chance = random.Random(seed)
        while not stop.is_set():
            before = changes.generation()
            with model.meta.engine.begin() as db:
                db.execute(sa.text("INSERT INTO vocabulary (id, name) VALUES (:id, :id)"), {"id": f"v{chance.random()}"})
                stop.wait(chance.random() / 200)
            after = changes.generation()
            if after == before:
                faults.append((before, after))
            with lock:
                seen.append(after)

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(6)]
    for thread in threads:
        thread.start()
    stop.wait(4)
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(seen) > 50
    with model.meta.engine.begin() as db:
        db.execute(sa.text("DELETE FROM vocabulary WHERE name LIKE 'v0%'"))


def test_the_migration_can_be_taken_back(portal, migrate_db_for):
    """Going back removes every trigger; CKAN goes on writing, pages are not kept; and forth again."""
    from ckan.cli.db import _run_migrations

    triggers = sa.text("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'haugiang_note%'")
    _run_migrations("haugiang", "haugiang_0002", forward=False)
    with model.meta.engine.begin() as db:
        assert db.execute(triggers).scalar() == 0
        db.execute(TOUCH)
    assert changes.generation() is None
    migrate_db_for("haugiang")
    watched = sa.text("SELECT 2 * count(*) FROM pg_class WHERE relkind = 'r' AND relname = ANY(:names)")
    with model.meta.engine.begin() as db:
        assert db.execute(triggers).scalar() == db.execute(watched, {"names": list(MIGRATION["WATCHED"])}).scalar() > 25
    assert changes.generation() is not None
