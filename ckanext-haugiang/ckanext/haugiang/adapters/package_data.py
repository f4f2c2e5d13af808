"""The files that ship with the package: table schemas and code lists of ``ckanext.haugiang.schemas``."""

from __future__ import annotations

from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable

from ckanext.haugiang.core.schema import Catalogue

PACKAGE = "ckanext.haugiang.schemas"


@cache
def catalogue() -> Catalogue:
    """The installed table schemas and code lists, read once for each process.

    They are not put before frictionless again: a test of the project does that with these very files.
    """
    root = resources.files(PACKAGE)
    files: dict[str, bytes] = {}
    for folder in ("table", "codes"):
        _collect(root / folder, folder, files)
    return Catalogue(files, judged=True)


def read(path: str) -> bytes:
    """One installed file, by its path below ``schemas/``."""
    return resources.files(PACKAGE).joinpath(path).read_bytes()


def _collect(folder: Traversable, prefix: str, files: dict[str, bytes]) -> None:
    for entry in folder.iterdir():
        path = f"{prefix}/{entry.name}"
        if entry.is_dir():
            _collect(entry, path, files)
        elif entry.name.endswith((".json", ".csv")):
            files[path] = entry.read_bytes()
