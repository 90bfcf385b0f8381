"""The plan is recorded when it changes materially, contracts are clocks like others, and pages are taken notice of."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from incident.core import events as e
from incident.core.alarms import Limits
from incident.core.contracts import ContractTerms
from incident.core.paging import Paged, Policy
from incident.errors import NotFoundError
from incident.service import ahead
from incident.service.house import history
from incident.service.paging import take_notice
from incident.service.responding import claim, watch_tick
from tests.builders.house import AWARE_AT, Scene


class Bell:
    """A pager that remembers; fails while told to."""

    def __init__(self) -> None:
        self.rung: list[tuple[str, str, str]] = []
        self.broken = False

    def page(self, subject: str, body: str, *, to: str) -> Paged:
        """Remember."""
        self.rung.append((to, subject, body))
        return Paged((), ("bell",)) if self.broken else Paged(("bell",), ())


def real(scene: Scene, **profile) -> tuple[Scene, Bell]:
    """Return the scene with a bell, as in no drill."""
    bell = Bell()
    house = scene.house
    return scene.using(pager=bell, profile=replace(house.profile, drill=False, **profile)), bell


def tick(scene: Scene) -> None:
    watch_tick(scene.house, starter=None, owner="WATCH-1")


def plans(scene: Scene) -> list[e.SendPlanDetermined]:
    events = (one.event for one in history(scene.house, scene.incident_id))
    return [event for event in events if isinstance(event, e.SendPlanDetermined)]


def test_the_plan_is_recorded_with_the_clock_with_the_cohort_and_then_not_again(played):
    scene = played("to_cohort")
    tick(scene)
    assert [plan.people for plan in plans(scene)] == [12]
    tick(scene)
    assert len(plans(scene)) == 1
    assert scene.state.send_plan.working.startswith("promise due Thu 2026-03-12 05:00:00 UTC")


def test_other_settings_and_a_corrected_clock_change_it(played):
    scene = played("to_request")
    before = scene.state.send_plan
    slower = replace(scene.house.profile.planning, settle_minutes=600)
    scene = scene.using(profile=replace(scene.house.profile, planning=slower))
    assert ahead.determine_if_changed(scene.house, scene.incident_id)
    assert scene.state.send_plan.latest_safe_at == before.latest_safe_at - timedelta(hours=6)
    from incident.service import opening

    earlier = AWARE_AT - timedelta(hours=3)
    opening.decide_awareness(
        scene.house, scene.incident_id, actor=scene.ada, became_aware_at=earlier, because="an earlier alarm"
    )
    scene.run()
    assert scene.state.send_plan.latest_safe_at == before.latest_safe_at - timedelta(hours=9)


def test_it_says_when_everything_is_handed_over(played):
    scene = played("to_approved")
    scene.run()
    tick(scene)
    assert scene.state.send_plan.standing == "handed_over"


@pytest.mark.parametrize(
    ("tell", "recipient", "deadline_of"),
    [("people", "customer", "contract:acme"), ("business_customer", "business_customer", "promise")],
)
def test_a_contract_is_a_clock_of_its_own(fresh, tell, recipient, deadline_of):
    terms = ContractTerms("acme", "Acme Corp", 24, "became_aware_at", tell, "security portal", "DPA, 7.2")
    scene = fresh.using(profile=replace(fresh.house.profile, contracts=(terms,))).open()
    scene.run()
    duty = scene.state.obligations["contract:acme"].arose
    assert (duty.recipient, duty.due_at, duty.citation) == (
        recipient,
        AWARE_AT + timedelta(hours=24),
        "DPA, 7.2",
    )
    assert duty.derivation.endswith("+ 24 elapsed hours = Wed 2026-03-11 05:00:00 UTC")
    assert scene.state.send_plan.deadline_of == deadline_of


def test_a_contract_waits_for_the_moment_that_starts_it(fresh):
    terms = ContractTerms("acme", "Acme Corp", 24, "detected_at", "people", "", "")
    scene = fresh.using(profile=replace(fresh.house.profile, contracts=(terms,))).open()
    scene.run()
    duty = scene.state.obligations["contract:acme"].arose
    assert duty.due_at == AWARE_AT - timedelta(minutes=16) + timedelta(hours=24)


# ---------------------------------------------------------------- pages
def test_a_page_goes_up_until_somebody_takes_notice(played):
    scene, bell = real(played("to_request"), paging=Policy(timedelta(minutes=15), timedelta(minutes=30)))
    for minute in range(0, 50, 5):
        scene.turn(36.1 + minute / 60)
        tick(scene)
    tiers = [to for to, subject, _body in bell.rung if "promise" in subject]
    assert tiers == ["on_call", "officer", "all"]
    assert scene.state.pages["promise:12h"].times == 3
    take_notice(scene.house, scene.incident_id, actor=scene.ada, subject=None, note="writing to them")
    before = len(bell.rung)
    for minute in range(50, 200, 10):
        scene.turn(36.1 + minute / 60)
        tick(scene)
    assert len(bell.rung) == before
    assert scene.kinds.count("page:acknowledged") >= 1
    with pytest.raises(NotFoundError):
        take_notice(scene.house, scene.incident_id, actor=scene.ada, subject="promise:24h", note="seen")


def test_many_alarms_are_one_message(played):
    scene, bell = real(played("to_request"))
    scene.turn(80)
    tick(scene)
    late = [subject for subject, page in scene.state.pages.items() if page.cleared_at is None]
    assert len(late) > 3
    ((to, subject, body),) = bell.rung
    assert (to, subject.endswith(f"and {len(late) - 1} more")) == ("on_call", True)
    assert body.splitlines()[-1] == f"Take notice: tocsin ack {scene.incident_id}"


def test_past_safe_send_pages_with_its_sum_and_is_over_when_sent(played):
    scene, bell = real(played("to_approved"), paging=Policy(repeat=None))
    scene.turn(47)
    tick(scene)
    (line,) = [line for line in bell.rung[0][2].splitlines() if line.startswith("PAST SAFE SEND")]
    assert "12 people at 10 a second" in line
    tick(scene)
    assert scene.state.pages["safe_send:past"].cleared_at is not None


def test_a_page_that_reached_nobody_is_tried_again_soon(played):
    scene, bell = real(played("to_request"))
    bell.broken = True
    scene.turn(36.1)
    tick(scene)
    assert scene.last(e.PageSent).failed == ("bell",)
    first = len(bell.rung)
    scene.turn(36.1 + 3 / 60)
    tick(scene)
    assert len(bell.rung) == first
    bell.broken = False
    scene.turn(36.1 + 6 / 60)
    tick(scene)
    assert len(bell.rung) == first + 1
    assert scene.state.pages["promise:12h"].reached


def test_two_watches_page_once(played):
    scene, bell = real(played("to_request"))
    scene.turn(36.1)
    assert claim(replace(scene.house), f"{scene.incident_id}/watch", owner="WATCH-2")
    tick(scene)
    assert bell.rung == []


def test_the_watch_leaves_a_heartbeat(played):
    scene = played("to_request")
    tick(scene)
    left = json.loads((scene.folder / "heartbeat.json").read_text())
    assert (left["incidents"], left["failed"]) == (1, 0)


def test_limits_come_from_the_settings(played):
    scene, _ = real(played("to_request"), watching=Limits(approval=timedelta(hours=1)))
    scene.turn(6)
    tick(scene)
    assert "approval:waiting" in scene.state.pages
