"""The outbox keeps letters private, whole and once; a drill cannot leave this machine and cannot be mistaken."""

from __future__ import annotations

import socket
import stat
from dataclasses import replace

import pytest

from incident.adapters.mail.dialing import NotLoopbackError, dial_loopback
from incident.adapters.mail.drill import MARK, DrillMailer
from incident.adapters.mail.outbox import OutboxMailer
from incident.adapters.mail.secrecy import SealedText
from incident.adapters.mail.sendgrid import SendGridMailer
from incident.adapters.mail.sendgrid_body import SendGridSettings
from incident.adapters.mail.smtp import Security, SmtpMailer, SmtpSettings
from incident.core.mailing import Accepted, NotSent, Stop
from incident.errors import RefusedError
from tests.builders_mail import LETTER, batch, recipient
from tests.fakes.mailer import FakeMailer


def test_letters_are_private_and_can_be_found_from_the_index(tmp_path):
    box = tmp_path / "outbox"
    assert OutboxMailer(box).send(batch(recipient(1), recipient(2))) == Accepted("NTC-1.1.1")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in box.rglob("*") if path.is_file()}
    assert modes == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in [box, box / "NTC-1"]} == {0o700}
    index = (box / "index.html").read_text()
    assert 'href="NTC-1/batch-000001.html"' in index
    page = (box / "NTC-1/batch-000001.html").read_text()
    assert 'href="DLV-2.html"' in page
    assert "Zelda &amp; &lt;Co&gt;" in page.replace("&amp;amp;", "&amp;")
    assert "<Co>" not in page + (box / "NTC-1/DLV-2.html").read_text()


def test_the_same_delivery_again_changes_nothing(tmp_path):
    mailer = OutboxMailer(tmp_path)
    mailer.send(batch())
    letter = tmp_path / "NTC-1/DLV-1.eml"
    before = letter.read_bytes()
    mailer.send(batch(attempt=2))
    assert letter.read_bytes() == before


def test_the_same_letter_is_the_same_bytes(tmp_path):
    OutboxMailer(tmp_path / "a").send(batch())
    OutboxMailer(tmp_path / "b").send(batch())
    assert (tmp_path / "a/NTC-1/DLV-1.eml").read_bytes() == (tmp_path / "b/NTC-1/DLV-1.eml").read_bytes()


def test_a_disk_that_does_not_take_it_is_not_sent(tmp_path):
    (tmp_path / "outbox").write_text("in the way")
    answer = OutboxMailer(tmp_path / "outbox").send(batch())
    assert isinstance(answer, NotSent)
    assert str(tmp_path) not in answer.reason


def test_a_drill_marks_every_part_of_a_letter():
    inner = FakeMailer()
    DrillMailer(lambda _: inner).send(batch(letter=replace(LETTER, headers=(("X-Kept", "yes"),))))
    (letter,) = inner.letters
    assert letter["Subject"].startswith(MARK)
    assert letter["X-Tocsin-Drill"] == "true"
    assert letter["X-Kept"] == "yes"
    assert letter.get_body(("plain",)).get_content().startswith(MARK)
    html = letter.get_body(("html",)).get_content()
    assert html.index("<body>") < html.index(MARK) < html.index("Dear")


def test_a_subject_that_says_already_that_it_is_a_drill_is_marked_once():
    inner = FakeMailer()
    DrillMailer(lambda _: inner).send(batch(letter=replace(LETTER, subject=f"{MARK} {LETTER.subject}")))
    assert inner.letters[0]["Subject"].count(MARK) == 1


@pytest.mark.parametrize(
    "make",
    [
        lambda dial: SendGridMailer(SendGridSettings("https://192.0.2.1"), SealedText("SG.x"), dial=dial),
        lambda dial: SmtpMailer(SmtpSettings("192.0.2.1", 25, Security.NONE), dial=dial),
    ],
    ids=["sendgrid", "smtp"],
)
def test_a_drill_stops_at_a_host_that_is_not_this_machine(make):
    drill = DrillMailer(make)
    assert isinstance(drill.send(batch()), Stop)
    assert (drill.reaches_people, drill.name.startswith("drill:")) == (False, True)


@pytest.mark.parametrize(
    "make",
    [
        lambda _: SendGridMailer(SendGridSettings(), SealedText("SG.x")),
        lambda _: SendGridMailer(SendGridSettings(sandbox=True), SealedText("SG.x")),
        lambda _: SmtpMailer(SmtpSettings("127.0.0.1", 25)),
    ],
    ids=["sendgrid", "sendgrid in the sandbox", "smtp"],
)
def test_a_transport_that_ignores_the_drills_dial_is_refused(make):
    with pytest.raises(RefusedError, match="leave this machine"):
        DrillMailer(make)


def test_a_name_with_one_address_elsewhere_is_not_loopback(monkeypatch):
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, 25)) for a in ("127.0.0.1", "192.0.2.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(NotLoopbackError):
        dial_loopback("two-faced.example", 25, 1.0)
