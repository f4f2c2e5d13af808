"""Tables of the portal in CKAN's database.

A run is a row here and nowhere else: Redis only wakes workers (docs/decisions/0004-runs-in-postgresql.md).
"""

from __future__ import annotations

from ckanext.haugiang.model.tables import (
    FINAL,
    OPEN,
    file_table,
    publication_table,
    report_table,
    run_table,
)

__all__ = ["FINAL", "OPEN", "file_table", "publication_table", "report_table", "run_table"]
