"""Bad input and broken rules: refused with field and reason, remembered where it matters, and nothing lost."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from incident.adapters.render import JinjaRenderer
from incident.bootstrap import actor
from incident.core import events as e
from incident.errors import (
    BadInputError,
    FourEyesError,
    NotFoundError,
    RefusedError,
    TamperError,
    TemplateError,
)
from incident.service import (
    approving,
    assessing,
    evidence,
    filing,
    following,
    letters,
    lists,
    opening,
    planning,
)
from incident.workspace import REPOSITORY
from tests.builders.house import AWARE_AT, TAKEN_AT, Scene, change_settings, examples, reopened


# ---------------------------------------------------------------- opening
@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"became_aware_at": AWARE_AT + timedelta(days=2)}, "became_aware_at", "future"),
        ({"became_aware_at": AWARE_AT.replace(tzinfo=None)}, "became_aware_at", "no offset"),
        ({"became_aware_at": AWARE_AT - timedelta(hours=3), "aware_because": ""}, "became_aware_at", "before detection"),
        ({"became_aware_at": AWARE_AT, "aware_because": "  "}, "because", "empty"),
        ({"detected_at": AWARE_AT + timedelta(days=2)}, "detected_at", "future"),
        ({"detected_at": AWARE_AT.replace(tzinfo=None)}, "detected_at", "no offset"),
        ({"title": "   "}, "title", "empty"),
        ({"title": "bob@example.org wrote to us"}, "incident:opened.title", "e-mail address"),
        ({"aware_because": "call +1 415 555 0100 back", "became_aware_at": AWARE_AT}, "awareness:decided.reason", "phone"),
    ],
)  # fmt: skip
def test_an_incident_is_not_opened_with_impossible_values(fresh, values, field, words):
    given = {
        "title": "a leak",
        "detected_at": AWARE_AT - timedelta(minutes=1),
        "aware_because": "seen",
    } | values
    with pytest.raises(BadInputError, match=words) as caught:
        opening.open_incident(fresh.house, actor=fresh.ada, **given)
    assert caught.value.field == field
    assert fresh.house.store.incident_ids() == []


def test_awareness_before_detection_stands_with_a_reason(fresh):
    state = opening.open_incident(
        fresh.house,
        actor=fresh.ada,
        title="a leak",
        detected_at=AWARE_AT,
        became_aware_at=AWARE_AT - timedelta(hours=3),
        aware_because="a customer told support, who did not pass it on",
    )
    assert state.became_aware_at == AWARE_AT - timedelta(hours=3)


def test_a_correction_of_awareness_needs_a_reason_and_keeps_the_first(fresh):
    scene = fresh.open()
    later = AWARE_AT + timedelta(minutes=3)
    with pytest.raises(BadInputError):
        opening.decide_awareness(
            scene.house, scene.incident_id, actor=scene.ada, became_aware_at=later, because=" "
        )
    opening.decide_awareness(
        scene.house, scene.incident_id, actor=scene.ada, became_aware_at=later, because="read the log again"
    )
    assert scene.state.became_aware_at == later
    assert scene.kinds.count("awareness:decided") == 2


# ---------------------------------------------------------------- evidence
def add(scene: Scene, path: Path, **changes):
    given = {"actor": scene.ada, "taken_at": TAKEN_AT, "command": "exported"} | changes
    scene.turn(0.7)
    return evidence.add_evidence(scene.house, scene.incident_id, path, **given)


def test_a_second_snapshot_with_another_hash_needs_its_own_time(fresh):
    scene = fresh.open()
    (path,) = examples(scene.folder, "firebase_auth_export.json")
    first = add(scene, path)
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(RefusedError, match="another hash"):
        add(scene, path)
    again = add(scene, path, taken_at=TAKEN_AT + timedelta(minutes=1))
    assert set(scene.state.evidence) == {first.evidence_id, again.evidence_id}


def test_the_same_bytes_are_frozen_once(fresh):
    scene = fresh.open()
    (path,) = examples(scene.folder, "gcp_audit.ndjson")
    first = add(scene, path)
    entries = len(scene.kinds)
    assert add(scene, path, taken_at=TAKEN_AT + timedelta(minutes=1)) == first
    assert len(scene.kinds) == entries, "no second line for the same bytes"
    with pytest.raises(RefusedError, match="of google_cloud"):
        add(scene, path, system="stripe")


@pytest.mark.parametrize(
    ("name", "content", "system", "words"),
    [
        ("empty.json", b"", None, "is empty"),
        ("broken.json", b'{"users": [{"localId"', None, "say which system"),
        ("letter.txt", b"hello", None, "say which system"),
        ("fine.json", b"[]", "no_such_system", "is not one of"),
        ("absent.json", None, None, "cannot be opened"),
    ],
)
def test_a_file_that_cannot_be_taken_leaves_an_entry_and_loses_nothing(fresh, name, content, system, words):
    scene = fresh.open()
    scene.freeze("gcp_audit.ndjson")
    path = scene.folder / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BadInputError, match=words) as caught:
        add(scene, path, system=system)
    assert caught.value.source == name
    refused = scene.last(e.EvidenceRefused)
    assert (refused.file_name, refused.system) == (name, system or "unknown")
    assert words in refused.reason
    assert len(scene.state.evidence) == 1


def test_a_file_that_no_reader_knows_is_frozen_for_a_named_system(fresh):
    scene = fresh.open()
    path = scene.folder / "notes.bin"
    path.write_bytes(b"\x00\x01")
    assert add(scene, path, system="helpscout").system == "helpscout"


@pytest.mark.parametrize("taken_at", [AWARE_AT + timedelta(days=3), AWARE_AT.replace(tzinfo=None)])
def test_evidence_is_not_from_the_future_nor_from_nowhere(fresh, taken_at):
    scene = fresh.open()
    (path,) = examples(scene.folder, "gcp_audit.ndjson")
    with pytest.raises(BadInputError) as caught:
        add(scene, path, taken_at=taken_at)
    assert caught.value.field == "taken_at"
    assert not scene.state.evidence


# ---------------------------------------------------------------- facts
@pytest.mark.parametrize(
    ("name", "value", "field"),
    [
        ("recipients", "one trusted colleague", "circumstances.recipients"),
        ("encrypted", "maybe", "encrypted"),
        ("loss", ["money"], "loss[0]"),
        ("data", "email", "data"),
        ("medium", "parchment", "medium"),
        ("sectors", ["piracy"], "sectors[0]"),
    ],
)
def test_a_fact_that_the_rules_cannot_read_is_refused_before_it_is_recorded(fresh, name, value, field):
    scene = fresh.open()
    with pytest.raises(BadInputError) as caught:
        opening.amend_fact(
            scene.house,
            scene.incident_id,
            actor=scene.ada,
            name=name,
            value=value,
            label=e.Label.FACT,
            source="x",
        )
    assert caught.value.field == field
    with pytest.raises(BadInputError):
        assessing.assess(scene.house, scene.incident_id, actor=scene.ada, inputs={"facts": {name: value}})
    assert scene.state.facts == {}


# ---------------------------------------------------------------- letters
def test_a_hole_in_a_template_stops_the_letters_and_loses_nothing(played, tmp_path):
    scene = played("to_cohort")
    templates = tmp_path / "templates"
    shutil.copytree(REPOSITORY / "templates", templates)
    subject = templates / "notices" / "eu_gdpr" / "en" / "subject.txt"
    subject.write_text(subject.read_text() + "{{ nobody_says_this }}")
    before = scene.state.version
    holed = scene.using(renderer=JinjaRenderer(templates))
    with pytest.raises(TemplateError, match="nobody_says_this"):
        letters.draft(holed.house, scene.incident_id)
    assert scene.state.version == before
    scene.run()
    assert scene.state.letters


# ---------------------------------------------------------------- approval
def test_self_approval_is_refused_and_remembered(played):
    scene = played("to_request", changes={'roles = ["on_call"]': 'roles = ["on_call", "approver"]'})
    with pytest.raises(FourEyesError, match="nobody approves their own work"):
        approving.approve(scene.house, scene.incident_id, actor=scene.ada)
    assert scene.last(e.ApprovalRefused).reason.startswith("ada scoped")
    assert not scene.state.approval.granted
    assert [who for _at, who, _why in scene.state.refusals] == ["ada"]


def test_a_stranger_to_approval_is_refused_by_role_and_a_stranger_to_the_house_by_name(played):
    scene = played("to_request")
    with pytest.raises(FourEyesError, match="not an approver"):
        approving.approve(scene.house, scene.incident_id, actor=scene.ada)
    with pytest.raises(NotFoundError):
        actor(scene.settings, "mallory")


def test_an_approval_of_what_was_not_read_is_refused(played):
    scene = played("to_request")
    with pytest.raises(RefusedError, match="look at the letters again"):
        approving.approve(scene.house, scene.incident_id, actor=scene.grace, triple="0" * 16)
    with pytest.raises(RefusedError):
        approving.approve(
            scene.house, scene.incident_id, actor=scene.grace, triple=scene.state.approval.request.triple[:7]
        )
    approving.approve(
        scene.house, scene.incident_id, actor=scene.grace, triple=scene.state.approval.request.triple[:8]
    )
    assert scene.state.approval.granted


def test_an_approval_is_void_after_the_facts_change(played):
    scene = played("to_approved")
    scene.turn(5)
    opening.amend_fact(
        scene.house,
        scene.incident_id,
        actor=scene.ada,
        name="what_happened",
        value="Somebody read images. They also read invoices.",
        label=e.Label.FACT,
        source="the log, read again",
    )
    waiting = [action.do for action in scene.run().waiting]
    assert "approve" in waiting
    assert not scene.state.approval.granted
    assert scene.last(e.ApprovalVoided).reason == "the letters changed"
    assert not list((scene.folder / "outbox").glob("*/*.eml"))


def test_an_approval_is_void_after_a_new_cohort(played):
    scene = played("to_approved")
    scene.freeze("bunny_60367.log")
    scene.scope()
    assert len(scene.state.waves) == 2
    assert scene.state.approval is None
    assert "replaces the list" in scene.last(e.ApprovalVoided).reason
    assert "notice:planned" not in scene.kinds
    assert scene.state.letters == {}


def test_an_approval_is_void_after_the_way_of_sending_changes(played):
    scene = played("to_approved")
    change_settings(
        scene.settings, {'from_address = "security@imajinn.example"': 'from_address = "new@imajinn.example"'}
    )
    with reopened(scene.settings, scene.incident_id) as changed:
        advance = changed.run()
    assert "approve" in [action.do for action in advance.waiting]
    assert "the way in which letters are sent has changed" in scene.last(e.ApprovalVoided).reason
    assert "notice:planned" not in scene.kinds


def test_nothing_is_sent_in_another_way_once_sending_has_begun(played):
    scene = played("to_approved")
    planning.plan(scene.house, scene.incident_id)
    change_settings(
        scene.settings, {'from_address = "security@imajinn.example"': 'from_address = "new@imajinn.example"'}
    )
    with (
        reopened(scene.settings, scene.incident_id) as changed,
        pytest.raises(RefusedError, match="otherwise"),
    ):
        changed.run()
    assert "batch:intended" not in scene.kinds


# ---------------------------------------------------------------- scoping and law
def test_scoping_asks_for_evidence_that_is_whole(played):
    scene = played("to_cohort")
    item = next(iter(scene.state.evidence.values()))
    place = scene.folder / "vault" / "sha256" / item.sha256[:2] / item.sha256[2:]
    place.chmod(0o600)
    place.write_bytes(b"something else")
    with pytest.raises(TamperError):
        scene.scope()
    assert len(scene.state.waves) == 1


def test_nobody_scopes_an_incident_that_is_no_breach(fresh):
    scene = fresh.open()
    scene.freeze()
    scene.assess(e.Outcome.NOT_A_BREACH)
    with pytest.raises(RefusedError, match="no breach"):
        scene.scope()


def test_why_names_nobody_and_is_recorded(played):
    scene = played("to_cohort")
    lines = lists.why(scene.house, scene.incident_id, "0", actor=scene.ada)
    assert lines
    assert "@" not in "\n".join(lines)
    assert (
        scene.last(e.EvidenceRead).purpose
        == f"why the person at position 0 of {scene.state.cohort.cohort_id} is on the list"
    )
    with pytest.raises(NotFoundError):
        lists.why(scene.house, scene.incident_id, "99", actor=scene.ada)


def test_the_promise_is_not_waived_and_a_waiver_needs_officer_and_reason(played):
    scene = played("to_request")
    other = next(i for i, o in scene.state.obligations.items() if o.open and o.arose.recipient != "customer")
    for who, what, reason, kind in [
        (scene.grace, "promise", "x", RefusedError),
        (scene.ada, other, "x", RefusedError),
        (scene.grace, other, "  ", BadInputError),
        (scene.grace, "no-such", "x", NotFoundError),
    ]:
        with pytest.raises(kind):
            following.waive_obligation(scene.house, scene.incident_id, what, actor=who, reason=reason)
    following.waive_obligation(
        scene.house, scene.incident_id, other, actor=scene.grace, reason="not established there"
    )
    assert scene.state.obligations[other].waived_because == "not established there"
    assert not scene.state.obligations[other].open
    with pytest.raises(RefusedError, match="not open"):
        following.waive_obligation(scene.house, scene.incident_id, other, actor=scene.grace, reason="again")


# ---------------------------------------------------------------- filing, lateness, closing
def submit(scene: Scene, filing_id: str, hours: float, late_because: str | None = None, **changes):
    given = {"actor": scene.grace, "reference": "REF", "late_because": late_because} | changes
    at = AWARE_AT + timedelta(hours=hours)
    return filing.submit(scene.house, scene.incident_id, filing_id, submitted_at=at, **given)


def due_filing(scene: Scene) -> str:
    return next(
        i
        for i, f in scene.state.filings.items()
        if scene.state.obligations[f.prepared.obligation_id].arose.due_at
    )


def test_filing_late_needs_its_reason(played):
    scene = played("to_request")
    scene.turn(100)
    filing_id = due_filing(scene)
    with pytest.raises(BadInputError, match="say why") as caught:
        submit(scene, filing_id, 99)
    assert caught.value.field == "late_because"
    submit(scene, filing_id, 99, late_because="the portal was down")
    filed = scene.state.filings[filing_id]
    assert filed.submitted.late_because == "the portal was down"
    assert not scene.state.obligations[filed.prepared.obligation_id].open
    with pytest.raises(RefusedError, match="was submitted"):
        submit(scene, filing_id, 99, late_because="again")


def test_filing_in_the_future_without_reference_or_with_an_empty_receipt_is_refused(played):
    scene = played("to_request")
    scene.turn(10)
    filing_id = due_filing(scene)
    empty = scene.folder / "receipt.pdf"
    empty.write_bytes(b"")
    for hours, changes, field in [
        (11, {}, "submitted_at"),
        (9, {"reference": " "}, "reference"),
        (9, {"receipt": empty}, "receipt"),
    ]:
        with pytest.raises(BadInputError) as caught:
            submit(scene, filing_id, hours, **changes)
        assert caught.value.field == field
    with pytest.raises(NotFoundError):
        submit(scene, "F99", 9)
    assert scene.state.filings[filing_id].submitted is None


def test_a_missed_deadline_is_frozen_and_stays_missed_after_it_is_met(played):
    scene = played("to_request")
    scene.turn(80)
    scene.run()
    filing_id = due_filing(scene)
    obligation_id = scene.state.filings[filing_id].prepared.obligation_id
    due_at = scene.state.obligations[obligation_id].arose.due_at
    assert scene.state.obligations[obligation_id].missed_at == due_at
    assert scene.state.obligations["promise"].missed_at == AWARE_AT + timedelta(hours=48)
    count = scene.kinds.count("deadline:missed")
    scene.run()
    assert scene.kinds.count("deadline:missed") == count
    submit(scene, filing_id, 79, late_because="too late")
    assert scene.state.obligations[obligation_id].missed_at == due_at


def test_closing_is_refused_with_the_list_and_remembered(played):
    scene = played("to_request")
    with pytest.raises(RefusedError, match="things are open"):
        scene.close()
    refused = scene.last(e.CloseRefused)
    assert "nobody was told" in refused.open_items
    assert "obligation promise is open" in refused.open_items
    assert scene.state.closed_at is None


def test_nothing_changes_after_closing(fresh):
    scene = fresh.open()
    scene.freeze("gcp_audit.ndjson")
    scene.assess(e.Outcome.NOT_A_BREACH)
    scene.run()
    scene.review()
    scene.close()
    before = scene.state.version
    for attempt in (
        scene.close,
        scene.review,
        lambda: scene.assess(e.Outcome.NOTIFY),
        lambda: scene.freeze("firebase_auth_export.json"),
        lambda: following.promise_action_item(
            scene.house, scene.incident_id, actor=scene.ada, text="x", owner="ada", due_on=AWARE_AT.date()
        ),
    ):
        with pytest.raises(RefusedError, match="is closed"):
            attempt()
    assert scene.state.version == before


def test_the_one_who_ran_the_response_does_not_review_it(fresh):
    scene = fresh.open()
    scene.freeze("gcp_audit.ndjson")
    assessing.assess(
        scene.house,
        scene.incident_id,
        actor=scene.grace,
        inputs={"facts": {"data": ["email"]}},
        outcome=e.Outcome.NOT_A_BREACH,
        reason="a test record",
    )
    scene.run()
    with pytest.raises(FourEyesError, match="nobody reviews their own work"):
        scene.review()
    assert "review:refused" in scene.kinds
    assert scene.state.reviewed_by is None
