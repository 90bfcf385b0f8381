"""Another incident than the sample's, in every format and with every trap known, and an answer that was worked out by hand.

`held_out/logs` asks logs whom the intruder read, across the night in which the clocks go forward; `held_out/stores` asks who
was in stores that were copied. Nothing of the answer was read off the program.
"""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from incident.core.scoping.question_documents import question_from_document
from incident.service import evidence
from incident.service.searching import search

HELD_OUT = Path(__file__).parent / "held_out"
TAKEN_AT = datetime(2026, 3, 29, 6, 0, tzinfo=UTC)


def answered(scene: Any, folder: Path, files: list[Path]) -> tuple[dict[str, Any], tuple[str, ...], bytes]:
    """Freeze the files in this order and ask; returns people by each of their own handles, what blocks, and all bytes."""
    scene.turn(24 * 20)
    for path in files:
        evidence.add_evidence(
            scene.house, scene.incident_id, path, actor=scene.ada, taken_at=TAKEN_AT, command="x"
        )
    question = question_from_document(tomllib.loads((folder / "scope.toml").read_text()))
    with search(scene.house, scene.state, question) as answer:
        records = [line.record for line in answer.lines()]
        people = [json.loads(record) for record in records]
        strong = {
            value: each
            for each in people
            for _, value, strength, _ in each["identities"]
            if strength != "weak"
        }
        return strong, answer.finding.blocks, b"\n".join(records)


def exports(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name not in {"expected.json", "scope.toml"})


def held(person: dict[str, Any]) -> dict[str, list[list[str]]]:
    found: dict[str, tuple[set[str], set[str]]] = {}
    for each in person["exposures"]:
        categories, unseen = found.setdefault(each["system"], (set(), set()))
        categories.update(each["categories"])
        unseen.update(each["unseen"])
    return {system: [sorted(categories), sorted(unseen)] for system, (categories, unseen) in found.items()}


@pytest.mark.parametrize("name", ["logs", "stores"])
def test_everybody_is_found_with_what_was_worked_out_by_hand(fresh, name):
    scene, folder = fresh.open(), HELD_OUT / name
    expected = json.loads((folder / "expected.json").read_bytes())
    people, blocks, _ = answered(scene, folder, exports(folder))
    wrong = {}
    for handle, answer in expected.items():
        person = people.get(handle)
        if answer is None or person is None:
            if (answer is None) != (person is None):
                wrong[handle] = "is found" if person else "is not found"
            continue
        found = {"certainty": person["certainty"]}
        if "reason" in answer:
            reasons = {each["reason"] for each in person["exposures"] or person["exclusions"]}
            found["reason"] = answer["reason"] if answer["reason"] in reasons else str(sorted(reasons))
        if "held" in answer:
            found["held"] = held(person)
        if found != answer:
            wrong[handle] = f"{found} instead of {answer}"
    assert not wrong
    assert len(expected) > 60
    assert blocks, "rows, pages and attachments that were not read stand against all accounted for"


def test_the_order_of_the_files_changes_no_byte(fresh):
    folder = HELD_OUT / "stores"
    first = answered(fresh.open(), folder, exports(folder))
    assert answered(fresh.open(), folder, exports(folder)[::-1])[1:] == first[1:]
