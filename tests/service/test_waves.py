"""Second waves, merges, lists: only what is new is told, nobody drops out, every decision can be undone."""

from __future__ import annotations

import csv
import json
import tomllib
from dataclasses import replace

import pytest

from incident.core import events as e
from incident.core.lifecycle import everyone_told, open_items
from incident.errors import BadInputError, NotFoundError, RefusedError
from incident.service import joinings, lists, scoping
from incident.service.cohorts import people
from tests.builders.house import example_toml


def asked(scene, **more):
    return dict(example_toml(scene.folder, "scope.toml")) | more


def again(scene, document):
    return scoping.scope(scene.house, scene.incident_id, actor=scene.ada, document=document)


def rows_of(scene):
    return list(people(scene.house, scene.state.cohort.cohort_id))


WIDER = {
    "system": "stripe",
    "mode": "whole_store",
    "certainty": "probable",
    "reason": "the key was in the bucket",
}


# ---------------------------------------------------------------- waves
def test_before_anybody_is_told_a_new_scoping_replaces_the_list(played):
    scene = played("to_cohort")
    first = scene.state.cohort
    second = again(scene, asked(scene)).frozen
    assert (second.follows, second.told) == ((), first.told)


def test_a_second_wave_tells_the_added_and_the_worsened_and_keeps_the_others(played):
    scene = played("to_told")
    first = scene.state.cohort
    document = asked(scene)
    document["systems"] = [*document["systems"], WIDER]
    found = again(scene, document)
    second = found.frozen
    assert second.follows == (first.cohort_id,)
    assert second.wave == 2
    assert second.told == second.by_change["added"] + second.by_change["worsened"] > 0
    assert second.affected == first.told + second.by_change["added"]
    assert "only those added or worsened" in "\n".join(found.lines())
    records = [json.loads(row.record) for row in rows_of(scene)]
    assert {record.get("change", "added") for record in records[: second.told]} <= {"added", "worsened"}
    worsened = next(record for record in records if record.get("change") == "worsened")
    assert worsened["told_before"][0]["cohort"] == first.cohort_id
    assert any("of wave 2 not told yet" in item for item in open_items(scene.state))
    scene.turn(5)
    scene.run()
    letters = [scene.house.vault.read(letter.sha256).decode() for letter in scene.state.letters.values()]
    assert letters
    assert all("update" in letter or "Aktualisierung" in letter or "ergänzt" in letter for letter in letters)


def test_a_narrower_question_drops_nobody_who_was_told(played):
    scene = played("to_told")
    first = scene.state.cohort
    document = asked(scene)
    document["systems"] = [entry for entry in document["systems"] if entry["system"] == "bunny_cdn"]
    second = again(scene, document).frozen
    assert second.told == 0
    assert second.affected == first.told
    assert second.by_change["kept"] + second.by_change.get("unchanged", 0) == first.told
    assert not any("not told yet" in item for item in open_items(scene.state))
    assert again(scene, document).frozen.told == 0  # and a third one knows the same


# ---------------------------------------------------------------- who is one person
def test_a_confirmed_merge_counts_from_the_next_scoping_on_and_can_be_undone(played):
    scene = played("to_cohort")
    found = joinings.listing(scene.house, scene.state, actor=scene.ada)
    likely = next(each for each in found.suggestions if each.kind == "plus_address")
    before, (left, right) = len(rows_of(scene)), likely.positions
    merge_id = joinings.confirm(
        scene.house, scene.incident_id, left, right, actor=scene.ada, reason="she said so"
    )
    event = scene.last(e.MergeConfirmed)
    assert "@" not in repr(event)
    with pytest.raises(RefusedError, match="decided already"):
        joinings.confirm(scene.house, scene.incident_id, right, left, actor=scene.ada, reason="twice")
    again(scene, asked(scene))
    assert len(rows_of(scene)) == before - 1
    joinings.undo(scene.house, scene.incident_id, merge_id, actor=scene.ada, reason="two people after all")
    again(scene, asked(scene))
    assert len(rows_of(scene)) == before
    with pytest.raises(NotFoundError):
        joinings.undo(scene.house, scene.incident_id, merge_id, actor=scene.ada, reason="again")


def test_an_identity_that_is_shared_joins_nobody(played):
    scene = played("to_cohort")
    scene.freeze("mailchimp_subscribed_members_export_1f2e3d4c5b.csv")
    again(scene, asked(scene))
    rows = rows_of(scene)
    joined = next(
        row for row in rows if any("same email" in why for why in json.loads(row.record)["joined_by"])
    )
    merge_id = joinings.set_apart(
        scene.house, scene.incident_id, joined.position, "email", actor=scene.ada, reason="a common mailbox"
    )
    again(scene, asked(scene))
    split = rows_of(scene)
    assert len(split) > len(rows)
    assert len({row.pseudonym for row in split}) == len(split)
    joinings.undo(scene.house, scene.incident_id, merge_id, actor=scene.ada, reason="it is one person")
    again(scene, asked(scene))
    assert len(rows_of(scene)) == len(rows)
    with pytest.raises(BadInputError, match="must be one of"):
        joinings.set_apart(scene.house, scene.incident_id, 0, "shoe_size", actor=scene.ada, reason="x")


