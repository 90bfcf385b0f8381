"""The tables, as SQLModel classes: the ledger, the rows about people beside it, leases, projections.

Instants are UTC text with microseconds, which sorts the same everywhere; text compares byte by byte on both
databases. What is written and read is left to the modules beside this one; triggers are in the migrations.
"""

from __future__ import annotations

from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    false,
)
from sqlmodel import Field, SQLModel

METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

TEXT = String().with_variant(String(collation="C"), "postgresql")
NUMBER = BigInteger().with_variant(Integer(), "sqlite")


def _column(kind: Any, **options: Any) -> Any:
    options.setdefault("nullable", False)
    if options.get("primary_key"):
        options.setdefault("autoincrement", False)
    return Field(sa_column=Column(kind, **options))


class _Base(SQLModel):
    metadata: ClassVar[MetaData] = METADATA


class LedgerEntry(_Base, table=True):
    """One entry: its canonical bytes, their leaf hash, and columns copied from the bytes to find it by."""

    __tablename__ = "ledger_entry"
    __table_args__ = (Index(None, "incident", "seq"),)
    seq: int = _column(NUMBER, primary_key=True)
    incident: str = _column(TEXT)
    kind: str = _column(TEXT)
    body: bytes = _column(LargeBinary)
    leaf_hash: bytes = _column(LargeBinary, unique=True)


class LedgerHead(_Base, table=True):
    """The tree as it stands: one row, number 0; whoever holds it writes."""

    __tablename__ = "ledger_head"
    number: int = _column(Integer, primary_key=True)
    size: int = _column(NUMBER)
    compact_range: bytes = _column(LargeBinary)


class Checkpoint(_Base, table=True):
    """A signed tree head, numbered from 0 in the order of signing."""

    __tablename__ = "checkpoint"
    number: int = _column(NUMBER, primary_key=True)
    size: int = _column(NUMBER)
    note: str = _column(TEXT)
    at: str = _column(TEXT)


class LedgerNode(_Base, table=True):
    """The root of one full tile of the tree: 256**level leaves; derived, kept so that proofs are looked up."""

    __tablename__ = "ledger_node"
    level: int = _column(Integer, primary_key=True)
    number: int = _column(NUMBER, primary_key=True)
    hash: bytes = _column(LargeBinary)


class AnchorReceipt(_Base, table=True):
    """A checkpoint that reached an anchor."""

    __tablename__ = "anchor_receipt"
    name: str = _column(TEXT, primary_key=True)
    size: int = _column(NUMBER, primary_key=True)
    at: str = _column(TEXT)
    note: str = _column(TEXT)
    token: bytes | None = _column(LargeBinary, nullable=True)


class AnchorFailure(_Base, table=True):
    """What failed last at an anchor."""

    __tablename__ = "anchor_failure"
    name: str = _column(TEXT, primary_key=True)
    since: str = _column(TEXT)
    last_at: str = _column(TEXT)
    reason: str = _column(TEXT)


class CohortDocument(_Base, table=True):
    """The canonical bytes of a frozen cohort, whose hash is in the ledger."""

    __tablename__ = "cohort_document"
    cohort_id: str = _column(TEXT, primary_key=True)
    incident_id: str = _column(TEXT, index=True)
    document: bytes = _column(LargeBinary)


class Person(_Base, table=True):
    """One person of a cohort: what a letter goes by; the rest is in stretches and blocks."""

    __tablename__ = "person"
    __table_args__ = ({"sqlite_with_rowid": False},)
    cohort_id: str = _column(TEXT, primary_key=True)
    position: int = _column(Integer, primary_key=True)
    email: str | None = _column(TEXT, nullable=True)
    name: str | None = _column(TEXT, nullable=True)
    language: str = _column(TEXT)


class Batch(_Base, table=True):
    """Up to a thousand letters of one variant, and what became of them together."""

    __tablename__ = "batch"
    __table_args__ = (Index(None, "notice_id", "state", "number"), Index(None, "message_id"))
    notice_id: str = _column(TEXT, primary_key=True)
    number: int = _column(Integer, primary_key=True)
    cohort_id: str = _column(TEXT)
    letter_id: str = _column(TEXT)
    state: str = _column(TEXT)
    attempt: int = _column(Integer)
    people: int = _column(Integer)
    positions: str = _column(TEXT)
    people_sha256: str = _column(TEXT)
    changed_at: str = _column(TEXT)
    body_sha256: str | None = _column(TEXT, nullable=True)
    message_id: str | None = _column(TEXT, nullable=True)
    provider: str | None = _column(TEXT, nullable=True)
    run: str | None = _column(TEXT, nullable=True)
    reason: str | None = _column(TEXT, nullable=True)
    intended_at: str | None = _column(TEXT, nullable=True)
    answered_at: str | None = _column(TEXT, nullable=True)
    parent: int | None = _column(Integer, nullable=True)
    salt: bytes = _column(LargeBinary)


class BatchSpan(_Base, table=True):
    """Neighbors in a cohort who are in one batch: by this a position finds its batch."""

    __tablename__ = "batch_span"
    notice_id: str = _column(TEXT, primary_key=True)
    first: int = _column(Integer, primary_key=True)
    last: int = _column(Integer)
    batch: int = _column(Integer)


