"""Nothing that looks like a person's contact gets into an entry; the company's own address may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.core import privacy
from incident.core.events import REGISTRY
from incident.core.internet import addresses, widened
from incident.core.privacy import is_word, refuse_people
from incident.errors import BadInputError

OURS = frozenset({"support@imajinn.ai"})
CONTACTS = [
    "bob@example.org", "Bob <bob@example.org>", "mailto:bob@example.org?x=1", "b.o+b@sub.example.co.uk",
    "боб@пример.рф", "bob@xn--e1afmkfd.org", '"bob"@example.org', "+49 30 5550 1234", "+1 (415) 555-0100",
    "+14155550100", "call +44 20 7946 0000.", "call 030 5550 1234", "(030) 5550-1234", "030/55501234", "020 7946 0000", "01 23 45 67 89", "01.23.45.67.89",
    "he said 415-555-0100.", "(415) 555-0100", "support@imajinn.ai told bob@example.org",
    "8.8.8.8", "from 93.184.216.34, twice", "(93.184.216.34)", "http://93.184.216.34/x", "93.184.216.34:443", "93.184.216.34/32",
    "93.184.216.0/25", "seen at 93.184.216.34.", "2606:2800:220:1:248:1893:25c8:1946", "[2606:2800::1]:443", "2606:2800:220:1::/64", "::ffff:93.184.216.34",
]  # fmt: skip
FINE = [
    "the key of batch-exporter was stolen", "support@imajinn.ai", "write to support@imajinn.ai.", "(support@imajinn.ai)", '"support@imajinn.ai"', "a @ b", "user@host",
    "2026-03-10T05:00:00+00:00", "GMT+01:00", "became aware + 48 elapsed hours", "sha256 " + "ab" * 32, "1+1=2",
    "score 3.5 +0.5", "ev-0123456789ab", "203.0.113.66", "2001:db8::1:0:1", "02/03/2026 10:30", "2026-03-10 05:00:00", "03-2026-1234567", "01.02.2026 03.04", "1,234,567 rows",
    "ticket 12345678901", "case 2026-000123456", "0001-0002-0003", "0123456789", "ports 8000-8080 and 9000", "00:11:22:33:44:55", "v0.10 2026", "10-499,502-900",
    "93.184.216.0/24", "93.184.0.0/16", "2606:2800::/32", "192.168.1.20", "10.0.0.1:8080", "127.0.0.1", "::1", "fe80::1", "fd00::7", "::ffff:10.0.0.1",
    "version 4.2.1.0", "Chrome/134.0.0.0 Safari/537.36", "v4.2.1.0", "300.1.2.3", "10:30:00", "00:11:22:33:44:55:66:77", "1.2.3.4.5", "a::b", "std::vector", "2026-03-10T05:00:00.000000Z",
    "200-299-1234567", "0 123 456 789 bytes", "550e8400-e29b-41d4-a716-446655440000",
]  # fmt: skip


@pytest.mark.parametrize("text", CONTACTS)
@pytest.mark.parametrize(
    "shape", [lambda t: {"text": t}, lambda t: {"a": [{"b": ("x", t)}]}, lambda t: {t: 1}]
)
def test_contacts_are_refused_wherever_they_hide(text, shape):
    with pytest.raises(BadInputError, match="no personal data") as caught:
        refuse_people("facts:amended", shape(text), allowed=OURS)
    assert caught.value.field.startswith("facts:amended")
    assert "bob" not in str(caught.value).replace(text, "") or shape(text) == {text: 1}


@pytest.mark.parametrize("text", FINE)
def test_what_is_nobodys_passes(text):
    refuse_people("facts:amended", {"text": text, "more": [None, 1, True]}, allowed=OURS)


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_every_kind_of_event_is_looked_at(kind):
    with pytest.raises(BadInputError):
        refuse_people(kind, {"field": "bob@example.org"})


@given(st.emails(domains=st.sampled_from(["example.org", "mail.example.co.uk"])))
def test_addresses_of_every_shape_are_refused(address):
    with pytest.raises(BadInputError):
        refuse_people("x:done", {"text": f"we wrote to {address} today"})


@given(st.from_regex(r"\w{1,40}", fullmatch=True) | st.text(max_size=30))
def test_no_word_is_a_contact(text):
    if is_word(text):
        assert not any(sign.search(text) for sign in (privacy._EMAIL, privacy._PHONE, privacy._NATIONAL))
        assert not any(addresses(text))


def test_the_reference_of_an_office_is_no_phone_number():
    refuse_people("filing:submitted", {"reference": "030 5550 1234"})
    with pytest.raises(BadInputError):
        refuse_people("filing:submitted", {"note": "030 5550 1234"})


def test_our_own_number_may_stand():
    refuse_people("x:done", {"text": "call (415) 555-0100 now"}, allowed=frozenset({"(415) 555-0100"}))


@given(st.ip_addresses(v=4), st.ip_addresses(v=6))
def test_an_address_that_was_widened_passes(four, six):
    text = f"from {four} and {six}, then {four}."
    refuse_people("x:done", {"text": widened(text)})


def test_an_address_is_widened_to_its_network():
    said = "93.184.216.34 asked 10.0.0.1 and 2606:2800:220:1::5 (93.184.216.34/32)"
    assert widened(said) == "93.184.216.0/24 asked 10.0.0.1 and 2606:2800:220::/48 (93.184.216.0/24)"


def test_a_reference_may_look_like_an_address():
    refuse_people("filing:submitted", {"reference": "8.8.8.8"})
