"""Plan, pages, pause, ladder and accounts through the command line, with the outbox and a real workspace."""

from __future__ import annotations

import csv
import io
from stat import S_IMODE

AT = "2026-03-10T12:00:00+00:00"


def test_past_safe_send_is_said_paged_and_taken_notice_of(on):
    tocsin, scene = on("to_request")
    scene.turn(40)
    shown = tocsin("status", scene.incident_id, code=23)
    assert "PAST SAFE SEND by" in shown
    assert "12 people at 10 a second, as set, none measured yet" in shown
    plan = tocsin.json("status", scene.incident_id, code=23)["send_plan"]
    assert (plan["standing"], plan["people"], plan["rate_measured"]) == ("past_safe_send", 12, False)
    assert [term["name"] for term in plan["terms"]] == [
        "sending", "approval", "retries and settling", "other channels"
    ]  # fmt: skip
    assert "paged on_call, PAST SAFE SEND" in tocsin("watch")
    assert tocsin.json("ack", scene.incident_id, "safe_send:past", "--note", "on it", "--as", "ada")[
        "acknowledged"
    ]
    tocsin("ack", scene.incident_id, "safe_send:none", "--note", "on it", "--as", "ada", code=6)


def test_a_watch_that_runs_and_one_that_does_not(on):
    tocsin, scene = on("to_cohort")
    assert "has never run here" in tocsin("watch", "--check", code=24)
    tocsin("watch")
    assert tocsin.json("watch", "--check") == {"alive": True, "why": None}
    (scene.folder / "heartbeat.json").write_text(
        '{"at": "2020-01-01T00:00:00+00:00", "incidents": 1, "failed": 0}'
    )
    assert tocsin.json("watch", "--check", code=24)["alive"] is False


def test_pause_resume_and_stop(on):
    tocsin, scene = on("to_approved")
    i = scene.incident_id
    tocsin("send", i, "--as", "ada")
    tocsin("send", i, "--pause", "--as", "ada", code=4)
    assert "paused" in tocsin("send", i, "--pause", "--reason", "a wrong name", "--as", "ada")
    assert "sending is paused: a wrong name" in tocsin("status", i)
    tocsin("send", i, "--resume", "--reason", "it is right", "--as", "ada")
    assert "for good" in tocsin("send", i, "--stop", "--reason", "the letter is wrong", "--as", "ada")
    tocsin("send", i, "--resume", "--reason", "again", "--as", "ada", code=3)


def test_the_ladder_from_the_list_to_the_accounts(on):
    from incident.core.canary import CanaryTerms
    from incident.service import letting_go, planning

    tocsin, scene = on("to_approved")
    i = scene.incident_id
    held = scene.using(profile=_with(scene.house.profile, canary=CanaryTerms(("ada@example.org",))))
    planning.plan(held.house, i)
    letting_go.halt(held.house, i, actor=scene.ada, reason="mail is not used after all")
    lines = tocsin.json("deliveries", "ladder", i)
    assert len(lines) == 12
    assert {line["state"] for line in lines} == {"cancelled"}
    rung = lines[0]["next"]
    out = scene.folder / "list.out"
    shown = tocsin.json("deliveries", "export", i, "--channel", rung, "--out", str(out), "--as", "ada")
    assert shown["people"] == sum(1 for line in lines if line["next"] == rung)
    assert S_IMODE(out.stat().st_mode) == 0o600
    filled = scene.folder / "filled.csv"
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("position", "outcome", "channel", "at", "note"))
    writer.writerows((line["position"], "told", "phone", AT, "reached") for line in lines)
    filled.write_text(text.getvalue())
    tocsin("deliveries", "account", i, "--from-file", str(filled), "--channel", "sms", "--as", "ada", code=4)
    scene.turn(10)
    after = tocsin.json("deliveries", "account", i, "--from-file", str(filled), "--as", "ada")
    assert after["deliveries"]["told_otherwise"] == 12
    assert tocsin.json("deliveries", "ladder", i) == []


def _with(profile, **changes):
    from dataclasses import replace

    return replace(profile, **changes)
