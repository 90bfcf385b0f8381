"""The example incident, person by person: who is in, with what, how certain, and why."""

from __future__ import annotations

import pytest

from incident.core.scoping.judging import Reason
from incident.core.scoping.question import Certainty, interest_of
from incident.core.scoping.result import UNKNOWN
from tests.adapters.example_evidence import MAIN_FILES, QUESTION, UIDS, answer, example_set

NAMES = {uid: name for name, uid in UIDS.items()}


@pytest.fixture(scope="module")
def result():
    return answer(evidence=example_set((*MAIN_FILES, "firebase_auth_phone_tenant.json")))


def by_name(result):
    found = {}
    for person in result.people:
        uid = next((each.value for each in person.identities if each.kind.value == "uid"), None)
        found[NAMES.get(uid, person.email or person.name)] = person
    return found


def exposures(person, system):
    return [
        (each.certainty.value, each.reason.value, set(each.categories))
        for each in person.exposures
        if each.system == system
    ]


def exclusions(person):
    return {(each.system, each.reason.value) for each in person.exclusions}


CERTAINTY = {
    "anna": "confirmed", "bruno": "confirmed", "chloe": "confirmed", "emi": "confirmed",
    "hannah": "confirmed", "jack": "confirmed",
    "david": "possible", "farid": "possible", "grete": "possible", "isabel": "possible", "kavya": "possible",
    "liam": "possible", "Quentin Hale": "possible",
    "olga": "excluded", "u1": "excluded", "u2": "excluded", "u3": "excluded",
    "chloe.dubois+billing@example.com": "excluded",
}  # fmt: skip


def test_everybody_has_a_place_and_nobody_two(result):
    people = by_name(result)
    assert len(people) == len(result.people) == 18
    assert {name: person.certainty.value for name, person in people.items()} == CERTAINTY


@pytest.mark.parametrize(
    ("name", "certainty", "reason", "categories"),
    [
        ("emi", "confirmed", "read_logged", {"user_content", "user_id"}),
        ("hannah", "confirmed", "read_logged", {"user_content", "user_id"}),
        ("jack", "confirmed", "read_logged", {"user_content", "user_id"}),
        ("jack", "confirmed", "read_partly", {"photo", "user_id"}),  # 206 on an upload
    ],
)
def test_images_fetched_from_the_cdn(result, name, certainty, reason, categories):
    assert (certainty, reason, categories) in exposures(by_name(result)[name], "bunny_cdn")


def test_nobody_else_was_fetched_from_the_cdn(result):
    touched = {name for name, person in by_name(result).items() if exposures(person, "bunny_cdn")}
    assert touched == {"emi", "hannah", "jack"}


@pytest.mark.parametrize("name", ["anna", "bruno", "chloe", "emi"])
def test_uploads_read_from_the_bucket(result, name):
    told = exposures(by_name(result)[name], "google_cloud")
    assert ("confirmed", "read_logged", {"photo", "user_id"}) in told


def test_a_stolen_key_from_a_hidden_address_is_possible(result):
    told = exposures(by_name(result)["kavya"], "google_cloud")
    assert told == [("possible", "address_withheld", {"photo", "user_id"})]


def test_the_web_backend_is_nobodys_exposure(result):
    told = exposures(by_name(result)["david"], "google_cloud")
    assert {reason for _, reason, _ in told} == {"bulk_read_candidate"}


@pytest.mark.parametrize(
    ("name", "system", "reason"),
    [
        ("liam", "bunny_cdn", "denied"),  # 403
        ("anna", "bunny_cdn", "outside_window"),  # two hours after the window
        ("grete", "google_cloud", "denied"),  # PERMISSION_DENIED, granted false
        ("olga", "stripe", "system_not_compromised"),
        ("u1", "firebase_auth", "created_after_window"),
        ("u2", "firebase_auth", "created_after_window"),
        ("u3", "firebase_auth", "created_after_window"),
        ("chloe.dubois+billing@example.com", "stripe", "system_not_compromised"),
    ],
)
def test_why_something_does_not_count(result, name, system, reason):
    person = by_name(result)[name]
    assert (system, reason) in exclusions(person)
    assert "confirmed" not in {level for level, _, _ in exposures(person, system)}


def test_bulk_reads_are_bounded_by_the_owners_of_records_that_existed(result):
    found = {
        (each.collection, each.items, each.candidates, each.bounded, each.categories)
        for each in result.unresolved
    }
    assert found == {
        ("generations", 3, 8, True, ("ip_address", "user_content", "user_id")),
        ("imajinn-user-uploads", 5, 8, True, ("user_id",)),  # a listing shows names, so ids only
    }
    candidates = {
        name
        for name, person in by_name(result).items()
        if any(each.reason is Reason.BULK_READ_CANDIDATE for each in person.exposures)
    }
    assert candidates == {"anna", "bruno", "chloe", "david", "emi", "hannah", "isabel", "liam"}


def test_jacks_record_was_made_after_the_query(result):
    told = {reason for _, reason, _ in exposures(by_name(result)["jack"], "google_cloud")}
    assert told == set()


def test_the_whole_account_store_is_possible_for_all_who_existed(result):
    for name, person in by_name(result).items():
        stored = [each for each in person.exposures if each.system == "firebase_auth"]
        if CERTAINTY[name] == "excluded":
            assert stored == []
        else:
            assert [(each.certainty, each.reason) for each in stored] == [
                (Certainty.POSSIBLE, Reason.WHOLE_STORE)
            ]


