"""What every mailer does alike: the fake, the outbox, SMTP against a real server, SendGrid against the stand-in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller

from incident.adapters.mail.dialing import dial_loopback
from incident.adapters.mail.drill import DrillMailer
from incident.adapters.mail.outbox import OutboxMailer
from incident.adapters.mail.secrecy import SealedText
from incident.adapters.mail.sendgrid import SendGridMailer
from incident.adapters.mail.sendgrid_body import SendGridSettings
from incident.adapters.mail.smtp import Security, SmtpMailer, SmtpSettings
from incident.core.mailing import Accepted, Mailer, Refused, per_recipient
from incident.core.placeholders import encoded, fill
from tests.builders_mail import LETTER, batch, free_port, recipient, running_standin
from tests.fakes.mailer import FakeMailer


@dataclass
class Tried:
    """A mailer, and a way to ask which deliveries arrived at its far end, and for the messages there."""

    mailer: Mailer
    arrived: object
    letters: object


class Mailbox:
    def __init__(self):
        self.messages = []

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name aiosmtpd calls
        self.messages.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"


def _ids(messages):
    return sorted(message["X-Tocsin-Delivery"] for message in messages)


@pytest.fixture(scope="module")
def standin(tmp_path_factory):
    with running_standin(tmp_path_factory.mktemp("standin")) as provider:
        yield provider


@pytest.fixture(params=["fake", "outbox", "smtp", "sendgrid", "drill"])
def tried(request, tmp_path):
    match request.param:
        case "fake":
            mailer = FakeMailer()
            yield Tried(mailer, lambda: sorted(mailer.accepted), lambda: list(mailer.letters))
        case "outbox":
            yield _outbox(OutboxMailer(tmp_path / "outbox"), tmp_path / "outbox")
        case "drill":
            yield _outbox(DrillMailer(lambda _: OutboxMailer(tmp_path / "outbox")), tmp_path / "outbox")
        case "smtp":
            box = Mailbox()
            server = Controller(box, hostname="127.0.0.1", port=free_port())
            server.start()
            settings = SmtpSettings("127.0.0.1", server.port, Security.NONE)
            yield Tried(
                SmtpMailer(settings, dial=dial_loopback),
                lambda: _ids(box.messages),
                lambda: list(box.messages),
            )
            server.stop()
        case "sendgrid":
            yield _sendgrid(request.getfixturevalue("standin"))


def _outbox(mailer, directory):
    def letters():
        return [message_from_bytes(p.read_bytes(), policy=policy.default) for p in directory.rglob("*.eml")]

    return Tried(mailer, lambda: _ids(letters()), letters)


def _sendgrid(standin):
    oracle = standin.state / "oracle.jsonl"
    before = len(standin.oracle()) if oracle.exists() else 0

    def lines():
        return standin.oracle()[before:] if oracle.exists() else []

    def letters():
        files = [standin.state / line["file"] for line in lines()]
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]

    mailer = SendGridMailer(SendGridSettings(standin.url), SealedText("SG.test"))
    return Tried(mailer, lambda: sorted(line["custom_args"]["tocsin_delivery"] for line in lines()), letters)


def test_a_batch_is_accepted_and_arrives_once(tried):
    two = batch(recipient(1), recipient(2))
    outcome = tried.mailer.send(two)
    assert all(isinstance(one, Accepted) for one in per_recipient(two, outcome))
    assert tried.arrived() == ["DLV-1", "DLV-2"]


def test_the_letter_says_what_was_approved_with_this_persons_values(tried):
    one = recipient(3)
    tried.mailer.send(batch(one))
    (message,) = tried.letters()
    pairs = encoded(one.substitutions)
    assert message["Subject"].endswith(fill(LETTER.subject, pairs))
    assert message["To"].addresses[0].addr_spec == one.address
    assert message["To"].addresses[0].display_name == one.name
    assert message["Reply-To"] == LETTER.reply_to
    text = message.get_body(("plain",)).get_content().replace("\r\n", "\n")
    html = message.get_body(("html",)).get_content()
    assert text.endswith(fill(LETTER.text, pairs))
    assert "Dear Zelda &amp; &lt;Co&gt; 5&#37;,</p><p>your e-mail address was read." in html


@pytest.mark.parametrize(
    ("case", "bad", "blamed"),
    [
        ("the same address twice", recipient(9, address="zelda1@EXAMPLE.org"), (1,)),
        ("the same delivery twice", recipient(9, delivery_id="DLV-1"), (1,)),
        ("a local part that is not ASCII", recipient(9, address="zäzilie@example.org"), (1,)),
        (
            "a line end in the address",
            recipient(9, address="zelda9@example.org\r\nBcc: eve@example.org"),
            (1,),
        ),
        ("a line end in the name", recipient(9, name="Zelda\r\nBcc: eve@example.org"), (1,)),
        ("an encoded line end in the name", recipient(9, name="=?utf-8?q?Zelda=0D=0ABcc=3A_eve?="), (1,)),
        ("a hole in the letter", recipient(9, substitutions={"first_name": "Zelda"}), (1,)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_recipient_is_refused_by_place_before_anything_leaves(tried, case, bad, blamed):
    outcome = tried.mailer.send(batch(recipient(1), bad))
    assert isinstance(outcome, Refused), case
    assert outcome.indexes == blamed
    assert tried.arrived() == []
    assert "zelda" not in repr(outcome).lower()
    assert "@example" not in repr(outcome)


def test_a_thousand_and_one_are_refused(tried):
    outcome = tried.mailer.send(batch(*(recipient(n) for n in range(1001))))
    assert isinstance(outcome, Refused)
    assert "1000" in outcome.reason
    assert tried.arrived() == []


@pytest.mark.parametrize(
    "subject", ["a\r\nBcc: eve@example.org", "=?utf-8?q?a=0D=0ABcc=3A_eve=40example.org?="]
)
def test_a_subject_that_breaks_out_is_refused_whole(tried, subject):
    outcome = tried.mailer.send(batch(letter=replace(LETTER, subject=subject)))
    assert isinstance(outcome, Refused)
    assert outcome.indexes is None
    assert tried.arrived() == []


def test_a_mailer_says_truly_whether_a_second_call_reaches_a_person_twice(tried):
    tried.mailer.send(batch(attempt=1))
    assert isinstance(tried.mailer.send(batch(attempt=2)), Accepted)
    assert tried.arrived() == ["DLV-1"] * (1 if tried.mailer.idempotent else 2)


def test_a_mailer_on_this_machine_reaches_nobody_and_says_so(tried):
    assert tried.mailer.reaches_people is False
    assert tried.mailer.settles_on in {"delivered", "accepted", "accounted"}
