"""Stretches of a cohort: where people of one place and certainty stand, found by them instead of by three indexes."""

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
    """Make the table, and drop what it is instead of; refuse over cohorts, which have none."""
    if op.get_bind().execute(sa.text("SELECT count(*) FROM cohort_document")).scalar_one():
        raise PermanentError("a cohort was frozen by a version before the first release; it is not converted")
    op.create_table(
        "cohort_stretch",
        sa.Column("cohort_id", TEXT, nullable=False),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("language", TEXT, nullable=False),
        sa.Column("jurisdiction", TEXT, nullable=False),
        sa.Column("certainty", TEXT, nullable=False),
        sa.Column("exposure", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("cohort_id", "first", name="pk_cohort_stretch"),
    )
    for names in ("jurisdiction", "certainty", "jurisdiction_certainty"):
        op.drop_index(f"ix_person_cohort_id_{names}_position", "person")


def downgrade() -> None:
    """Refuse: there is no way back past the ledger's first step, so there is none here."""
    raise PermanentError("the ledger is append-only; there is no downgrade")
