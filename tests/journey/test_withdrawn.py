"""Withdrawing on the running portal, whose processes each keep pages of their own."""

from __future__ import annotations

import threading


def test_no_process_shows_what_was_withdrawn(portal):
    """Many look at a dataset all the time; from the answer that it is private on nobody sees it any more."""
    name = "lua-theo-vu-2025"
    stop, faults, lock = threading.Event(), [], threading.Lock()

    def look():
        while not stop.is_set():
            status = portal.get(f"/dataset/{name}")[0]
            if status not in (200, 404):
                with lock:
                    faults.append(status)

    crowd = [threading.Thread(target=look) for _ in range(4)]
    for one in crowd:
        one.start()
    try:
        for private in (True, False) * 5:
            portal.action("package_patch", "steward", id=name, private=private)
            seen = [portal.get(path) for path in (f"/dataset/{name}", f"/en/dataset/{name}") * 4]
            assert {status for status, _ in seen} == {404 if private else 200}
            lists = [portal.get("/dataset/?sector=agriculture")[1] for _ in range(6)]
            assert {f'/dataset/{name}"'.encode() in page for page in lists} == {not private}
    finally:
        stop.set()
        for one in crowd:
            one.join()
        portal.action("package_patch", "steward", id=name, private=False)
    assert faults == []
