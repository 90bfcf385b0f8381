"""Further letters: corrections to exactly those who got the wrong one, second addresses, the rest by another provider.

Each is approved by a second person, has intents and deliveries of its own, and leaves everybody owed by one notice.
"""

from __future__ import annotations

import json
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller
from pypdf import PdfReader

from incident.core import events as e
from incident.core.deliveries import Signal
from incident.core.further import Kind
from incident.core.ladder import Channel
from incident.core.lifecycle import everyone_told
from incident.core.mailing import Accepted, Stop, Uncertain
from incident.core.signals import Reported
from incident.core.state import Notice
from incident.errors import FourEyesError, PermanentError, RefusedError
from incident.service import (
    accounting,
    approving,
    further,
    ladder,
    letting_go,
    reporting,
    sending,
    settling,
    told_text,
)
from incident.service import further_letters as letters
from incident.service.house import record
from incident.service.proving import check_proof, prove
from incident.service.verifying import verify
from tests.builders.house import KEY, Scene, change_settings, reopened, to_provider
from tests.builders.house import scene as house_scene
from tests.builders.playing import fresh, played
from tests.builders_mail import free_port, running_standin
from tests.fakes.mailer import FakeMailer

__all__ = ["fresh", "played"]
EVERYBODY = range(12)


@pytest.fixture
def sent(played) -> tuple[Scene, FakeMailer]:
    """Everybody's letter was accepted by a provider."""
    mailer = FakeMailer()
    scene = played("to_approved_for_fake").using(mailer=mailer)
    scene.turn(4.5)
    scene.run()
    assert tally(notice(scene, 1)) == {"accepted": 12}
    return scene, mailer


def notice(scene: Scene, number: int) -> Notice:
    return scene.state.notices[f"{scene.incident_id}-N{number}"]


def tally(one: Notice) -> dict[str, int]:
    return {name: n for name, n in one.tally.items() if n}


def report(scene: Scene, number: int, signal: Signal, positions) -> None:
    notice_id, now = notice(scene, number).plan.notice_id, scene.house.clock.now()
    events = [
        Reported(f"ev-{notice_id}-{p}-{signal}", f"{notice_id}-{p}", signal, now, "x", b"{}")
        for p in positions
    ]
    reporting.take_in(scene.house, events, source_sha256="0" * 64)


def propose(scene: Scene, kind: Kind, **more) -> e.FurtherProposed:
    more = {"actor": scene.ada, "reason": "as the test has it"} | more
    return further.propose(scene.house, scene.incident_id, kind=kind, **more)


def amend(scene: Scene, name: str, value: str) -> None:
    record(
        scene.house,
        scene.incident_id,
        actor=scene.ada,
        decide=lambda _s, _n: (e.FactsAmended(name, value, e.Label.FACT, "our audit log"),),
    )


def approve(scene: Scene, triple: str | None = None) -> None:
    approving.approve(scene.house, scene.incident_id, actor=scene.grace, triple=triple)


def positions_told(mailer: FakeMailer, number: int) -> list[int]:
    return sorted(int(i.rpartition("-")[2]) for i in mailer.accepted if f"-N{number}-" in i)


def whole(scene: Scene) -> None:
    verdict = verify(scene.house)
    assert not verdict.problems, verdict.problems


def corrected(scene: Scene) -> e.FurtherProposed:
    wrong = max(notice(scene, 1).letters.values(), key=lambda letter: letter.people).letter_id
    amend(scene, "what_happened", "A stranger copied files from our storage.")
    amend(scene, "what_happened_de", "Jemand kopierte Dateien aus unserem Speicher.")
    return propose(scene, Kind.CORRECTION, letter_id=wrong)


# ---------------------------------------------------------------- emergencies
def test_one_person_alone_in_an_emergency_can_correct(sent):
    scene, mailer = sent
    proposed = corrected(scene)
    triple = scene.state.approvals[proposed.approval_id].request.triple
    why = "nobody else answers the telephone at night"
    approving.force(scene.house, scene.incident_id, actor=scene.ada, triple=triple, reason=why)
    assert scene.state.approvals[proposed.approval_id].forced_because == why
    assert f"emergency:{proposed.approval_id}" in scene.state.pages
    scene.run()
    assert len(positions_told(mailer, 2)) == proposed.people > 0
    whole(scene)


def test_an_emergency_yes_to_further_letters_runs_out(sent):
    scene, mailer = sent
    proposed = corrected(scene)
    triple = scene.state.approvals[proposed.approval_id].request.triple
    approving.force(
        scene.house, scene.incident_id, actor=scene.ada, triple=triple, reason="nobody else answers us"
    )
    scene.turn(9)
    scene.run()
    assert "ran out" in (scene.state.approvals[proposed.approval_id].voided_because or "")
    assert positions_told(mailer, 2) == []


