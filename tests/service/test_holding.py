"""Letters that SendGrid holds: paused, recalled and let go there, over a real socket; and what is recorded of it."""

from __future__ import annotations

import time
from contextlib import contextmanager
from datetime import timedelta

import pytest

from incident.adapters.clock import SystemClock
from incident.errors import SettingsError
from incident.service import letting_go, planning
from incident.service.house import history
from incident.settings.model import load
from tests.builders.house import AWARE_AT, KEY, change_settings, reopened, scene, to_provider, workspace
from tests.builders_mail import running_standin

HELD = {"hold_minutes = 0": "hold_minutes = 20"}


@contextmanager
def held_by_a_provider(tmp_path, monkeypatch, *, ahead: timedelta = timedelta()):
    """A scene with approved letters, and a provider whose clock is the drill's, or ahead of it."""
    monkeypatch.setenv("TOCSIN_SENDGRID_KEY", KEY)
    drill_time = AWARE_AT + timedelta(hours=4) - SystemClock().now()
    offset = (drill_time + ahead) // timedelta(microseconds=1)
    with (
        running_standin(tmp_path / "provider", arguments=("--clock-offset-us", str(offset))) as provider,
        scene(tmp_path / "workspace", changes=to_provider(provider.url) | HELD) as opened,
    ):
        yield provider, opened.to_approved()


def wait_for(provider, letters: int) -> list[dict]:
    until = time.monotonic() + 15
    while len(provider.oracle()) < letters and time.monotonic() < until:
        time.sleep(0.05)
    return provider.oracle()


def tally(one):
    return {name: n for name, n in one.state.notice.tally.items() if n}


def test_what_the_provider_holds_is_paused_and_then_recalled(tmp_path, monkeypatch):
    with held_by_a_provider(tmp_path, monkeypatch) as (provider, one):
        one.run()
        assert (tally(one), provider.oracle()) == ({"accepted": 12}, [])
        notice = one.state.notice
        assert (len(notice.group), notice.group_state) == (32, "open")

        letting_go.pause(one.house, one.incident_id, actor=one.ada, reason="a wrong date")
        assert one.state.notice.group_state == "pause"
        letting_go.resume(one.house, one.incident_id, actor=one.ada, reason="the date is right")
        assert one.state.notice.group_state == "open"
        letting_go.pause(one.house, one.incident_id, actor=one.ada, reason="it is wrong after all")
        letting_go.halt(one.house, one.incident_id, actor=one.ada, reason="it was wrong")
        assert one.state.notice.group_state == "cancel"
        assert tally(one) == {"cancelled": 12}
        asked = [(e.what, e.reason) for e in events(one, "group:asked")]
        assert asked == [("pause", None), ("go_on", None), ("pause", None), ("cancel", None)]
        assert provider.oracle() == []


def test_what_nobody_recalls_is_sent_when_its_time_has_come(tmp_path, monkeypatch):
    almost = timedelta(minutes=19, seconds=55)
    with held_by_a_provider(tmp_path, monkeypatch, ahead=almost) as (provider, one):
        one.run()
        assert tally(one) == {"accepted": 12}
        assert len({line["custom_args"]["tocsin_delivery"] for line in wait_for(provider, 12)}) == 12


def test_without_a_name_for_them_letters_are_sent_all_the_same_and_it_is_said(tmp_path, monkeypatch):
    with held_by_a_provider(tmp_path, monkeypatch) as (provider, one):
        deaf = one.house.holder
        deaf._make = lambda: (_ for _ in ()).throw(SettingsError("no key"))
        one.run()
        assert len(wait_for(provider, 12)) == 12
        (opened,) = events(one, "group:opened")
        assert (opened.group, opened.reason) == ("", "the provider did not answer")
        letting_go.pause(one.house, one.incident_id, actor=one.ada, reason="look")
        assert events(one, "group:asked") == []


def test_the_plan_counts_the_hold_and_the_approval_is_bound_to_it(tmp_path, monkeypatch):
    with held_by_a_provider(tmp_path, monkeypatch) as (_provider, one):
        assert one.house.profile.planning.settle_minutes == 240 + 20
        options = events(one, "approval:requested")[-1].options
        assert options["hold_minutes"] == "20"
        assert options["bypass_bounce_management"] == "False"
        assert one.house.profile.lookup.lag == timedelta(minutes=30 + 20)
        change_settings(one.settings, {"hold_minutes = 20": "hold_minutes = 30"})
        with reopened(one.settings, one.incident_id) as other:
            said = planning.plan(other.house, other.incident_id)
        assert "a second person approves anew" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"hold_minutes = 0": "hold_minutes = 5"}, "hold_minutes"),
        ({"every_list = false ": "every_list = true "}, "bypass"),
    ],
)
def test_choices_that_make_no_sense_are_refused(tmp_path, change, words):
    settings = workspace(tmp_path / "workspace", changes=change)
    with pytest.raises(SettingsError, match=words):
        load(settings)


def test_a_drill_in_the_sandbox_is_checked_by_the_provider_and_reaches_nobody(tmp_path, monkeypatch):
    monkeypatch.setenv("TOCSIN_SENDGRID_KEY", KEY)
    changes = {'clock = "drill-clock.json"': 'clock = "drill-clock.json"\nsandbox = true'}
    with running_standin(tmp_path / "provider") as provider:
        changes |= to_provider(provider.url)
        with scene(tmp_path / "workspace", changes=changes) as opened:
            one = opened.to_approved()
            one.run()
            assert tally(one) == {"accepted": 12}
            assert one.state.notice.plan.settles_on == "accepted"
            assert provider.oracle() == []


def events(one, kind: str) -> list:
    return [r.event for r in history(one.house, one.incident_id) if kind == r.event.KIND]
