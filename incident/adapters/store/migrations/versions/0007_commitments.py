"""Trees by which one person and one batch are proven alone, and a salt for what each batch says about its people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from incident.errors import PermanentError

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table, and the column: batches laid out before have no salt."""
    op.create_table(
        "commitment_node",
        sa.Column("tree", TEXT, nullable=False),
        sa.Column("level", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("tree", "level", "number", name="pk_commitment_node"),
    )
    nothing = "X''" if op.get_context().dialect.name == "sqlite" else "''"
    op.add_column("batch", sa.Column("salt", sa.LargeBinary, nullable=False, server_default=sa.text(nothing)))


def downgrade() -> None:
    """Refuse: the ledger beside these rows has no way back."""
    raise PermanentError("the ledger is append-only and has no downgrade")
