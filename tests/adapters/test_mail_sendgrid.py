"""SendGrid: requests as described, answers as they are, nothing sent in doubt called sent, no key on any log."""

from __future__ import annotations

import logging
import socket
import threading
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import jsonschema_rs
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.adapters.mail.dialing import dial_loopback
from incident.adapters.mail.personalizing import party
from incident.adapters.mail.secrecy import SealedText
from incident.adapters.mail.sendgrid import SendGridMailer
from incident.adapters.mail.sendgrid_answers import outcome
from incident.adapters.mail.sendgrid_body import EU_HOST, Bypass, SendGridSettings, body
from incident.core.mailing import Accepted, NotSent, RateLimit, Refused, Split, Stop, Uncertain
from incident.core.placeholders import encoded
from incident.errors import SettingsError
from tests.builders_mail import LETTER, batch, free_port, recipient, running_standin
from tests.described import ABSENT, request_schema

KEY = "SG.very-secret"


def mailer(url, **settings):
    return SendGridMailer(SendGridSettings(url, timeout_seconds=1.0, **settings), SealedText(KEY))


@pytest.fixture(scope="module")
def validator():
    schema = request_schema()
    if schema is None:
        pytest.skip(ABSENT)
    return jsonschema_rs.validator_for(schema)


@pytest.mark.parametrize(
    "settings",
    [
        SendGridSettings(),
        SendGridSettings(EU_HOST, sandbox=True, hold_minutes=20),
        SendGridSettings(bypass=Bypass(unsubscribes=False, spam_reports=False, every_list=True)),
    ],
)
def test_a_request_is_valid_against_the_official_description(validator, settings):
    letter = replace(LETTER, headers=(("X-Tocsin-Drill", "true"),), group="HkJ5yLYULb7Rj8GKSx7u025ouWVlMgAi")
    many = batch(*(recipient(n) for n in range(1000)), letter=letter)
    validator.validate(body(many, settings))


_SAID = st.text("aZ9 é'&\"%<;,=?\\\xa0", max_size=6)


@given(st.lists(st.tuples(st.none() | _SAID, _SAID, _SAID), min_size=1, max_size=5))
def test_people_laid_out_together_are_written_as_each_alone(said):
    people = [
        recipient(number, name=name, substitutions={"first_name": first, "what_was_read": read})
        for number, (name, first, read) in enumerate(said)
    ]
    assert body(batch(*people), SendGridSettings())["personalizations"] == [
        {
            "to": [party(one.address, one.name or "")],
            "substitutions": encoded(one.substitutions),
            "custom_args": {"tocsin_delivery": one.delivery_id, "tocsin_attempt": "NTC-1.1.1"},
        }
        for one in people
    ]


def test_the_schema_check_can_fail(validator):
    wrong = body(batch(), SendGridSettings()) | {"mail_setting": {}}
    with pytest.raises(jsonschema_rs.ValidationError, match="mail_setting"):
        validator.validate(wrong)


def test_a_request_that_does_not_fit_fails_the_test_that_sent_it(validator, tmp_path):
    wrong = body(batch(), SendGridSettings()) | {"mail_setting": {}}

    def send_it():
        with running_standin(tmp_path / "state") as provider:
            auth = {"Authorization": "Bearer SG.test"}
            assert httpx.post(f"{provider.url}/v3/mail/send", json=wrong, headers=auth).status_code == 400
            assert not (provider.state / "oracle.jsonl").read_bytes()

    with pytest.raises(AssertionError, match="additionalProperties"):
        send_it()


def test_a_request_tracks_nobody_and_names_nobody_outside_the_letter():
    request = body(batch(recipient(1), recipient(2, name="Zelda; Co, Ltd")), SendGridSettings())
    assert {name for name, setting in request["tracking_settings"].items() if setting["enable"]} == set()
    assert set(request["tracking_settings"]) == {
        "click_tracking",
        "open_tracking",
        "subscription_tracking",
        "ganalytics",
    }
    assert request["mail_settings"] == {
        "bypass_unsubscribe_management": {"enable": True},
        "bypass_spam_management": {"enable": True},
        "footer": {"enable": False},
        "sandbox_mode": {"enable": False},
    }
    first, second = request["personalizations"]
    assert first["custom_args"] == {"tocsin_delivery": "DLV-1", "tocsin_attempt": "NTC-1.1.1"}
    assert [len(person["to"]) for person in request["personalizations"]] == [1, 1]
    assert "name" not in second["to"][0]
    assert [part["type"] for part in request["content"]] == ["text/plain", "text/html"]
    assert "asm" not in request


