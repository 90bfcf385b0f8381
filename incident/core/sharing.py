"""Into how many shares a send is split, so that several workers send it side by side under one pace.

Shares are a matter of speed alone: each run begins with its own batches and then helps the others, and each batch is
taken by one run, in the database. A run that dies leaves its share to the rest.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SharingTerms:
    """How many runs may send together, and how many batches each must find worth its start."""

    runs: int = 1
    least_batches: int = 50


def shares(batches: int, terms: SharingTerms) -> int:
    """Return how many runs send so many batches together; one where sharing is not worth the start of a process."""
    return max(1, min(terms.runs, batches // terms.least_batches))
