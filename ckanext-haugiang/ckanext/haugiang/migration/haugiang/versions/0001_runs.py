"""Runs, reports, publications and the file that each resource has."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "haugiang_0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT, BIG, TIME = sa.UnicodeText, sa.BigInteger, sa.DateTime


def _text(*names: str, null: bool = False) -> list[sa.Column]:
    return [sa.Column(name, TEXT, nullable=null) for name in names]


def _big(*names: str, null: bool = False) -> list[sa.Column]:
    return [sa.Column(name, BIG, nullable=null) for name in names]


def _time(*names: str, null: bool = True) -> list[sa.Column]:
    return [sa.Column(name, TIME, nullable=null) for name in names]


def upgrade() -> None:
    """Create the four tables."""
    op.create_table(
        "haugiang_file",
        sa.Column("resource_id", TEXT, primary_key=True),
        *_text("sha256", "name"),
        *_big("size"),
        *_text("format", "mimetype"),
        *_time("created", null=False),
    )
    op.create_table(
        "haugiang_run",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("number", BIG, sa.Identity(always=True), nullable=False),
        *_text("resource_id", "package_id"),
        *_text("user_id", null=True),
        *_text("trigger", "state"),
        *_text("stage", "verdict", null=True),
        sa.Column("published", sa.Boolean, nullable=False, server_default=sa.false()),
        *_time("created", null=False),
        *_time("started", "finished", "published_at", "heartbeat"),
        *_text("lease", null=True),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        *_time("not_before"),
        *_text("file_sha256", "file_name"),
        *_big("file_size"),
        *_text("file_format", "table_schema"),
        *_text("table_sha256", "changes_sha256", null=True),
        *_big("rows", "errors", "warnings", "changes", null=True),
        *_text("error_code", null=True),
        sa.Column("error_params", JSONB),
        sa.Column("stages", JSONB, nullable=False, server_default="[]"),
    )
    op.create_index("idx_haugiang_run_resource", "haugiang_run", ["resource_id", "number"])
    op.create_index("idx_haugiang_run_package", "haugiang_run", ["package_id", "number"])
    still_open = sa.text("state IN ('queued', 'running')")
    op.create_index("uq_haugiang_run_open", "haugiang_run", ["resource_id"], unique=True, postgresql_where=still_open)
    op.create_table(
        "haugiang_report",
        sa.Column("run_id", TEXT, primary_key=True),
        *_text("report", "profile", "detection", "tidy"),
    )
    op.create_table(
        "haugiang_publication",
        sa.Column("resource_id", TEXT, primary_key=True),
        *_text("package_id", "run_id"),
        *_time("published_at", null=False),
        *_text("file_sha256", "file_name"),
        *_big("file_size"),
        *_text("file_format", "file_mimetype", "table_schema", "table_sha256"),
        *_big("table_size", "rows"),
    )
    op.create_index("idx_haugiang_publication_schema", "haugiang_publication", ["table_schema"])


def downgrade() -> None:
    """Drop them, with all history of runs."""
    for table in ("haugiang_publication", "haugiang_report", "haugiang_run", "haugiang_file"):
        op.drop_table(table)
