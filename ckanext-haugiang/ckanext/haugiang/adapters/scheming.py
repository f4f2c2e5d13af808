"""The dataset, group and organization forms that ship with the package, as settings of ckanext-scheming.

scheming reads its settings when it is loaded; our plugin stands before it and fills them from the folders, so that a
new sector is a new file and nobody's configuration has to name it.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from importlib import resources
from typing import Any

PACKAGE = "ckanext.haugiang.schemas"
FOLDERS = {
    "dataset": "scheming.dataset_schemas",
    "group": "scheming.group_schemas",
    "organization": "scheming.organization_schemas",
}
# The first file with a preset of some name wins.
PRESETS = ("ckanext.scheming:presets.json", "ckanext.dcat.schemas:presets.yaml", f"{PACKAGE}:presets.yaml")


def forms(folder: str) -> list[str]:
    """Addresses of the forms in one folder, in scheming's spelling: ``ckanext.haugiang.schemas:dataset/x.yaml``."""
    files = resources.files(PACKAGE).joinpath(folder).iterdir()
    return sorted(f"{PACKAGE}:{folder}/{file.name}" for file in files if file.name.endswith(".yaml"))


def licenses_url() -> str:
    """Address of our list of licences, for ``licenses_group_url``."""
    return f"file://{resources.files(PACKAGE).joinpath('licenses.json')}"


def configure(config: MutableMapping[str, Any]) -> None:
    """Fill the settings of scheming and dcat and the list of licences; what the site has set itself is kept.

    Forms are added to those the site names, ours first. ``scheming.dataset_fallback`` stays off, so that the plain type
    ``dataset`` has no form.
    """
    for folder, key in FOLDERS.items():
        named = str(config.get(key) or "").split()
        config[key] = " ".join(dict.fromkeys([*forms(folder), *named]))
    named = str(config.get("scheming.presets") or "").split()
    config["scheming.presets"] = " ".join(dict.fromkeys([*named, *PRESETS]))
    if not config.get("licenses_group_url"):
        config["licenses_group_url"] = licenses_url()
    # DCAT has the licence on the file, CKAN on the dataset.
    config.setdefault("ckanext.dcat.resource.inherit.license", "true")
