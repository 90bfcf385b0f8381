"""The cohort document, the answer to why, deltas, and what blocks "all accounted for"."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from incident.adapters.systems.registry import EvidenceSet, readers
from incident.core.scoping.calling_codes import country_of_phone
from incident.core.scoping.cohort import cohort_document, person_document, why
from incident.core.scoping.joining import ConflictKind
from incident.core.scoping.judging import Reason
from incident.core.scoping.question import Certainty, CompromisedSystem, Merge, Named, SystemMode
from incident.core.scoping.records import Confidence, IdentityKind, ResidenceHint
from incident.core.scoping.residence import determine_residence
from incident.core.scoping.result import Change, Earlier
from incident.errors import BadInputError
from tests.adapters.example_evidence import (
    EXAMPLES,
    MAIN_FILES,
    QUESTION,
    SYSTEMS,
    UIDS,
    answer,
    example_set,
    ref_of,
)


def person_of(result, name):
    return next(each for each in result.people if any(i.value == UIDS[name] for i in each.identities))


def set_of(*sources):
    return EvidenceSet(
        ((ref_of(system, content), BytesIO(content)) for system, content in sources), readers()
    )


def example(name):
    return SYSTEMS[name], (EXAMPLES / name).read_bytes()


def codes(result):
    return {note.code for note in result.notes if note.blocking}


def test_the_same_inputs_give_the_same_bytes_in_any_order_of_files():
    first = cohort_document(answer(evidence=example_set(MAIN_FILES)))
    again = cohort_document(answer(evidence=example_set(tuple(reversed(MAIN_FILES)))))
    assert first == again


def test_names_of_evidence_differ_between_machines_and_do_not_matter():
    def under(prefix):
        sources = []
        for place, name in enumerate(MAIN_FILES):
            system, content = example(name)
            ref = replace(ref_of(system, content), evidence_id=f"{prefix}-{place}")
            sources.append((ref, BytesIO(content)))
        return cohort_document(answer(evidence=EvidenceSet(sources, readers())))

    assert under("a") == under("z")


def test_a_document_line_per_person_and_a_header_with_the_evidence():
    result = answer()
    lines = [json.loads(line) for line in cohort_document(result).splitlines()]
    assert lines[0]["format"] == "tocsin-cohort/2"
    assert len(lines) == 1 + len(result.people)
    assert {entry["sha256"] for entry in lines[0]["evidence"]} == {
        ref_of(*example(name)).sha256 for name in MAIN_FILES
    }
    assert lines[0]["counts"]["told"] == len(result.told) == 12
    assert lines[1] == person_document(result.people[0])


def test_a_key_changes_every_pseudonym_and_nothing_else():
    plain, keyed = answer(), answer(pseudonym_key="incident secret")
    assert {each.pseudonym for each in plain.people}.isdisjoint(each.pseudonym for each in keyed.people)
    assert sorted(str(each.identities) for each in plain.people) == sorted(
        str(each.identities) for each in keyed.people
    )
    assert all(len(each.pseudonym) == 18 for each in plain.people)


def test_why_names_evidence_and_rows_and_no_person():
    result = answer()
    lines = why(person_of(result, "liam"))
    log = ref_of(*example("bunny_60367.log")).sha256[:12]
    assert lines[0].endswith(" is possible")
    assert f"not counted: bunny_cdn, denied; evidence {log}, row 9" in lines
    assert any(line.startswith("possible: firebase_auth, whole_store:") for line in lines)
    assert not [line for line in lines if "@" in line or "Liam" in line]


def told_before(result):
    return [
        (
            Earlier("C1", place, tuple(sorted(each.levels.items()))),
            [(i.kind, i.value) for i in each.identities],
        )
        for place, each in enumerate(result.told)
    ]


def test_a_second_wave_tells_only_the_new_and_the_worse():
    first = answer(evidence=example_set(MAIN_FILES))
    store = CompromisedSystem(
        "stripe", SystemMode.WHOLE_STORE, "the key was in the bucket", Certainty.PROBABLE
    )
    wider = replace(QUESTION, systems=(*QUESTION.systems, store))
    second = answer(wider, example_set(MAIN_FILES), told_before=told_before(first))
    by_change = {change: [p for p in second.people if p.change is change] for change in Change}
    assert {each.email for each in by_change[Change.ADDED]} == {
        "olga.petrov@example.com",
        "chloe.dubois+billing@example.com",
    }
    assert len(by_change[Change.WORSENED]) == 10  # everyone told who is also a customer of Stripe
    assert {each.name for each in by_change[Change.UNCHANGED]} == {"Farid Haddad", "Kavya Rao"}
    assert second.counts.told == 12
    assert second.counts.by_change["unchanged"] == 2
    back = answer(evidence=example_set(MAIN_FILES), told_before=told_before(replace(second)))
    assert back.counts.told == 0
    assert back.counts.by_change["kept"] == 2  # told before, not found now: what was told stays told
    again = answer(evidence=example_set(MAIN_FILES), told_before=told_before(first))
    assert again.counts.by_change.get("worsened", 0) == again.counts.told == 0


def test_a_person_put_in_by_hand_who_is_in_no_export():
    entry = Named(IdentityKind.EMAIL, "someone@example.com", "wrote to us", Certainty.PROBABLE, ("email",))
    result = answer(replace(QUESTION, include=(entry,)))
    (person,) = [each for each in result.people if each.email == "someone@example.com"]
    assert (person.certainty, person.exposures[0].reason) == (Certainty.PROBABLE, Reason.NAMED_BY_HAND)


def test_leaving_out_an_exposed_person_is_possible_and_loud():
    entry = Named(IdentityKind.UID, UIDS["emi"], "our own test account")
    result = answer(replace(QUESTION, exclude=(entry,)))
    emi = person_of(result, "emi")
    assert not emi.is_told
    assert emi.exposures
    assert [(each.kind, each.detail, each.people) for each in result.conflicts] == [
        (ConflictKind.LEFT_OUT_THOUGH_EXPOSED, "our own test account", (emi.pseudonym,))
    ]


def test_a_confirmed_merge_makes_one_person_of_two():
    merge = Merge(
        (IdentityKind.EMAIL, "chloe.dubois@example.com"),
        (IdentityKind.EMAIL, "chloe.dubois+billing@example.com"),
        "same card",
    )
    result = answer(replace(QUESTION, merges=(merge,)))
    assert len(result.people) == len(answer().people) - 1
    assert person_of(result, "chloe").email == "chloe.dubois@example.com"


def test_staff_are_flagged_and_told():
    user = b'{"users":[{"localId":"s1","email":"Ops.Ada@imajinn.example","createdAt":"1700000000000"}]}'
    result = answer(evidence=set_of(("firebase_auth", user)))
    assert [(each.staff, each.is_told) for each in result.people] == [(True, True)]
    assert result.counts.staff == 1


def test_two_people_with_one_mailbox_are_both_told_and_the_conflict_is_shown():
    users = (
        b'{"users":[{"localId":"m1","email":"family@example.com","createdAt":"1700000000000"},'
        b'{"localId":"m2","email":"Family@example.com","createdAt":"1700000000000"}]}'
    )
    result = answer(evidence=set_of(("firebase_auth", users)))
    assert [each.email for each in result.told] == ["family@example.com", "Family@example.com"] or [
        each.email for each in result.told
    ] == ["Family@example.com", "family@example.com"]
    assert [each.kind for each in result.conflicts] == [ConflictKind.SHARED_EMAIL]
    assert set(result.conflicts[0].people) == {each.pseudonym for each in result.people}


def test_a_handle_that_only_a_log_names_is_a_person_without_address():
    result = answer(evidence=set_of(example("bunny_60367.log")))
    emi = person_of(result, "emi")
    assert (emi.certainty, emi.email, emi.places) == (Certainty.CONFIRMED, None, ())


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (MAIN_FILES, set()),
        ((*MAIN_FILES, "firebase_auth_export_traps.csv"), {"rows_quarantined"}),
        (tuple(name for name in MAIN_FILES if "bunny" not in name), {"no_access_log"}),
        (tuple(name for name in MAIN_FILES if "firebase" not in name), {"no_store_export"}),
        (tuple(name for name in MAIN_FILES if "app_" not in name), {"unresolved_items"}),
    ],
)
def test_what_blocks_all_accounted_for(names, expected):
    result = answer(evidence=example_set(names))
    assert codes(result) == expected
    assert bool(result.blocks) is bool(expected)


def test_a_query_larger_than_the_own_records_stays_unresolved():
    system, log = example("gcp_audit.ndjson")
    larger = log.replace(b'"numResponseItems":"3"', b'"numResponseItems":"50"')
    result = answer(
        evidence=set_of(
            (system, larger), example("app_generations.ndjson"), example("firebase_auth_export.json")
        )
    )
    (query,) = [each for each in result.unresolved if each.collection == "generations"]
    assert (query.items, query.bounded, query.because) == (
        50,
        False,
        "fewer own records existed than items were read",
    )


def test_broken_own_records_do_not_bound_a_query():
    system, own = example("app_generations.ndjson")
    result = answer(
        evidence=set_of(
            (system, own + b"{broken\n"), example("gcp_audit.ndjson"), example("firebase_auth_export.json")
        )
    )
    assert {each.because for each in result.unresolved} == {"own records could not all be read"}


def test_a_snapshot_older_than_the_window_blocks():
    window = replace(QUESTION.window, end=datetime(2026, 3, 10, 6, tzinfo=UTC))
    assert codes(answer(replace(QUESTION, window=window))) == {"snapshot_before_window_end"}


def test_an_actor_in_a_system_nobody_named_blocks():
    question = replace(
        QUESTION, systems=tuple(each for each in QUESTION.systems if each.system != "bunny_cdn")
    )
    result = answer(question)
    assert codes(result) == {"actor_in_unnamed_system"}
    assert not [each for person in result.people for each in person.exposures if each.system == "bunny_cdn"]


@pytest.mark.parametrize(
    ("moment", "is_in"),
    [(timedelta(0), True), (timedelta(microseconds=-1), False), (timedelta(hours=1), True)],
)
def test_the_windows_ends_belong_to_it(moment, is_in):
    first = datetime(2026, 3, 10, 2, 25, tzinfo=UTC)  # emi's first image
    window = replace(QUESTION.window, start=first - timedelta(seconds=1), end=first + moment)
    result = answer(replace(QUESTION, window=window))
    exposed = [each for each in person_of(result, "emi").exposures if each.system == "bunny_cdn"]
    assert bool(exposed) is is_in


def test_records_of_unknown_evidence_are_refused():
    evidence = example_set()
    from incident.core.scoping.scope import scope

    with pytest.raises(BadInputError, match="no report names"):
        scope(QUESTION, evidence.accounts(), evidence.accesses(), evidence.own_records(), ())


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+447700900143", "GB"), ("+15145550123", "CA"), ("+12125550123", "US"), ("+18005550123", None),
        ("+18765550123", "JM"), ("+77015550123", "KZ"), ("+79015550123", "RU"), ("+35315550123", "IE"),
        ("+999555", None), ("+262692000000", None),
    ],
)  # fmt: skip
def test_country_of_a_number(number, country):
    assert country_of_phone(number) == country


def test_equally_good_hints_that_differ_are_reported():
    hints = [
        ResidenceHint("customer address", "DE", None, Confidence.HIGH),
        ResidenceHint("billing address", "AT", None, Confidence.HIGH),
        ResidenceHint("card country", "FR", None, Confidence.LOW),
    ]
    residence, rivals = determine_residence(hints, "+447700900143")
    assert (residence.jurisdiction, rivals) == ("AT", ("DE",))


def test_a_region_comes_from_the_hint_that_has_one():
    hints = [
        ResidenceHint("billing address", "US", None, Confidence.HIGH),
        ResidenceHint(
            "customer address", "US", "US-CA", Confidence.MEDIUM, "the state is written in the city field"
        ),
    ]
    residence, _ = determine_residence(hints, None)
    assert (residence.jurisdiction, residence.confidence) == ("US-CA", Confidence.MEDIUM)
    assert residence.source == "billing address; region from customer address"


def test_a_whole_store_of_own_records():
    store = CompromisedSystem(
        "google_cloud", SystemMode.WHOLE_STORE, "a backup was copied", Certainty.PROBABLE, ("photo",)
    )
    result = answer(replace(QUESTION, systems=(store,)), set_of(example("app_generations.ndjson")))
    told = {each.identities[0].value: each.categories for each in result.told}
    assert told == {
        UIDS[name]: ("photo",)
        for name in ("anna", "bruno", "chloe", "david", "emi", "hannah", "isabel", "liam")
    }
    assert [each.reason for each in person_of(result, "jack").exclusions] == [Reason.CREATED_AFTER_WINDOW]
