"""Readers at work while tables are swapped under them see whole versions only (I2)."""

from __future__ import annotations

import threading
import time

import pytest
from ckan import model
from ckan.plugins import toolkit as tk
from support import RICE, act, dataset, rice, upload, work

ROWS = (8, 40, 16)
ROUNDS = 6


def version(number):
    """A file whose rows all hold its number; its length says which number is right."""
    return rice(*[number] * ROWS[number % len(ROWS)])


@pytest.fixture
def resource(portal):
    package = dataset(portal.steward, portal.org)
    more = {"table_schema": RICE, "name": "Lúa", "package_id": package["id"]}
    found = act("resource_create", portal.steward, upload=upload(version(0)), **more)
    work()
    return found


class Reader(threading.Thread):
    """Asks the same question again and again and keeps what does not fit together."""

    def __init__(self, ask):
        super().__init__(daemon=True)
        self.ask, self.over, self.seen, self.torn = ask, threading.Event(), [], []

    def run(self):
        while not self.over.is_set():
            try:
                values, total = self.ask()
                self.seen.append(values[0])
                if len(set(values)) != 1 or len(values) != ROWS[int(values[0]) % len(ROWS)] or total != len(values):
                    self.torn.append(values)
            except Exception as error:  # noqa: BLE001 - an error is what this test looks for
                self.torn.append(repr(error))
            finally:
                model.Session.remove()
            time.sleep(0.01)  # the worker needs the processor too

    def stop(self):
        self.over.set()
        self.join(30)


def search(resource_id):
    def ask():
        found = tk.get_action("datastore_search")(
            {"user": "", "auth_user_obj": model.AnonymousUser()}, {"resource_id": resource_id, "limit": 1000}
        )
        return [row["dt_gieo_trong"] for row in found["records"]], found["total"]

    return ask


def lines(text):
    head, *rows = text.strip().split("\n")
    place = head.split(",").index("dt_gieo_trong")
    values = [float(row.split(",")[place]) for row in rows]
    return values, len(values)


def get(app, address):
    def ask():
        answer = app.get(address)
        assert answer.status_code == 200
        return lines(answer.body)

    return ask


def test_nobody_sees_half_a_table(portal, resource, app):
    there = f"/dataset/{resource['package_id']}/resource/{resource['id']}"
    addresses = [f"/datastore/dump/{resource['id']}", f"{there}/published.csv", f"{there}/download/lua.csv"]
    readers = [Reader(search(resource["id"])), Reader(search(resource["id"])), *(Reader(get(app, a)) for a in addresses)]
    for reader in readers:
        reader.start()
    for number in range(1, ROUNDS + 1):
        act("resource_patch", portal.steward, id=resource["id"], upload=upload(version(number)))
        work()
    for reader in readers:
        reader.stop()
    assert [reader.torn for reader in readers] == [[]] * len(readers)
    assert all(len(set(reader.seen)) > 2 for reader in readers)
    assert all(reader.seen == sorted(reader.seen) for reader in readers)  # nobody falls back to an older version