class Delivery(_Base, table=True):
    """The letter to one person whose fate is no longer that of the batch."""

    __tablename__ = "delivery"
    __table_args__ = (
        Index(None, "notice_id", "batch", "position"),
        Index(None, "notice_id", "state", "position"),
    )
    notice_id: str = _column(TEXT, primary_key=True)
    position: int = _column(Integer, primary_key=True)
    batch: int = _column(Integer)
    letter_id: str = _column(TEXT)
    state: str = _column(TEXT)
    reason: str | None = _column(TEXT, nullable=True)
    changed_at: str = _column(TEXT)


class Pace(_Base, table=True):
    """How fast a provider is called now, by all workers together."""

    __tablename__ = "pace"
    provider: str = _column(TEXT, primary_key=True)
    at: str = _column(TEXT)
    people_rate: float | None = _column(Float, nullable=True)
    people_tokens: float = _column(Float)
    request_tokens: float = _column(Float)
    not_before: str | None = _column(TEXT, nullable=True)
    slowed: int = _column(Integer)
    doubts: int = _column(Integer)
    window_at: str | None = _column(TEXT, nullable=True)
    window_people: int = _column(Integer)


class ProviderEvent(_Base, table=True):
    """One event of a mail provider, kept once."""

    __tablename__ = "provider_event"
    event_id: str = _column(TEXT, primary_key=True)
    notice_id: str = _column(TEXT, index=True)
    position: int | None = _column(Integer, nullable=True)
    kind: str = _column(TEXT)
    happened_at: str = _column(TEXT)
    raw: bytes = _column(LargeBinary)


class Lease(_Base, table=True):
    """Who works on an incident, and until when."""

    __tablename__ = "lease"
    incident_id: str = _column(TEXT, primary_key=True)
    owner: str = _column(TEXT)
    until: str = _column(TEXT)


class Board(_Base, table=True):
    """One incident on the board."""

    __tablename__ = "board"
    incident_id: str = _column(TEXT, primary_key=True)
    title: str = _column(TEXT)
    drill: bool = _column(Boolean)
    stage: str = _column(TEXT)
    opened_at: str | None = _column(TEXT, nullable=True)
    became_aware_at: str | None = _column(TEXT, nullable=True)
    promise_due_at: str | None = _column(TEXT, nullable=True)
    closed_at: str | None = _column(TEXT, nullable=True)
    outcome: str | None = _column(TEXT, nullable=True)
    people: int | None = _column(NUMBER, nullable=True)
    told: int | None = _column(NUMBER, nullable=True)
    last_seq: int = _column(NUMBER)
    restricted: bool = _column(Boolean, server_default=false())
    granted: str = _column(TEXT, server_default="[]")
    tightest: str | None = _column(TEXT, nullable=True)
    tightest_due_at: str | None = _column(TEXT, nullable=True)
    no_number: int = _column(Integer, server_default="0")
    waiting: int = _column(Integer, server_default="0")
    latest_safe_at: str | None = _column(TEXT, nullable=True)


class Clock(_Base, table=True):
    """One clock of an incident."""

    __tablename__ = "clock"
    incident_id: str = _column(TEXT, primary_key=True)
    obligation_id: str = _column(TEXT, primary_key=True)
    jurisdiction: str = _column(TEXT)
    recipient: str = _column(TEXT)
    authority: str | None = _column(TEXT, nullable=True)
    required: bool = _column(Boolean)
    open: bool = _column(Boolean)
    due_at: str | None = _column(TEXT, nullable=True)
    due_on: str | None = _column(TEXT, nullable=True)
    met_at: str | None = _column(TEXT, nullable=True)
    missed_at: str | None = _column(TEXT, nullable=True)
    number_in_law: bool = _column(Boolean)


class Timeline(_Base, table=True):
    """One entry as a plain sentence."""

    __tablename__ = "timeline"
    incident_id: str = _column(TEXT, primary_key=True)
    seq: int = _column(NUMBER, primary_key=True)
    occurred_at: str = _column(TEXT)
    recorded_at: str = _column(TEXT)
    actor: str = _column(TEXT)
    kind: str = _column(TEXT)
    sentence: str = _column(TEXT)
    corrects: int | None = _column(NUMBER, nullable=True)


def _table(name: str) -> Table:
    return METADATA.tables[name]


LEDGER_ENTRY, LEDGER_HEAD, CHECKPOINT = _table("ledger_entry"), _table("ledger_head"), _table("checkpoint")
LEDGER_NODE, ANCHOR_RECEIPT, ANCHOR_FAILURE = map(_table, ("ledger_node", "anchor_receipt", "anchor_failure"))
COHORT_DOCUMENT, PERSON, DELIVERY = _table("cohort_document"), _table("person"), _table("delivery")
BATCH, BATCH_SPAN, PACE = _table("batch"), _table("batch_span"), _table("pace")
PROVIDER_EVENT, LEASE = _table("provider_event"), _table("lease")
BOARD, CLOCK, TIMELINE = _table("board"), _table("clock"), _table("timeline")
