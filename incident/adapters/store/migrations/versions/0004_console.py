"""The console: who signs in, and what the board needs to be read without folding an incident."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from incident.errors import PermanentError

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables of accounts and sessions, and widen the board; `tocsin rebuild` fills its new columns."""
    _accounts()
    # so that a page of one country or one certainty is found without reading a million people
    for names in (("jurisdiction",), ("certainty",), ("jurisdiction", "certainty")):
        listed = ["cohort_id", *names, "position"]
        op.create_index(f"ix_person_{'_'.join(listed)}", "person", listed)
    for column in (
        sa.Column("restricted", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("granted", TEXT, nullable=False, server_default="[]"),
        sa.Column("tightest", TEXT),
        sa.Column("tightest_due_at", TEXT),
        sa.Column("no_number", sa.Integer, nullable=False, server_default="0"),
        sa.Column("waiting", sa.Integer, nullable=False, server_default="0"),
        sa.Column("latest_safe_at", TEXT),
    ):
        op.add_column("board", column)


def downgrade() -> None:
    """Refuse: there is no way back past the ledger's first step, so there is none here."""
    raise PermanentError("the ledger is append-only; there is no downgrade")


def _accounts() -> None:
    op.create_table(
        "account",
        sa.Column("handle", TEXT, nullable=False),
        sa.Column("password_hash", TEXT, nullable=False),
        sa.Column("totp_sealed", sa.LargeBinary),
        sa.Column("totp_step", NUMBER, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("changed_at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("handle", name="pk_account"),
    )
    op.create_table(
        "session",
        sa.Column("token_hash", TEXT, nullable=False),
        sa.Column("handle", TEXT, nullable=False),
        sa.Column("started_at", TEXT, nullable=False),
        sa.Column("seen_at", TEXT, nullable=False),
        sa.Column("ends_at", TEXT, nullable=False),
        sa.Column("second_factor", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_session"),
    )
    op.create_index("ix_session_handle", "session", ["handle"])
    op.create_table(
        "sign_in_failure",
        sa.Column("number", TEXT, nullable=False),
        sa.Column("key", TEXT, nullable=False),
        sa.Column("at", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_sign_in_failure"),
    )
    op.create_index("ix_sign_in_failure_key_at", "sign_in_failure", ["key", "at"])
