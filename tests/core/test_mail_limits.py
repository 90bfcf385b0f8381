"""What may be handed over, and that no value can break out of its place in a letter."""

from __future__ import annotations

import html
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.core.mail_limits import (
    MAX_SUBSTITUTION_BYTES,
    doubtful,
    flaw_of_address,
    flaws,
    flaws_of_recipient,
)
from incident.core.mailing import (
    Accepted,
    Batch,
    LetterContent,
    Mixed,
    NotSent,
    Recipient,
    Recipients,
    Refused,
    gathered,
    parse_attempt_id,
    per_recipient,
)
from incident.core.placeholders import encoded, fill
from incident.errors import BadInputError

LETTER = LetterContent(
    subject="About your data, %first_name%",
    text="Dear %first_name%,\nyour %what_was_read% was read. 20%20a%20b stays.",
    html="<p>Dear %first_name_html%, your %what_was_read_html% was read.</p>",
    from_address="security@example.org",
    from_name="Imajinn AI",
    reply_to="privacy@example.org",
    language="en",
    placeholders=frozenset({"first_name", "what_was_read"}),
)
VALUES = {"first_name": "Ada", "what_was_read": "e-mail address"}


def batch(*recipients, letter=LETTER, **changes):
    people = recipients or (Recipient("D-1", "ada@example.org", "Ada", VALUES),)
    whole = Batch("N-1", 1, 1, letter, people, datetime(2026, 3, 10, 5, tzinfo=UTC), ("breach-notice",))
    return replace(whole, **changes)


def reasons(found):
    return [flaw.reason for flaw in found]


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("ada@example.org", None),
        ("o'neil+tag@mail.example.org", None),
        ("ädä@example.org", "not ASCII"),
        ("ada@exämple.org", "ASCII form"),
        ("ada", "local@domain"),
        ("@example.org", "local@domain"),
        ("a b@example.org", "plain one"),
        ("a..b@example.org", "plain one"),
        ("a" * 65 + "@example.org", "64"),
        ("ada@example", "domain name"),
        ("ada@-example.org", "domain name"),
        ("ada@example.org\nBcc: eve@example.org", "control"),
        ("=?utf-8?q?ada=0ABcc=3A?=@example.org", "encoded word"),
        ("ada@example.org, eve@example.org", "plain one"),
    ],
)
def test_an_address(address, said):
    found = flaw_of_address(address)
    assert (found is None) if said is None else (said in found)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"subject": "x\r\nBcc: eve@example.org"}, "subject holds control"),
        ({"subject": "=?utf-8?q?x=0D=0ABcc=3A?="}, "encoded word"),
        ({"from_name": "a\x85b"}, "from_name holds control"),
        ({"reply_to": "a@b.example\u2028c"}, "reply_to holds control"),
        ({"text": ""}, "text is empty"),
        ({"html": "<p>%first_name%</p>"}, "there it ends in _html"),
        ({"text": "%first_name_html%"}, "for HTML stands in the subject or in the plain text"),
        ({"html": '<a href="%first_name_html%">x</a>'}, "inside an HTML tag"),
        ({"text": "%surname%"}, "'surname' without declaring"),
        ({"text": "%first_name%%what_was_read%"}, "too close"),
        ({"text": "%%first_name%%"}, "too close"),
        ({"text": "%first_name%and%what_was_read%"}, "too close"),
        ({"headers": (("Bcc", "eve@example.org"),)}, "extra header"),
        ({"headers": (("X-Note", "a\nb"),)}, "extra header"),
    ],
)
def test_a_letter(change, said):
    found = reasons(flaws(batch(letter=replace(LETTER, **change))))
    assert any(said in reason for reason in found), found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"name": "Ada\nBcc: eve@example.org"}, "name holds control"),
        ({"name": "=?utf-8?q?Ada?="}, "encoded word"),
        ({"substitutions": {"first_name": "Ada"}}, "no value for the placeholder 'what_was_read'"),
        ({"substitutions": VALUES | {"first_name": "Ada\u202egnp"}}, "a value holds control"),
        ({"substitutions": VALUES | {"first_name": "A" * MAX_SUBSTITUTION_BYTES}}, "10000 bytes"),
        ({"delivery_id": "ada@example.org"}, "not opaque"),
        ({"delivery_id": "../x"}, "not opaque"),
    ],
)
def test_a_recipient_is_named_by_place_only(change, said):
    good = Recipient("D-1", "bob@example.org", "Bob", VALUES)
    bad = Recipient("D-2", "ada@example.org", "Ada", VALUES)._replace(**change)
    (flaw,) = flaws(batch(good, bad))
    assert (flaw.index, said in flaw.reason) == (1, True)
    assert "ada@" not in flaw.reason


def test_values_that_are_short_alone_may_be_too_many_together():
    names = ("first_name", "what_was_read", "one", "two", "three", "four", "five")
    (flaw,) = flaws(batch(Recipient("D-1", "ada@example.org", "Ada", dict.fromkeys(names, "𝒜" * 200))))
    assert (flaw.index, flaw.reason) == (0, "the values take more than 10000 bytes")
    assert flaws(batch(Recipient("D-1", "ada@example.org", "Ada", dict.fromkeys(names, "Ada")))) == ()


