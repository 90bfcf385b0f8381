"""The stand-in provider: as strict as the original, its oracle on disk first, its events signed and true."""

from __future__ import annotations

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from incident.adapters.mail.secrecy import SealedText
from incident.adapters.mail.sendgrid import SendGridMailer
from incident.adapters.mail.sendgrid_body import SendGridSettings, body
from incident.adapters.mail.webhook import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    EventVerifier,
    Verified,
)
from incident.core.deliveries import Signal
from incident.core.signals import accepted_ids
from incident.demo.standin_events import checked_url
from incident.demo.standin_plan import read_plan
from incident.errors import RefusedError
from tests.builders_mail import batch, recipient, running_standin

AUTH = {"Authorization": "Bearer SG.test"}


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    with running_standin(tmp_path_factory.mktemp("standin"), judged=False) as running:
        yield running


def good():
    return body(batch(recipient(1), recipient(2)), SendGridSettings())


def changed(path, value):
    """Return a good request with one place changed; the path is written with dots."""
    request = good()
    *way, last = [int(part) if part.isdecimal() else part for part in path.split(".")]
    place = request
    for part in way:
        place = place[part]
    place[last] = value
    return request


def people(number):
    return [{"to": [{"email": f"p{n}@example.org"}]} for n in range(number)]


REFUSED = [
    ("personalizations", [], "personalizations"),
    ("personalizations", people(1001), "personalizations"),
    ("personalizations.1.to", [], "personalizations.1.to"),
    ("personalizations.1.to.0.email", "ZELDA1@example.org", "personalizations.1.to"),
    ("personalizations.1.to.0.email", "zäzilie@example.org", "personalizations.1.to.0.email"),
    ("personalizations.1.to.0.email", "nobody", "personalizations.1.to.0.email"),
    ("personalizations.1.to.0.name", "Zelda; Co", "personalizations.1.to.0.name"),
    ("personalizations.0.substitutions", {"%first_name%": "x" * 10_001}, "personalizations.0.substitutions"),
    ("personalizations.0.custom_args", {"tocsin_delivery": 1}, "personalizations.0.custom_args"),
    ("personalizations.0.send_at", 9_999_999_999, "personalizations.0.send_at"),
    ("from.email", "ü@example.org", "from.email"),
    ("subject", "", "subject"),
    ("content", [], "content"),
    ("content", [{"type": "text/html", "value": "x"}, {"type": "text/plain", "value": "x"}], "content"),
    ("categories", ["a", "a"], "categories"),
    ("mail_settings.bypass_list_management", {"enable": True}, "mail_settings.bypass_list_management"),
]


@pytest.mark.parametrize(("path", "value", "field"), REFUSED)
def test_it_refuses_what_the_original_refuses(provider, path, value, field):
    answer = httpx.post(f"{provider.url}/v3/mail/send", json=changed(path, value), headers=AUTH)
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v3/mail/send", {}, 401),
        ("/v3/mail/send", {"Authorization": "Basic eDp5"}, 401),
        ("/v3/mail/other", AUTH, 404),
        ("/v3/mail/send", AUTH | {"Content-Type": "text/plain"}, 415),
    ],
)
def test_it_answers_as_the_original_at_the_door(provider, path, headers, status):
    assert httpx.post(provider.url + path, json=good(), headers=headers).status_code == status


def test_one_connection_carries_many_requests_and_each_is_on_disk_before_its_answer(provider):
    with httpx.Client(headers=AUTH) as client:
        for number in range(20, 25):
            request = body(batch(recipient(number)), SendGridSettings())
            answer = client.post(f"{provider.url}/v3/mail/send", json=request)
            assert (answer.status_code, answer.content) == (202, b"")
            last = provider.oracle()[-1]
            assert last["message_id"] == answer.headers["X-Message-Id"]
            assert last["custom_args"]["tocsin_delivery"] == f"DLV-{number}"
            assert (provider.state / last["file"]).read_bytes()