def test_jacks_hash_cannot_be_ruled_out(result):
    (stored,) = [each for each in by_name(result)["jack"].exposures if each.system == "firebase_auth"]
    assert stored.unseen == ("password_hash",)
    assert "password_hash" not in stored.categories


@pytest.mark.parametrize(
    ("name", "jurisdiction", "source", "confidence"),
    [
        ("anna", "PL", "billing address", "high"),
        ("chloe", "FR", "billing address", "high"),
        ("grete", "CH", "billing address", "high"),
        ("jack", "GB", "billing address", "high"),
        ("liam", "US-CA", "billing address", "medium"),  # the state stands in the city field
        ("olga", "BG", "customer address", "high"),
        ("hannah", "DE", "customer address", "high"),
        ("farid", "CA", "phone prefix", "low"),
        ("Quentin Hale", "GB", "phone prefix", "low"),
        ("kavya", UNKNOWN, "", None),
    ],
)
def test_residence_with_its_source(result, name, jurisdiction, source, confidence):
    residence = by_name(result)[name].residence
    assert (residence.jurisdiction, residence.source) == (jurisdiction, source)
    assert (residence.confidence.value if residence.confidence else None) == confidence


def test_addresses_for_sending(result):
    people = by_name(result)
    assert people["grete"].email == "grete.mueller@example.org"
    assert people["olga"].email == "olga.petrov@example.com"
    assert people["Quentin Hale"].email is None
    assert people["Quentin Hale"].phone == "+447700900143"
    assert result.counts.without_email == 1


def test_likenesses_are_suggested_and_not_joined(result):
    people = by_name(result)
    pairs = {(each.kind, each.people) for each in result.suggestions}
    chloes = tuple(sorted((people["chloe"].pseudonym, people["chloe.dubois+billing@example.com"].pseudonym)))
    phones = tuple(sorted((people["farid"].pseudonym, people["u2"].pseudonym)))
    assert pairs == {("plus_address", chloes), ("name_and_country", chloes), ("same_phone", phones)}


def test_every_join_keeps_its_reason(result):
    reasons = set(by_name(result)["anna"].joined_by)
    assert reasons == {
        "same uid: firebase_auth.localId, stripe.metadata.firebase_uid",
        "same customer_id: stripe.customer, stripe.id",
    }


def test_counts_and_notes(result):
    assert result.counts.by_certainty == {"confirmed": 6, "excluded": 5, "possible": 7}
    assert result.counts.by_jurisdiction["unknown"] == 1
    assert sum(result.counts.by_jurisdiction.values()) == 13
    notes = {(note.code, note.system, note.blocking) for note in result.notes}
    assert notes == {
        ("actor_outside_window", "bunny_cdn", False),
        ("actor_outside_window", "google_cloud", False),
        ("log_may_be_incomplete", "bunny_cdn", False),
    }
    assert result.blocks == ()


MASKED = ("firebase_auth_export.json", "app_generations.ndjson", "gcp_audit.ndjson", "bunny_60367_masked.log")


def test_a_masked_log_alone_makes_neighbors_possible():
    people = by_name(answer(evidence=example_set(MASKED)))
    touched = {
        name: {each.certainty.value for each in person.exposures if each.system == "bunny_cdn"}
        for name, person in people.items()
        if exposures(person, "bunny_cdn")
    }
    assert touched == {name: {"possible"} for name in ("david", "emi", "farid", "hannah", "jack")}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_an_exact_log_of_the_same_requests_settles_the_masked_one(order):
    logs = ("bunny_60367_masked.log", "bunny_60367.log")
    result = answer(evidence=example_set((*MASKED[:3], *(logs[place] for place in order))))
    touched = {
        name: {each.certainty.value for each in person.exposures if each.system == "bunny_cdn"}
        for name, person in by_name(result).items()
        if exposures(person, "bunny_cdn")
    }
    assert touched == {name: {"confirmed"} for name in ("emi", "hannah", "jack")}
    codes = {note.code: note.count for note in result.notes}
    assert codes["masked_line_of_another"] == 2


def test_fingerprint_and_operator_bring_the_masked_log_back_to_three():
    from dataclasses import replace

    actors = replace(QUESTION.actors, ja4=("t13d1812h1_85036bcba153_b26ce05bbdd6",), asns=(64500,))
    evidence = example_set((*MASKED[:3], "bunny_v2.json"))
    people = by_name(answer(replace(QUESTION, actors=actors), evidence))
    touched = {
        name: {each.reason.value for each in person.exposures if each.system == "bunny_cdn"}
        for name, person in people.items()
        if exposures(person, "bunny_cdn")
    }
    assert touched == {
        "emi": {"matched_by_fingerprint"},
        "hannah": {"matched_by_fingerprint"},
        "jack": {"matched_by_fingerprint", "read_partly"},
    }


def test_passing_over_rows_changes_nothing():
    from incident.core.scoping.cohort import cohort_document

    names = (*MAIN_FILES, "bunny_60367_masked.log", "gcs_usage.csv")
    whole = answer(evidence=example_set(names))
    quick = answer(evidence=example_set(names, interest_of(QUESTION)))
    assert sum(report.passed_over for report in quick.reports) > 5
    assert cohort_document(quick) == cohort_document(whole)