# ---------------------------------------------------------------- corrections
def test_a_correction_goes_to_exactly_those_who_got_the_wrong_letter(sent):
    scene, mailer = sent
    first = notice(scene, 1)
    wrong = max(first.letters.values(), key=lambda letter: letter.people).letter_id
    with scene.house.store.reading() as tx:
        rows = tx.people.deliveries(first.plan.notice_id)
    people = {r.position for r in rows if r.letter_id == wrong}
    assert 0 < len(people) < 12
    bounced = min(people)
    report(scene, 1, Signal.BOUNCED, [bounced])
    report(scene, 1, Signal.DELIVERED, [r.position for r in rows if r.position != bounced])
    amend(scene, "what_happened", "Somebody read a backup of our database.")
    amend(scene, "what_happened_de", "Jemand las eine Sicherung unserer Datenbank.")

    proposed = propose(scene, Kind.CORRECTION, letter_id=wrong)
    assert proposed.people == len(people) - 1
    scene.run()
    assert len(scene.state.notices) == 1, "nothing is laid out before a second person has approved"
    with pytest.raises(FourEyesError):
        approving.approve(scene.house, scene.incident_id, actor=scene.ada)
    approve(scene)
    scene.run()

    assert positions_told(mailer, 2) == sorted(people - {bounced})
    second = notice(scene, 2)
    assert tally(second) == {"accepted": len(people) - 1}
    assert tally(notice(scene, 1)) == {"bounced": 1, "delivered": 11}, "who was told was told"
    told = told_text.told_text(scene.house, scene.incident_id, max(people), actor=scene.grace, notice="N2")
    assert "backup of our database" in told.text or "Sicherung unserer Datenbank" in told.text
    assert "corrects an earlier one" in told.text or "berichtigt einen früheren" in told.text
    assert not everyone_told(scene.state)
    on_paper = scene.folder / "letters.pdf"
    ladder.export(scene.house, scene.incident_id, actor=scene.ada, channel=Channel.LETTER, out=on_paper)
    paper = " ".join(page.extract_text() for page in PdfReader(on_paper).pages).split()
    said = "backup of our database" in " ".join(paper) or "Sicherung unserer Datenbank" in " ".join(paper)
    assert said, "whom the wrong letter never reached is told what is right"
    whole(scene)


def test_who_got_a_further_letter_is_proven_with_it_and_who_did_not_without(sent):
    scene, _mailer = sent
    first = notice(scene, 1)
    wrong = max(first.letters.values(), key=lambda letter: letter.people).letter_id
    with scene.house.store.reading() as tx:
        rows = tx.people.deliveries(first.plan.notice_id)
    report(scene, 1, Signal.DELIVERED, [r.position for r in rows])
    amend(scene, "what_happened", "Somebody read a backup of our database.")
    amend(scene, "what_happened_de", "Jemand las eine Sicherung unserer Datenbank.")
    propose(scene, Kind.CORRECTION, letter_id=wrong)
    approve(scene)
    scene.run()
    corrected = next(r.position for r in rows if r.letter_id == wrong)
    other = next(r.position for r in rows if r.letter_id != wrong)
    proofs = {at: prove(scene.house, scene.incident_id, at, actor=scene.ada) for at in (corrected, other)}
    for position, notices in ((corrected, 2), (other, 1)):
        found, _given = check_proof(json.dumps(proofs[position]).encode())
        assert len(proofs[position]["batches"]) == notices
        assert found.state == ("accepted" if position == corrected else "delivered")
    whole(scene)


def test_a_correction_that_says_the_same_is_refused(sent):
    scene, _mailer = sent
    with pytest.raises(RefusedError, match="say the same"):
        propose(scene, Kind.CORRECTION)


def test_a_correction_waits_for_doubts_and_for_the_wrong_letters_that_are_still_to_go(played):
    mailer = FakeMailer(Uncertain("timed out"))
    scene = played("to_approved_for_fake").using(mailer=mailer)
    scene.turn(4.5)
    scene.run()
    amend(scene, "what_happened", "Somebody read a backup of our database.")
    with pytest.raises(RefusedError, match="in doubt; settle that first"):
        propose(scene, Kind.CORRECTION)


def test_who_had_the_wrong_letter_by_post_gets_the_right_one_by_post(sent):
    scene, mailer = sent
    report(scene, 1, Signal.BOUNCED, [0])
    report(scene, 1, Signal.DELIVERED, range(1, 12))
    at = scene.house.clock.now()
    said = accounting.Account("told", "letter", at, "handed to the post")
    accounting.account(scene.house, scene.incident_id, actor=scene.ada, accounts={(None, 0): (None, said)})
    amend(scene, "what_happened", "Somebody read a backup of our database.")
    assert propose(scene, Kind.CORRECTION).people == 12
    approve(scene)
    scene.run()
    assert len(positions_told(mailer, 2)) == 12


