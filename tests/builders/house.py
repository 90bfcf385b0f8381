"""Builders of a real workspace: settings, key, database, vault on disk, a drill's clock, and an incident played on it.

Everything here is the real thing; only the clock is a drill's, so that the incident's own hours can be played.
"""

from __future__ import annotations

import atexit
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from incident.adapters.clock import DrillClock
from incident.bootstrap import actor, open_house
from incident.core import events as e
from incident.core.actors import Actor
from incident.core.lifecycle import open_gaps
from incident.core.state import Incident
from incident.service import approving, assessing, evidence, filing, following, opening, scoping, settling
from incident.service.house import House, history, view
from incident.service.responding import Advance, advance
from incident.settings import read_toml
from incident.workspace import make_workspace, shipped
from tests.fakes.mailer import FakeMailer

AWARE_AT = datetime.fromisoformat("2026-03-10T05:00:00+00:00")
TAKEN_AT = AWARE_AT + timedelta(minutes=20)
FILES = ("firebase_auth_export.json", "stripe_customers.json", "gcp_audit.ndjson")
KEY = "SG.key-of-a-test"


@cache
def _blank(drill: bool) -> Path:
    """Make one workspace a session, to copy from."""
    folder = Path(mkdtemp(prefix="tocsin-blank-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    make_workspace(folder, settings_text=settings_text(drill=drill))
    return folder


def settings_text(*, drill: bool = True) -> str:
    """Return the shipped settings with leases of one second, a pager's file, and where asked a drill's clock."""
    text = (shipped("templates") / "internal" / "tocsin.toml").read_text(encoding="utf-8")
    text = text.replace("[storage]\n", "[storage]\nlease_seconds = 1\n")
    text = text.replace('# file = "pages.ndjson"', 'file = "pages.ndjson"')
    return text + ('\n[drill]\nenabled = true\nclock = "drill-clock.json"\n' if drill else "")


def workspace(folder: Path, *, drill: bool = True, changes: dict[str, str] | None = None) -> Path:
    """Make a workspace in a new folder and return its settings; `changes` replaces text of the settings."""
    shutil.copytree(_blank(drill), folder)
    change_settings(folder / "tocsin.toml", changes or {})
    if drill:
        turn_clock(folder, to=AWARE_AT + timedelta(minutes=6))
    return folder / "tocsin.toml"


def change_settings(settings: Path, changes: dict[str, str]) -> None:
    """Replace parts of the settings; each must be there."""
    text = settings.read_text(encoding="utf-8")
    for old, new in changes.items():
        assert old in text, f"the settings have no {old!r}"
        text = text.replace(old, new)
    settings.write_text(text, encoding="utf-8")


def to_provider(url: str, public_key: str = "") -> dict[str, str]:
    """Return the changes of settings that send to a provider on loopback and believe its key."""
    return {
        'transport = "outbox"': 'transport = "sendgrid"',
        'host = "https://api.sendgrid.com"': f'host = "{url}"',
        'webhook_public_key = ""': f'webhook_public_key = "{public_key}"',
        "batch_people = 500": "batch_people = 4",
    }


def turn_clock(folder: Path, *, to: datetime) -> None:
    """Set the drill's clock, backwards too."""
    clock = DrillClock(folder / "drill-clock.json")
    offset = to - clock.real_now()
    written = {"offset_microseconds": offset // timedelta(microseconds=1)}
    (folder / "drill-clock.json").write_text(json.dumps(written), encoding="utf-8")


@dataclass(frozen=True)
class Scene:
    """A house with people in it, and perhaps an incident."""

    folder: Path
    settings: Path
    house: House
    ada: Actor
    grace: Actor
    incident_id: str = ""

    @property
    def state(self) -> Incident:
        """The incident as it is now."""
        return view(self.house, self.incident_id)

    @property
    def kinds(self) -> list[str]:
        """The kind of every entry, in order."""
        return [one.event.KIND for one in history(self.house, self.incident_id)]

    def last(self, kind: type[Any]) -> Any:
        """Return the newest event of a class."""
        return [one.event for one in history(self.house, self.incident_id) if isinstance(one.event, kind)][-1]

    def turn(self, hours_after_awareness: float) -> None:
        """Set the clock to so many hours after awareness."""
        turn_clock(self.folder, to=AWARE_AT + timedelta(hours=hours_after_awareness))

    def using(self, **parts: Any) -> Scene:
        """Return the scene with other parts in the house."""
        return replace(self, house=replace(self.house, **parts))

    def run(self) -> Advance:
        """Do everything that is Tocsin's to do now."""
        return advance(self.house, self.incident_id, owner=self.house.ids.new("RUN"))

    # ------------------------------------------------------------ the steps
    def open(self) -> Scene:
        """Open an incident of which the team became aware six minutes ago."""
        opened = opening.open_incident(
            self.house,
            actor=self.ada,
            title="Stolen key read uploads",
            detected_at=AWARE_AT - timedelta(minutes=16),
            became_aware_at=AWARE_AT,
            aware_because="the address was found in our audit log",
        )
        return replace(self, incident_id=opened.incident_id)

    def freeze(self, *names: str) -> None:
        """Freeze example exports."""
        self.turn(0.7)
        for path in examples(self.folder, *(names or FILES)):
            evidence.add_evidence(
                self.house, self.incident_id, path, actor=self.ada, taken_at=TAKEN_AT, command="exported"
            )

    def assess(self, outcome: e.Outcome = e.Outcome.NOTIFY) -> None:
        """Assess with the example's facts, and decide."""
        self.turn(1.5)
        assessing.assess(
            self.house,
            self.incident_id,
            actor=self.ada,
            inputs=example_toml(self.folder, "assessment.toml"),
            outcome=outcome,
            reason="an attacker read images of customers",
        )

    def scope(self) -> scoping.Found:
        """Find the people and freeze the cohort; gaps are accepted with a reason."""
        self.turn(2.5)
        document = example_toml(self.folder, "scope.toml")
        found = scoping.scope(self.house, self.incident_id, actor=self.ada, document=document)
        while open_gaps(self.state):
            following.accept_gap(
                self.house, self.incident_id, 1, actor=self.ada, reason="the export is whole"
            )
        return found

    def approve(self) -> None:
        """Let the second person approve."""
        self.turn(4)
        approving.approve(self.house, self.incident_id, actor=self.grace)

    def account_all(self) -> None:
        """Tell everybody who is not settled by phone."""
        self.turn(8)
        settled = {"delivered", "told_otherwise", "not_reachable"}
        positions = [
            line.position
            for line in settling.deliveries(self.house, self.incident_id)
            if line.state not in settled
        ]
        if positions:
            settling.account(
                self.house,
                self.incident_id,
                actor=self.ada,
                positions=positions,
                channel="phone",
                told=True,
                happened_at=AWARE_AT + timedelta(hours=7),
                note="called",
            )

    def file_all(self) -> None:
        """File every pack in time."""
        self.turn(20)
        for number, filing_id in enumerate(self.state.filings):
            filing.submit(
                self.house,
                self.incident_id,
                filing_id,
                actor=self.grace,
                reference=f"REF-{number}",
                submitted_at=AWARE_AT + timedelta(hours=19),
            )

    def file_rest(self) -> None:
        """File in time what nobody has filed yet."""
        for filing_id, one in self.state.filings.items():
            if one.submitted is None:
                filing.submit(
                    self.house,
                    self.incident_id,
                    filing_id,
                    actor=self.grace,
                    reference=f"REF-{filing_id}",
                    submitted_at=AWARE_AT + timedelta(hours=19),
                )

    def follow_up(self) -> None:
        """Record next steps with everyone."""
        following.record_next_step(
            self.house, self.incident_id, actor=self.ada, step="patch", text="all sessions were ended"
        )

    def waive_the_rest(self) -> None:
        """Let the officer decide that what is open still is not required here."""
        for obligation_id, obligation in self.state.obligations.items():
            if obligation.open:
                following.waive_obligation(
                    self.house, self.incident_id, obligation_id, actor=self.grace, reason="not required here"
                )

    def review(self) -> None:
        """Let the second person accept the report."""
        following.review_post_mortem(self.house, self.incident_id, actor=self.grace, remark="read")

    def close(self) -> None:
        """Close."""
        following.close_incident(self.house, self.incident_id, actor=self.ada, reason="nothing is open")

    # ------------------------------------------------------------ stretches
    def to_cohort(self) -> Scene:
        """Open, freeze, assess and scope."""
        scene = self.open()
        scene.freeze()
        scene.assess()
        scene.scope()
        return scene

    def to_request(self) -> Scene:
        """Go on to letters that wait for approval."""
        scene = self.to_cohort()
        scene.run()
        return scene

    def to_approved(self) -> Scene:
        """Go on to approved letters that nobody has sent."""
        scene = self.to_request()
        scene.approve()
        return scene

    def to_decided(self) -> Scene:
        """Open, freeze and assess."""
        scene = self.open()
        scene.freeze()
        scene.assess()
        return scene

    def to_told(self) -> Scene:
        """Go on to people who were all told by hand; nothing of it is settled yet."""
        scene = self.to_approved()
        scene.run()
        scene.account_all()
        return scene

    def to_report(self) -> Scene:
        """Go on to where only the report is left."""
        scene = self.to_told()
        scene.run()
        scene.file_all()
        scene.follow_up()
        return scene

    def to_approved_for_fake(self) -> Scene:
        """Go on to letters approved for the fake provider of the tests."""
        return self.using(mailer=FakeMailer()).to_approved()


@contextmanager
def scene(folder: Path, *, drill: bool = True, changes: dict[str, str] | None = None) -> Iterator[Scene]:
    """Make a workspace and open the house of it."""
    settings = workspace(folder, drill=drill, changes=changes)
    with reopened(settings) as opened:
        yield opened


@contextmanager
def reopened(settings: Path, incident_id: str = "") -> Iterator[Scene]:
    """Open the house of a workspace that is there."""
    with open_house(settings) as house:
        people = actor(settings, "ada"), actor(settings, "grace")
        yield Scene(settings.parent, settings, house, *people, incident_id)


def examples(folder: Path, *names: str) -> Iterator[Path]:
    """Copy example exports into a folder and return them."""
    target = folder / "exports"
    target.mkdir(exist_ok=True)
    for name in names:
        path = target / name
        path.write_bytes((shipped("examples") / "imajinn" / name).read_bytes())
        yield path


def example_toml(folder: Path, name: str) -> dict[str, Any]:
    """Read a TOML file of the example."""
    target = folder / name
    target.write_bytes((shipped("examples") / "imajinn" / name).read_bytes())
    return read_toml(target)
