"""What is asked before an incident: unknown stays unknown, a second person is needed, old answers go stale."""

from __future__ import annotations

from datetime import date

import pytest

from incident.core.profile import SnapshotProfile
from incident.core.readiness import Asked, Someone, Standing, of_days, of_lives, of_people, of_questions


def someone(handle: str, *, on_call: bool = False, approves: bool = False, phone: bool = True) -> Someone:
    return Someone(handle, on_call, approves, has_email=True, has_phone=phone)


@pytest.mark.parametrize(
    ("people", "on_call", "four_eyes"),
    [
        ([], Standing.MISSING, Standing.MISSING),
        ([someone("ada", on_call=True)], Standing.OK, Standing.MISSING),
        ([someone("ada", on_call=True, approves=True)], Standing.OK, Standing.MISSING),  # nobody but herself
        (
            [someone("ada", on_call=True), someone("grace", approves=True)],
            Standing.OK,
            Standing.WEAK,
        ),  # grace is ill
        ([someone("grace", approves=True)], Standing.MISSING, Standing.WEAK),
        (
            [someone("ada", on_call=True, approves=True), someone("grace", approves=True)],
            Standing.OK,
            Standing.OK,
        ),
    ],
)
def test_two_people_are_needed(people, on_call, four_eyes):
    found = {check.name: check.standing for check in of_people(people)}
    assert (found["on call"], found["four eyes"]) == (on_call, four_eyes)


def test_who_has_no_telephone_is_named_by_handle():
    weak = [
        c
        for c in of_people([someone("ada", on_call=True, phone=False), someone("bob", phone=False)])
        if c.name.startswith("reaching")
    ]
    assert [(c.name, c.standing) for c in weak] == [("reaching ada", Standing.WEAK)]


@pytest.mark.parametrize(
    ("want", "answer", "standing"),
    [
        (True, None, Standing.UNKNOWN),
        (True, True, Standing.OK),
        (True, False, Standing.WEAK),
        (False, False, Standing.OK),
        (90, None, Standing.UNKNOWN),
        (90, 90, Standing.OK),
        (90, 30, Standing.WEAK),
        (1, True, Standing.WEAK),  # "yes" is no number of days
        (True, 1, Standing.WEAK),
    ],
)
def test_an_answer_is_good_weak_or_unknown(want, answer, standing):
    (check,) = of_questions([Asked("bunny_cdn", "kept_days", "How long?", want, "gone", answer)])
    assert (check.standing, check.name) == (standing, "bunny_cdn.kept_days")
    assert ("gone" in check.said) == (standing is not Standing.OK)


def test_what_dies_before_the_promise_is_over_is_named():
    snapshots = [SnapshotProfile(f"{h}", (), h, (), "") for h in (47, 48, 1)] + [
        SnapshotProfile("no end", (), None, (), "")
    ]
    assert [c.name for c in of_lives({"a": snapshots}, 48)] == ["a: 47", "a: 1"]


@pytest.mark.parametrize(
    ("done_on", "standing"),
    [
        (None, Standing.UNKNOWN),
        (date(2025, 11, 28), Standing.OK),  # 365 days before
        (date(2025, 11, 27), Standing.WEAK),
        (date(2026, 11, 29), Standing.WEAK),  # tomorrow
    ],
)
def test_a_day_goes_stale(done_on, standing):
    (check,) = of_days({"drill_on": (done_on, "Because.")}, date(2026, 11, 28))
    assert check.standing is standing
