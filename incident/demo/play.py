"""Play the incident step by step through the same services as everybody else, and say what happens."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

from incident.bootstrap import actor, open_house, run_flow
from incident.core import events as e
from incident.core.actors import Actor
from incident.core.lifecycle import count, open_gaps
from incident.core.standing import Standing, clocks, span
from incident.core.state import Incident
from incident.demo import story
from incident.demo.curtain import Curtain
from incident.demo.stage import Stage, wait_for_server
from incident.demo.voice import Voice
from incident.errors import FourEyesError, PermanentError, RefusedError
from incident.service import (
    approving,
    assessing,
    evidence,
    filing,
    following,
    obligations,
    opening,
    scoping,
    settling,
)
from incident.service.house import House, view
from incident.settings import read_toml
from incident.workspace import copy_examples, shipped

SETTLE_SECONDS = 30


class Play(Voice):
    """The incident as it is played; each method is one step of its way."""

    def __init__(self, stage: Stage, *, started: float) -> None:
        super().__init__(stage, started=started)
        self.incident_id = ""
        self.ada: Actor = actor(stage.settings, story.ON_CALL)
        self.grace: Actor = actor(stage.settings, story.OFFICER)

    def run(self) -> bool:
        """Play every step; returns whether the promise was kept and the ledger verifies."""
        self.begin()
        with open_house(self.stage.settings) as house:
            self.open(house)
            self.freeze(house)
            self.assess(house)
            self.scope(house)
            self.determine(house)
            self.approve(house)
            self.send(house)
            self.tell_otherwise(house)
            self.file(house)
            self.follow_up(house)
            self.review(house)
            return Curtain(house, self.stage.folder, self.incident_id, self.grace).fall(self.started)

    def open(self, house: House) -> None:
        """Open the incident; every clock is visible at once."""
        self.head("open")
        state = opening.open_incident(
            house,
            actor=self.ada,
            title=story.TITLE,
            detected_at=story.DETECTED_AT,
            became_aware_at=story.AWARE_AT,
            aware_because=story.AWARE_BECAUSE,
        )
        self.incident_id = state.incident_id
        self.say(f"{state.incident_id} opened by ada at {house.clock.now():%H:%M} UTC: {story.TITLE}")
        self.say(obligations.determine(house, self.incident_id))
        faces = clocks(view(house, self.incident_id), house.clock.now())
        running = [f for f in faces if f.left is not None]
        for face in running[:3]:
            self.say(f"clock {face.obligation_id}: {span(face.left) if face.left else ''}")
        no_number = sum(1 for f in faces if f.standing is Standing.NO_NUMBER)
        self.say(f"{len(running)} clocks run, {no_number} duties have no number in law")

    def freeze(self, house: House) -> None:
        """Freeze every export: hash, time, custody."""
        self.turn(story.FROZEN_AT)
        self.head("freeze evidence")
        files = copy_examples(self.stage.folder / "exports")
        for path in files:
            evidence.add_evidence(
                house,
                self.incident_id,
                path,
                actor=self.ada,
                taken_at=story.TAKEN_AT,
                command="exported from the system's dashboard or API",
            )
        state = view(house, self.incident_id)
        systems = {item.system for item in state.evidence.values()}
        self.say(f"{len(state.evidence)} files of {len(systems)} systems hashed and locked away")

    def assess(self, house: House) -> None:
        """Score the severity, propose the risk, decide that this is a breach."""
        self.turn(story.ASSESSED_AT)
        self.head("assess")
        inputs = read_toml(self._example("assessment.toml"))
        result = assessing.assess(
            house,
            self.incident_id,
            actor=self.ada,
            inputs=inputs,
            outcome=e.Outcome.NOTIFY,
            reason="an attacker read images of customers and may have read their accounts",
        )
        for line in result.lines():
            if not line.startswith("  ") or line.startswith("  SE"):
                self.say(line.strip())

    def scope(self, house: House) -> None:
        """Find the people in the evidence and freeze the list."""
        self.turn(story.SCOPED_AT)
        self.head("scope")
        document = read_toml(self._example("scope.toml"))
        found = scoping.scope(house, self.incident_id, actor=self.ada, document=document)
        for line in list(found.lines())[:5]:
            self.say(line)
        self.say(f"cohort {found.frozen.commitment[:16] if found.frozen else ''} is frozen")
        for gap in open_gaps(view(house, self.incident_id)):
            reason = story.accepted_because(gap)
            following.accept_gap(house, self.incident_id, 1, actor=self.ada, reason=reason)
            self.say(f"gap: {gap}")
            self.say(f"     ada accepts it: {reason}")

    def determine(self, house: House) -> None:
        """Let the flow ask the law, draft the letters and prepare the filings."""
        self.head("obligations and letters")
        self.say("waiting for the Prefect server to come up ...")
        wait_for_server(self.stage)
        self.flow()
        state = view(house, self.incident_id)
        open_now = [o for o in state.obligations.values() if o.open]
        self.say(
            f"{len(open_now)} duties are open; {len(state.obligations) - len(open_now)} do not arise, with reasons"
        )
        if state.determination and state.determination.not_covered:
            self.say(
                "not covered by the catalogue, ask counsel: " + ", ".join(state.determination.not_covered)
            )
        self.say(
            f"{len(state.letters)} letters drafted and checked, {len(state.filings)} filing packs prepared"
        )
        self.turn(story.URGENT_AT)
        self.say("grace files at once where the law gives hours, not days:")
        self._file_those_due(house, story.FILED_AT)

    def approve(self, house: House) -> None:
        """Show that nobody approves their own work; then the second person does."""
        self.turn(story.APPROVED_AT)
        self.head("approve (two named demo roles: ada is on call, grace is the officer)")
        try:
            approving.approve(house, self.incident_id, actor=self.ada)
        except FourEyesError as refusal:
            self.say(f"ada tries: REFUSED, {refusal}")
        else:
            raise PermanentError("self-approval was not refused")
        state = approving.approve(house, self.incident_id, actor=self.grace)
        triple = state.approval.request.triple if state.approval else ""
        self.say(f"grace approves cohort x letters x send {triple[:16]}")

    def send(self, house: House) -> None:
        """Send through the provider's client, and take in its signed events."""
        self.head("send")
        self.stage.open_mail(bounces=story.BOUNCES)
        self.flow()
        state = self._settled(house)
        tally = state.notice.tally if state.notice else {}
        self.say("deliveries: " + ", ".join(f"{name} {n}" for name, n in sorted(tally.items()) if n))

    def tell_otherwise(self, house: House) -> None:
        """Tell those whom mail does not reach, and account for each."""
        self.turn(story.CALLED_AT)
        self.head("tell the others")
        for line in settling.deliveries(house, self.incident_id, not_reached=True):
            channel = "phone" if line.state == "no_address" else "letter"
            note = "called, told in person" if channel == "phone" else "registered letter handed to the post"
            settling.account(
                house,
                self.incident_id,
                actor=self.ada,
                positions=[line.position],
                channel=channel,
                told=True,
                happened_at=story.CALLED_AT,
                note=note,
            )
            self.say(f"person {line.position} ({line.state.replace('_', ' ')}): told by {channel}")
        self.flow()

    def file(self, house: House) -> None:
        """File with each authority; the reference and the receipt come back."""
        self.turn(story.FILED_AT)
        self.head("file with authorities")
        self.flow()
        self._file_those_due(house, None)

    def _file_those_due(self, house: House, before: datetime | None) -> None:
        """File what is due before a moment, or everything that is left."""
        receipts = self.stage.folder / "receipts"
        receipts.mkdir(exist_ok=True)
        state = view(house, self.incident_id)
        for filing_id, one in sorted(state.filings.items()):
            due = state.obligations[one.prepared.obligation_id].arose.due_at
            if one.submitted is not None or (before is not None and (due is None or due > before)):
                continue
            receipt = receipts / f"{filing_id}.txt"
            receipt.write_text(
                f"DRILL receipt of {one.prepared.authority} for {filing_id}\n", encoding="utf-8"
            )
            reference = f"DRILL-{one.prepared.jurisdiction}-{filing_id}"
            filing.submit(
                house,
                self.incident_id,
                filing_id,
                actor=self.grace,
                reference=reference,
                submitted_at=house.clock.now(),
                receipt=receipt,
            )
            self.say(f"{filing_id} {one.prepared.authority}: {reference}")

    def follow_up(self, house: House) -> None:
        """Show that nothing closes while anything is open; record next steps and promises."""
        self.turn(story.STEPS_AT)
        self.head("next steps with customers")
        self._must_not_close(house)
        for step in story.NEXT_STEPS:
            following.record_next_step(
                house, self.incident_id, actor=self.ada, step=step.step, text=step.text, due_on=step.due_on
            )
            self.say(f"{step.step.replace('_', ' ')}: {step.text}")
        for text, due_on in story.ACTION_ITEMS:
            following.promise_action_item(
                house, self.incident_id, actor=self.ada, text=text, owner=story.ON_CALL, due_on=due_on
            )
        self.say(f"{len(story.ACTION_ITEMS)} action items promised, each with an owner and a day")

    def review(self, house: House) -> None:
        """Write the post-mortem, have it reviewed by the second person, close."""
        self.turn(story.REVIEWED_AT)
        self.head("post-mortem, review, close")
        self.flow()
        following.review_post_mortem(
            house,
            self.incident_id,
            actor=self.grace,
            remark="read and agreed; the action items are the right ones",
        )
        following.close_incident(house, self.incident_id, actor=self.ada, reason="nothing is open")
        self.say("grace reviewed the report, ada closed the incident")

    def flow(self) -> None:
        """Run the incident's flow on the Prefect server."""
        ended = run_flow(self.incident_id, self.stage.settings)
        if ended is None:
            raise PermanentError("the Prefect server does not answer")
        self.say(f"Prefect flow run respond-{self.incident_id}: {ended[0]}")

    def _settled(self, house: House) -> Incident:
        until = time.monotonic() + SETTLE_SECONDS
        waiting = frozenset({"planned", "intent", "accepted", "processed", "deferred", "uncertain"})
        while time.monotonic() < until:
            state = view(house, self.incident_id)
            if state.notice is not None and count(state.notice, waiting) == 0:
                return state
            time.sleep(0.2)
        raise PermanentError("the provider's events did not arrive")

    def _must_not_close(self, house: House) -> None:
        try:
            following.close_incident(house, self.incident_id, actor=self.ada, reason="done")
        except RefusedError as refusal:
            self.say(f"ada tries to close: REFUSED, {refusal}")
        else:
            raise PermanentError("closing was not refused while things were open")

    def _example(self, name: str) -> Path:
        target = self.stage.folder / name
        target.write_bytes((shipped("examples") / "imajinn" / name).read_bytes())
        return target
