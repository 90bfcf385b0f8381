"""The first schema: ledger, people, leases, projections, and the triggers that make the ledger append-only.

Written out on its own, so that later changes of the tables do not change what this step did.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from incident.errors import PermanentError

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EMPTY_RANGE = bytes(8)

SQLITE_TRIGGERS = (
    """CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
       BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END""",
    """CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table}
       BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END""",
    # INSERT OR REPLACE deletes without firing the trigger above: no place and no unique value may be taken
    """CREATE TRIGGER {table}_next BEFORE INSERT ON {table}
       WHEN NEW.{place} IS NOT (SELECT coalesce(max({place}), -1) + 1 FROM {table}) OR {other}
       BEGIN SELECT RAISE(ABORT, '{table} takes the next line only'); END""",
)

POSTGRES_TRIGGERS = (
    """CREATE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'restrict_violation'; END $$""",
    """CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE ON {table}
       FOR EACH ROW EXECUTE FUNCTION {table}_refuse()""",
    """CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
       FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()""",
    """CREATE FUNCTION {table}_next() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF NEW.{place} IS DISTINCT FROM (SELECT coalesce(max({place}), -1) + 1 FROM {table}) OR {other} THEN
           RAISE EXCEPTION '{table} takes the next line only' USING ERRCODE = 'restrict_violation';
         END IF;
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER {table}_next BEFORE INSERT ON {table}
       FOR EACH ROW EXECUTE FUNCTION {table}_next()""",
)

APPEND_ONLY = (
    {
        "table": "ledger_entry",
        "place": "seq",
        "other": "EXISTS (SELECT 1 FROM ledger_entry WHERE leaf_hash = NEW.leaf_hash)",
    },
    {
        "table": "checkpoint",
        "place": "number",
        "other": "NEW.size < (SELECT coalesce(max(size), 0) FROM checkpoint)",
    },
)


def upgrade() -> None:
    """Make every table, the empty tree head and the triggers."""
    _ledger()
    _cohorts()
    _deliveries()
    _leases()
    _board()
    _timeline()
    triggers = SQLITE_TRIGGERS if op.get_bind().dialect.name == "sqlite" else POSTGRES_TRIGGERS
    for words in APPEND_ONLY:
        for trigger in triggers:
            op.execute(trigger.format(**words))


def downgrade() -> None:
    """Refuse: the ledger has no way back."""
    raise PermanentError("the ledger is append-only and has no downgrade")


def _ledger() -> None:
    op.create_table(
        "ledger_entry",
        sa.Column("seq", NUMBER, nullable=False, autoincrement=False),
        sa.Column("incident", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("seq", name="pk_ledger_entry"),
        sa.UniqueConstraint("leaf_hash", name="uq_ledger_entry_leaf_hash"),
    )
    op.create_index("ix_ledger_entry_incident_seq", "ledger_entry", ["incident", "seq"])
    head = op.create_table(
        "ledger_head",
        sa.Column("number", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("compact_range", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_ledger_head"),
    )
    op.bulk_insert(head, [{"number": 0, "size": 0, "compact_range": EMPTY_RANGE}])
    op.create_table(
        "checkpoint",
        sa.Column("number", NUMBER, nullable=False, autoincrement=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_checkpoint"),
    )


def _cohorts() -> None:
    op.create_table(
        "cohort_document",
        sa.Column("cohort_id", TEXT, nullable=False),
        sa.Column("incident_id", TEXT, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("cohort_id", name="pk_cohort_document"),
    )
    op.create_index("ix_cohort_document_incident_id", "cohort_document", ["incident_id"])
    op.create_table(
        "person",
        sa.Column("cohort_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("pseudonym", TEXT, nullable=False),
        sa.Column("email", TEXT),
        sa.Column("name", TEXT),
        sa.Column("phone", TEXT),
        sa.Column("language", TEXT, nullable=False),
        sa.Column("jurisdiction", TEXT, nullable=False),
        sa.Column("certainty", TEXT, nullable=False),
        sa.Column("exposure", TEXT, nullable=False),
        sa.Column("categories", TEXT, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("commitment", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("cohort_id", "position", name="pk_person"),
    )


def _deliveries() -> None:
    op.create_table(
        "delivery",
        sa.Column("notice_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("batch", sa.Integer, nullable=False),
        sa.Column("letter_id", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("reason", TEXT),
        sa.Column("changed_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("notice_id", "position", name="pk_delivery"),
    )
    op.create_index("ix_delivery_notice_id_batch_position", "delivery", ["notice_id", "batch", "position"])
    op.create_index("ix_delivery_notice_id_state_position", "delivery", ["notice_id", "state", "position"])
    op.create_table(
        "provider_event",
        sa.Column("event_id", TEXT, nullable=False),
        sa.Column("notice_id", TEXT, nullable=False),
        sa.Column("position", sa.Integer),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("happened_at", TEXT, nullable=False),
        sa.Column("raw", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_provider_event"),
    )
    op.create_index("ix_provider_event_notice_id", "provider_event", ["notice_id"])


def _leases() -> None:
    op.create_table(
        "lease",
        sa.Column("incident_id", TEXT, nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("until", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name="pk_lease"),
    )


def _board() -> None:
    op.create_table(
        "board",
        sa.Column("incident_id", TEXT, nullable=False),
        sa.Column("title", TEXT, nullable=False),
        sa.Column("drill", sa.Boolean, nullable=False),
        sa.Column("stage", TEXT, nullable=False),
        sa.Column("opened_at", TEXT),
        sa.Column("became_aware_at", TEXT),
        sa.Column("promise_due_at", TEXT),
        sa.Column("closed_at", TEXT),
        sa.Column("outcome", TEXT),
        sa.Column("people", NUMBER),
        sa.Column("told", NUMBER),
        sa.Column("last_seq", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("incident_id", name="pk_board"),
    )
    op.create_table(
        "clock",
        sa.Column("incident_id", TEXT, nullable=False),
        sa.Column("obligation_id", TEXT, nullable=False),
        sa.Column("jurisdiction", TEXT, nullable=False),
        sa.Column("recipient", TEXT, nullable=False),
        sa.Column("authority", TEXT),
        sa.Column("required", sa.Boolean, nullable=False),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("due_at", TEXT),
        sa.Column("due_on", TEXT),
        sa.Column("met_at", TEXT),
        sa.Column("missed_at", TEXT),
        sa.Column("number_in_law", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "obligation_id", name="pk_clock"),
    )


def _timeline() -> None:
    op.create_table(
        "timeline",
        sa.Column("incident_id", TEXT, nullable=False),
        sa.Column("seq", NUMBER, nullable=False),
        sa.Column("occurred_at", TEXT, nullable=False),
        sa.Column("recorded_at", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("sentence", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("incident_id", "seq", name="pk_timeline"),
    )
