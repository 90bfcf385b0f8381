"""What is worth a page, and who is paged when: an alarm for each thing that stands still, a step for each quarter of an hour."""

from __future__ import annotations

from datetime import timedelta

import pytest

from incident.core import events as e
from incident.core.alarms import Alarm, Limits, alarms
from incident.core.paging import QUIET, Policy, acknowledge, due_pages, open_pages, over
from incident.errors import BadInputError, NotFoundError
from tests.core import histories as h
from tests.core.histories import ADA, hours, made, state_of

WAITING = (*h.TO_LETTERS, ("tocsin", h.REQUESTED))
DOUBT = (*h.TO_PLANNED, h.intended(0, (0, 1, 2)), h.answered(0, (0, 1, 2), "uncertain", "uncertain"))
STOPPED = (*h.TO_PLANNED, h.intended(0, (0, 1, 2)), h.answered(0, (0, 1, 2), "stopped", "planned"))
FORCED = made(e.ApprovalForced, approval_id="A1", expires_at=hours(99))
LATE_FILING = made(e.DeadlineMissed, obligation_id="gdpr", due_at=hours(72))


def subjects(steps, now: float, **limits: float) -> list[str]:
    given = Limits(**{name: timedelta(hours=n) for name, n in {"stalled": 999, **limits}.items()})
    return [alarm.subject for alarm in alarms(state_of(*steps), hours(now), given)]


@pytest.mark.parametrize(
    ("steps", "now", "expected"),
    [
        ((h.OPENED,), 100, []),
        ((h.OPENED, h.BECAME), 20, []),
        ((h.OPENED, h.BECAME), 25, ["promise:24h"]),
        ((h.OPENED, h.BECAME), 27, ["promise:24h", "safe_send:4h"]),
        ((h.OPENED, h.BECAME), 40, ["promise:12h", "safe_send:past"]),
        ((h.OPENED, h.BECAME), 47, ["promise:2h", "safe_send:past"]),
        ((h.OPENED, h.BECAME), 49, ["promise:late"]),
        ((*h.TO_COHORT, LATE_FILING), 20, ["late:gdpr"]),
        (WAITING, 15, ["approval:waiting"]),
        (WAITING, 13, []),
        ((*WAITING, FORCED), 13, ["emergency:A1"]),
        (STOPPED, 18, ["sending:stopped"]),
        (DOUBT, 15.5, []),
        (DOUBT, 18.5, ["uncertain:waiting"]),
        (h.TO_SENT, 15.5, []),
        (h.TO_SENT, 18.5, ["webhook:silent"]),
        (h.TO_TOLD, 47, []),
        (h.TO_CLOSED, 100, []),
    ],
)
def test_what_is_worth_a_page(steps, now, expected):
    assert subjects(steps, now) == expected


def test_a_run_that_does_not_run_is_stalled():
    assert subjects(h.TO_APPROVED, 14, stalled=1) == ["run:stalled"]
    assert subjects(h.TO_APPROVED, 12.5, stalled=1) == []
    paged = made(e.PageSent, subject="run:stalled", to="on_call", times=1)
    assert subjects((*h.TO_APPROVED, paged), 14, stalled=1) == ["run:stalled"], "a page is no movement"


def test_every_sentence_says_something_and_names_nobody():
    for steps, now in ((DOUBT, 40), (STOPPED, 49), (WAITING, 40), (h.TO_SENT, 40)):
        for alarm in alarms(state_of(*steps), hours(now), Limits()):
            assert len(alarm.sentence) > 15
            assert "@" not in alarm.sentence


# ---------------------------------------------------------------- who is paged, and when again
ALARM = Alarm("promise:24h", "customers are not all told")
POLICY = Policy(timedelta(minutes=15), timedelta(minutes=30), timedelta(hours=4), timedelta(minutes=5))


def page(at: float, to: str = "on_call", times: int = 1, *, reached: bool = True) -> tuple[float, object]:
    """A page at so many minutes after the tenth hour."""
    event = made(e.PageSent, subject=ALARM.subject, sentence="x", reached=reached, to=to, times=times)
    return at, event


def acked(at: float) -> tuple[float, object]:
    return at, made(e.PageAcknowledged, subject=ALARM.subject)


def cleared(at: float) -> tuple[float, object]:
    return at, made(e.PageCleared, subject=ALARM.subject)


def state_at(*steps):
    from incident.core.folding import fold
    from incident.core.state import Recorded

    entries = [
        Recorded(seq, "ada", hours(10) + timedelta(minutes=at), hours(10), event)
        for seq, (at, event) in enumerate([(-600, h.OPENED), *steps])
    ]
    return fold("INC-1", entries)


@pytest.mark.parametrize(
    ("past", "minute", "expected", "why"),
    [
        ([], 0, ("on_call", 1), "new: on-call first"),
        ([page(0)], 14, None, "once per state; wait for notice"),
        ([page(0)], 15, ("officer", 2), "nobody took notice: the officers too"),
        ([page(0), page(15, "officer", 2)], 29, None, "wait again"),
        ([page(0), page(15, "officer", 2)], 30, ("all", 3), "then everybody"),
        ([page(0), page(15, "officer", 2), page(30, "all", 3)], 59, None, "everybody was told: only repeat"),
        ([page(0), page(15, "officer", 2), page(30, "all", 3)], 60, ("all", 4), "and again"),
        ([page(0, reached=False)], 4, None, "nothing got through: not at once"),
        ([page(0, reached=False)], 5, ("on_call", 2), "but soon"),
        ([page(0), acked(3)], 200, None, "somebody took notice"),
        ([page(0), acked(3)], 243, ("on_call", 2), "that was long ago"),
        ([page(0), acked(3), cleared(20)], 30, ("on_call", 1), "it came back: a new page"),
        ([page(0), cleared(20)], 21, ("on_call", 1), "it came back"),
    ],
)
def test_when_a_page_is_sent(past, minute, expected, why):
    found = due_pages(state_at(*past), [ALARM], hours(10) + timedelta(minutes=minute), POLICY)
    assert [(one.to, one.times) for one in found] == ([expected] if expected else []), why


def test_a_drill_is_quiet():
    for minute in (15, 60, 6000):
        assert due_pages(state_at(page(0)), [ALARM], hours(10) + timedelta(minutes=minute), QUIET) == ()


def test_a_thousand_looks_are_a_handful_of_pages():
    steps, sent = [], 0
    for minute in range(240):
        for due in due_pages(state_at(*steps), [ALARM], hours(10) + timedelta(minutes=minute), POLICY):
            steps.append(page(minute, due.to, due.times))
            sent += 1
    assert sent == 3 + (240 - 31) // 30


def test_what_is_over_is_cleared_once():
    state = state_at(page(0))
    assert over(state, [ALARM]) == ()
    assert [one.subject for one in over(state, [])] == [ALARM.subject]
    assert over(state_at(page(0), cleared(1)), []) == ()


def test_taking_notice():
    state = state_at(page(0))
    assert open_pages(state) == (ALARM.subject,)
    (one,) = acknowledge(state, actor=ADA, subject=None, note="on it")
    assert (one.subject, one.note) == (ALARM.subject, "on it")
    assert open_pages(state_at(page(0), acked(1))) == ()
    with pytest.raises(NotFoundError, match="no page waits"):
        acknowledge(state_at(), actor=ADA, subject=None, note="on it")
    with pytest.raises(NotFoundError, match="open: promise:24h"):
        acknowledge(state, actor=ADA, subject="promise:2h", note="on it")
    with pytest.raises(BadInputError):
        acknowledge(state, actor=ADA, subject=None, note=" ")
