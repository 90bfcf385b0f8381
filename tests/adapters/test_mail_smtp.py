"""SMTP: each person's answer on its own, and a doubt only where there is one; against a real server."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from incident.adapters.mail.dialing import dial_loopback
from incident.adapters.mail.secrecy import SealedText
from incident.adapters.mail.smtp import Security, SmtpMailer, SmtpSettings
from incident.core.mailing import Accepted, Mixed, NotSent, Refused, Stop, Uncertain
from tests.builders_mail import batch, free_port, recipient


class Server:
    """Takes mail, but for the people its plan names: by RCPT or DATA reply, or by dropping the line."""

    def __init__(self, **plan):
        self.plan = plan
        self.taken = []

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802 - the name aiosmtpd calls
        envelope.mail_from = address
        return self.plan.get("sender", "250 OK")

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802 - the name aiosmtpd calls
        reply = self.plan.get("rcpt", {}).get(address)
        if reply:
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - the name aiosmtpd calls
        (address,) = envelope.rcpt_tos
        self.taken.append(address)
        if address in self.plan.get("drop", ()):
            server.transport.abort()
        return self.plan.get("data", {}).get(address, "250 OK")


@contextmanager
def running(handler, **options):
    server = Controller(handler, hostname="127.0.0.1", port=free_port(), **options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def mailer(server, **changes):
    settings = {"security": Security.NONE, "timeout_seconds": 2.0} | changes
    return SmtpMailer(SmtpSettings("127.0.0.1", server.port, **settings), dial=dial_loopback)


A, B, C, D = (recipient(n) for n in range(1, 5))


def test_each_answer_stays_with_its_person():
    plan = {
        "rcpt": {A.address: "550 5.1.1 zelda1 unknown", B.address: "451 try later"},
        "data": {C.address: "554 no"},
    }
    with running(Server(**plan)) as server:
        answer = mailer(server).send(batch(A, B, C, D))
    assert answer == Mixed(
        (
            Refused("the server refused with 550"),
            NotSent("the server asks to come back later (451)"),
            Refused("the server refused with 554"),
            Accepted("DLV-4"),
        )
    )


def test_a_line_that_breaks_after_the_letter_leaves_that_one_in_doubt_and_the_rest_unsent():
    handler = Server(drop={B.address})
    with running(handler) as server:
        first, second, third = mailer(server).send(batch(A, B, C)).each
    assert (type(first), type(second), type(third)) == (Accepted, Uncertain, NotSent)
    assert handler.taken == [A.address, B.address]


@pytest.mark.parametrize(("reply", "expected"), [("550 not you", Stop), ("451 not now", NotSent)])
def test_a_sender_the_server_does_not_want_blames_no_recipient(reply, expected):
    handler = Server(sender=reply)
    with running(handler) as server:
        answer = mailer(server).send(batch(A, B))
    assert isinstance(answer, expected)
    assert handler.taken == []


def test_nobody_listening_is_certainly_not_sent():
    settings = SmtpSettings("127.0.0.1", free_port(), Security.NONE)
    answer = SmtpMailer(settings, dial=dial_loopback).send(batch())
    assert answer == NotSent("no connection to the mail server: ConnectionRefusedError")


def test_a_server_without_starttls_gets_no_letter():
    handler = Server()
    with running(handler) as server:
        answer = mailer(server, security=Security.STARTTLS).send(batch())
    assert isinstance(answer, Stop)
    assert handler.taken == []


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    """A certificate for 127.0.0.1 of one's own: the server's context and the client's."""
    from ipaddress import ip_address

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=36500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(secret + certificate.public_bytes(Encoding.PEM))
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context(cafile=str(path))
    server.load_cert_chain(path)
    return server, client


class PasswordController(Controller):
    """A server that demands STARTTLS and a login."""

    def factory(self):
        def check(server, session, envelope, mechanism, data):
            return AuthResult(success=data.password == b"right", handled=False)

        return SMTP(
            self.handler,
            tls_context=self.tls,
            require_starttls=True,
            authenticator=check,
            auth_required=True,
        )


@pytest.mark.parametrize(("password", "expected"), [("right", Accepted), ("wrong", Stop)])
def test_starttls_and_login(contexts, password, expected):
    server = PasswordController(Server(), hostname="127.0.0.1", port=free_port())
    server.tls = contexts[0]
    server.start()
    settings = SmtpSettings("127.0.0.1", server.port, Security.STARTTLS, "tocsin", SealedText(password))
    try:
        answer = SmtpMailer(settings, dial=dial_loopback, context=contexts[1]).send(batch())
    finally:
        server.stop()
    assert isinstance(answer, expected)
    assert "wrong" not in repr(answer)


def test_a_certificate_nobody_vouches_for_gets_no_letter(contexts):
    server = PasswordController(Server(), hostname="127.0.0.1", port=free_port())
    server.tls = contexts[0]
    server.start()
    try:
        answer = mailer(server, security=Security.STARTTLS).send(batch())
    finally:
        server.stop()
    assert isinstance(answer, NotSent)
    assert server.handler.taken == []
