"""Charts and map of a published table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "haugiang_0002"
down_revision = "haugiang_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Tables that are published already get theirs when they are checked again."""
    op.add_column("haugiang_publication", sa.Column("drawings_sha256", sa.UnicodeText))


def downgrade() -> None:
    """Forget the drawings; the next clean-up removes their files."""
    op.drop_column("haugiang_publication", "drawings_sha256")
