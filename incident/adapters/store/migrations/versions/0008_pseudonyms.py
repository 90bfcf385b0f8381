"""People found by their pseudonym within a cohort: the page of likenesses asks for a few among a million."""

from __future__ import annotations

from alembic import op

from incident.errors import PermanentError

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_person_cohort_id_pseudonym", "person", ["cohort_id", "pseudonym"])


def downgrade() -> None:
    """Refuse: the ledger beside these rows has no way back."""
    raise PermanentError("the ledger is append-only and has no downgrade")
