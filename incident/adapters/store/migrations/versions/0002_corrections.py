"""A line of the timeline names the entry that it corrects. `tocsin rebuild` fills it in for older lines."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from incident.errors import PermanentError

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Add the column; the rows are projections."""
    op.add_column("timeline", sa.Column("corrects", NUMBER))


def downgrade() -> None:
    """Refuse."""
    raise PermanentError("the ledger has no downgrade")
