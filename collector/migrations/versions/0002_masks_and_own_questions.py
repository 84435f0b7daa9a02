"""Receipts tell which spans of a text are masked; campaigns carry questions of their centre's own."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("receipt") as receipt:
        receipt.add_column(sa.Column("masks", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("campaign", sa.Column("own", sa.JSON(), nullable=False, server_default="{}"))
