"""The people of a cohort stand in blocks of neighbors; the view `person` shows what letters to each go by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from incident.errors import PermanentError

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
SHORTENED = ("known", "records")
HAS_LZ4 = (
    "SELECT count(*) FROM pg_settings WHERE name = 'default_toast_compression' AND 'lz4' = ANY(enumvals)"
)
WIDE = ("told", "known", "commitments", "keys", "records")

LIST = """CASE WHEN told LIKE '[%' THEN told ELSE '[["' || replace(replace(replace(replace(
    substr(told, 1, length(told) - 1), '\\', '\\\\'), '"', '\\"'), {tab}, '","'), {end}, '"],["') || '"]]' END"""
"""Lines as a list: a value holds neither a tab nor the end of a line, or the block is kept as a list."""
ON_SQLITE = """
CREATE VIEW person AS
SELECT b.cohort_id, CAST(json_extract(p.value, '$[0]') AS INTEGER) AS position,
       nullif(json_extract(p.value, '$[1]'), '') AS email, nullif(json_extract(p.value, '$[2]'), '') AS name,
       json_extract(p.value, '$[3]') AS language
FROM person_block b, json_each({list}) p
"""
ON_POSTGRES = """
CREATE VIEW person AS
SELECT b.cohort_id, CAST(p.value ->> 0 AS INTEGER) AS position,
       nullif(p.value ->> 1, '') AS email, nullif(p.value ->> 2, '') AS name, p.value ->> 3 AS language
FROM person_block b, json_array_elements(CAST({list} AS JSON)) p
"""
DELIVERIES = """
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
    """Make the table and the views; refuse over cohorts, which stand in the old one."""
    bind = op.get_bind()
    if bind.execute(sa.text("SELECT count(*) FROM cohort_document")).scalar_one():
        raise PermanentError("a cohort was frozen by a version before the first release; it is not converted")
    op.execute("DROP VIEW delivery_of_person")
    op.drop_table("person")
    op.create_table(
        "person_block",
        sa.Column("cohort_id", TEXT, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("positions", TEXT, nullable=False),
        sa.Column("told", TEXT, nullable=False),
        sa.Column("known", TEXT, nullable=False),
        sa.Column("commitments", sa.LargeBinary, nullable=False),
        sa.Column("keys", sa.LargeBinary, nullable=False),
        sa.Column("records", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("cohort_id", "number", name="pk_person_block"),
    )
    is_postgres = bind.dialect.name == "postgresql"
    if is_postgres:
        _store_as_it_pays(bind)
    view, char = (ON_POSTGRES, "chr") if is_postgres else (ON_SQLITE, "char")
    bind.exec_driver_sql(
        _text(view.format(list=LIST.format(tab=f"{char}(9)", end=f"{char}(10)")), is_postgres)
    )
    op.execute(DELIVERIES)


def _store_as_it_pays(bind: sa.Connection) -> None:
    """Hashes and keys do not get shorter, and trying takes longer than writing; records do, if a server can do LZ4."""
    for name in WIDE:
        op.execute(f"ALTER TABLE person_block ALTER COLUMN {name} SET STORAGE EXTERNAL")
    if bind.execute(sa.text(HAS_LZ4)).scalar_one():
        for name in SHORTENED:
            op.execute(f"ALTER TABLE person_block ALTER COLUMN {name} SET STORAGE EXTENDED")
            op.execute(f"ALTER TABLE person_block ALTER COLUMN {name} SET COMPRESSION lz4")


def _text(statement: str, is_postgres: bool) -> str:
    return statement.replace("%", "%%") if is_postgres else statement


def downgrade() -> None:
    """Refuse: the ledger beside these rows has no way back."""
    raise PermanentError("the ledger is append-only and has no downgrade")
