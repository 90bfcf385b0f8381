"""Two stages, pause and stop on a real store: nobody is written to before what went first was looked at."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from incident.core import events as e
from incident.core.canary import CanaryTerms
from incident.core.deliveries import Signal
from incident.core.mailing import Accepted, Refused, Uncertain
from incident.core.signals import Reported
from incident.core.uncertainty import UncertainPolicy, Unresolved, resend_at
from incident.errors import PermanentError, RefusedError
from incident.service import letting_go
from incident.service.reporting import take_in
from incident.service.resolving import resolve_by_policy
from tests.builders.house import AWARE_AT, Scene
from tests.fakes.mailer import FakeMailer

HOSTS = frozenset({"imajinn.ai", "example.org"})
TERMS = CanaryTerms(("ada@example.org", "grace@example.org"), 3, 15, 34, HOSTS)


def planned(played, mailer=None, terms: CanaryTerms = TERMS, **profile) -> tuple[Scene, FakeMailer]:
    """Return approved letters under a two-stage go, for a fake provider, in batches of two."""
    mailer = mailer or FakeMailer()
    scene = played("to_approved_for_fake").using(mailer=mailer)
    scene = scene.using(profile=replace(scene.house.profile, canary=terms, batch_people=2, **profile))
    scene.turn(4.5)
    return scene, mailer


def tally(scene: Scene) -> dict[str, int]:
    noted = {state: n for state, n in scene.state.notice.tally.items() if n}
    with scene.house.store.reading() as tx:
        assert dict(tx.people.count_deliveries(scene.state.notice.plan.notice_id)) == noted
    return noted


def seeds_and_people(mailer: FakeMailer) -> tuple[list[str], list[str]]:
    seeds = [one for one in mailer.accepted if "-seed-" in one]
    return seeds, [one for one in mailer.accepted if "-seed-" not in one]


def report(scene: Scene, signal: Signal, *delivery_ids: str) -> None:
    now = scene.house.clock.now()
    events = [Reported(f"{signal}-{one}", one, signal, now, None, b"{}") for one in delivery_ids]
    take_in(scene.house, events, source_sha256="0" * 64)


def test_seeds_then_a_slice_then_the_rest(played):
    scene, mailer = planned(played)
    scene.run()
    seeds, people = seeds_and_people(mailer)
    assert people == []
    assert len(seeds) == 2 * len(scene.state.letters)
    assert tally(scene) == {"held": 12}
    scene.run()
    assert seeds_and_people(mailer)[1] == [], "nobody has seen the seeds' letters arrive"
    report(scene, Signal.DELIVERED, seeds[0])
    scene.run()
    first = seeds_and_people(mailer)[1]
    assert 3 <= len(first) < 12
    assert tally(scene) == {"held": 12 - len(first), "accepted": len(first)}
    scene.run()
    assert len(seeds_and_people(mailer)[1]) == len(first), "the slice is watched"
    report(scene, Signal.DELIVERED, *first)
    scene.run()
    everybody = seeds_and_people(mailer)[1]
    assert len(everybody) == len(set(everybody)) == 12
    assert [kind for kind in scene.kinds if kind.startswith("canary")] == [
        "canary:planned", "canary:intended", "canary:sent", "canary:observed", "canary:passed", "canary:passed"
    ]  # fmt: skip


class Killed(BaseException):
    """The process ends."""


class DiesOnce(FakeMailer):
    def send(self, batch):
        answer = super().send(batch)
        if len(self.calls) == 1:
            raise Killed
        return answer


def test_a_crash_among_the_seeds_sends_none_of_them_twice_and_a_person_looks(played):
    scene, mailer = planned(played, DiesOnce())
    with pytest.raises(Killed):
        scene.run()
    waits = scene.run().waiting
    assert "resume" in [action.do for action in waits]
    scene.run()
    assert len(mailer.calls) == 1, "no letter to a seed left again"
    assert seeds_and_people(mailer)[1] == []
    assert "is not known" in scene.last(e.CanaryFailed).findings[0]
    letting_go.resume(scene.house, scene.incident_id, actor=scene.ada, reason="they arrived")
    scene.run()
    assert len(set(mailer.accepted)) == len(mailer.accepted)
    assert len(seeds_and_people(mailer)[1]) >= 3


def test_a_person_may_look_into_the_mailboxes(played):
    scene, mailer = planned(played)
    scene.run()
    letting_go.see_seeds(scene.house, scene.incident_id, actor=scene.ada, how="both arrived, no spam")
    scene.run()
    assert seeds_and_people(mailer)[1]


@pytest.mark.parametrize(
    ("script", "terms", "words"),
    [
        ((Refused("550"),), TERMS, "were not taken"),
        ((Accepted("m"),), replace(TERMS, hosts=frozenset()), "not an allowed host"),
    ],
    ids=["refused", "a foreign link"],
)
def test_a_canary_that_fails_stops_everything_until_a_person_decides(played, script, terms, words):
    scene, mailer = planned(played, FakeMailer(*script), terms)
    if "foreign" in words or "host" in words:
        scene = scene.using(profile=replace(scene.house.profile, website=""))
    scene.run()
    scene.run()
    assert words in "; ".join(scene.last(e.CanaryFailed).findings)
    assert seeds_and_people(mailer)[1] == []
    assert tally(scene) == {"held": 12}
    letting_go.resume(scene.house, scene.incident_id, actor=scene.ada, reason="the mailbox was full")
    scene.run()
    assert seeds_and_people(mailer)[1]


def test_a_slice_that_comes_back_stops_the_rest(played):
    scene, mailer = planned(played, terms=replace(TERMS, seeds=()))
    scene.run()
    first = seeds_and_people(mailer)[1]
    report(scene, Signal.BOUNCED, *first)
    scene.run()
    assert "were not reached" in scene.last(e.CanaryFailed).findings[0]
    assert len(seeds_and_people(mailer)[1]) == len(first)
    letting_go.halt(scene.house, scene.incident_id, actor=scene.grace, reason="the letter is wrong")
    assert tally(scene) == {"cancelled": 12 - len(first), "bounced": len(first)}
    scene.run()
    assert len(seeds_and_people(mailer)[1]) == len(first)
    with pytest.raises(RefusedError, match="for good"):
        letting_go.resume(scene.house, scene.incident_id, actor=scene.ada, reason="again")


class PausingMailer(FakeMailer):
    """A provider during whose second call somebody pauses, or stops."""

    def __init__(self) -> None:
        super().__init__()
        self.hook = None

    def send(self, batch):
        outcome = super().send(batch)
        if len(self.calls) == 2 and self.hook:
            self.hook()
        return outcome


@pytest.mark.parametrize("stop", [False, True], ids=["pause", "stop"])
def test_between_two_batches_a_person_can_hold_it_up(played, stop):
    mailer = PausingMailer()
    scene, _ = planned(played, mailer, CanaryTerms())
    hold = letting_go.halt if stop else letting_go.pause
    mailer.hook = lambda: hold(scene.house, scene.incident_id, actor=scene.ada, reason="a wrong name")
    with pytest.raises(PermanentError, match="a wrong name"):
        scene.run()
    taken = len(mailer.accepted)
    assert 0 < taken < 12
    assert tally(scene) == {"cancelled" if stop else "planned": 12 - taken, "accepted": taken}
    scene.run()
    assert len(mailer.accepted) == taken
    if not stop:
        letting_go.resume(scene.house, scene.incident_id, actor=scene.ada, reason="the name is right")
        scene.run()
        assert tally(scene) == {"accepted": 12}
        assert len(mailer.accepted) == len(set(mailer.accepted)) == 12


# ---------------------------------------------------------------- doubts
POLICY = UncertainPolicy(Unresolved.RESEND_IF_DEADLINE, timedelta(minutes=60))


def doubted(played, policy: UncertainPolicy) -> tuple[Scene, FakeMailer]:
    scene, mailer = planned(played, FakeMailer(Uncertain("no answer")), CanaryTerms(), uncertain=policy)
    scene.run()
    assert tally(scene)["uncertain"] == 2
    return scene, mailer


def test_by_default_only_a_person_ends_a_doubt(played):
    scene, mailer = doubted(played, UncertainPolicy())
    scene.turn(47)
    assert resolve_by_policy(scene.house, scene.incident_id) == 0
    scene.run()
    assert tally(scene)["uncertain"] == 2
    assert len(mailer.accepted) == 10


def test_the_policy_waits_for_its_horizon_and_for_the_deadline(played):
    scene, mailer = doubted(played, POLICY)
    last = resend_at(scene.state)
    assert last == AWARE_AT + timedelta(hours=48 - 4 - 12)
    for hours in (5, 30, 31.9):
        scene.turn(hours)
        assert resolve_by_policy(scene.house, scene.incident_id) == 0
    scene.turn(32)
    assert resolve_by_policy(scene.house, scene.incident_id) == 1
    resolved = scene.last(e.BatchResolved)
    assert (resolved.accepted, resolved.by) == (False, "policy")
    assert "possible duplicate" in resolved.how
    assert resolve_by_policy(scene.house, scene.incident_id) == 0
    scene.run()
    assert tally(scene) == {"accepted": 12}
    assert len(mailer.accepted) == 12


def test_the_policy_holds_in_every_run_not_in_the_watch_alone(played):
    scene, mailer = doubted(played, POLICY)
    scene.turn(32)
    assert "as possible duplicates" in scene.run().done[0]
    assert len(mailer.accepted) == 12


def test_late_doubts_wait_for_the_horizon_too(played):
    scene, _ = planned(played, FakeMailer(Uncertain("no answer")), CanaryTerms(), uncertain=POLICY)
    scene.turn(33)
    scene.run()
    assert resolve_by_policy(scene.house, scene.incident_id) == 0
    scene.turn(34.1)
    assert resolve_by_policy(scene.house, scene.incident_id) == 1
