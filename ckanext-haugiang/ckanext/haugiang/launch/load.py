"""Load the folder ``datasets/`` through the portal's public API, as a steward would, and wait for every check to end.

The administrator makes the sectors (groups), the departments (organizations) and the steward's memberships; the steward
makes the datasets and uploads their files. A second call compares and changes nothing. Standard library only: the
launcher runs it, and it is an example of how any program may fill the portal.
"""

from __future__ import annotations

import hashlib
import json
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

Log = Callable[[str], None]
FINAL = ("done", "failed", "cancelled", "superseded")
WORKERS = 4
PATIENCE = 600  # seconds for the checks of all files
REVIEW_WITHIN = timedelta(days=180)
SAME = (
    "title", "title_en", "notes", "notes_en", "license_id", "frequency", "access_rights", "provenance", "creator",
    "contact", "temporal_coverage", "spatial_coverage", "source", "conforms_to", "language", "demonstration",
    "personal_data_check",
)  # fmt: skip


class LoadError(Exception):
    """The portal refused something; the message says what and why."""


class Api:
    """The portal's action API under one token.

    Args:
        base_url: Address of the portal.
        token: API token of the account that acts.
    """

    def __init__(self, base_url: str, token: str) -> None:
        self._base, self._token = base_url.rstrip("/"), token

    def call(self, action: str, data: Mapping[str, Any], file: Path | None = None) -> Any:
        """Call an action; with a file as multipart form.

        Raises:
            LoadError: if the portal refuses or does not answer.
        """
        body, kind = _multipart(data, file) if file else (json.dumps(data).encode(), "application/json")
        headers = {"Authorization": self._token, "Content-Type": kind}
        request = urllib.request.Request(f"{self._base}/api/3/action/{action}", body, headers)  # noqa: S310 - our address
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:  # noqa: S310
                return json.load(answer)["result"]
        except urllib.error.HTTPError as error:
            text = error.read().decode("utf-8", "replace")
            if error.code == 404:
                raise NotThere(f"{action}: not found") from error
            raise LoadError(f"{action} {data.get('name', data.get('id', ''))}: {_reason(text)}") from error
        except OSError as error:
            raise LoadError(f"{action}: the portal does not answer ({error})") from error

    def find(self, action: str, name: str) -> dict[str, Any] | None:
        """What a ``…_show`` action gives, or nothing."""
        try:
            found: dict[str, Any] = self.call(action, {"id": name})
        except NotThere:
            return None
        return found


class NotThere(LoadError):  # noqa: N818 - says what is, as KeyError's kin do
    """The thing asked for does not exist."""


def load(base_url: str, admin_token: str, steward_token: str, datasets_dir: Path, log: Log) -> None:
    """Bring the portal to hold what the folder holds.

    Args:
        base_url: Address of the portal.
        admin_token: API token of an administrator.
        steward_token: API token of the steward, who becomes an editor of every department.
        datasets_dir: The folder, with ``portal.json`` and one folder for each Data Package.
        log: Gets a line for each thing that was done.

    Raises:
        LoadError: if the portal refuses something, or a check does not end in time.
    """
    datasets_dir = Path(datasets_dir)
    plan = json.loads((datasets_dir / "portal.json").read_text(encoding="utf-8"))
    admin, steward = Api(base_url, admin_token), Api(base_url, steward_token)
    _make_house(admin, steward, plan, log)
    folders = sorted(path.parent for path in datasets_dir.glob("*/datapackage.json"))
    first = [folder for folder in folders if folder.name in plan["first"]]
    # A register (the stations) must be published before the tables that refer to it are checked.
    for wave in (first, [folder for folder in folders if folder not in first]):
        with ThreadPoolExecutor(WORKERS) as pool:
            names = list(pool.map(lambda folder: _make_dataset(steward, folder, log), wave))
        _wait(steward, names, log)


