"""The question: checked when it is built, the same from TOML and JSON, canonical when written."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime

import pytest

from incident.core.documents import canonical
from incident.core.scoping.question import Actors, Certainty, Question, Window, interest_of
from incident.core.scoping.question_documents import question_document, question_from_document
from incident.errors import BadInputError
from tests.adapters.example_evidence import QUESTION

TOML = """
staff_domains = ["Imajinn.example"]

[window]
start = 2026-03-10T03:10:00+01:00
end = "2026-03-10T04:40:00Z"

[actors]
networks = ["203.0.113.66"]
principals = ["ops.ada@imajinn.example", "batch-exporter@imajinn-demo.iam.gserviceaccount.com"]

[[systems]]
system = "firebase_auth"
mode = "whole_store"
certainty = "possible"
reason = "Data Access logs are off"

[[systems]]
system = "google_cloud"
mode = "by_access"
reason = "a stolen service account key was used"

[[systems]]
system = "bunny_cdn"
mode = "by_access"
reason = "the same address fetched images"
"""
MORE = """
[[include]]
kind = "email"
value = " Someone@Example.com "
reason = "wrote to support about it"
certainty = "probable"
categories = ["email"]

[[exclude]]
kind = "uid"
value = "x1"
reason = "our own test account"

[[merges]]
left = ["email", "a@example.com"]
right = ["email", "a+b@example.com"]
reason = "confirmed by telephone"
"""


def test_toml_and_json_give_the_same_question():
    from_toml = question_from_document(tomllib.loads(TOML + MORE))
    document = question_document(from_toml)
    assert question_document(question_from_document(json.loads(canonical(document)))) == document
    assert from_toml.include[0].value == "someone@example.com"
    assert from_toml.include[0].certainty is Certainty.PROBABLE


def test_equal_questions_are_equal_bytes_whatever_the_order():
    assert canonical(question_document(question_from_document(tomllib.loads(TOML)))) == canonical(
        question_document(QUESTION)
    )


def test_instants_are_written_in_utc_with_microseconds():
    assert question_document(QUESTION)["window"] == {
        "start": "2026-03-10T02:10:00.000000Z",
        "end": "2026-03-10T04:40:00.000000Z",
    }


@pytest.mark.parametrize(
    ("old", "new", "field", "reason"),
    [
        ("T03:10:00+01:00", "T03:10:00", "window.start", "with a time zone"),
        ('end = "2026-03-10T04:40:00Z"', "end = 2026-03-10", "window.end", "with a time zone"),
        ('end = "2026-03-10T04:40:00Z"', 'end = "soon"', "window.end", "is not an instant"),
        ('"2026-03-10T04:40:00Z"', '"2026-03-09T04:40:00Z"', "window.end", "lies before the start"),
        ('["203.0.113.66"]', '["203.0.113.666"]', "actors.networks", "is not an address"),
        ('["203.0.113.66"]', '"203.0.113.66"', "networks", "must be a list of texts"),
        ("[actors]", "[actors]\nasns = [true]", "actors.asns", "must be a list of numbers"),
        ("[actors]", "[actors]\nips = []", "actors.ips", "is not known here"),
        ('mode = "whole_store"', 'mode = "all"', "mode", "must be one of by_access, whole_store"),
        ('certainty = "possible"', 'certainty = "excluded"', "systems.certainty", "must be confirmed, probable or"),
        ('certainty = "possible"\n', "", "systems.certainty", "must be confirmed, probable or"),
        ('mode = "by_access"', 'mode = "by_access"\ncertainty = "possible"', "systems.certainty", "from the log"),
        ('"Data Access logs are off"', '"  "', "reason", "must be a text"),
        ('system = "google_cloud"', 'system = "bunny_cdn"', "systems", "names a system twice"),
        ('certainty = "possible"', 'certainty = "possible"\ncategories = ["dna"]', "systems.categories", "not a known"),
        ('kind = "email"', 'kind = "shoe_size"', "kind", "must be one of"),
        ('" Someone@Example.com "', '"someone"', "include.value", "is not an e-mail address"),
        ('certainty = "probable"', 'certainty = "excluded"', "include.certainty", "use exclude"),
        ('["email", "a@example.com"]', '["email"]', "merges.left", "must be a kind and a value"),
    ],
)  # fmt: skip
def test_what_is_refused(old, new, field, reason):
    text = TOML + MORE
    assert old in text
    text = text.replace(old, new, 1)
    with pytest.raises(BadInputError, match=reason) as caught:
        question_from_document(tomllib.loads(text))
    assert caught.value.field == field


def test_a_question_about_nothing_is_refused():
    now = datetime(2026, 3, 10, tzinfo=UTC)
    with pytest.raises(BadInputError, match="at least one"):
        Question(Window(now, now), ())
    with pytest.raises(BadInputError, match="no time zone"):
        Question(Window(now.replace(tzinfo=None), now), QUESTION.systems)


@pytest.mark.parametrize(
    ("actors", "addresses"),
    [
        (Actors(networks=("203.0.113.66", "203.0.113.9", "198.51.100.1")), ("198.51.100.", "203.0.113.")),
        (Actors(networks=("203.0.113.0/24",)), ("203.0.113.",)),
        (Actors(networks=("203.0.112.0/23",)), ("203.0.112.", "203.0.113.")),
        (Actors(networks=("203.0.0.0/16",)), ("203.0.",)),
        (Actors(networks=("203.0.0.0/18",)), ("203.0.",)),  # more than is asked for, never less
        (Actors(networks=("0.0.0.0/1",)), None),
        (Actors(networks=("203.0.113.66", "2001:db8::1")), ("203.0.113.",)),
        (Actors(networks=("203.0.113.66", "::/3")), None),
        (Actors(networks=("::1",)), None),  # nothing that every spelling would show
        (Actors(principals=("a@b",)), ()),
        (Actors(ja4=("t13",)), None),
    ],
)
def test_interest_only_where_text_can_tell(actors, addresses):
    from dataclasses import replace

    interest = interest_of(replace(QUESTION, actors=actors))
    assert (interest.addresses if interest else None) == addresses


@pytest.mark.parametrize(
    ("network", "hextets"),
    [
        ("2001:DB8:0:0a1::1", ("2001", "db8", "a1")),
        ("2001:db8::/32", ("2001", "db8")),
        ("2001:db8::/31", ("2001",)),
        ("2001:db8:0:1:ffff::/80", ("2001", "db8", "1")),  # a mask hides the last 64 bits
    ],
)
def test_what_every_spelling_of_a_network_shows(network, hextets):
    from dataclasses import replace

    interest = interest_of(replace(QUESTION, actors=Actors(networks=(network,))))
    assert interest is not None
    assert interest.hextets == (hextets,)
