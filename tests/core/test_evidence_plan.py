"""What dies first is taken first; what is done, late, dying or lost is told apart. Times of one night, in UTC."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from incident.core.evidence_plan import SAID, Mark, Taken, plan
from incident.core.profile import SnapshotProfile, SystemProfile
from incident.settings.systems import System

EXAMPLE = Path(__file__).parents[2] / "examples" / "imajinn" / "systems.toml"


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-03-{text}+00:00").astimezone(UTC)


def system(*snapshots: SnapshotProfile) -> SystemProfile:
    return SystemProfile("Name", "Vendor", "", snapshots)


def snapshot(what: str, hours: int | None, *formats: str) -> SnapshotProfile:
    return SnapshotProfile(what, formats, hours, (f"take {what}",), f"{what} is gone")


HOUR = {"replicate": system(snapshot("predictions", 1, "page"))}
WINDOW = {"since": at("10T02:10"), "until": at("10T04:40")}


@pytest.mark.parametrize(
    ("now", "taken", "mark"),
    [
        ("10T03:00", None, Mark.DUE),  # an hour from 02:10 has not passed
        ("10T03:11", None, Mark.DYING),  # what was made at 02:10 is gone, what was made at 04:40 is not
        ("10T05:40", None, Mark.DYING),  # the last minute
        ("10T05:41", None, Mark.LOST),
        ("11T00:00", "10T03:10", Mark.DONE),  # at the last minute of the first part
        ("11T00:00", "10T05:20", Mark.LATE),
        ("11T00:00", "10T05:41", Mark.LOST),  # taken, and empty of what mattered
    ],
)
def test_how_a_snapshot_of_one_hour_stands(now: str, taken: str | None, mark: Mark) -> None:
    evidence = [Taken("ev-1", "replicate", "page", at(taken))] if taken else []
    (found,) = plan(HOUR, evidence, **WINDOW, now=at(now))
    assert (found.mark, found.dies_at, found.gone_at) == (mark, at("10T03:10"), at("10T05:40"))
    assert found.evidence_ids == (("ev-1",) if taken else ())


def test_without_a_known_end_it_is_taken_or_not() -> None:
    stripe = {"stripe": system(snapshot("customers", None, "c"), snapshot("charges", None, "ch"))}
    marks = {
        s.what: s.mark
        for s in plan(stripe, [Taken("ev-1", "stripe", "ch", at("10T09:00"))], **WINDOW, now=at("11T00:00"))
    }
    assert marks == {"customers": Mark.TO_TAKE, "charges": Mark.DONE}


@pytest.mark.parametrize("form", [None, "never seen"])
def test_evidence_of_an_unknown_format_counts_for_any_snapshot_of_its_system(form: str | None) -> None:
    systems = {"a": system(snapshot("x", None, "fx"), snapshot("y", None)), "b": system(snapshot("z", None))}
    marks = {
        s.what: s.mark
        for s in plan(systems, [Taken("ev-1", "a", form, at("10T09:00"))], **WINDOW, now=at("11T00:00"))
    }
    assert marks == {"x": Mark.DONE, "y": Mark.DONE, "z": Mark.TO_TAKE}


def test_the_earliest_of_several_decides() -> None:
    evidence = [Taken(f"ev-{n}", "replicate", "page", at(t)) for n, t in ((2, "10T05:20"), (1, "10T02:30"))]
    (found,) = plan(HOUR, evidence, **WINDOW, now=at("11T00:00"))
    assert (found.mark, found.evidence_ids) == (Mark.DONE, ("ev-1", "ev-2"))


def test_the_eleven_systems_are_taken_in_the_order_in_which_they_die() -> None:
    tables = tomllib.loads(EXAMPLE.read_text())
    known = {name: System(**table) for name, table in tables.items() if "vendor" in table}
    systems = {
        name: SystemProfile(
            s.name, s.vendor, "", tuple(SnapshotProfile(**each.model_dump()) for each in s.all_snapshots())
        )
        for name, s in known.items()
    }
    found = plan(systems, [], **WINDOW, now=at("10T02:30"))
    timed = [(s.system, s.what) for s in found if s.dies_at]
    assert [name for name, _ in timed] == [
        "replicate", "vercel", "vercel_analytics", "bunny_cdn", "helpscout", "google_cloud", "vercel", "google_workspace",
    ]  # fmt: skip
    assert {s.system for s in found} == set(known)
    assert len(known) == 11
    assert all(s.commands and s.lost_otherwise for s in found)


def test_every_mark_has_its_sentence() -> None:
    assert set(SAID) == set(Mark)
