"""A flood about people far apart is told in several entries: one alone would be too large for the ledger."""

from __future__ import annotations

from incident.core.signals import Reported, Signal
from incident.ledger.entry import MAX_ENTRY_BYTES
from incident.service import reporting
from tests.fakes.mailer import FakeMailer


def test_a_flood_is_cut_into_entries_and_everybody_counts_once(played, monkeypatch):
    monkeypatch.setattr(reporting, "AT_ONCE", 5)
    scene = played("to_approved_for_fake").using(mailer=FakeMailer())
    scene.turn(4.5)
    scene.run()
    notice_id, now = scene.state.notice.plan.notice_id, scene.house.clock.now()
    events = [Reported(f"ev-{p}", f"{notice_id}-{p}", Signal.DELIVERED, now, None, b"{}") for p in range(12)]
    taken = reporting.take_in(scene.house, events, source_sha256="0" * 64)
    assert (taken.events, taken.new, taken.moved) == (12, 12, 12)
    assert scene.kinds.count("deliveries:advanced") == 3
    assert scene.state.notice.tally["delivered"] == 12


def test_the_positions_of_one_entry_fit_into_it_however_scattered():
    assert reporting.AT_ONCE * len("9999999,") < MAX_ENTRY_BYTES * 0.9