ERRORS = {
    "errors": [
        {"message": "Bad [zelda1@example.org] for 'Zelda'", "field": "personalizations.1.to", "help": None}
    ]
}
HTTP_DATE = "Tue, 10 Mar 2026 05:00:00 GMT"
NOON = datetime(2026, 3, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "headers", "content", "expected"),
    [
        (202, {"x-message-id": "M-1", "date": HTTP_DATE}, b"", Accepted("M-1", NOON)),
        (202, {}, b"", Accepted(None)),
        (200, {}, b"", Uncertain("the provider answered 200")),
        (400, {}, orjson.dumps(ERRORS), Refused("personalizations.1.to: Bad ... for ...", (1,))),
        (400, {}, b"<html>", Refused("no reason that could be read")),
        (400, {}, b'{"errors":[{"message":"no subject","field":"subject"}]}', Refused("subject: no subject")),
        (413, {}, b"", Split("the provider calls the request too large (413)")),
        (429, {}, b"", NotSent("the provider asks to slow down (429)")),
        (429, {"retry-after": "7"}, b"", NotSent("the provider asks to slow down (429)", 7.0)),
        (
            429,
            {"retry-after": "Tue, 10 Mar 2026 05:00:30 GMT", "date": HTTP_DATE},
            b"",
            NotSent("the provider asks to slow down (429)", 30.0),
        ),
        (429, {"retry-after": "soon"}, b"", NotSent("the provider asks to slow down (429)")),
        (500, {}, b"", Uncertain("the provider answered 500")),
        (503, {}, b"", Uncertain("the provider answered 503")),
        (408, {}, b"", Uncertain("the provider answered 408")),
        (302, {}, b"", Uncertain("the provider answered 302")),
    ],
)
def test_what_an_answer_means(status, headers, content, expected):
    two = batch(recipient(1), recipient(2))
    assert outcome(status, headers, content, batch=two, sandbox=False) == expected


@pytest.mark.parametrize("status", [401, 403, 404, 405, 415, 451])
def test_what_only_a_person_can_change_stops_the_run(status):
    assert isinstance(outcome(status, {}, b"", batch=batch(), sandbox=False), Stop)


def test_rate_limits_come_back_and_give_the_wait_when_nothing_else_does():
    epoch = int(NOON.timestamp())
    headers = {
        "date": HTTP_DATE,
        "x-ratelimit-limit": "600",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(epoch + 12),
    }
    answer = outcome(429, headers, b"", batch=batch(), sandbox=False)
    assert answer.retry_after_seconds == 12.0
    assert answer.rate == RateLimit(600, 0, datetime.fromtimestamp(epoch + 12, UTC))


def test_a_reason_that_names_somebody_in_clear_is_withheld():
    content = b'{"errors":[{"message":"Zelda M\xc3\xbcller1 is unknown","field":"personalizations.7.to"}]}'
    answer = outcome(400, {}, content, batch=batch(), sandbox=False)
    assert answer == Refused("personalizations.7.to: a reason that named somebody")


FAULTS = [
    ({"fault": "429", "retry_after": 3}, NotSent, 0),
    ({"fault": "429"}, NotSent, 0),
    ({"fault": "401"}, Stop, 0),
    ({"fault": "403"}, Stop, 0),
    ({"fault": "413"}, Split, 0),
    ({"fault": "500"}, Uncertain, 0),
    ({"fault": "503"}, Uncertain, 0),
    ({"fault": "reset_before"}, Uncertain, 0),
    ({"fault": "reset_after"}, Uncertain, 1),
    ({"fault": "500_after"}, Uncertain, 1),
    ({"fault": "hang_before", "seconds": 1.2}, Uncertain, 0),
    ({"fault": "hang_after", "seconds": 1.2}, Uncertain, 1),
    ({"fault": "slow", "seconds": 0.1}, Accepted, 1),
]


def test_every_fault_of_a_provider_is_told_apart(tmp_path):
    plan = {"requests": {number: fault for number, (fault, _, _) in enumerate(FAULTS, start=1)}}
    with running_standin(tmp_path / "state", plan=plan) as provider:
        sender = mailer(provider.url)
        for number, (fault, expected, taken) in enumerate(FAULTS, start=1):
            answer = sender.send(batch(recipient(number), number=number))
            arrived = [line for line in provider.oracle() if line["to"] == recipient(number).address]
            assert (type(answer), len(arrived)) == (expected, taken), fault
            assert "zelda" not in repr(answer).lower()


