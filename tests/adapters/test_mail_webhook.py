"""The signed event webhook: the public vector holds, every mutation of it fails, and garbage never raises."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.adapters.mail.webhook import (
    MAX_BODY_BYTES,
    EventVerifier,
    Rejected,
    Verified,
    parse_event,
)
from incident.core.deliveries import Signal
from incident.core.signals import accepted_ids
from incident.errors import SettingsError

# The provider's published example of a signed request.
PUBLIC_KEY = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE83T4O/n84iotIvIW4mdBgQ/7dAfSmpqIM8kF9mN1flpVKS3GRqe62gw+2fNNRaINXvVpiglSI8eNEc6wEA3F+g=="
OTHER_KEY = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2LdIfjRQrIbsd4SXZkLW6jDutdhXSJCWHw8REntlo7aNDthvj+y7GjUuFDb/R1NGe1OPzpA=="
SIGNATURE = "MEUCIGHQVtGj+Y3LkG9fLcxf3qfI10QysgDWmMOVmxG0u6ZUAiEAyBiXDWzM+uOe5W0JuG+luQAbPIqHh89M15TluLtEZtM="
TIMESTAMP = "1600112502"
BODY = (
    b'[{"email":"hello@world.com","event":"dropped","reason":"Bounced Address",'
    b'"sg_event_id":"ZHJvcC0xMDk5NDkxOS1MUnpYbF9OSFN0T0doUTRrb2ZTbV9BLTA",'
    b'"sg_message_id":"LRzXl_NHStOGhQ4kofSm_A.filterdrecv-p3mdw1-756b745b58-kmzbl-18-5F5FC76C-9.0",'
    b'"smtp-id":"<LRzXl_NHStOGhQ4kofSm_A@ismtpd0039p1iad1.sendgrid.net>","timestamp":1600112492}]\r\n'
)
SIGNED_AT = datetime.fromtimestamp(int(TIMESTAMP), UTC)
VERIFIER = EventVerifier([PUBLIC_KEY])


def verify(raw=BODY, *, signature=SIGNATURE, timestamp=TIMESTAMP, now=SIGNED_AT, verifier=VERIFIER):
    return verifier.verify(raw, signature=signature, timestamp=timestamp, now=now)


def test_the_published_example_is_genuine():
    answer = verify()
    assert isinstance(answer, Verified)
    (event,) = answer.events
    assert (event.kind, event.reason, event.at) == (
        Signal.DROPPED,
        "Bounced Address",
        SIGNED_AT - timedelta(seconds=10),
    )
    assert event.address == "hello@world.com"
    assert event.raw_sha256 == hashlib.sha256(BODY).hexdigest()
    assert "LRzXl_NHStOGhQ4kofSm_A" in accepted_ids(event.message_id)
    assert "hello" not in repr(event)


MUTATIONS = [
    ("another key", {"verifier": EventVerifier([OTHER_KEY])}, "does not fit"),
    ("trailing line end stripped", {"raw": BODY.strip()}, "does not fit"),
    ("one byte changed", {"raw": BODY.replace(b"dropped", b"deLivered")}, "does not fit"),
    ("one second later", {"timestamp": "1600112503"}, "does not fit"),
    ("another signature", {"signature": SIGNATURE[:20] + "AAAA" + SIGNATURE[24:]}, "does not fit"),
    ("not base64", {"signature": "%%%"}, "does not fit"),
    ("not ASCII", {"signature": "ü"}, "does not fit"),
    ("no signature", {"signature": None}, "not signed"),
    ("no timestamp", {"timestamp": None}, "not signed"),
    ("boundary moved into the body", {"timestamp": "160011250", "raw": b"2" + BODY}, "ten digits"),
    ("boundary moved into the timestamp", {"timestamp": TIMESTAMP + "[", "raw": BODY[1:]}, "ten digits"),
    ("a line end after the timestamp", {"timestamp": TIMESTAMP + "\n"}, "ten digits"),
    ("other digits", {"timestamp": "١٦٠٠١١٢٥٠٢"}, "ten digits"),
    ("not a list", {"raw": b"{}"}, "not a list"),
    ("empty", {"raw": b""}, "not a list"),
    ("too large", {"raw": b"[" * (MAX_BODY_BYTES + 1)}, "too large"),
    ("replayed later", {"now": SIGNED_AT + timedelta(minutes=11)}, "outside the window"),
    ("from the future", {"now": SIGNED_AT - timedelta(minutes=11)}, "outside the window"),
]


@pytest.mark.parametrize(("change", "said"), [m[1:] for m in MUTATIONS], ids=[m[0] for m in MUTATIONS])
def test_every_mutation_is_rejected(change, said):
    answer = verify(**change)
    assert isinstance(answer, Rejected)
    assert said in answer.reason


def test_while_a_key_is_exchanged_both_are_good():
    assert isinstance(verify(verifier=EventVerifier([OTHER_KEY, PUBLIC_KEY])), Verified)


KEY = ec.generate_private_key(ec.SECP256R1())
OURS = EventVerifier(
    [
        base64.b64encode(
            KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        ).decode()
    ]
)


def signed(raw: bytes):
    signature = base64.b64encode(KEY.sign(TIMESTAMP.encode() + raw, ec.ECDSA(SHA256()))).decode()
    return verify(raw, signature=signature, verifier=OURS)


@settings(deadline=None)
@given(st.binary(max_size=80).map(lambda raw: b"[" + raw))
def test_signed_garbage_is_an_answer_and_no_exception(raw):
    assert isinstance(signed(raw), Rejected | Verified)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.floats(allow_nan=False)
    | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "email",
    "event",
    "type",
    "timestamp",
    "sg_event_id",
    "sg_message_id",
    "reason",
    "tocsin_delivery",
    "tocsin_attempt",
]


@settings(deadline=None)
@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), json_values) | json_values, max_size=4))
def test_signed_nonsense_in_any_field_is_kept_as_unknown(parts):
    raw = orjson.dumps(parts)
    answer = signed(raw)
    assert isinstance(answer, Verified)
    assert len(answer.events) + answer.malformed == len(parts)
    assert all(event.event_id for event in answer.events)


@pytest.mark.parametrize(
    ("part", "kind"),
    [
        ({"event": "processed"}, Signal.PROCESSED),
        ({"event": "bounce", "type": "bounce"}, Signal.BOUNCED),
        ({"event": "bounce", "type": "blocked"}, Signal.BLOCKED),
        ({"event": "open"}, Signal.NOTED),
        ({"event": "account_status_change"}, Signal.UNKNOWN),
        ({}, Signal.UNKNOWN),
    ],
)
def test_names_of_events(part, kind):
    assert parse_event(part, raw_sha256="").kind is kind


def test_what_a_receiving_server_repeats_of_a_person_stays_behind():
    part = {
        "email": "zelda@example.org",
        "event": "bounce",
        "reason": "550 <zelda@example.org>: mailbox ZELDA unknown",
    }
    event = parse_event(part, raw_sha256="")
    assert event.reason == "550 ... mailbox ... unknown"
    assert "zelda" not in repr(event).lower()


def test_an_event_without_an_id_gets_the_same_one_each_time():
    first, again, other = (
        parse_event({"event": "delivered", "timestamp": t}, raw_sha256="") for t in (1, 1, 2)
    )
    assert first.event_id == again.event_id != other.event_id


def test_the_message_ids_an_event_may_belong_to():
    assert accepted_ids("14c5.dfd.64b469.filter0001.0")[:3] == ("14c5", "14c5.dfd", "14c5.dfd.64b469")


@pytest.mark.parametrize("text", ["", "%%%", "AAAA"])
def test_a_key_that_is_none_is_a_settings_error(text):
    with pytest.raises(SettingsError, match="webhook_public_key"):
        EventVerifier([text] if text else [])


def test_a_key_of_another_kind_is_a_settings_error():
    spki = (
        ed25519.Ed25519PrivateKey.generate()
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    )
    with pytest.raises(SettingsError, match="elliptic curve"):
        EventVerifier([base64.b64encode(spki).decode()])