class Receiver:
    """Receives events as our webhook route will: verified on raw bytes; the first post is turned away."""

    def __init__(self):
        self.bodies = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.bodies.append((raw, self.headers[SIGNATURE_HEADER], self.headers[TIMESTAMP_HEADER]))
                self.send_response(500 if len(receiver.bodies) == 1 else 204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self):
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/sendgrid"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def events(self, public_key, now):
        verifier = EventVerifier([public_key], window=timedelta(minutes=1))
        answers = [verifier.verify(raw, signature=s, timestamp=t, now=now) for raw, s, t in self.bodies]
        assert all(isinstance(answer, Verified) for answer in answers)
        return [event for answer in answers[1:] for event in answer.events]


DRILL_OFFSET = timedelta(days=-200)


def test_events_are_signed_repeated_until_taken_and_tell_the_fate_of_each(tmp_path):
    fates = {
        recipient(2).address: "blocked",
        recipient(3).address: "dropped",
        recipient(4).address: "deferred",
        recipient(5).address: "spamreport",
        recipient(6).address: "silent",
    }
    plan = {"outcomes": fates, "bounce_first": 1, "events": {"duplicate": True, "reverse": True}}
    offset = str(DRILL_OFFSET // timedelta(microseconds=1))
    with Receiver() as receiver:
        arguments = ("--webhook-url", receiver.url, "--clock-offset-us", offset)
        with running_standin(tmp_path / "state", plan=plan, arguments=arguments) as provider:
            sender = SendGridMailer(SendGridSettings(provider.url), SealedText("SG.test"))
            accepted = sender.send(batch(*(recipient(n) for n in range(1, 8))))
            now = datetime.now(UTC) + DRILL_OFFSET  # noqa: TID251 - the other process has a real clock
            _wait_for(lambda: len(receiver.events(provider.public_key, now)) == 2 * 12)
            events = receiver.events(provider.public_key, now)
    assert abs(accepted.at - now) < timedelta(minutes=1)
    assert Counter((event.delivery_id, event.kind) for event in events) == dict.fromkeys([("DLV-1", Signal.PROCESSED), ("DLV-1", Signal.BOUNCED), ("DLV-2", Signal.PROCESSED), ("DLV-2", Signal.BLOCKED), ("DLV-3", Signal.DROPPED), ("DLV-4", Signal.PROCESSED), ("DLV-4", Signal.DEFERRED), ("DLV-5", Signal.PROCESSED), ("DLV-5", Signal.DELIVERED), ("DLV-5", Signal.SPAM_REPORTED), ("DLV-7", Signal.PROCESSED), ("DLV-7", Signal.DELIVERED)], 2)  # fmt: skip
    assert {event.attempt_id for event in events} == {"NTC-1.1.1"}
    assert all(accepted.message_id in accepted_ids(event.message_id) for event in events)
    assert all(abs(event.at - now) < timedelta(minutes=1) for event in events)
    assert len({event.event_id for event in events}) == 12


def _wait_for(ready):
    done = threading.Event()
    for _ in range(100):
        if ready():
            return
        done.wait(0.05)
    pytest.fail("the events did not come")


def test_it_ends_on_sigterm_and_goes_on_counting(tmp_path):
    for expected in ([1], [1, 2]):
        with running_standin(tmp_path / "state") as provider:
            SendGridMailer(SendGridSettings(provider.url), SealedText("SG.x")).send(batch())
            provider.process.terminate()
            assert provider.process.wait(5) == 0
            assert [line["sequence"] for line in provider.oracle()] == expected


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/x", "http://192.0.2.1/x", "http://localhost.example.org/x"]
)
def test_it_tells_nobody_but_this_machine(url):
    with pytest.raises(RefusedError):
        checked_url(url)


def test_a_plan_with_a_misspelled_fault_is_refused(tmp_path):
    (tmp_path / "plan.json").write_text('{"requests": {"1": {"fault": "reset_sometimes"}}}')
    with pytest.raises(ValueError, match="reset_sometimes"):
        read_plan(tmp_path / "plan.json", bounce_first=0)
