"""The one byte form of the documents that are hashed: letters, filing packs, questions, cohorts."""

from __future__ import annotations

import json


def canonical(document: object) -> bytes:
    """Return one line of JSON with sorted keys and no spare space, in UTF-8; unknown is null."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