def test_the_sandbox_takes_nothing_and_says_so(tmp_path):
    with running_standin(tmp_path / "state") as provider:
        sender = mailer(provider.url, sandbox=True)
        assert replace(sender.send(batch()), at=None) == Accepted(None)
        assert provider.oracle() == []


def test_nobody_listening_is_certainly_not_sent():
    answer = mailer(f"http://127.0.0.1:{free_port()}").send(batch())
    assert answer == NotSent("no connection to the provider: ConnectionRefusedError")


def test_a_server_without_tls_is_certainly_not_sent(tmp_path):
    with running_standin(tmp_path / "state") as provider:
        sender = mailer(provider.url.replace("http:", "https:"))
        assert isinstance(sender.send(batch()), NotSent)
        assert provider.oracle() == []


@contextmanager
def answering(content: bytes):
    """Serve one connection: read a little, answer with these bytes, close."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            connection, _ = server.accept()
            with connection:
                while b"\r\n\r\n" not in connection.recv(65536):
                    pass
                connection.sendall(content)
                connection.shutdown(socket.SHUT_WR)
                while connection.recv(65536):
                    pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(5)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 0\r\n\r\n", "answered 302"),
        (b"HTTP/1.1 garbage\r\n\r\n", "began to travel"),
        (b"", "began to travel"),
    ],
)
def test_an_odd_answer_is_a_doubt_and_no_redirect_is_followed(content, expected):
    with answering(content) as url:
        answer = mailer(url).send(batch())
    assert isinstance(answer, Uncertain)
    assert expected in answer.reason


def test_a_taken_batch_counts_even_when_the_answer_breaks_off():
    with answering(b"HTTP/1.1 202 Accepted\r\nX-Message-Id: M-1\r\nContent-Length: 10\r\n\r\n") as url:
        assert mailer(url).send(batch()) == Accepted("M-1")


def test_a_request_too_large_is_split_before_it_leaves():
    huge = replace(LETTER, html=LETTER.html + "x" * 30_000_000)
    assert isinstance(mailer(f"http://127.0.0.1:{free_port()}").send(batch(letter=huge)), Split)


def test_the_key_and_the_people_are_on_no_log_and_in_no_repr(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("python_http_client").setLevel(logging.DEBUG)
    with running_standin(tmp_path / "state", plan={"requests": {"2": {"fault": "500"}}}) as provider:
        sender = mailer(provider.url)
        sender.send(batch())
        sender.send(batch(recipient(2)))
    printed = (
        caplog.text + repr(sender) + repr(SealedText(KEY)) + str(SealedText(KEY)) + repr(sender.recorded)
    )
    assert KEY not in printed
    assert "zelda" not in printed.lower()


@pytest.mark.parametrize("key", ["", "SG.x\n", "SG x", "SG.ä"])
def test_a_key_that_cannot_travel_is_refused_without_showing_it(key):
    with pytest.raises(SettingsError) as caught:
        SendGridMailer(SendGridSettings(), SealedText(key))
    assert not key.strip() or key.strip() not in str(caught.value)


@pytest.mark.parametrize(
    "host", ["api.sendgrid.com", "https://", "https://u:p@x.example", "https://x.example/v3"]
)
def test_a_host_that_is_none_is_refused(host):
    with pytest.raises(SettingsError, match="host"):
        SendGridMailer(SendGridSettings(host), SealedText(KEY))


def test_clear_text_never_leaves_this_machine():
    sender = SendGridMailer(SendGridSettings("http://192.0.2.1"), SealedText(KEY))
    assert isinstance(sender.send(batch()), Stop)
    assert sender.reaches_people is False
    assert SendGridMailer(SendGridSettings(EU_HOST), SealedText(KEY)).reaches_people is True
    assert SendGridMailer(SendGridSettings(), SealedText(KEY), dial=dial_loopback).reaches_people is False


def test_break_glass_stands_alone():
    with pytest.raises(SettingsError, match="every_list"):
        Bypass(every_list=True)
    assert SendGridSettings().recorded() == {
        "host": "https://api.sendgrid.com",
        "sandbox": False,
        "tracking": False,
        "bypass_unsubscribe_management": True,
        "bypass_spam_management": True,
        "bypass_bounce_management": False,
        "bypass_list_management": False,
    }
