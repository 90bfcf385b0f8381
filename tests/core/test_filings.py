"""One fact base, each authority's own order, unknown said as unknown."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields, replace

import pytest

from incident.core import events as e
from incident.core import filings
from incident.core.filing_orders import CALIFORNIA_ORDER, FDPIC_ORDER, GDPR_ORDER, ICO_ORDER, order_of
from incident.core.state import Approval, Fact, Filing, Notice
from tests.core.letter_cases import AWARE, SETTINGS, incident

PLACES = {"DE": 3, "GB": 1, "US-CA": 2}


def scoped():
    state = incident(records_total=4200, measures_planned="A second factor for every account.")
    counts = {
        "cohort_id": "C1", "wave": 1, "question": {}, "evidence_ids": ("E1",), "readers": {}, "commitment": "c0",
        "people": 7, "told": 6, "without_email": 1, "by_certainty": {"confirmed": 6}, "by_jurisdiction": PLACES,
        "by_category": {"email": 6, "photo": 2}, "by_language": {"en": 6}, "unresolved_items": 0, "blocks": (),
        "quarantined_rows": 0, "unread_evidence": (),
        "document_sha256": "d0", "told_sha256": "a0", "follows": (), "by_change": {},
    }  # fmt: skip
    state.cohort = e.CohortFrozen(**{f.name: counts[f.name] for f in fields(e.CohortFrozen)})
    state.risk = e.RiskAssessed("high", "high", ("photos",), None)
    return state


def pack_for(jurisdiction: str, order=None, state=None):
    state = state or scoped()
    base = filings.fact_base(state, SETTINGS)
    return filings.pack(
        base,
        order or order_of(jurisdiction),
        state=state,
        authority="An authority",
        jurisdiction=jurisdiction,
        stage="initial",
    )


@pytest.mark.parametrize(
    ("jurisdiction", "order", "here"),
    [
        ("DE", GDPR_ORDER, "3"),
        ("GB", ICO_ORDER, "1"),
        ("CH", FDPIC_ORDER, "0"),
        ("US-CA", CALIFORNIA_ORDER, "2"),
    ],
)
def test_each_authority_has_its_order_and_its_own_count(jurisdiction, order, here):
    made = pack_for(jurisdiction)
    assert [(f.code, f.label) for f in made.fields] == list(order)
    values = {f.code: f.value for f in made.fields}
    assert (values["people_here"], values["people_total"]) == (here, "6")


@pytest.mark.parametrize("order", [GDPR_ORDER, ICO_ORDER, FDPIC_ORDER, CALIFORNIA_ORDER])
def test_an_order_asks_each_field_once_and_only_for_what_exists(order):
    assert max(Counter(code for code, _ in order).values()) == 1
    known = {code for o in (GDPR_ORDER, ICO_ORDER, FDPIC_ORDER, CALIFORNIA_ORDER) for code, _ in o}
    assert {code for code, _ in order} <= known


def test_no_two_filings_disagree():
    packs = [pack_for(j) for j in ("DE", "FR", "GB", "CH", "US-CA")]
    values: dict[str, set[str | None]] = {}
    for made in packs:
        for f in made.fields:
            if f.code != "people_here":
                values.setdefault(f.code, set()).add(f.value)
    assert {code: v for code, v in values.items() if len(v) != 1} == {}


def test_unknown_is_named_and_never_invented():
    made = pack_for("DE", state=incident(occurred_from=None))
    values = {f.code: f.value for f in made.fields}
    assert values["occurred_from"] is None
    assert values["people_total"] is None
    assert {"occurred_from", "people_total", "people_here", "data_categories", "records_total"} <= set(
        made.unknown
    )
    assert json.loads(made.canonical())["fields"][5] == {
        "code": "occurred_from",
        "label": "Began",
        "value": None,
    }


def test_a_fact_labelled_unknown_is_unknown():
    state = scoped()
    state.facts["records_total"] = Fact(None, e.Label.UNKNOWN, "ada", AWARE)
    assert "records_total" in pack_for("DE", state=state).unknown


def test_values_are_text_that_an_authority_can_read():
    values = {f.code: f.value for f in pack_for("DE").fields}
    assert values["records_total"] == "4,200"
    assert values["people_by_place"] == "Germany: 3; United Kingdom: 1; California (US): 2"
    assert values["measures_taken"] == "We blocked the stolen access; We replaced every key"
    assert values["data_categories"] == "e-mail address; pictures that show the person or other people"
    assert values["became_aware_at"] == "10 March 2026, 05:00 UTC"
    assert values["people_told"] == "not yet"
    assert values["contact"] == "support@imajinn.ai"


def test_a_law_file_may_bring_its_own_order_and_an_unheard_field_is_unknown():
    made = pack_for("DE", order=[("became_aware_at", "Kenntnis"), ("shoe_size", "Schuhgröße")])
    assert [f.label for f in made.fields] == ["Kenntnis", "Schuhgröße"]
    assert made.unknown == ("shoe_size",)


def test_the_same_state_gives_the_same_bytes():
    assert pack_for("DE").canonical() == pack_for("DE").canonical()
    assert pack_for("DE").sha256 != pack_for("FR").sha256


def test_telling_and_other_filings_are_told():
    state = scoped()
    plan = e.NoticePlanned("N1", "C1", "A1", "outbox", "accepted", 1, {"planned": 6}, "h", "")
    state.notices["N1"] = Notice(plan, AWARE, last_accepted_at=AWARE)
    prepared = e.FilingPrepared("F1", "O1", "ICO", "GB", "initial", None, "p", "q", ())
    submitted = e.FilingSubmitted("F1", "R1", None, AWARE, None)
    state.filings["F1"] = Filing(prepared, AWARE, submitted, "ada")
    values = {f.code: f.value for f in pack_for("DE", state=state).fields}
    assert values["people_told"] == "yes, by e-mail, the last letter handed over on 10 March 2026, 05:00 UTC"
    assert values["others_told"] == "ICO (United Kingdom)"


def test_a_decision_not_to_tell_people_is_told_with_its_reason():
    state = scoped()
    state.decision = e.BreachDecided(e.Outcome.NO_NOTICE, "the data was encrypted")
    values = {f.code: f.value for f in pack_for("DE", state=state).fields}
    assert values["people_told"] == "no: the data was encrypted"


def test_the_paper_form_has_the_fields_in_order_and_says_unknown_in_words():
    made = pack_for("GB", state=incident())
    document = made.document(at=AWARE, ledger_head="size 5, root abc")
    rows = document["blocks"][0]["rows"]
    assert [row[0] for row in rows] == [label for _, label in ICO_ORDER]
    assert ["Number of records", filings.UNKNOWN] in rows
    assert f"{len(made.unknown)} fields are unknown" in document["blocks"][1]["text"]
    assert document["footer"] == [f"pack sha256 {made.sha256}", "ledger size 5, root abc"]
    answered = replace(made, fields=made.fields[:1])
    assert answered.document(at=AWARE, ledger_head="x")["blocks"][1]["text"] == "Every field is answered."


def test_an_approval_is_no_fact():
    """The base reads facts, scope and telling only; who approved is not the authority's business."""
    state = scoped()
    request = e.ApprovalRequested("A1", "C1", "t", "c", "l", "s", "outbox", {})
    before = filings.fact_base(state, SETTINGS)
    state.approvals["A1"] = Approval(request, "ada", AWARE, approved_by="grace")
    assert filings.fact_base(state, SETTINGS) == before
