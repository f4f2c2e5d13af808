"""Fields that only editors see.

A dataset's form marks them ``internal: true``. They are taken out of what the public gets at the one place all of it comes
from, `package_show`, which also fills the search index, and once more when a dataset is indexed.
"""

from __future__ import annotations

import json
from typing import Any

import ckan.plugins.toolkit as tk
from ckan import model

from ckanext.haugiang.adapters import runs
from ckanext.haugiang.core.publish.coverage import places, years
from ckanext.haugiang.core.publish.state import dataset_state


def names(dataset_type: str | None) -> tuple[frozenset[str], frozenset[str]]:
    """Names of the internal fields of a type of dataset: those of the dataset and those of its resources."""
    try:
        schema = tk.h.scheming_get_dataset_schema(dataset_type) if dataset_type else None
    except (AttributeError, tk.HelperError):
        schema = None
    parts = ("dataset_fields", "resource_fields")
    found = [frozenset(f["field_name"] for f in (schema or {}).get(part, []) if f.get("internal")) for part in parts]
    return found[0], found[1]


def strip(package: dict[str, Any]) -> None:
    """Take out of a dataset, validated or raw, what the public must not see, and of its files what is not published."""
    dataset_fields, resource_fields = names(package.get("type"))
    for name in dataset_fields:
        package.pop(name, None)
    if package.get("extras"):
        package["extras"] = [extra for extra in package["extras"] if extra.get("key") not in dataset_fields]
    for resource in package.get("resources") or []:
        strip_resource(resource, resource_fields)


def strip_resource(resource: dict[str, Any], fields: frozenset[str]) -> None:
    """The same for one resource: its file's name, size and hash are those of the published version."""
    for name in fields:
        resource.pop(name, None)
    if not resource.get("table_schema") or resource.get("url_type") != "upload":
        return
    shown = runs.publication_of(model.Session, resource.get("id") or "") or {}
    resource["size"] = shown.get("file_size")
    resource["hash"] = f"sha256:{shown['file_sha256']}" if shown else ""
    resource["format"] = shown.get("file_format", "CSV")
    resource["mimetype"] = shown.get("file_mimetype")
    if shown:
        resource["last_modified"] = shown["published_at"].isoformat()
    _rename(resource, shown.get("file_name"))


def _rename(resource: dict[str, Any], name: str | None) -> None:
    from ckan.lib import munge

    folder, slash, _ = str(resource.get("url") or "").rpartition("/")
    resource["url"] = folder + slash + (munge.munge_filename(name) if name else "unpublished")


def strip_index(document: dict[str, Any]) -> None:
    """The same for a document of the search index, in all the forms in which it repeats the dataset."""
    dataset_fields, resource_fields = names(document.get("dataset_type") or document.get("type"))
    if document.get("validated_data_dict"):
        # For the filters of the list; fields of vocabularies, because Solr's schema knows these without a change.
        package = json.loads(document["validated_data_dict"])
        state = dataset_state(package.get("resources") or [])
        document["vocab_state"] = [state] if state else []
        document["vocab_place"] = places(package.get("spatial_coverage"))
        document["vocab_year"] = years(package.get("temporal_coverage"))
    for name in dataset_fields:
        for key in (name, f"extras_{name}", f"vocab_{name}"):
            document.pop(key, None)
    for name in resource_fields:
        document.pop(f"res_extras_{name}", None)
    for key in ("data_dict", "validated_data_dict"):
        if document.get(key):
            package = json.loads(document[key])
            strip(package)
            package.pop("data_dict", None)
            package.pop("validated_data_dict", None)
            document[key] = json.dumps(package)
