"""Looking doubts up: one hit settles a batch, misses prove absence only after the lag, and nobody is asked too often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from incident.core import events as e
from incident.core.agenda import Do
from incident.core.deliveries import Signal
from incident.core.lookup import Look, LookupTerms
from incident.core.mailing import Uncertain
from incident.core.signals import Reported
from incident.service import reporting, responding
from incident.service.looking_up import look_up
from tests.builders.house import KEY, Scene, to_provider
from tests.builders.house import scene as scene_in
from tests.builders_mail import running_standin
from tests.fakes.lookup import FakeLookup
from tests.fakes.mailer import FakeMailer

TERMS = LookupTerms(
    "fake", first=timedelta(minutes=2), lag=timedelta(minutes=30), requests_per_minute=600_000
)
HOUR = 60.0


def in_doubt(
    played, lookup: FakeLookup, *, takes_anyway: bool = False, terms: LookupTerms = TERMS
) -> tuple[Scene, FakeMailer]:
    """Return a scene of which the first batch is in doubt since 4.5 hours after awareness."""
    mailer = FakeMailer(Uncertain("no answer"), takes_anyway=takes_anyway)
    scene = played("to_approved_for_fake").using(mailer=mailer, lookup=lookup)
    scene = scene.using(profile=replace(scene.house.profile, lookup=terms))
    scene.turn(4.5)
    scene.run()
    assert [b.state for b in scene.state.notice.batches.values()].count("uncertain") == 1
    assert lookup.asked == []
    mailer.script, mailer.takes_anyway = [], False
    return scene, mailer


def doubted(scene: Scene) -> list[int]:
    return [n for n, batch in scene.state.notice.batches.items() if batch.state == "uncertain"]


def minutes_later(scene: Scene, minutes: float) -> None:
    scene.turn(4.5 + minutes / HOUR)


def test_one_hit_shows_that_the_whole_batch_was_taken(played):
    lookup = FakeLookup()
    scene, mailer = in_doubt(played, lookup, takes_anyway=True)
    (number,) = doubted(scene)
    lookup.taken = set(mailer.calls)
    minutes_later(scene, 1.9)
    assert Do.LOOK_UP not in {a.do for a in responding.due(scene.house, scene.incident_id)}
    minutes_later(scene, 2.1)
    scene.run()
    resolved = scene.last(e.BatchResolved)
    assert (resolved.batch, resolved.accepted, resolved.by, resolved.message_id) == (
        number,
        True,
        "lookup",
        "found-1",
    )
    assert doubted(scene) == []
    assert len(mailer.accepted) == len(set(mailer.accepted)) == 12
    assert len(lookup.asked) == 1


def test_a_miss_proves_nothing_before_the_lag_and_then_the_letters_go_once(played):
    lookup = FakeLookup()
    scene, mailer = in_doubt(played, lookup)
    looked = []
    for minutes in (3, 4, 8, 17, 29, 29.9, 46):
        minutes_later(scene, minutes)
        scene.run()
        looked.append(len(lookup.asked))
        assert len(doubted(scene)) == 1
    assert looked == [1, 1, 2, 3, 3, 3, 4], "the intervals grow"
    assert len(mailer.accepted) == 10
    minutes_later(scene, 79)
    scene.run()
    resolved = scene.last(e.BatchResolved)
    assert (resolved.accepted, resolved.by) == (False, "lookup")
    assert len(mailer.accepted) == len(set(mailer.accepted)) == 12


def test_few_recipients_must_be_missed_again_and_again(played):
    """A batch of two has two sentinels: one look after the lag is not enough for three misses."""
    scene, _ = in_doubt(played, lookup := FakeLookup())
    assert scene.state.notice.batches[doubted(scene)[0]].people == 2
    minutes_later(scene, 31)
    scene.run()
    assert len(doubted(scene)) == 1
    assert scene.state.notice.searched[doubted(scene)[0]].missed == 2
    minutes_later(scene, 40)
    scene.run()
    assert doubted(scene) == []
    assert len(lookup.asked) == 2
    assert "none of 4 recipients" in scene.last(e.BatchResolved).how


@pytest.mark.parametrize(
    "unclear",
    [
        Look(reason="no answer: LostError"),
        Look(reason="the provider does not let this key look (403)", closed=True),
        Look(asked=2, missed=1, reason="a letter in the log could not be told apart"),
    ],
)
def test_what_is_unclear_settles_nothing_however_late(played, unclear):
    scene, mailer = in_doubt(played, FakeLookup(*[unclear] * 9))
    for hours in (6, 8, 10, 12):
        scene.turn(hours)
        scene.run()
    assert len(doubted(scene)) == 1
    assert len(mailer.accepted) == 10
    assert scene.last(e.BatchSearched).reason == unclear.reason


def test_the_rate_is_obeyed_whoever_asks_and_a_slow_down_is_heard(played):
    terms = replace(TERMS, requests_per_minute=1, requests_for_each=1)
    lookup = FakeLookup(Look(reason="the provider asks to slow down (429)", wait_seconds=3600.0))
    scene, _ = in_doubt(played, lookup, terms=terms)
    minutes_later(scene, 3)
    scene.run()
    minutes_later(scene, 30)
    assert look_up(scene.house, scene.incident_id) == "the provider's record may not be asked again yet"
    assert len(lookup.asked) == 1


def test_an_event_that_came_first_wins(played):
    lookup = FakeLookup()
    scene, mailer = in_doubt(played, lookup)
    (number,) = doubted(scene)
    notice = scene.state.notice
    position = int(notice.batches[number].positions.partition("-")[0].partition(",")[0])

    def report(question):
        now = scene.house.clock.now()
        one = Reported("ev-1", f"{notice.plan.notice_id}-{position}", Signal.DELIVERED, now, None, b"{}")
        reporting.take_in(scene.house, [one], source_sha256="0" * 64)
        return Look(asked=2, missed=2)

    lookup.look = report
    minutes_later(scene, 50)
    assert "settled meanwhile" in look_up(scene.house, scene.incident_id)
    assert scene.last(e.BatchResolved).by == "event"
    assert len(mailer.accepted) == 10


@pytest.mark.parametrize("where", ["email_logs", "email_activity"])
@pytest.mark.parametrize("tells", [True, False], ids=["arguments told", "arguments not told"])
def test_over_real_http_what_was_taken_is_found_and_the_rest_goes_once(tmp_path, monkeypatch, where, tells):
    monkeypatch.setenv("TOCSIN_SENDGRID_KEY", KEY)
    faults = {"1": {"fault": "reset_after"}, "3": {"fault": "reset_before"}}
    plan = {"requests": faults, "lookups": {"tells_arguments": tells}}
    with running_standin(tmp_path / "provider", plan=plan) as provider:
        changes = to_provider(provider.url) | {
            "batch_people = 500": "batch_people = 4",
            'where = "email_logs"': f'where = "{where}"',
        }
        with scene_in(tmp_path / "workspace", changes=changes) as opened:
            quick = replace(opened.house.profile.lookup, requests_per_minute=600_000)
            profile = replace(opened.house.profile, lookup=quick)
            scene = opened.using(profile=profile).to_approved()
            scene.turn(4.5)
            scene.run()
            assert len(doubted(scene)) == 2
            minutes_later(scene, 3)
            scene.run()
            assert len(doubted(scene)) == 1
            assert scene.last(e.BatchResolved).by == "lookup"
            for minutes in (40, 80, 150):
                minutes_later(scene, minutes)
                scene.run()
            assert {n for n, number in scene.state.notice.tally.items() if number} == {"accepted"}
            told = [line["custom_args"]["tocsin_delivery"] for line in provider.oracle()]
            assert len(told) == len(set(told)) == 12


@pytest.mark.parametrize("plan", [{"closed": True}, {"lag_seconds": 3600.0}, {"requests_per_minute": 0}])
def test_a_record_that_is_shut_late_or_busy_settles_nothing_early(tmp_path, monkeypatch, plan):
    monkeypatch.setenv("TOCSIN_SENDGRID_KEY", KEY)
    whole = {"requests": {"1": {"fault": "reset_after"}}, "lookups": plan}
    with (
        running_standin(tmp_path / "provider", plan=whole) as provider,
        scene_in(tmp_path / "workspace", changes=to_provider(provider.url)) as opened,
    ):
        scene = opened.to_approved()
        scene.turn(4.5)
        scene.run()
        minutes_later(scene, 3)
        scene.run()
        assert len(doubted(scene)) == 1
        searched = scene.last(e.BatchSearched)
        assert not searched.taken
        assert not searched.past_lag
        assert len(provider.oracle()) == 12
