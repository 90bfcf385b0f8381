"""Whether the rows of batches are the ones that the ledger committed to when a notice was laid out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incident.service.batch_rows import kept_batch_rows
from incident.service.commitments import has_nodes, layout_tree

if TYPE_CHECKING:
    from incident.core.state import Notice
    from incident.service.house import House


def is_as_laid_out(house: House, notice: Notice) -> bool:
    """Check every batch against the ledger: the first layout by its root, later ones by the answers that made them."""
    rows = list(kept_batch_rows(house, notice.plan.notice_id))
    first, _ = layout_tree(row for row in rows if row.parent is None)
    said = {number: (child.positions, child.people_sha256) for number, child in notice.children.items()}
    later = {row.number: (row.positions, row.people_sha256) for row in rows if row.parent is not None}
    return first == notice.plan.batches_sha256 and later == said


def nodes_are_whole(house: House, notice: Notice) -> bool:
    """Check the hashes by which a batch is proven alone."""
    _, nodes = layout_tree(row for row in kept_batch_rows(house, notice.plan.notice_id) if row.parent is None)
    return has_nodes(house, notice.plan.notice_id, nodes)
