"""Sending and settling: intent first, every answer recorded, doubts resolved once, nobody called twice."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta

import pytest

from incident.core import events as e
from incident.core import spans
from incident.core.deliveries import Signal
from incident.core.mailing import Accepted, Mixed, NotSent, Refused, Split, Stop, Uncertain
from incident.core.pacing import Limits
from incident.core.signals import Reported
from incident.errors import BadInputError, LostCommitError, PermanentError, RefusedError, TransientError
from incident.service import planning, reporting, sending, settling
from tests.builders.house import AWARE_AT, KEY, Scene, to_provider
from tests.builders.house import scene as scene_in
from tests.builders_mail import running_standin
from tests.fakes.mailer import FakeMailer


def told_by(played, *script, **options) -> tuple[Scene, FakeMailer]:
    """Return what was approved for a fake provider, which gives these answers first."""
    mailer = FakeMailer(*script, **options)
    scene = played("to_approved_for_fake").using(mailer=mailer)
    profile = replace(scene.house.profile, pace=Limits(break_after=99))
    scene = scene.using(profile=profile)
    scene.turn(4.5)
    return scene, mailer


def doubted(scene: Scene) -> list[int]:
    """Return the batches in doubt."""
    return [n for n, batch in scene.state.notice.batches.items() if batch.state == "uncertain"]


def tally(scene: Scene) -> dict[str, int]:
    """Return how many people are in each state, the ledger and the rows agreeing."""
    noted = {state: n for state, n in scene.state.notice.tally.items() if n}
    with scene.house.store.reading() as tx:
        assert dict(tx.people.count_deliveries(scene.state.notice.plan.notice_id)) == noted
    return noted


def event(
    scene: Scene, position: int, signal: Signal, number: int = 1, reason: str | None = None
) -> Reported:
    notice_id = scene.state.notice.plan.notice_id
    return Reported(
        f"ev-{notice_id}-{position}-{signal}-{number}", f"{notice_id}-{position}", signal, scene.house.clock.now(), reason, b"{}"
    )  # fmt: skip


def take_in(scene: Scene, *events: Reported):
    return reporting.take_in(scene.house, events, source_sha256="0" * 64)


def biggest_batch(scene: Scene) -> tuple[int, list[int]]:
    """Return the batch with the most people, and their positions."""
    with scene.house.store.reading() as tx:
        rows = tx.people.deliveries(scene.state.notice.plan.notice_id)
    number, _ = Counter(row.batch for row in rows).most_common(1)[0]
    return number, [row.position for row in rows if row.batch == number]


# ---------------------------------------------------------------- answers
def test_everyone_is_called_once_and_settles_by_the_providers_events(played):
    scene, mailer = told_by(played)
    scene.run()
    assert tally(scene) == {"accepted": 12}
    assert len(mailer.accepted) == len(set(mailer.accepted)) == 12
    assert scene.state.obligations["promise"].met_at is None
    take_in(scene, *(event(scene, position, Signal.DELIVERED) for position in range(12)))
    scene.run()
    assert tally(scene) == {"delivered": 12}
    assert scene.state.obligations["promise"].met_at == scene.state.notice.last_accepted_at
    assert len(mailer.calls) == len(set(mailer.calls))


def test_the_intent_is_recorded_before_the_call(played):
    scene, mailer = told_by(played)
    recorded_at_call = []

    class Looking:
        """A provider that looks into the ledger when it is called."""

        name, settles_on, at_once = mailer.name, mailer.settles_on, 1

        def send(self, batch):
            known = scene.state.notice.batches[batch.number]
            recorded_at_call.append((known.state, spans.size(known.positions), len(batch.recipients)))
            return mailer.send(batch)

    scene.using(mailer=Looking()).run()
    assert recorded_at_call
    assert all(state == "intent" and noted == called for state, noted, called in recorded_at_call)


class Losing:
    """A store that loses every second commit of a turn: it was made, or it was not."""

    def __init__(self, store, *, kept: bool) -> None:
        self._store, self._kept = store, kept
        self._turns = self.lost = 0

    def __getattr__(self, name):
        return getattr(self._store, name)

    @contextmanager
    def begin(self, looking=None):
        self._turns += looking is not None
        losing = looking is not None and self._turns % 2 == 0
        self.lost += losing
        with self._store.begin(looking) as tx:
            yield tx
            if losing and not self._kept:
                raise LostCommitError("lost")
        if losing:
            raise LostCommitError("lost")


@pytest.mark.parametrize("at_once", [1, 3])
@pytest.mark.parametrize("kept", [True, False])
def test_a_commit_that_is_lost_is_looked_for_and_nobody_is_called_twice(played, kept, at_once):
    scene, mailer = told_by(played)
    mailer.at_once = at_once
    planning.plan(scene.house, scene.incident_id)
    store = Losing(scene.house.store, kept=kept)
    house = replace(scene.house, store=store)
    said = sending.send(house, scene.incident_id, progress=lambda _done, _all: None)
    assert said == "the provider accepted the letters of 12 people"
    assert store.lost > 1
    assert tally(scene) == {"accepted": 12}
    assert len(mailer.accepted) == len(set(mailer.accepted)) == 12
    assert len(mailer.calls) == len(set(mailer.calls)) == scene.kinds.count(e.BatchIntended.KIND)
    assert scene.kinds.count(e.BatchAnswered.KIND) == len(mailer.calls)


def test_asked_to_wait_it_waits_and_goes_on_where_it_was(played):
    scene, mailer = told_by(played, Accepted("m1"), NotSent("429 too many requests", 0.05))
    scene.run()
    assert tally(scene) == {"accepted": 12}
    assert len(mailer.accepted) == len(set(mailer.accepted)) == 12


def test_asked_to_wait_for_long_the_run_ends_and_the_next_one_goes_on(played):
    scene, mailer = told_by(played, Accepted("m1"), NotSent("429 too many requests", 900.0))
    with pytest.raises(TransientError, match="wait"):
        scene.run()
    first = tally(scene)
    assert first["planned"] + first["accepted"] == 12
    assert first["accepted"] >= 1
    with scene.house.store.begin() as tx:
        tx.batches.put_pace(replace(tx.batches.pace("fake"), not_before=None))
    scene.run()
    assert tally(scene) == {"accepted": 12}
    assert len(mailer.accepted) == len(set(mailer.accepted)) == 12


def test_refused_entry_it_stops_until_a_person_resumes(played):
    scene, mailer = told_by(played, Stop("401 unauthorized"))
    with pytest.raises(PermanentError, match="401"):
        scene.run()
    assert tally(scene) == {"planned": 12}
    assert len(mailer.calls) == 1
    waiting = scene.run()
    assert waiting.done == ()
    assert "resume" in [action.do for action in waiting.waiting]
    assert len(mailer.calls) == 1
    sending.resume(scene.house, scene.incident_id, actor=scene.ada, reason="a new key is in place")
    with pytest.raises(RefusedError, match="not stopped"):
        sending.resume(scene.house, scene.incident_id, actor=scene.ada)
    scene.run()
    assert tally(scene) == {"accepted": 12}


def test_one_refused_address_is_found_by_halving_and_the_others_are_told(played):
    scene, _ = told_by(played)
    blamed: list[str] = []

    class Picky(FakeMailer):
        """A provider that refuses a whole call for one address, and does not say which."""

        def send(self, batch):
            ids = [r.delivery_id for r in batch.recipients]
            if not blamed and len(ids) > 2:
                blamed.append(ids[-2])
            if blamed and blamed[0] in ids:
                self.calls.append(batch.attempt_id)
                return Refused("400 bad request")
            return super().send(batch)

    scene = scene.using(mailer=Picky())
    scene.run()
    assert tally(scene) == {"accepted": 11, "refused": 1}
    mailer = scene.house.mailer
    assert len(mailer.accepted) == len(set(mailer.accepted)) == 11
    assert blamed[0] not in mailer.accepted
    assert len(mailer.calls) == len(set(mailer.calls)), "an attempt has a name of its own"
    (line,) = settling.deliveries(scene.house, scene.incident_id, not_reached=True)
    assert line.state == "refused"


def test_blamed_addresses_are_refused_at_once_and_the_rest_is_sent_again(played):
    scene, mailer = told_by(played, Refused("400: first address", indexes=(0,)))
    scene.run()
    assert tally(scene) == {"accepted": 11, "refused": 1}
    assert len(mailer.accepted) == len(set(mailer.accepted)) == 11


def test_a_batch_that_is_too_large_is_split(played):
    scene, _ = told_by(played)

    class Narrow(FakeMailer):
        """A provider that takes letters to one person at a time."""

        def send(self, batch):
            return super().send(batch) if len(batch.recipients) == 1 else Split("413 too large")

    scene = scene.using(mailer=Narrow())
    scene.run()
    assert tally(scene) == {"accepted": 12}
    assert len(scene.house.mailer.accepted) == len(set(scene.house.mailer.accepted)) == 12


def test_a_letter_that_is_too_large_for_one_person_stops_the_run(played):
    scene, _ = told_by(played, *[Split("413 too large")] * 3)
    with pytest.raises(PermanentError, match="too large"):
        scene.run()
    assert tally(scene) == {"planned": 12}


# ---------------------------------------------------------------- doubt
def test_a_doubt_is_listed_and_not_sent_again(played):
    scene, mailer = told_by(played, Uncertain("timed out"), takes_anyway=True)
    result = scene.run()
    doubted = tally(scene)["uncertain"]
    assert "resolve_doubt" in [action.do for action in result.waiting]
    calls = len(mailer.calls)
    scene.run()
    assert len(mailer.calls) == calls
    assert tally(scene) == {"accepted": 12 - doubted, "uncertain": doubted}


@pytest.mark.parametrize(("accepted", "again"), [(True, 0), (False, 1)])
def test_a_person_resolves_a_doubt(played, accepted, again):
    scene, mailer = told_by(played, Uncertain("timed out"))
    scene.run()
    calls = len(mailer.calls)
    settling.resolve(
        scene.house,
        scene.incident_id,
        actor=scene.ada,
        batch=0,
        accepted=accepted,
        how="looked at the provider's site",
    )
    scene.run()
    assert len(mailer.calls) == calls + again
    assert tally(scene) == {"accepted": 12}
    with pytest.raises(RefusedError, match="not in doubt"):
        settling.resolve(scene.house, scene.incident_id, actor=scene.ada, batch=0, accepted=True, how="again")


def test_an_event_about_one_person_shows_that_the_whole_batch_was_taken(played):
    scene, mailer = told_by(played, *[Uncertain("timed out")] * 9)
    scene.run()
    assert tally(scene) == {"uncertain": 12}
    number, positions = biggest_batch(scene)
    assert len(positions) >= 2
    take_in(scene, event(scene, positions[0], Signal.DELIVERED))
    assert scene.state.notice.batches[number].state == "accepted"
    assert tally(scene) == {"delivered": 1, "accepted": len(positions) - 1, "uncertain": 12 - len(positions)}
    assert mailer.accepted == []


def test_a_doubt_about_part_of_a_batch_holds_up_that_batch_alone(played):
    scene, _mailer = told_by(played)
    planning.plan(scene.house, scene.incident_id)
    number, positions = biggest_batch(scene)
    people = {f"{scene.state.notice.plan.notice_id}-{position}" for position in positions}

    class Wavering(FakeMailer):
        """A provider that refuses a large call without blame, then answers its first half too late."""

        doubts = 0

        def send(self, batch):
            if batch.number == number and len(batch.recipients) == len(positions):
                self.calls.append(batch.attempt_id)
                return Refused("400")
            if {r.delivery_id for r in batch.recipients} <= people and not self.doubts:
                self.doubts += 1
                self.calls.append(batch.attempt_id)
                return Uncertain("timed out")
            return super().send(batch)

    scene = scene.using(mailer=Wavering())
    scene.run()
    half = max(1, len(positions) // 2)
    assert tally(scene) == {"accepted": 12 - half, "uncertain": half}
    (half_in_doubt,) = doubted(scene)
    settling.resolve(
        scene.house,
        scene.incident_id,
        actor=scene.ada,
        batch=half_in_doubt,
        accepted=False,
        how="the provider has no trace",
    )
    scene.run()
    assert tally(scene) == {"accepted": 12}
    assert len(scene.house.mailer.accepted) == len(set(scene.house.mailer.accepted)) == 12


def test_a_doubt_in_a_mixed_answer_can_be_resolved(played):
    scene, _mailer = told_by(played)
    planning.plan(scene.house, scene.incident_id)
    number, _positions = biggest_batch(scene)

    class Partly(FakeMailer):
        def send(self, batch):
            if batch.number == number and batch.attempt == 1:
                self.calls.append(batch.attempt_id)
                rest = tuple(Accepted("m") for _ in batch.recipients[1:])
                return Mixed((Uncertain("the line broke"), *rest))
            return super().send(batch)

    scene = scene.using(mailer=Partly())
    scene.run()
    assert tally(scene) == {"accepted": 11, "uncertain": 1}
    (one,) = doubted(scene)
    settling.resolve(
        scene.house, scene.incident_id, actor=scene.ada, batch=one, accepted=True, how="seen in its log"
    )
    assert tally(scene) == {"accepted": 12}


# ---------------------------------------------------------------- events
def test_events_that_come_before_our_own_answer_are_believed(played):
    scene, mailer = told_by(played)

    class Early(FakeMailer):
        """A provider whose events arrive while the call is still open."""

        def send(self, batch):
            answer = super().send(batch)
            numbers = [int(r.delivery_id.rpartition("-")[2]) for r in batch.recipients]
            take_in(scene, *(event(scene, n, Signal.DELIVERED if n % 2 else Signal.BOUNCED) for n in numbers))
            return answer

    scene = scene.using(mailer=Early())
    scene.run()
    assert tally(scene) == {"delivered": 6, "bounced": 6}
    assert mailer.accepted == []


def test_events_come_late_twice_and_in_any_order(played):
    scene, _ = told_by(played)
    scene.run()
    events = [
        event(scene, 0, Signal.BOUNCED, reason="unknown user"),
        event(scene, 0, Signal.PROCESSED),
        event(scene, 1, Signal.DELIVERED),
        event(scene, 1, Signal.DEFERRED),
        event(scene, 2, Signal.UNKNOWN),
    ]
    first = take_in(scene, *events)
    assert (first.events, first.new, first.moved, first.unplaced) == (5, 5, 2, 0)
    version = scene.state.version
    again = take_in(scene, *reversed(events))
    assert (again.new, again.moved) == (0, 0)
    assert scene.state.version == version
    assert tally(scene) == {"accepted": 10, "bounced": 1, "delivered": 1}
    assert [
        line.position for line in settling.deliveries(scene.house, scene.incident_id, not_reached=True)
    ] == [0]


@pytest.mark.parametrize(
    "delivery_id",
    [None, "", "nonsense", "INC-AAAAAAAA-N1-0", "{notice}-", "{notice}-x", "{notice}-99", "{notice}-" + "9" * 40, "{notice}-²", "-5"],
)  # fmt: skip
def test_events_about_nobody_are_counted_and_break_nothing(played, delivery_id):
    scene, _ = told_by(played)
    scene.run()
    named = delivery_id.format(notice=scene.state.notice.plan.notice_id) if delivery_id else delivery_id
    stray = Reported("ev-1", named, Signal.DELIVERED, scene.house.clock.now(), None, b"{}")
    taken = take_in(scene, stray, event(scene, 3, Signal.DELIVERED))
    assert taken.moved == 1
    assert taken.unplaced == 1
    assert tally(scene) == {"accepted": 11, "delivered": 1}


# ---------------------------------------------------------------- by hand
def account(scene: Scene, *positions: int, told: bool = True, hours: float = 4, **changes):
    given = {"channel": "phone", "note": "called", "actor": scene.ada} | changes
    return settling.account(
        scene.house,
        scene.incident_id,
        positions=positions,
        told=told,
        happened_at=AWARE_AT + timedelta(hours=hours),
        **given,
    )


def test_people_are_accounted_for_by_name_and_stay_so(played):
    scene, _ = told_by(played)
    scene.run()
    take_in(
        scene,
        event(scene, 0, Signal.BOUNCED),
        event(scene, 1, Signal.BOUNCED),
        event(scene, 2, Signal.DELIVERED),
    )
    account(scene, 0)
    account(scene, 1, told=False)
    assert tally(scene) == {"accepted": 9, "delivered": 1, "told_otherwise": 1, "not_reachable": 1}
    for position, told in [(0, True), (0, False), (1, False), (2, True), (2, False)]:
        with pytest.raises(RefusedError, match="already"):
            account(scene, position, told=told)
    account(scene, 1)
    assert tally(scene)["told_otherwise"] == 2
    take_in(scene, event(scene, 0, Signal.DELIVERED))
    assert tally(scene)["told_otherwise"] == 2, "what a person decided outranks the provider"


@pytest.mark.parametrize(
    ("positions", "changes", "field"),
    [
        ((99,), {}, "positions"),
        ((0,), {"hours": 50}, "happened_at"),
        ((0,), {"channel": " "}, "channel"),
        ((0,), {"note": ""}, "note"),
        ((0,), {"note": "called +49 30 5550 1234"}, "deliveries:accounted.note"),
    ],
)
def test_accounts_that_cannot_be_taken(played, positions, changes, field):
    scene, _ = told_by(played)
    scene.run()
    with pytest.raises(BadInputError) as caught:
        account(scene, *positions, **changes)
    assert caught.value.field == field
    assert tally(scene) == {"accepted": 12}


def test_contacts_are_for_those_who_may_and_reading_them_is_recorded(played):
    scene, _ = told_by(played)
    scene.run()
    assert all(line.contact is None for line in settling.deliveries(scene.house, scene.incident_id))
    lines = settling.deliveries(scene.house, scene.incident_id, contacts_for=scene.ada)
    assert all("@" in line.contact for line in lines)
    assert scene.kinds[-1] == "evidence:read"


# ---------------------------------------------------------------- over a real socket
@pytest.mark.parametrize(
    ("fault", "error"),
    [({"fault": "429", "retry_after": 1}, None), ({"fault": "401"}, PermanentError)],
)
def test_a_real_provider_that_refuses_once(tmp_path, monkeypatch, fault, error):
    monkeypatch.setenv("TOCSIN_SENDGRID_KEY", KEY)
    with (
        running_standin(tmp_path / "provider", plan={"requests": {"2": fault}}) as provider,
        scene_in(tmp_path / "workspace", changes=to_provider(provider.url)) as opened,
    ):
        scene = opened.to_approved()
        with pytest.raises(error) if error else nullcontext():
            scene.run()
        assert tally(scene).get("planned", 0) + tally(scene)["accepted"] == 12
        if error is PermanentError:
            assert scene.state.notice.stopped_because
            sending.resume(scene.house, scene.incident_id, actor=scene.ada)
        scene.run()
        assert tally(scene) == {"accepted": 12}
        told = [line["custom_args"]["tocsin_delivery"] for line in provider.oracle()]
        assert len(told) == len(set(told)) == 12


def test_a_real_provider_that_breaks_off_leaves_a_doubt_and_nobody_is_called_twice(tmp_path, monkeypatch):
    monkeypatch.setenv("TOCSIN_SENDGRID_KEY", KEY)
    plan = {"requests": {"1": {"fault": "reset_after"}, "3": {"fault": "reset_before"}}}
    with (
        running_standin(tmp_path / "provider", plan=plan) as provider,
        scene_in(tmp_path / "workspace", changes=to_provider(provider.url)) as opened,
    ):
        scene = opened.to_approved()
        scene.run()
        assert len(doubted(scene)) == 2
        for batch in doubted(scene):
            taken = any(
                line["custom_args"]["tocsin_attempt"].split(".")[1] == str(batch)
                for line in provider.oracle()
            )
            settling.resolve(
                scene.house,
                scene.incident_id,
                actor=scene.ada,
                batch=batch,
                accepted=taken,
                how="read its log",
            )
        scene.run()
        assert tally(scene) == {"accepted": 12}
        told = [line["custom_args"]["tocsin_delivery"] for line in provider.oracle()]
        assert len(told) == len(set(told)) == 12
