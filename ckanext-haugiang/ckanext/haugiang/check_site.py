"""``make check``: compare what belongs together and list what does not.

After a disk fault or a database brought back without its files (or the reverse) the portal must not guess. It reads every
stored file that a row names, compares the DataStore's tables with what is published and the search with the datasets. It
changes nothing; each line says what is wrong and what to do.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from ckanext.haugiang.launch.home import LaunchError
from ckanext.haugiang.launch.portal import Portal
from ckanext.haugiang.setup_site import load_ckan


def main() -> None:
    """Print the differences; the status is 1 when there are any."""
    try:
        with load_ckan(Portal.here("", Path())).test_request_context():
            found = [*files(), *tables(), *index()]
    except LaunchError as error:
        sys.exit(str(error))
    print("\n".join([*found, f"{len(found)} differences" if found else "Files, tables and search agree."]))  # noqa: T201
    sys.exit(1 if found else 0)


def files() -> Iterator[str]:
    """Stored files that are named but missing, or whose content is not what their name says."""
    from ckan import model

    from ckanext.haugiang.adapters.files import store
    from ckanext.haugiang.model.tables import file_table, publication_table

    kept, named = store(), dict[str, str]()
    for row in model.Session.execute(file_table.select()).mappings():
        named[row["sha256"]] = f"resource {row['resource_id']}: its file {row['name']!r}. Upload it again"
    for row in model.Session.execute(publication_table.select()).mappings():
        who = f"resource {row['resource_id']}: its published"
        named[row["file_sha256"]] = f"{who} file {row['file_name']!r}. Upload it again"
        named[row["table_sha256"]] = f"{who} table. Check its file again (ckan haugiang validate {row['resource_id']})"
    for sha256, what in named.items():
        if not kept.path(sha256).exists():
            yield f"missing    {what}."
        elif not kept.verify(sha256):
            yield f"damaged    {what}."


def tables() -> Iterator[str]:
    """Tables of the DataStore that are not what is published."""
    from ckan import model

    from ckanext.haugiang.adapters import datastore
    from ckanext.haugiang.model.tables import publication_table

    marks = datastore.marks()
    for row in model.Session.execute(publication_table.select()).mappings():
        mark = marks.get(row["resource_id"])
        again = f"The scheduler loads it again; if not: ckan haugiang validate {row['resource_id']}"
        if mark is None:
            yield f"no table   resource {row['resource_id']}: published, but not in the DataStore. {again}."
        elif (mark.sha256, mark.rows) != (row["table_sha256"], row["rows"]):
            yield f"old table  resource {row['resource_id']}: the DataStore holds another version. {again}."


def index() -> Iterator[str]:
    """Datasets that the search lacks, and the reverse."""
    from ckan import model
    from ckan.lib import search

    found = set(search.query_for(model.Package).get_all_entity_ids(max_results=10_000_000))
    wanted = {name for (name,) in model.Session.query(model.Package.id).filter_by(state="active")}
    for name in sorted(wanted - found):
        yield f"not found  dataset {name} is missing in the search: ckan search-index rebuild {name}."
    for name in sorted(found - wanted):
        yield f"no dataset {name} is found by the search but does not exist: ckan search-index clear {name}."


if __name__ == "__main__":
    main()
