"""Records become people by strength, in any order, and never two user ids in one."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.core.scoping.identity import (
    address_for_sending,
    email_identity,
    normal_email,
    normal_phone,
    without_plus_part,
)
from incident.core.scoping.intake import Taken, take_accounts
from incident.core.scoping.joining import ConflictKind, Node, Place
from incident.core.scoping.question import Certainty, CompromisedSystem, Merge, Question, SystemMode, Window
from incident.core.scoping.reader import Holds, ReadReport
from incident.core.scoping.records import (
    AccountRecord,
    Attributes,
    EvidenceRef,
    Identity,
    IdentityKind,
    Strength,
)
from incident.core.scoping.result import Change, Earlier
from incident.core.scoping.scope import scope
from incident.core.scoping.spill import MemorySpill
from incident.core.scoping.waves import absent, remember
from incident.core.scoping.weaving import weave

AT = datetime(2026, 3, 10, tzinfo=UTC)

UID, EMAIL, CUSTOMER = IdentityKind.UID, IdentityKind.EMAIL, IdentityKind.CUSTOMER_ID


def node(row, *identities):
    made = tuple(Identity(kind, value, Strength.STRONG, kind.value) for kind, value in identities)
    return Node(Place("s", "f", row), made)


def join(nodes, merges=()):
    question = Question(
        Window(AT, AT),
        (CompromisedSystem("s", SystemMode.WHOLE_STORE, "r", Certainty.POSSIBLE),),
        merges=tuple(merges),
    )
    records = [AccountRecord("s", "e", each.place.row, each.identities, Attributes()) for each in nodes]
    return scope(question, records, [], [], [ReadReport(EvidenceRef("e", "s", "f" * 64, AT))])


def groups(nodes, merges=()):
    ordered = sorted(nodes, key=lambda each: each.place)
    return {frozenset(place.row for place in person.places) for person in join(ordered, merges).people}


@pytest.mark.parametrize(
    ("nodes", "expected", "case"),
    [
        ([node(1, (UID, "a")), node(2, (UID, "a"))], {frozenset({1, 2})}, "same user id"),
        ([node(1, (EMAIL, "x@y.z")), node(2, (EMAIL, "x@y.z"))], {frozenset({1, 2})}, "same address"),
        (
            [node(1, (UID, "a"), (EMAIL, "x@y.z")), node(2, (UID, "b"), (EMAIL, "x@y.z"))],
            {frozenset({1}), frozenset({2})},
            "two people with one mailbox",
        ),
        (
            [node(1, (UID, "a"), (EMAIL, "x@y.z")), node(2, (UID, "b"), (EMAIL, "x@y.z")), node(3, (EMAIL, "x@y.z"))],
            {frozenset({1}), frozenset({2}), frozenset({3})},
            "a third record of that mailbox is nobody's",
        ),
        (
            [node(1, (UID, "a"), (EMAIL, "a@y.z")), node(2, (UID, "b"), (EMAIL, "b@y.z")), node(3, (UID, "a"), (EMAIL, "b@y.z"))],
            {frozenset({1, 3}), frozenset({2})},
            "the user id is stronger than the address",
        ),
        (
            [node(1, (CUSTOMER, "c")), node(2, (CUSTOMER, "c"), (UID, "a")), node(3, (UID, "a"))],
            {frozenset({1, 2, 3})},
            "through a system's own id",
        ),
        (
            [node(1, (IdentityKind.PHONE, "+1")), node(2, (IdentityKind.PHONE, "+1"))],
            {frozenset({1}), frozenset({2})},
            "weak likeness joins nobody",
        ),
        (
            [node(1, (EMAIL, "x@y.z")), node(2, (IdentityKind.EMAIL_MD5, hashlib.md5(b"x@y.z").hexdigest()))],
            {frozenset({1, 2})},
            "old Gravatar and Mailchimp hash",
        ),
        (
            [node(1, (EMAIL, "x@y.z")), node(2, (IdentityKind.EMAIL_SHA256, hashlib.sha256(b"x@y.z").hexdigest()))],
            {frozenset({1, 2})},
            "Gravatar hash of today",
        ),
    ],
)  # fmt: skip
def test_what_joins(nodes, expected, case):
    assert groups(nodes) == expected, case


def test_conflicts_are_listed():
    nodes = [node(1, (UID, "a"), (EMAIL, "x@y.z")), node(2, (UID, "b"), (EMAIL, "x@y.z"))]
    (shared,) = join(nodes).conflicts
    assert (shared.kind, shared.detail, len(shared.people)) == (ConflictKind.SHARED_EMAIL, "email", 2)
    (twice,) = join([node(1, (UID, "a"), (UID, "b"))]).conflicts
    assert (twice.kind, twice.detail, len(twice.people)) == (ConflictKind.TWO_UIDS_IN_RECORD, "uid", 1)


def test_a_person_can_merge_what_the_rules_keep_apart_and_undo_it():
    nodes = [node(1, (UID, "a"), (EMAIL, "a@y.z")), node(2, (CUSTOMER, "c"), (EMAIL, "a+b@y.z"))]
    merge = Merge((EMAIL, "a@y.z"), (EMAIL, "a+b@y.z"), "confirmed by telephone")
    (joined,) = join(nodes, [merge]).people
    assert {place.row for place in joined.places} == {1, 2}
    assert joined.joined_by == ("confirmed by telephone",)
    assert groups(nodes) == {frozenset({1}), frozenset({2})}


HANDLES = st.tuples(
    st.sampled_from([UID, CUSTOMER, EMAIL]), st.sampled_from(["a@x.y", "b@x.y", "c@x.y", "d@x.y"])
)
RECORDS = st.lists(st.lists(HANDLES, min_size=1, max_size=3), min_size=1, max_size=9)


@given(RECORDS, st.randoms(use_true_random=False))
def test_the_order_of_records_does_not_matter(records, chance):
    nodes = [node(row, *handles) for row, handles in enumerate(records, start=1)]
    shuffled = list(nodes)
    chance.shuffle(shuffled)
    assert groups(nodes) == groups(shuffled)


@given(RECORDS)
def test_no_group_holds_two_user_ids(records):
    nodes = [node(row, *handles) for row, handles in enumerate(records, start=1)]
    first = [next((value for kind, value in each if kind is UID), None) for each in records]
    for group in groups(nodes):
        assert len({first[row - 1] for row in group} - {None}) <= 1


@given(
    st.lists(st.lists(HANDLES.filter(lambda each: each[0] is not UID), min_size=1, max_size=3), max_size=9)
)
def test_without_user_ids_it_is_plain_connectivity(records):
    nodes = [node(row, *handles) for row, handles in enumerate(records, start=1)]
    expected = [{row} for row in range(len(records))]
    for left, mine in enumerate(records):
        for right, theirs in enumerate(records):
            if set(mine) & set(theirs):
                one = next(each for each in expected if left in each)
                two = next(each for each in expected if right in each)
                if one is not two:
                    expected.remove(two)
                    one |= two
    assert groups(nodes) == {frozenset(row + 1 for row in each) for each in expected}


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        (" Grete.Mueller@Example.org ", "grete.mueller@example.org"),
        ("liam.nguyen+news@example.com", "liam.nguyen+news@example.com"),  # may be another person
        ("l.i.a.m@example.com", "l.i.a.m@example.com"),
        ("no address", None),
        ("two@at@example.com", None),
        ("a@nodot", None),
        ("", None),
        (None, None),
        ("x" * 250 + "@example.com", None),
    ],
)
def test_normal_addresses(written, normal):
    assert normal_email(written) == normal
    assert [each.value for each in email_identity(written, "email")] == ([normal] if normal else [])


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("+44 7700 900143", "+447700900143"),
        ("0044 7700 900143", "+447700900143"),
        ("(514) 555-0123", None),  # the country is not written
        ("+1", None),
        (None, None),
    ],
)
def test_normal_numbers(written, normal):
    assert normal_phone(written) == normal


def test_small_rules_of_addresses():
    assert address_for_sending("Grete.Mueller@Example.ORG") == "Grete.Mueller@example.org"
    assert without_plus_part("a+b@x.y") == "a@x.y"
    assert without_plus_part("a@x.y") is None
    assert without_plus_part("+b@x.y") is None


def test_people_who_share_one_address_are_a_conflict_and_no_likeness():
    family = (EMAIL, "family@example.org")
    shared = [node(1, (UID, "a"), family), node(2, (UID, "b"), family), node(3, family), node(4, family)]
    found = join(shared)
    assert len(found.people) == 3
    assert [each.kind for each in found.conflicts] == [ConflictKind.SHARED_EMAIL]
    assert found.suggestions == ()
    found = join([*shared[:2], node(3, (UID, "c"), (EMAIL, "family+x@example.org"))])
    assert [(each.kind, len(each.people)) for each in found.suggestions] == [("plus_address", 3)]
    both = [node(row, (UID, str(row)), (EMAIL, "family+x@example.org")) for row in (1, 2)]
    assert join(both).suggestions == ()
    signs_in = node(2, (UID, "b"), (IdentityKind.PROVIDER_EMAIL, "family@example.org"))
    assert [each.kind for each in join([node(1, (UID, "a"), family), signs_in]).suggestions] == [
        "provider_email"
    ]


def test_what_is_no_address_reaches_nobody():
    def person(*written):
        question = Question(
            Window(AT, AT), (CompromisedSystem("s", SystemMode.WHOLE_STORE, "r", Certainty.POSSIBLE),)
        )
        uid = Identity(UID, "a", Strength.STRONG)
        records = [
            AccountRecord("s", "e", row, (uid, *email_identity(email, "")), Attributes(email=email))
            for row, email in enumerate(written, start=1)
        ]
        return scope(question, records, [], [], [ReadReport(EvidenceRef("e", "s", "f" * 64, AT))])

    assert (person("n/a").people[0].email, person("n/a").counts.without_email) == (None, 1)
    assert person("n/a", "Ann@Example.org").people[0].email == "Ann@example.org"


def told_again(earlier, *nodes):
    question = Question(
        Window(AT, AT), (CompromisedSystem("s", SystemMode.WHOLE_STORE, "r", Certainty.POSSIBLE),)
    )
    held = Attributes(categories=("email",))
    records = [AccountRecord("s", "e", each.place.row, each.identities, held) for each in nodes]
    told = [
        (Earlier("C1", number, (("email", Certainty.POSSIBLE),)), handles)
        for number, handles in enumerate(earlier)
    ]
    reports = [ReadReport(EvidenceRef("e", "s", "f" * 64, AT))]
    found = scope(question, records, [], [], reports, told_before=told)
    return {person.identities[0].value: person.change for person in found.people}


def test_who_shares_a_mailbox_with_somebody_told_is_not_told_thereby():
    family = (EMAIL, "family@example.org")
    ann, bob, letter = node(1, (UID, "ann"), family), node(2, (UID, "bob"), family), node(3, family)
    only_ann = [[(UID, "ann"), family]]
    assert told_again(only_ann, ann, bob) == {"ann": Change.UNCHANGED, "bob": Change.ADDED}
    assert told_again(only_ann, bob) == {"bob": Change.ADDED}
    assert told_again(only_ann, letter) == {"family@example.org": Change.UNCHANGED}
    assert told_again([[family]], ann) == {"ann": Change.UNCHANGED}


def test_who_was_told_stays_listed_though_only_another_of_the_mailbox_is_seen():
    spill = MemorySpill()
    family = (EMAIL, "family@example.org")
    remembered = remember([(Earlier("C1", 7, ()), [(UID, "ann"), family])], spill)
    question = Question(
        Window(AT, AT), (CompromisedSystem("s", SystemMode.WHOLE_STORE, "r", Certainty.POSSIBLE),)
    )
    taken = Taken(0, None, Holds.ACCOUNTS)
    bob = node(1, (UID, "bob"), family).identities
    take_accounts([AccountRecord("s", "e", 1, bob, Attributes())], taken, spill)
    woven = weave(question, [taken], spill, earlier=remembered.runs)
    assert [each.position for each in absent(remembered, woven.earlier_met, spill)] == [7]
