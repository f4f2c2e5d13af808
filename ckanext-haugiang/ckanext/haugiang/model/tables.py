"""The four tables; SQLAlchemy Core in the 2.0 style, which 1.4 runs too.

Times are UTC without a zone, as in CKAN's own tables, and always PostgreSQL's clock: workers on several hosts must agree
on what a stale heartbeat is. JSON that holds text of a steward's file is kept as text, because ``jsonb`` refuses NUL and
lone surrogates.
"""

from __future__ import annotations

import sqlalchemy as sa
from ckan.model.meta import metadata
from sqlalchemy.dialects.postgresql import JSONB

OPEN = ("queued", "running")
FINAL = ("done", "failed", "cancelled", "superseded")

# The file that a resource has now: what its editors uploaded last. The only place that says which stored content belongs
# to which resource; nothing that a client sends (hash, url) is ever believed.
file_table = sa.Table(
    "haugiang_file",
    metadata,
    sa.Column("resource_id", sa.UnicodeText, primary_key=True),
    sa.Column("sha256", sa.UnicodeText, nullable=False),
    sa.Column("name", sa.UnicodeText, nullable=False),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("format", sa.UnicodeText, nullable=False),
    sa.Column("mimetype", sa.UnicodeText, nullable=False),
    sa.Column("created", sa.DateTime, nullable=False),
)

run_table = sa.Table(
    "haugiang_run",
    metadata,
    sa.Column("id", sa.UnicodeText, primary_key=True),
    sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False),
    sa.Column("resource_id", sa.UnicodeText, nullable=False),
    sa.Column("package_id", sa.UnicodeText, nullable=False),
    sa.Column("user_id", sa.UnicodeText),
    sa.Column("trigger", sa.UnicodeText, nullable=False),
    sa.Column("state", sa.UnicodeText, nullable=False),
    sa.Column("stage", sa.UnicodeText),
    sa.Column("verdict", sa.UnicodeText),
    sa.Column("published", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("created", sa.DateTime, nullable=False),
    sa.Column("started", sa.DateTime),
    sa.Column("finished", sa.DateTime),
    sa.Column("published_at", sa.DateTime),
    sa.Column("heartbeat", sa.DateTime),
    sa.Column("lease", sa.UnicodeText),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("not_before", sa.DateTime),
    sa.Column("file_sha256", sa.UnicodeText, nullable=False),
    sa.Column("file_name", sa.UnicodeText, nullable=False),
    sa.Column("file_size", sa.BigInteger, nullable=False),
    sa.Column("file_format", sa.UnicodeText, nullable=False),
    sa.Column("table_schema", sa.UnicodeText, nullable=False),
    sa.Column("table_sha256", sa.UnicodeText),
    sa.Column("changes_sha256", sa.UnicodeText),
    sa.Column("rows", sa.BigInteger),
    sa.Column("errors", sa.BigInteger),
    sa.Column("warnings", sa.BigInteger),
    sa.Column("changes", sa.BigInteger),
    sa.Column("error_code", sa.UnicodeText),
    sa.Column("error_params", JSONB),
    sa.Column("stages", JSONB, nullable=False, server_default="[]"),
    sa.Index("idx_haugiang_run_resource", "resource_id", "number"),
    sa.Index("idx_haugiang_run_package", "package_id", "number"),
    # Two workers can never check two files of one resource, whatever else goes wrong.
    sa.Index(
        "uq_haugiang_run_open",
        "resource_id",
        unique=True,
        postgresql_where=sa.text("state IN ('queued', 'running')"),
    ),
)

report_table = sa.Table(
    "haugiang_report",
    metadata,
    sa.Column("run_id", sa.UnicodeText, primary_key=True),
    sa.Column("report", sa.UnicodeText, nullable=False),
    sa.Column("profile", sa.UnicodeText, nullable=False),
    sa.Column("detection", sa.UnicodeText, nullable=False),
    sa.Column("tidy", sa.UnicodeText, nullable=False),
)

# What the public sees of a resource: one run, its file and its canonical table. Changed in the transaction in which the
# run ends; the DataStore follows it and is repaired from it.
publication_table = sa.Table(
    "haugiang_publication",
    metadata,
    sa.Column("resource_id", sa.UnicodeText, primary_key=True),
    sa.Column("package_id", sa.UnicodeText, nullable=False),
    sa.Column("run_id", sa.UnicodeText, nullable=False),
    sa.Column("published_at", sa.DateTime, nullable=False),
    sa.Column("file_sha256", sa.UnicodeText, nullable=False),
    sa.Column("file_name", sa.UnicodeText, nullable=False),
    sa.Column("file_size", sa.BigInteger, nullable=False),
    sa.Column("file_format", sa.UnicodeText, nullable=False),
    sa.Column("file_mimetype", sa.UnicodeText, nullable=False),
    sa.Column("table_schema", sa.UnicodeText, nullable=False),
    sa.Column("table_sha256", sa.UnicodeText, nullable=False),
    sa.Column("table_size", sa.BigInteger, nullable=False),
    sa.Column("rows", sa.BigInteger, nullable=False),
    sa.Column("drawings_sha256", sa.UnicodeText),
    sa.Index("idx_haugiang_publication_schema", "table_schema"),
)