def package(folder: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Read one Data Package as the dict of a dataset and those of its resources; a resource's file is its ``path``."""
    source = json.loads((folder / "datapackage.json").read_text(encoding="utf-8"))
    portal = source["x-portal"]
    people = source["contributors"]
    dataset = {
        "name": source["name"],
        "title": source["title"],
        "notes": source["description"],
        "tag_string": ", ".join(source["keywords"]),
        "license_id": source["licenses"][0]["name"],
        "owner_org": portal["organization"],
        "creator": [_agent(one) for one in people if "creator" in one["roles"]],
        "contact": [_agent(one) for one in people if "contact" in one["roles"]],
        "source": [one.get("path") or one["title"] for one in source["sources"]],
        **{key: value for key, value in portal.items() if key not in ("organization", "demonstration")},
        "demonstration": "true" if portal["demonstration"] else "false",
    }
    resources = [
        {
            "path": folder / one["path"],
            "name": one["title"],
            "name_en": one.get("x-title-en", ""),
            "description": one.get("description", ""),
            "description_en": one.get("x-description-en", ""),
            "table_schema": one.get("x-table-schema", ""),
        }
        for one in source["resources"]
    ]
    return dataset, resources


def _agent(contributor: Mapping[str, Any]) -> dict[str, str]:
    kept = {"name": contributor["title"], "email": contributor.get("email"), "url": contributor.get("path")}
    return {key: value for key, value in kept.items() if value}


def _make_house(admin: Api, steward: Api, plan: Mapping[str, Any], log: Log) -> None:
    """Sectors and departments, with the steward in them."""
    user = steward.call("user_show", {})
    for kind, role in (("group", "member"), ("organization", "editor")):
        for entry in plan[f"{kind}s"]:
            there = admin.find(f"{kind}_show", entry["name"])
            if there is None:
                admin.call(f"{kind}_create", entry)
                log(f"{kind} {entry['name']}")
            elif any(there.get(key) != value for key, value in entry.items()):
                admin.call(f"{kind}_patch", {"id": entry["name"], **entry})
                log(f"{kind} {entry['name']} changed")
            members = admin.call("member_list", {"id": entry["name"], "object_type": "user"})
            if not any(member[0] == user["id"] for member in members):
                admin.call(f"{kind}_member_create", {"id": entry["name"], "username": user["name"], "role": role})


def _make_dataset(api: Api, folder: Path, log: Log) -> str:
    wanted, resources = package(folder)
    there = api.find("package_show", wanted["name"])
    if there is None:
        due = (datetime.now(UTC) + REVIEW_WITHIN).date().isoformat()
        there = api.call("package_create", {"review_due": due, **wanted})
        log(f"dataset {wanted['name']}")
    elif _differs(there, wanted):
        api.call("package_patch", {"id": there["id"], **wanted})
        log(f"dataset {wanted['name']} changed")
    for resource in resources:
        _make_resource(api, there, dict(resource), log)
    return str(wanted["name"])


def _differs(there: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    tags = {tag.strip() for tag in wanted["tag_string"].split(",")}
    if tags != {tag["name"] for tag in there.get("tags", [])}:
        return True
    return any((there.get(key) or None) != (wanted.get(key) or None) for key in SAME)


def _make_resource(api: Api, dataset: Mapping[str, Any], wanted: dict[str, Any], log: Log) -> None:
    path: Path = wanted.pop("path")
    sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
    there = next((one for one in dataset.get("resources", []) if one["name"] == wanted["name"]), None)
    if there is None:
        api.call("resource_create", {"package_id": dataset["id"], **wanted}, path)
        log(f"file {path.name}")
    elif not str(there.get("hash") or "").endswith(sha256):
        api.call("resource_patch", {"id": there["id"], **wanted}, path)
        log(f"file {path.name} changed")
    elif any((there.get(key) or "") != value for key, value in wanted.items()):
        api.call("resource_patch", {"id": there["id"], **wanted})
        log(f"file {path.name} described anew")


def _wait(api: Api, names: Iterable[str], log: Log) -> None:
    """Wait until the newest run of every file has ended; say how. A run that broke is begun again, once."""
    waiting, deadline, again = set(names), time.monotonic() + PATIENCE, set[str]()
    while waiting:
        for name in sorted(waiting):
            runs = api.call("haugiang_run_list", {"package_id": name, "limit": 100})
            newest = {run["resource_id"]: run for run in reversed(runs)}
            broken = {key for key, run in newest.items() if run["state"] == "failed"} - again
            for resource_id in broken:
                again.add(resource_id)
                api.call("haugiang_resource_validate", {"resource_id": resource_id})
            if not broken and all(run["state"] in FINAL for run in newest.values()):
                waiting.discard(name)
                for run in newest.values():
                    log(f"{name}: {run.get('verdict') or run['state']}")
        if waiting and time.monotonic() > deadline:
            raise LoadError(f"the checks of {', '.join(sorted(waiting))} did not end in {PATIENCE} s")
        if waiting:
            time.sleep(0.3)


def _multipart(data: Mapping[str, Any], file: Path) -> tuple[bytes, str]:
    mark = uuid.uuid4().hex
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in data.items()
    ]
    head = f'--{mark}\r\nContent-Disposition: form-data; name="upload"; filename="{file.name}"\r\n\r\n'
    parts += [head.encode(), file.read_bytes(), f"\r\n--{mark}--\r\n".encode()]
    return b"".join(parts), f"multipart/form-data; boundary={mark}"


def _reason(text: str) -> str:
    try:
        error = json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        return text[:300]
    return "; ".join(f"{key}: {value}" for key, value in error.items() if key != "__type")
