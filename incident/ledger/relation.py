"""How a tree stands to a checkpoint that somebody kept outside: it holds it, it is older, or it is another history.

Where such checkpoints are kept, and what follows from the answer, is left to others.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from incident.ledger.proving import root_at

if TYPE_CHECKING:
    from incident.ledger.checkpoint import Checkpoint
    from incident.ledger.proving import Tree


class Relation(StrEnum):
    """What a checkpoint kept outside says about a tree."""

    HELD = "held"
    BEHIND = "behind"
    OTHER_HISTORY = "other_history"


def relation(tree: Tree, checkpoint: Checkpoint) -> Relation:
    """Compare a tree with a checkpoint whose signature was checked before."""
    if checkpoint.size > tree.size:
        return Relation.BEHIND
    same = root_at(tree, checkpoint.size) == checkpoint.root
    return Relation.HELD if same else Relation.OTHER_HISTORY
