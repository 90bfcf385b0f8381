"""State moves from one row a person to one row a batch; a person keeps a row of their own only once they differ.

The view `delivery_of_person` gives everybody's state: one line for each person who was laid out or set apart.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from incident.errors import PermanentError

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")

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
    """Make the tables of batches and the view; refuse over deliveries that were laid out in the old way."""
    laid_out = op.get_bind().execute(sa.text("SELECT count(*) FROM delivery WHERE batch >= 0")).scalar_one()
    if laid_out:
        raise PermanentError(
            "a notice was laid out by a version before the first release; it is not converted"
        )
    op.create_table(
        "batch",
        sa.Column("notice_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("cohort_id", TEXT, nullable=False),
        sa.Column("letter_id", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("people", sa.Integer, nullable=False),
        sa.Column("positions", TEXT, nullable=False),
        sa.Column("people_sha256", TEXT, nullable=False),
        sa.Column("changed_at", TEXT, nullable=False),
        sa.Column("body_sha256", TEXT),
        sa.Column("message_id", TEXT),
        sa.Column("provider", TEXT),
        sa.Column("run", TEXT),
        sa.Column("reason", TEXT),
        sa.Column("intended_at", TEXT),
        sa.Column("answered_at", TEXT),
        sa.Column("parent", sa.Integer),
        sa.PrimaryKeyConstraint("notice_id", "number", name="pk_batch"),
    )
    op.create_index("ix_batch_notice_id_state_number", "batch", ["notice_id", "state", "number"])
    op.create_index("ix_batch_message_id", "batch", ["message_id"])
    _spans_and_pace()
    op.execute(VIEW)


def downgrade() -> None:
    """Refuse: the ledger beside these rows has no way back."""
    raise PermanentError("the ledger is append-only and has no downgrade")


def _spans_and_pace() -> None:
    op.create_table(
        "batch_span",
        sa.Column("notice_id", TEXT, nullable=False),
        sa.Column("first", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("notice_id", "first", name="pk_batch_span"),
    )
    op.create_table(
        "pace",
        sa.Column("provider", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("people_rate", sa.Float),
        sa.Column("people_tokens", sa.Float, nullable=False),
        sa.Column("request_tokens", sa.Float, nullable=False),
        sa.Column("not_before", TEXT),
        sa.Column("slowed", sa.Integer, nullable=False),
        sa.Column("doubts", sa.Integer, nullable=False),
        sa.Column("window_at", TEXT),
        sa.Column("window_people", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("provider", name="pk_pace"),
    )
