"""A naive twin scopes the same records in memory, by rereading everything; both must agree, in any order of files."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.core.scoping import weaving
from incident.core.scoping.cohort import cohort_document
from incident.core.scoping.identity import email_hashes
from incident.core.scoping.question import Actors, Certainty, CompromisedSystem, Question, SystemMode, Window
from incident.core.scoping.reader import ReadReport
from incident.core.scoping.records import (
    AccessRecord,
    AccountRecord,
    Actor,
    AddressPrecision,
    Attributes,
    EvidenceRef,
    GenerationRecord,
    Identity,
    IdentityKind,
    Outcome,
    Strength,
)
from incident.core.scoping.scope import scope

AT = datetime(2026, 3, 10, 3, tzinfo=UTC)
LATER = timedelta(hours=5)
KINDS = (IdentityKind.UID, IdentityKind.CUSTOMER_ID, IdentityKind.EMAIL)
QUESTION = Question(
    Window(AT - timedelta(hours=1), AT + timedelta(hours=1)),
    (
        CompromisedSystem("log", SystemMode.BY_ACCESS, "r"),
        CompromisedSystem("b", SystemMode.WHOLE_STORE, "r", Certainty.POSSIBLE),
    ),
    Actors(networks=("203.0.113.66",)),
)
HANDLES = st.lists(
    st.tuples(st.sampled_from(KINDS), st.sampled_from(["a@x.yz", "b@x.yz", "é@x.yz", 'q"\t@x.yz'])),
    min_size=1, max_size=3, unique_by=lambda pair: pair[0],
)  # fmt: skip
HASHED = st.sampled_from(["a@x.yz", "b@x.yz", "unknown@x.yz"])
ACCOUNTS = st.lists(st.tuples(st.sampled_from("ab"), HANDLES, st.none() | HASHED), max_size=8)
ACCESSES = st.lists(
    st.tuples(
        st.sampled_from(["a@x.yz", "b@x.yz", "only-in-log"]),
        st.sampled_from(list(Outcome)),
        st.booleans(),
        st.sampled_from(["203.0.113.66", "198.51.100.1", "203.0.113.0"]),
    ),
    max_size=8,
)
OWN = st.lists(st.sampled_from(["a@x.yz", "made-something"]), max_size=3)


def accounts_of(drawn):
    for row, (system, handles, hashed) in enumerate(drawn, start=1):
        identities = [Identity(kind, value, Strength.STRONG, kind.value) for kind, value in handles]
        if hashed is not None:
            kind, digest = email_hashes(hashed)[row % 2]
            identities.append(Identity(kind, digest, Strength.NORMAL, "hash"))
        yield AccountRecord(system, f"E{system}", row, tuple(identities), Attributes(categories=("email",)))


def accesses_of(drawn):
    for row, (uid, outcome, late, ip) in enumerate(drawn, start=1):
        precision = AddressPrecision.MASKED_24 if ip.endswith(".0") else AddressPrecision.EXACT
        yield AccessRecord(
            "log", "Elog", row, AT + LATER * late, Actor(ip, precision),
            (Identity(IdentityKind.UID, uid, Strength.STRONG, "path"),), "/x", ("photo",), outcome,
            request_id=f"r{row % 3}" if row % 2 else None,
        )  # fmt: skip


def refs():
    return [EvidenceRef(f"E{name}", name, name[0] * 64, AT + LATER) for name in ("a", "b", "log", "own")]


def answered(accounts, accesses, own, order=1):
    reports = [ReadReport(ref) for ref in refs()][::order]
    made = [
        GenerationRecord("b", "Eown", row, uid, None, AT, ("user_content",), ())
        for row, uid in enumerate(own, 1)
    ]
    return scope(
        QUESTION,
        list(accounts_of(accounts))[::order],
        list(accesses_of(accesses))[::order],
        made[::order],
        reports,
    )


# ---------------------------------------------------------------- the twin
def proofs(account):
    """What an account joins by: its first user id, its ids, its addresses, and hashes as the addresses they are of."""
    known = {
        digest: (kind, mail)
        for mail in ("a@x.yz", "b@x.yz", "é@x.yz", 'q"\t@x.yz')
        for kind, digest in email_hashes(mail)
    }
    found = {}
    for each in account.identities:
        if each.kind in {IdentityKind.EMAIL_SHA256, IdentityKind.EMAIL_MD5}:
            found.setdefault(each.kind, set()).add((each.value, known.get(each.value, (None, None))[1]))
        else:
            found.setdefault(each.kind, set()).add(each.value)
    return found


def groups_of(accounts, touched):
    """Group by looking at every pair again and again, kind by kind; a group never holds two user ids."""
    nodes = [proofs(account) for account in accounts]
    held = {value for node in nodes for value in node.get(IdentityKind.UID, ())}
    nodes += [{IdentityKind.UID: {uid}} for uid in sorted(touched - held)]
    emails = {value for node in nodes for value in node.get(IdentityKind.EMAIL, ())}
    groups = [{place} for place in range(len(nodes))]

    def uids(group):
        return {uid for place in group for uid in nodes[place].get(IdentityKind.UID, ())}

    def holders(holds):
        members = [place for place, node in enumerate(nodes) if holds(node)]
        mine = [group for group in groups if group & set(members)]
        named = set().union(*(uids(group) for group in mine)) if mine else set()
        loose = [group for group in mine if len(named) <= 1 or not uids(group)]
        if len(loose) > 1:
            for group in loose:
                groups.remove(group)
            groups.append(set().union(*loose))

    for kind in (IdentityKind.UID, IdentityKind.CUSTOMER_ID, IdentityKind.EMAIL):
        for value in sorted({v for node in nodes for v in node.get(kind, ())}, key=ascii_json):
            holders(lambda node, kind=kind, value=value: holds(node, kind, value))
    for kind in (IdentityKind.EMAIL_SHA256, IdentityKind.EMAIL_MD5):
        digests = {pair for node in nodes for pair in node.get(kind, ()) if pair[1] not in emails}
        for digest, _ in sorted(digests):
            holders(lambda node, kind=kind, digest=digest: any(d == digest for d, _ in node.get(kind, ())))
    return nodes, groups


def holds(node, kind, value):
    if value in node.get(kind, ()):
        return True
    hashes = (IdentityKind.EMAIL_SHA256, IdentityKind.EMAIL_MD5)
    return kind is IdentityKind.EMAIL and any(
        mail == value for each in hashes for _, mail in node.get(each, ())
    )


def ascii_json(value):
    import json

    return json.dumps(value)


def verdict_of(record, exact):
    """The certainty of one access, or None when it says nothing about anybody."""
    if record.actor.ip == "198.51.100.1":
        return None
    masked = record.actor.ip_precision is AddressPrecision.MASKED_24
    if masked and record.request_id in exact:
        return None
    if not QUESTION.window.start <= record.at <= QUESTION.window.end:
        return "excluded"
    if record.outcome in {Outcome.DENIED, Outcome.NOT_FOUND}:
        return "excluded"
    return "possible" if masked or record.outcome is Outcome.ERROR else "confirmed"


def twin(accounts, accesses, own):
    """Return, for each person, the places of their records and how sure it is that they are exposed."""
    accounts, accesses = list(accounts_of(accounts)), list(accesses_of(accesses))
    accounts.sort(key=lambda each: (each.system, each.row))
    exact = {
        record.request_id for record in accesses
        if record.request_id and record.actor.ip == "203.0.113.66"
    }  # fmt: skip
    said = {}
    for record in accesses:
        verdict = verdict_of(record, exact)
        if verdict is not None:
            said.setdefault(record.subjects[0].value, []).append(verdict)
    for uid in own:
        said.setdefault(uid, []).append("possible")
    nodes, groups = groups_of(accounts, set(said))
    rank = ["confirmed", "possible", "excluded"]
    people = []
    for group in groups:
        levels = [
            level
            for place in group
            for uid in nodes[place].get(IdentityKind.UID, ())
            for level in said.get(uid, ())
        ]
        levels += ["possible" for place in group if place < len(accounts) and accounts[place].system == "b"]
        rows = sorted(
            (accounts[place].system, accounts[place].row) for place in group if place < len(accounts)
        )
        people.append((rows, min(levels, key=rank.index, default="excluded")))
    return sorted(people)


@settings(max_examples=300, deadline=None)
@given(ACCOUNTS, ACCESSES, OWN)
def test_the_twin_agrees(accounts, accesses, own):
    found = answered(accounts, accesses, own)
    people = sorted(
        (sorted((place.system, place.row) for place in person.places), person.certainty.value)
        for person in found.people
    )
    assert people == twin(accounts, accesses, own)


@given(ACCOUNTS, ACCESSES, OWN)
def test_the_order_of_records_and_files_does_not_matter(accounts, accesses, own):
    assert cohort_document(answered(accounts, accesses, own)) == cohort_document(
        answered(accounts, accesses, own, -1)
    )


@given(ACCOUNTS, ACCESSES, OWN)
def test_handles_laid_in_many_ranges_come_to_the_same(accounts, accesses, own):
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(weaving, "RECORDS_AT_ONCE", 1)
        in_ranges = answered(accounts, accesses, own)
    assert cohort_document(in_ranges) == cohort_document(answered(accounts, accesses, own))


@given(ACCOUNTS, ACCESSES)
def test_no_two_people_have_one_name_and_nobody_is_lost(accounts, accesses):
    found = answered(accounts, accesses, [])
    names = [person.pseudonym for person in found.people]
    assert len(set(names)) == len(names)
    placed = [(place.system, place.row) for person in found.people for place in person.places]
    assert sorted(placed) == sorted((each.system, each.row) for each in accounts_of(accounts))
    assert all(left.identities != right.identities for left, right in combinations(found.people, 2))
