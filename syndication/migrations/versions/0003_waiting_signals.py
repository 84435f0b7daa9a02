"""Signals of texts that wait are found among themselves, however many texts were decided before."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("verbatim_signal", sa.Column("waits", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute(
        "UPDATE verbatim_signal SET waits = (SELECT status = 'attente' AND NOT alerted FROM verbatim "
        "WHERE verbatim.id = verbatim_signal.verbatim_id)"
    )
    where = sa.text("waits")
    op.create_index(
        "ix_verbatim_signal_waiting", "verbatim_signal", ["signal", "verbatim_id"], sqlite_where=where,
        postgresql_where=where,
    )  # fmt: skip