def test_whole_batches():
    assert flaws(batch()) == ()
    many = tuple(Recipient(f"D-{i}", f"p{i}@example.org", None, VALUES) for i in range(1001))
    assert reasons(flaws(batch(*many))) == ["the batch has more than 1000 recipients"]
    assert flaws(batch(*many[:1000])) == ()
    assert reasons(flaws(batch(recipients=()))) == ["the batch has no recipients"]
    assert "same address" in reasons(flaws(batch(many[0], many[0]._replace(delivery_id="D-x"))))[0]
    twice = many[0]._replace(delivery_id="D-x", address="P0@EXAMPLE.org")
    assert [f.index for f in flaws(batch(many[0], twice))] == [1]
    assert "categories" in reasons(flaws(batch(categories=("a", "a"))))[0]
    assert "opaque word" in reasons(flaws(batch(categories=("ada@example.org",))))[0]
    assert "notice id" in reasons(flaws(batch(notice_id="N.1")))[0]
    with pytest.raises(BadInputError, match="time zone"):
        batch(intended_at=datetime(2026, 3, 10))  # noqa: DTZ001 - naive on purpose


@settings(deadline=None)
@given(
    st.text(max_size=40) | st.sampled_from(["%what_was_read%", "%first_name_html%", "<b>", '"><script>', "%"])
)
def test_a_value_stays_a_value_under_blind_replacement_in_any_order(value):
    pairs = encoded({"first_name": value, "what_was_read": "passwords"})
    for order in (list(pairs), list(reversed(pairs))):
        text, rich = LETTER.text, LETTER.html
        for tag in order * 2:
            text, rich = text.replace(tag, pairs[tag]), rich.replace(tag, pairs[tag])
        assert text == fill(LETTER.text, pairs)
        assert rich == fill(LETTER.html, pairs)
        assert rich.count("<") == LETTER.html.count("<")
        assert html.unescape(rich) == f"<p>Dear {value}, your passwords was read.</p>"


def test_what_is_known_of_each_recipient():
    two = batch(
        Recipient("D-1", "a@example.org", None, VALUES), Recipient("D-2", "b@example.org", None, VALUES)
    )
    assert per_recipient(two, Accepted("M-1")) == (Accepted("M-1"), Accepted("M-1"))
    blamed = per_recipient(two, Refused("bad", (1,)))
    assert [type(o) for o in blamed] == [NotSent, Refused]
    assert per_recipient(two, Refused("bad")) == (Refused("bad"), Refused("bad"))
    mixed = Mixed((Accepted("M-1"), Refused("bad")))
    assert per_recipient(two, mixed) == mixed.each
    assert gathered((Accepted(None), Accepted(None))) == Accepted(None)
    assert gathered(mixed.each) == mixed


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("N-1.2.3", ("N-1", 2, 3)),
        ("N-1.2", None),
        ("", None),
        ("N.x.1", None),
        ("N-1.2.3.4", None),
        ("N.²." + "1", None),
    ],
)
def test_attempt_ids(text, parsed):
    assert parse_attempt_id(text) == parsed


def test_no_value_prints_a_person():
    assert "ada" not in repr(batch()).lower()


def test_people_in_columns_are_the_people_in_rows() -> None:
    rows = [Recipient(f"D-{n}", f"p{n}@example.org", name, {"name": f"N{n}"}) for n, name in enumerate("ab")]
    people = Recipients.of(rows)
    assert people is not None
    assert list(people) == rows == people[:] == [people[0], people[-1]]
    assert Recipients.of(people) is people
    assert "p0@" not in repr(people)
    assert Recipients.of([*rows, Recipient("D-3", "p3@example.org")]) is None


def test_people_in_columns_need_every_value() -> None:
    with pytest.raises(BadInputError, match="every value"):
        Recipients(["D-1", "D-2"], ["a@example.org", "b@example.org"], [None, None], {"name": ["A"]})


_NEAR = st.one_of(
    st.none(),
    st.text("aZ0.-_+@\n", max_size=70),
    st.from_regex(r"[a-z.+-]{1,9}@([a-z-]{1,9}\.)+[a-z]{1,3}\n?"),
)


@given(st.lists(_NEAR, max_size=5))
def test_addresses_looked_at_together_are_found_as_each_alone(addresses: list[str | None]) -> None:
    found = doubtful(addresses)
    assert found == [n for n, a in enumerate(addresses) if a is None or doubtful([a, "a@example.org"])]
    assert all(n in found for n, a in enumerate(addresses) if a is None or flaw_of_address(a) is not None)


_SAID = st.text("aZ9 é'&\n=?\xa0\u202e", max_size=5) | st.text(max_size=3) | st.just("x" * 201)
_SOMEBODY = st.builds(
    Recipient,
    st.sampled_from(["D-1", "D-2", "D-3", "d-1", "", "D.4", "D" * 65]),
    st.sampled_from(
        ["a@example.org", "A@Example.org", "b@example.org", "c@ex-ample.org", "ü@example.org", "", "d@x"]
    ),
    st.none() | _SAID,
    st.fixed_dictionaries({"first_name": _SAID, "what_was_read": _SAID}),
)


@given(st.lists(_SOMEBODY, min_size=1, max_size=4))
def test_people_looked_at_together_have_the_flaws_that_each_has(people: list[Recipient]) -> None:
    needed = frozenset({"first_name", "what_was_read"})
    each = [(n, reason) for n, one in enumerate(people) for reason in flaws_of_recipient(one, needed=needed)]
    for n, one in enumerate(people):
        if one.address.casefold() in {before.address.casefold() for before in people[:n]}:
            each.append((n, "the same address stands in the batch before"))
        if one.delivery_id in {before.delivery_id for before in people[:n]}:
            each.append((n, "the same delivery stands in the batch before"))
    assert [(flaw.index, flaw.reason) for flaw in flaws(batch(*people))] == each
    assert flaws(batch(recipients=Recipients.of(people) or people)) == flaws(batch(*people))