# ---------------------------------------------------------------- lists
def test_why_and_extract_know_a_person_by_position_pseudonym_and_address(played):
    scene = played("to_cohort")
    row = next(row for row in rows_of(scene) if row.email)
    said = [
        lists.why(scene.house, scene.incident_id, who, actor=scene.ada)
        for who in (str(row.position), row.pseudonym, row.email, f"  {row.email.upper()} ")
    ]
    assert len(set(said)) == 1
    assert not [line for line in said[0] if "@" in line]
    given = lists.extract(scene.house, scene.incident_id, row.pseudonym, actor=scene.ada)
    assert given["waves"][0]["record"] == json.loads(row.record)
    for nobody in ("999", "p-0000000000000000", "nobody@example.net"):
        with pytest.raises(NotFoundError):
            lists.why(scene.house, scene.incident_id, nobody, actor=scene.ada)
    with pytest.raises(BadInputError):
        lists.why(scene.house, scene.incident_id, "not an address", actor=scene.ada)


@pytest.mark.parametrize("as_json", [False, True])
def test_an_export_holds_who_was_asked_for_and_no_names_unless_asked(played, tmp_path, as_json):
    scene = played("to_cohort")
    out = tmp_path / "list"
    place = next(row.jurisdiction for row in rows_of(scene) if row.certainty == "confirmed")[:2]
    rows = [row for row in rows_of(scene) if row.certainty == "confirmed" and row.jurisdiction[:2] == place]
    wanted = lists.Wanted(jurisdictions=(place,), certainties=("confirmed",))
    count = lists.export(scene.house, scene.incident_id, out, actor=scene.ada, wanted=wanted, as_json=as_json)
    text = out.read_text()
    assert count == len(rows) > 0
    assert out.stat().st_mode & 0o777 == 0o600
    assert "@" not in text
    listed = json.loads(text) if as_json else list(csv.DictReader(text.splitlines()))
    assert [each["person"] for each in listed] == [row.pseudonym for row in rows]
    named = lists.Wanted(named=True)
    lists.export(scene.house, scene.incident_id, out, actor=scene.ada, wanted=named, as_json=as_json)
    assert "@" in out.read_text()
    assert scene.last(e.EvidenceRead).purpose.endswith("with names")


@pytest.mark.parametrize("cell", ["=1+1", "+49 30", "-1", "@SUM(A1)", "\t=1", "|calc"])
def test_no_cell_is_a_formula(cell):
    assert lists.neutral(cell) == f"'{cell}"
    assert lists.neutral("plain") == "plain"


# ---------------------------------------------------------------- questions
def test_a_question_is_asked_again_by_its_hash(played):
    scene = played("to_cohort")
    first = scene.state.cohort
    document = scoping.saved_question(scene.house, scene.incident_id, first.question["declared"][:12])
    second = again(scene, document).frozen
    assert second.question == first.question
    assert second.document_sha256 == first.document_sha256
    for name in ("0" * 12, first.question["declared"][:4]):
        with pytest.raises(NotFoundError):
            scoping.saved_question(scene.house, scene.incident_id, name)


def test_a_misspelled_system_is_refused_and_finds_nobody_in_silence(played):
    scene = played("to_cohort")
    entry = {"system": "bunny", "mode": "by_access", "reason": "x"}
    with pytest.raises(BadInputError, match=r"row 6, field 'systems.system': is not one of bunny_cdn, "):
        again(scene, asked(scene) | {"systems": [*asked(scene)["systems"], entry]})
    assert scene.state.cohort.wave == 1


def test_a_path_alone_asks_about_anybody_and_a_category_narrows(played):
    scene = played("to_cohort")
    scene.freeze("bunny_60367.log")
    text = """
    paths = ["/g/*"]
    categories = ["user_content"]
    [window]
    start = "2026-03-10T00:00:00+00:00"
    end = "2026-03-11T00:00:00+00:00"
    [[systems]]
    system = "bunny_cdn"
    mode = "by_access"
    reason = "the folder was public"
    """
    found = again(scene, tomllib.loads(text))
    told = [json.loads(row.record) for row in rows_of(scene)[: found.frozen.told]]
    assert told
    assert {each["system"] for record in told for each in record["exposures"]} == {"bunny_cdn"}
    assert all("user_content" in each["categories"] for record in told for each in record["exposures"])


# ---------------------------------------------------------------- everyone told
def test_an_earlier_wave_is_settled_too_before_everyone_is_told(played):
    scene = played("to_told")
    document = asked(scene)
    document["systems"] = [*document["systems"], WIDER]
    again(scene, document)
    scene.turn(5)
    scene.run()
    scene.approve()
    scene.run()
    assert len(scene.state.notices) == 2
    scene.account_all()
    assert not any("not reached" in item or "not sent" in item for item in open_items(scene.state))
    first, second = scene.state.notices.values()
    assert not any(scene.state.owed(first).values())
    assert not any(scene.state.owed(second).values())


def test_a_gap_of_the_scoping_stands_against_everyone_told_until_somebody_decides(played):
    scene = played("to_told")
    scene.account_all()
    assert everyone_told(scene.state)
    blocked = replace(scene.state.cohort, blocks=("50 items were read without names",))
    state = scene.state
    state.cohort = blocked
    assert not everyone_told(state)
    state.accepted_gaps["50 items were read without names"] = "the log of the application names them"
    assert everyone_told(state)