# ---------------------------------------------------------------- second addresses
def test_whom_mail_did_not_reach_is_written_to_at_another_address_under_an_approval_of_its_own(sent):
    """The example's evidence proves a second address of the people at 3 and 7, and of nobody else who bounced."""
    scene, mailer = sent
    report(scene, 1, Signal.BOUNCED, [3, 7, 8])
    report(scene, 1, Signal.DELIVERED, [p for p in EVERYBODY if p not in {3, 7, 8}])

    assert propose(scene, Kind.SECOND_ADDRESS).people == 2
    phoned = accounting.Account("told", "phone", scene.house.clock.now(), "they called us")
    accounting.account(scene.house, scene.incident_id, actor=scene.ada, accounts={(None, 7): (None, phoned)})
    approve(scene)
    scene.run()
    assert positions_told(mailer, 2) == [3], "who was told meanwhile is not written to"
    assert mailer.letters[-1]["To"].addresses[0].addr_spec == "bruno.f.personal@example.com"
    assert tally(notice(scene, 1)) == {"bounced": 1, "delivered": 9, "told_otherwise": 1, "followed": 1}
    assert tally(notice(scene, 2)) == {"accepted": 1}
    told = told_text.told_text(scene.house, scene.incident_id, 3, actor=scene.grace, notice="N2")
    assert told.address == "bruno.f.personal@example.com"

    report(scene, 2, Signal.BOUNCED, [3])
    assert tally(notice(scene, 2)) == {"bounced": 1}
    with pytest.raises(RefusedError, match="second addresses already"):
        propose(scene, Kind.SECOND_ADDRESS, notice="N2")
    assert not everyone_told(scene.state)
    report(scene, 1, Signal.DELIVERED, [3])
    assert tally(notice(scene, 1))["followed"] == 1, (
        "an event about the first letter changes nothing any more"
    )
    whole(scene)


def test_the_ladder_leaves_out_an_address_that_was_written_to(sent):
    scene, _mailer = sent
    report(scene, 1, Signal.BOUNCED, [3])
    propose(scene, Kind.SECOND_ADDRESS)
    approve(scene)
    scene.run()
    report(scene, 2, Signal.BOUNCED, [3])
    (line,) = ladder.lines(scene.house, scene.incident_id)
    assert (line.notice_id, line.position) == (f"{scene.incident_id}-N2", 3)
    assert line.next != "second_address"


# ---------------------------------------------------------------- the rest, another way
def test_the_unsent_rest_goes_by_another_provider_once_that_is_approved(played):
    first, other = FakeMailer(), FakeMailer()
    other.name = "other"
    scene = played("to_approved_for_fake").using(mailer=first)
    scene.turn(4.5)
    stop_after(scene, first, calls=2)
    before = tally(notice(scene, 1))
    assert before["planned"] > 0
    assert before["accepted"] == len(first.accepted) > 0

    switched = scene.using(mailer=other)
    letting_go.resume(switched.house, scene.incident_id, actor=scene.ada, reason="the relay is mended")
    with pytest.raises(RefusedError, match="otherwise than was approved"):
        sending.send(switched.house, scene.incident_id, progress=lambda _d, _a: None)
    assert other.calls == []

    proposed = propose(switched, Kind.UNSENT, reason="the first provider is down")
    assert proposed.people == before["planned"]
    assert notice(scene, 1).halted_because == "the first provider is down"
    switched.run()
    assert other.calls == [], "nothing goes before a second person has approved the rest"
    with pytest.raises(FourEyesError):
        approving.approve(switched.house, scene.incident_id, actor=scene.ada)
    approve(switched)
    switched.run()
    told = first.accepted + other.accepted
    assert sorted(int(i.rpartition("-")[2]) for i in told) == list(EVERYBODY), "every person once"
    assert tally(notice(scene, 1)) == {"accepted": before["accepted"], "followed": before["planned"]}
    assert tally(notice(scene, 2)) == {"accepted": before["planned"]}
    whole(switched)


class Mailbox:
    """A real SMTP server's mail, kept."""

    def __init__(self) -> None:
        self.ids: list[str] = []

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: N802 - the name aiosmtpd calls
        self.ids.append(message_from_bytes(envelope.content)["X-Tocsin-Delivery"])
        return "250 OK"


