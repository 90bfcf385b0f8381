"""The table of the trees by which one person, or one batch, is proven alone: derived, so that proofs are looked up."""

from __future__ import annotations

from sqlalchemy import Integer, LargeBinary

from incident.adapters.store.tables import METADATA, TEXT, _Base, _column


class CommitmentNode(_Base, table=True):
    """A hash of the tree over a cohort or over the batches of a notice, `tree` being the id of either."""

    __tablename__ = "commitment_node"
    tree: str = _column(TEXT, primary_key=True)
    level: int = _column(Integer, primary_key=True)
    number: int = _column(Integer, primary_key=True)
    hash: bytes = _column(LargeBinary)


COMMITMENT_NODE = METADATA.tables["commitment_node"]
