"""The hashes above the leaves, so that a proof is looked up; and what became of checkpoints given to the outside.

The hashes of entries that are there already are computed once. Written out on its own, as every step.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from incident.errors import PermanentError
from incident.ledger.merkle import CompactRange

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LEAVES_AT_ONCE = 65_536

SQLITE_TRIGGERS = (
    """CREATE TRIGGER ledger_node_no_update BEFORE UPDATE ON ledger_node
       BEGIN SELECT RAISE(ABORT, 'ledger_node is append-only'); END""",
    """CREATE TRIGGER ledger_node_no_delete BEFORE DELETE ON ledger_node
       BEGIN SELECT RAISE(ABORT, 'ledger_node is append-only'); END""",
    # INSERT OR REPLACE deletes without firing the trigger above: no place may be taken
    """CREATE TRIGGER ledger_node_next BEFORE INSERT ON ledger_node
       WHEN EXISTS (SELECT 1 FROM ledger_node WHERE level = NEW.level AND number = NEW.number)
       BEGIN SELECT RAISE(ABORT, 'ledger_node takes the next line only'); END""",
)
POSTGRES_TRIGGERS = (
    """CREATE FUNCTION ledger_node_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN RAISE EXCEPTION 'ledger_node is append-only' USING ERRCODE = 'restrict_violation'; END $$""",
    """CREATE TRIGGER ledger_node_no_change BEFORE UPDATE OR DELETE ON ledger_node
       FOR EACH ROW EXECUTE FUNCTION ledger_node_refuse()""",
    """CREATE TRIGGER ledger_node_no_truncate BEFORE TRUNCATE ON ledger_node
       FOR EACH STATEMENT EXECUTE FUNCTION ledger_node_refuse()""",
)


def upgrade() -> None:
    """Make the tables, compute the hashes that are due, and close the table of hashes to changes."""
    node = op.create_table(
        "ledger_node",
        sa.Column("level", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("number", NUMBER, nullable=False, autoincrement=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name="pk_ledger_node"),
    )
    _fill(node)
    bind = op.get_bind()
    for trigger in SQLITE_TRIGGERS if bind.dialect.name == "sqlite" else POSTGRES_TRIGGERS:
        op.execute(trigger)
    _anchors()


def downgrade() -> None:
    """Refuse: the ledger has no way back."""
    raise PermanentError("the ledger is append-only and has no downgrade")


def _fill(node: sa.Table) -> None:
    entry = sa.table("ledger_entry", sa.column("seq"), sa.column("leaf_hash"))
    bind, tree = op.get_bind(), CompactRange()
    while True:
        query = sa.select(sa.cast(entry.c.leaf_hash, sa.LargeBinary)).where(entry.c.seq >= tree.size)
        leaves = bind.execute(query.order_by(entry.c.seq).limit(LEAVES_AT_ONCE)).scalars().all()
        if not leaves:
            return
        tree, full = tree.grow(bytes(leaf) for leaf in leaves)
        op.bulk_insert(node, [{"level": level, "number": number, "hash": one} for level, number, one in full])


def _anchors() -> None:
    op.create_table(
        "anchor_receipt",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("size", NUMBER, nullable=False, autoincrement=False),
        sa.Column("at", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("token", sa.LargeBinary),
        sa.PrimaryKeyConstraint("name", "size", name="pk_anchor_receipt"),
    )
    op.create_table(
        "anchor_failure",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("since", TEXT, nullable=False),
        sa.Column("last_at", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_anchor_failure"),
    )