def test_from_sendgrid_to_smtp_in_the_middle_with_real_sockets(tmp_path, monkeypatch):
    monkeypatch.setenv("TOCSIN_SENDGRID_KEY", KEY)
    plan = {"requests": {"2": {"fault": "reset_after"}, "3": {"fault": "401"}}}
    box = Mailbox()
    relay = Controller(box, hostname="127.0.0.1", port=free_port())
    relay.start()
    with running_standin(tmp_path / "provider", plan=plan) as provider:
        changes = to_provider(provider.url) | {"batch_people = 500": "batch_people = 1"}
        with house_scene(tmp_path / "workspace", changes=changes) as opened:
            one = opened.to_approved()
            with pytest.raises(PermanentError):
                one.run()
            incident_id, before = one.incident_id, tally(notice(one, 1))
            assert before["uncertain"] == 1
            assert before["planned"] > 0
        change_settings(one.settings, {'transport = "sendgrid"': 'transport = "smtp"', "port = 587": f"port = {relay.port}",
                                       "start_tls = true": "start_tls = false"})  # fmt: skip
        with reopened(one.settings, incident_id) as other:
            propose(other, Kind.UNSENT, reason="the key was withdrawn; by our relay")
            assert box.ids == []
            approve(other)
            other.run()
            assert len(box.ids) == before["planned"], (
                "the doubt stays with SendGrid until it is settled there"
            )
            (batch,) = [n for n, b in notice(other, 1).batches.items() if b.state == "uncertain"]
            settling.resolve(
                other.house,
                incident_id,
                actor=other.ada,
                batch=batch,
                accepted=True,
                how="its log",
                notice="N1",
            )
            told = [line["custom_args"]["tocsin_delivery"] for line in provider.oracle()] + box.ids
            assert sorted(int(i.rpartition("-")[2]) for i in told) == list(EVERYBODY), "every person once"
            whole(other)
    relay.stop()


def test_a_yes_to_further_letters_is_void_when_they_would_be_sent_otherwise(played):
    mailer, other = FakeMailer(), FakeMailer()
    other.name = "other"
    scene = played("to_approved_for_fake").using(mailer=mailer)
    scene.turn(4.5)
    stop_after(scene, mailer, calls=1)
    letting_go.pause(scene.house, scene.incident_id, actor=scene.ada, reason="look")
    propose(scene, Kind.UNSENT)
    approve(scene)
    scene.using(mailer=other).run()
    assert other.calls == []
    assert [a.voided_because for a in scene.state.approvals.values()][-1] == (
        "the way in which letters are sent has changed"
    )


def test_an_approval_withdrawn_while_letters_go_stops_them_and_the_rest_needs_a_new_one(played):
    mailer = FakeMailer()
    scene = played("to_approved_for_fake").using(mailer=mailer)
    scene.turn(4.5)
    withdrawn = []

    class Withdrawing(FakeMailer):
        def send(self, batch):
            if len(self.calls) == 1 and not withdrawn:
                withdrawn.append(
                    further.withdraw(
                        scene.house, scene.incident_id, actor=scene.grace, reason="a wrong link", triple=None
                    )
                )
            return super().send(batch)

    mailer = Withdrawing()
    scene = scene.using(mailer=mailer)
    with pytest.raises(PermanentError, match="the approval became void"):
        scene.run()
    calls = len(mailer.calls)
    assert calls == 2, "the call under way is answered for, and no other is made"
    left = tally(notice(scene, 1))
    assert left["planned"] + left["accepted"] == 12
    scene.run()
    assert len(mailer.calls) == calls

    assert propose(scene, Kind.UNSENT, reason="the link is mended").people == left["planned"]
    approve(scene)
    scene.run()
    assert sorted(int(i.rpartition("-")[2]) for i in mailer.accepted) == list(EVERYBODY)
    whole(scene)


def test_what_is_proposed_is_read_by_its_own_hash_and_a_newer_proposal_replaces_it(sent, tmp_path):
    scene, _mailer = sent
    amend(scene, "what_happened", "Somebody read a backup of our database.")
    old = propose(scene, Kind.CORRECTION)
    amend(scene, "what_happened", "Somebody read two backups of our database.")
    new = propose(scene, Kind.CORRECTION)
    assert scene.state.approvals[old.approval_id].voided_because == "a newer proposal replaces it"
    ((shown, approval),) = letters.waiting_ones(scene.house, scene.incident_id)
    assert shown == new
    with pytest.raises(RefusedError, match="what you read"):
        approve(scene, "0" * 16)
    files = letters.write_out(scene.house, scene.incident_id, tmp_path / "out")
    assert any("two backups" in file.read_text() for file in files)
    approve(scene, approval.request.triple[:16])
    assert scene.state.approvals[new.approval_id].granted


def stop_after(scene: Scene, mailer: FakeMailer, *, calls: int) -> None:
    """Send until so many calls are made; then the provider refuses us."""
    mailer.script = [Accepted(f"m-{n}") for n in range(calls)] + [Stop("the key is void")]
    with pytest.raises(PermanentError):
        scene.run()
    mailer.script = []
