"""The ladder: the first rung that is possible, untried and in time; the quickest one when none is in time any more."""

from __future__ import annotations

from itertools import product

import pytest

from incident.core.events.going import LEAD_MINUTES
from incident.core.ladder import Channel, Contacts, next_rung
from tests.core.histories import hours

ALL = Contacts(second_address=True, phone=True, name=True)
PHONE = Contacts(second_address=False, phone=True, name=True)
NAME = Contacts(second_address=False, phone=False, name=True)
NOTHING = Contacts(second_address=False, phone=False, name=False)
DUE = hours(48)


@pytest.mark.parametrize(
    ("contacts", "tried", "now", "channel", "start_by", "late", "why"),
    [
        (ALL, "", 10, Channel.SECOND_ADDRESS, 46, False, "the first rung"),
        (PHONE, "", 10, Channel.SMS, 46, False, "no second address"),
        (PHONE, "sms", 10, Channel.PHONE, 42, False, "the text was not answered"),
        (PHONE, "sms phone", 10, Channel.LETTER, 36, False, "nobody picks up"),
        (NAME, "", 10, Channel.LETTER, 36, False, "only a name"),
        (NOTHING, "", 10, Channel.SUBSTITUTE, 36, False, "nothing leads to them"),
        (PHONE, "sms", 43, Channel.PHONE, 42, True, "too late for each: the quickest is left"),
        (ALL, "", 45, Channel.SECOND_ADDRESS, 46, False, "still in time"),
        (ALL, "second_address", 45, Channel.SMS, 46, False, "still in time"),
        (NAME, "", 37, Channel.LETTER, 36, True, "the post is late, and so is all else"),
        (
            ALL,
            "second_address sms phone letter substitute",
            10,
            None,
            None,
            None,
            "all tried: a person decides",
        ),
        (NAME, "letter", 10, Channel.SUBSTITUTE, 36, False, "came back"),
    ],
)
def test_the_next_rung(contacts, tried, now, channel, start_by, late, why):
    rung = next_rung(contacts, tried=frozenset(tried.split()), deadline_at=DUE, now=hours(now))
    if channel is None:
        assert rung is None, why
    else:
        assert (rung.channel, rung.start_by, rung.late) == (channel, hours(start_by), late), why


def test_without_a_clock_nothing_is_late():
    rung = next_rung(ALL, tried=frozenset(), deadline_at=None, now=hours(1000))
    assert (rung.channel, rung.start_by, rung.late) == (Channel.SECOND_ADDRESS, None, False)


def test_a_channel_that_we_do_not_have_is_no_rung():
    leads = {name: lead for name, lead in LEAD_MINUTES.items() if name != "sms"}
    assert (
        next_rung(PHONE, tried=frozenset(), deadline_at=DUE, now=hours(1), leads=leads).channel
        is Channel.PHONE
    )


def test_everybody_has_a_next_rung_until_the_last_was_tried():
    for second, phone, name in product((True, False), repeat=3):
        tried: set[str] = set()
        contacts = Contacts(second, phone, name)
        while rung := next_rung(contacts, tried=frozenset(tried), deadline_at=DUE, now=hours(1)):
            assert rung.channel not in tried
            tried.add(rung.channel.value)
        assert "substitute" in tried
