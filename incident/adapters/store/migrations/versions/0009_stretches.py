"""Stretches of a cohort, and who of it is named: people are found by them, not by four indexes over everybody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from incident.errors import PermanentError

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables, and drop what they are instead of; refuse over cohorts, which have none."""
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
    op.create_table(
        "cohort_named",
        sa.Column("cohort_id", TEXT, nullable=False),
        sa.Column("pseudonym", TEXT, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("cohort_id", "pseudonym", name="pk_cohort_named"),
    )
    op.drop_index("ix_person_cohort_id_pseudonym", "person")
    for names in ("jurisdiction", "certainty", "jurisdiction_certainty"):
        op.drop_index(f"ix_person_cohort_id_{names}_position", "person")


def downgrade() -> None:
    """Refuse: there is no way back past the ledger's first step, so there is none here."""
    raise PermanentError("the ledger is append-only; there is no downgrade")
