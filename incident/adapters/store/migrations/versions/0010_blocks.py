"""A person's row holds what a letter goes by; records, keys and commitments are in blocks of neighbors beside it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from incident.errors import PermanentError

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
WIDE = ("known", "commitments", "keys", "records")

VIEW = """
CREATE VIEW delivery_of_person AS
SELECT n.notice_id, p.cohort_id, p.position, p.email, coalesce(d.batch, b.number) AS batch,
       coalesce(d.letter_id, b.letter_id) AS letter_id, b.attempt, b.message_id,
       coalesce(d.state, b.state) AS state, coalesce(d.reason, b.reason) AS reason,
       coalesce(d.changed_at, b.changed_at) AS changed_at
FROM (SELECT DISTINCT notice_id, cohort_id FROM batch) n
JOIN person p ON p.cohort_id = n.cohort_id
LEFT JOIN batch_span s ON s.notice_id = n.notice_id AND s.last >= p.position AND s.first = (
    SELECT max(t.first) FROM batch_span t WHERE t.notice_id = n.notice_id AND t.first <= p.position)
LEFT JOIN batch b ON b.notice_id = s.notice_id AND b.number = s.batch
LEFT JOIN delivery d ON d.notice_id = n.notice_id AND d.position = p.position
WHERE b.number IS NOT NULL OR d.position IS NOT NULL
"""


def upgrade() -> None:
    """Make the tables anew; refuse over cohorts, which stand in the old one."""
    bind = op.get_bind()
    if bind.execute(sa.text("SELECT count(*) FROM cohort_document")).scalar_one():
        raise PermanentError("a cohort was frozen by a version before the first release; it is not converted")
    op.execute("DROP VIEW delivery_of_person")
    op.drop_table("person")
    op.create_table(
        "person",
        sa.Column("cohort_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("email", TEXT),
        sa.Column("name", TEXT),
        sa.Column("language", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("cohort_id", "position", name="pk_person"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "person_block",
        sa.Column("cohort_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("positions", TEXT, nullable=False),
        sa.Column("known", TEXT, nullable=False),
        sa.Column("commitments", sa.LargeBinary, nullable=False),
        sa.Column("keys", sa.LargeBinary, nullable=False),
        sa.Column("records", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("cohort_id", "number", name="pk_person_block"),
    )
    if (
        bind.dialect.name == "postgresql"
    ):  # hashes and keys do not get shorter, and trying takes longer than writing
        for name in WIDE:
            op.execute(f"ALTER TABLE person_block ALTER COLUMN {name} SET STORAGE EXTERNAL")
    op.execute(VIEW)


def downgrade() -> None:
    """Refuse: the ledger beside these rows has no way back."""
    raise PermanentError("the ledger is append-only and has no downgrade")
