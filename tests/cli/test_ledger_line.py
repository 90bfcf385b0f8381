"""The line of the ledger in `tocsin status`: what is not signed in time is said."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from incident.cli.ledger_line import LedgerSeen
from incident.core.anchors import LedgerGlance

NOW = datetime(2026, 3, 10, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("entries", "signed", "ago", "words"),
    [
        (10, 10, timedelta(days=9), None),
        (10, 7, timedelta(seconds=50), None),
        (10, 7, timedelta(minutes=3), "3 UNSIGNED"),
        (10, 0, None, "10 UNSIGNED"),
    ],
)
def test_entries_that_wait_too_long_for_a_signature_are_counted(entries, signed, ago, words):
    line = LedgerSeen(LedgerGlance(entries, signed, NOW - ago if ago else None, {}), (), NOW).line()
    assert (words in line) if words else "UNSIGNED" not in line
