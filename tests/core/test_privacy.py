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
    "+14155550100", "call +44 20 7946 0000.", "support@imajinn.ai told bob@example.org",
]  # fmt: skip
FINE = [
    "the key of batch-exporter was stolen", "support@imajinn.ai", "write to support@imajinn.ai.", "(support@imajinn.ai)", '"support@imajinn.ai"', "a @ b", "user@host",
    "2026-03-10T05:00:00+00:00", "GMT+01:00", "became aware + 48 elapsed hours", "sha256 " + "ab" * 32, "1+1=2",
    "score 3.5 +0.5", "ev-0123456789ab", "203.0.113.66",
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
