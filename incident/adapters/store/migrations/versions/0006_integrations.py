"""Programs that use Tocsin: tokens, answers under a key, whom we tell, who tells us, and what findings became."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from incident.errors import PermanentError

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WEBHOOK = ("handle", "secret_sealed", "created_at", "ended_at")


def upgrade() -> None:
    """Make the tables."""
    _table(
        "api_token",
        ("token_id",),
        "name",
        "handle",
        "token_hash",
        "scopes",
        "created_at",
        "expires_at",
        "ended_at",
        "seen_at",
    )
    op.create_index("ix_api_token_token_hash", "api_token", ["token_hash"], unique=True)
    _table("api_answer", ("token_id", "key"), "request_sha256", "incident_id", "at", "status", "body")
    _table("webhook_target", ("target_id",), "url", "after_seq", *WEBHOOK)
    _table("webhook_message", ("target_id", "seq"), "body", "state", "attempts", "due_at", "outcome")
    op.create_index(
        "ix_webhook_message_target_id_state_due_at", "webhook_message", ["target_id", "state", "due_at"]
    )
    _table("webhook_source", ("source_id",), *WEBHOOK)
    _table("webhook_seen", ("source_id", "message_id"), "body_sha256", "incident_id", "at")
    _table("reported_finding", ("handle", "uid"), "incident_id", "last_at")


def downgrade() -> None:
    """Refuse: the ledger beside these rows has no way back."""
    raise PermanentError("the ledger is append-only and has no downgrade")


KINDS: dict[str, Any] = {
    "secret_sealed": sa.LargeBinary(),
    "after_seq": NUMBER,
    "seq": NUMBER,
    "status": sa.Integer(),
    "attempts": sa.Integer(),
}
MAY_LACK = {
    "api_token": {"ended_at", "seen_at"},
    "api_answer": {"status", "body"},
    "webhook_target": {"ended_at"},
    "webhook_message": {"outcome"},
    "webhook_source": {"ended_at"},
}


def _table(name: str, keys: tuple[str, ...], *others: str) -> None:
    lacking = MAY_LACK.get(name, set())
    op.create_table(
        name,
        *(sa.Column(one, KINDS.get(one, TEXT), nullable=one in lacking) for one in (*keys, *others)),
        sa.PrimaryKeyConstraint(*keys, name=f"pk_{name}"),
    )
