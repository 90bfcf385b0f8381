"""Nothing that looks like a person's contact gets into an entry; the company's own address may."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.core.events import REGISTRY
from incident.core.privacy import refuse_people
from incident.errors import BadInputError

OURS = frozenset({"support@imajinn.ai"})
CONTACTS = [
    "bob@example.org", "Bob <bob@example.org>", "mailto:bob@example.org?x=1", "b.o+b@sub.example.co.uk",
    "боб@пример.рф", "bob@xn--e1afmkfd.org", '"bob"@example.org', "+49 30 5550 1234", "+1 (415) 555-0100",
    "+14155550100", "call +44 20 7946 0000.", "call 030 5550 1234", "(030) 5550-1234", "030/55501234", "020 7946 0000", "01 23 45 67 89", "01.23.45.67.89",
    "he said 415-555-0100.", "(415) 555-0100", "support@imajinn.ai told bob@example.org",
]  # fmt: skip
FINE = [
    "the key of batch-exporter was stolen", "support@imajinn.ai", "write to support@imajinn.ai.", "(support@imajinn.ai)", '"support@imajinn.ai"', "a @ b", "user@host",
    "2026-03-10T05:00:00+00:00", "GMT+01:00", "became aware + 48 elapsed hours", "sha256 " + "ab" * 32, "1+1=2",
    "score 3.5 +0.5", "ev-0123456789ab", "203.0.113.66", "2001:db8::1:0:1", "02/03/2026 10:30", "2026-03-10 05:00:00", "03-2026-1234567", "01.02.2026 03.04", "1,234,567 rows",
    "ticket 12345678901", "case 2026-000123456", "0001-0002-0003", "0123456789", "ports 8000-8080 and 9000", "00:11:22:33:44:55", "v0.10 2026", "10-499,502-900",
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


def test_the_reference_of_an_office_is_no_phone_number():
    refuse_people("filing:submitted", {"reference": "030 5550 1234"})
    with pytest.raises(BadInputError):
        refuse_people("filing:submitted", {"note": "030 5550 1234"})


def test_our_own_number_may_stand():
    refuse_people("x:done", {"text": "call (415) 555-0100 now"}, allowed=frozenset({"(415) 555-0100"}))
