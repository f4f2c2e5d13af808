"""What must stay hidden: a dataset of each kind that is not public, every text of which holds one marker."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from ckan import model
from pages.conftest import dataset
from pipeline.support import HEADER, RICE, act, runs, upload, work


@dataclass
class Hidden:
    """A marker and the ids of what holds it."""

    marker: str = field(default_factory=lambda: "zq" + secrets.token_hex(8))
    packages: list[str] = field(default_factory=list)
    resources: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """All ids."""
        return [*self.packages, *self.resources, *self.runs]

    def told(self, text: str, *, asked: str = "") -> list[str]:
        """What of it stands in a text; what was asked for may be repeated."""
        return [word for word in (self.marker, *self.ids) if word in text and word != asked]


def hide(portal: Any) -> Hidden:
    """Add a private, a draft and a deleted dataset, each with a published table, a bad candidate, a link and tags."""
    found = Hidden()
    for kind in ("private", "draft", "deleted"):
        package = dataset(portal, **_texts(found.marker, kind), private=True)
        found.packages.append(package["id"])
        _resources(portal, found, package)
        act("follow_dataset", portal.steward, id=package["id"])
        if kind == "draft":
            act("package_patch", portal.steward, id=package["id"], state="draft")
            # As a form that was left half way leaves it: not private, and not yet active.
            model.Package.get(package["id"]).private = False
            model.repo.commit_and_remove()
            act("package_patch", portal.steward, id=package["id"], notes=f"{found.marker} draft again")
        elif kind == "deleted":
            act("package_patch", portal.steward, id=package["id"], private=False)
            act("package_delete", portal.steward, id=package["id"])
    return found


def _texts(marker: str, kind: str) -> dict[str, Any]:
    return {
        "name": f"{marker}-{kind}",
        "title": f"{marker} title",
        "notes": f"{marker} notes",
        "tags": [{"name": f"{marker}tag"}],
        "creator": [{"name": f"{marker} creator"}],
        "contact": [{"name": f"{marker} contact", "email": f"{marker}@example.org"}],
        "spatial_coverage": [{"text": f"{marker} place", "code": "93", "version": "2024"}],
        "groups": [{"name": "sector-of-all"}],
    }


def rows(word: str, *, valid: bool = True) -> bytes:
    """A table whose places are called by a word."""
    area = "3.5" if valid else word
    return f"{HEADER}\n931,{word},2024,2024,DX,LUA,{area},,,\n930,{word} 2,2024,2024,HT,LUA,4,,,\n".encode()


def _resources(portal: Any, found: Hidden, package: dict[str, Any]) -> None:
    word = found.marker
    more = {"name": f"{word} table", "description": f"{word} about", "table_schema": RICE, "package_id": package["id"]}
    table = act("resource_create", portal.steward, upload=upload(rows(word), f"{word}.csv"), **more)
    work()
    act("resource_patch", portal.steward, id=table["id"], upload=upload(rows(word, valid=False), f"{word}-2.csv"))
    work()
    link = {"name": f"{word} link", "url": f"https://example.org/{word}", "format": f"{word}fmt"}
    other = act("resource_create", portal.steward, package_id=package["id"], **link)
    found.resources += [table["id"], other["id"]]
    found.runs += [run["id"] for run in runs(table["id"])]
