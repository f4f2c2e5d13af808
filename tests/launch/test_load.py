"""The loader against a small portal that keeps what it is told: everything once, nothing twice, what broke again."""

from __future__ import annotations

import hashlib
import json
import threading
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ckanext.haugiang.launch import load

DATASETS = Path(__file__).resolve().parents[2] / "datasets"


class Portal:
    """Just enough of CKAN's actions, in dicts."""

    def __init__(self) -> None:
        self.things: dict[str, dict[str, Any]] = {}
        self.members: dict[str, list[Any]] = {}
        self.writes: list[tuple[str, str]] = []
        self.broken: set[str] = set()
        self.lock = threading.Lock()

    def answer(self, action: str, user: str, data: dict[str, Any], file: bytes | None) -> Any:
        with self.lock:
            kind, _, verb = action.rpartition("_")
            if verb in ("create", "patch", "validate") and not action.endswith("member_create"):
                self.writes.append((user, f"{action} {data.get('name') or data.get('id') or ''}"))
            if action == "user_show":
                return {"id": f"id-{user}", "name": user}
            if action == "member_list":
                return self.members.get(data["id"], [])
            if action.endswith("_member_create"):
                return self.members.setdefault(data["id"], []).append([f"id-{data['username']}", "user", data["role"]])
            if action == "haugiang_run_list":
                return [run for resource in self.things[data["package_id"]]["resources"] for run in resource["runs"]]
            return getattr(self, f"{'resource' if 'resource' in kind else 'thing'}_{verb}")(data, file)

    def thing_show(self, data: dict[str, Any], _: None) -> Any:
        return self.things.get(data["id"])

    def thing_create(self, data: dict[str, Any], _: None) -> Any:
        tags = [{"name": tag.strip()} for tag in data.get("tag_string", "").split(",")]
        self.things[data["name"]] = {**data, "id": data["name"], "tags": tags, "resources": []}
        return self.things[data["name"]]

    def thing_patch(self, data: dict[str, Any], _: None) -> Any:
        return self.things[data["id"]].update(data)

    def resource_create(self, data: dict[str, Any], file: bytes) -> Any:
        resource = {**data, "id": f"{data['package_id']}/{data['name']}", "runs": []}
        self.things[data["package_id"]]["resources"].append(resource)
        return self._arrived(resource, file)

    def resource_patch(self, data: dict[str, Any], file: bytes | None) -> Any:
        resource = self._resource(data["id"])
        resource.update(data)
        return self._arrived(resource, file) if file else resource

    def resource_validate(self, data: dict[str, Any], _: None) -> Any:
        self.broken.discard(data["resource_id"].partition("/")[0])
        return self._arrived(self._resource(data["resource_id"]), None)

    def _resource(self, identity: str) -> dict[str, Any]:
        found = self.things[identity.partition("/")[0]]["resources"]
        return next(one for one in found if one["id"] == identity)

    def _arrived(self, resource: dict[str, Any], file: bytes | None) -> dict[str, Any]:
        if file is not None:
            resource["hash"] = "sha256:" + hashlib.sha256(file).hexdigest()
        broken = resource["package_id"] in self.broken
        run = {
            "resource_id": resource["id"],
            "state": "failed" if broken else "done",
            "verdict": None if broken else "valid",
        }
        resource["runs"].insert(0, run)
        return resource


class Handler(BaseHTTPRequestHandler):
    portal: Portal

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        data, file = self._read(body)
        result = self.portal.answer(self.path.rpartition("/")[2], self.headers["Authorization"], data, file)
        status, answer = (404, {"error": {}}) if result is None and "_show" in self.path else (200, {"result": result})
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def _read(self, body: bytes) -> tuple[dict[str, Any], bytes | None]:
        kind = self.headers["Content-Type"]
        if not kind.startswith("multipart"):
            return json.loads(body), None
        message = BytesParser().parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
        named = ((part.get_param("name", header="content-disposition"), part) for part in message.get_payload())
        parts = {name: part.get_payload(decode=True) for name, part in named}
        file = parts.pop("upload")
        return {key: value.decode() for key, value in parts.items()}, file

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def portal():
    portal = Portal()
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"portal": portal}))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    portal.url = f"http://127.0.0.1:{server.server_address[1]}"  # type: ignore[attr-defined]
    yield portal
    server.shutdown()
    server.server_close()


def run(portal: Portal) -> list[str]:
    lines: list[str] = []
    load.load(portal.url, "admin", "steward", DATASETS, lines.append)  # type: ignore[attr-defined]
    return lines


def test_everything_is_loaded_by_the_one_whose_work_it_is(portal):
    run(portal)
    packages = {path.parent.name for path in DATASETS.glob("*/datapackage.json")}
    assert packages <= set(portal.things)
    assert {user for user, what in portal.writes if what.startswith(("group", "organization"))} == {"admin"}
    assert {user for user, what in portal.writes if what.startswith(("package", "resource"))} == {"steward"}
    assert portal.members["so-y-te"] == [["id-steward", "user", "editor"]]
    assert portal.members["health"] == [["id-steward", "user", "member"]]
    files = {one["hash"] for name in packages for one in portal.things[name]["resources"]}
    there = {path for folder in packages for path in (DATASETS / folder).glob("*") if path.suffix in (".csv", ".xlsx")}
    assert files == {"sha256:" + hashlib.sha256(path.read_bytes()).hexdigest() for path in there}


def test_registers_come_first(portal):
    run(portal)
    uploads = [what for _, what in portal.writes if what.startswith("resource_create")]
    assert uploads[0] == "resource_create Danh mục điểm quan trắc"


def test_a_second_time_changes_nothing(portal):
    run(portal)
    portal.writes.clear()
    run(portal)
    assert portal.writes == []


def test_what_differs_is_brought_back(portal):
    run(portal)
    portal.writes.clear()
    portal.things["lua-theo-vu-2025"]["title"] = "Đổi tên"
    portal.things["lua-theo-vu-2025"]["resources"][0]["hash"] = "sha256:old"
    portal.things["so-y-te"]["title_en"] = "Ministry"
    run(portal)
    assert sorted(what.split()[0] for _, what in portal.writes) == ["organization_patch", "package_patch", "resource_patch"]


def test_a_check_that_broke_is_begun_again_once(portal):
    portal.broken = {"do-thi-hau-giang"}
    lines = run(portal)
    assert "do-thi-hau-giang: valid" in lines
    assert sum("resource_validate" in what for _, what in portal.writes) == 1


def test_a_portal_that_is_not_there_is_said_in_one_line():
    with pytest.raises(load.LoadError, match="does not answer"):
        load.load("http://127.0.0.1:9", "a", "s", DATASETS, print)
