"""The public page: made of the letters that were sent, for nobody in particular, and silent about everything else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from incident.core.genuine import code_from, read_code, sent_letters
from incident.core.letters import letter_from
from incident.errors import RefusedError, SettingsError
from incident.service import access, genuine
from incident.service.cohorts import people
from incident.service.house import history
from incident.settings.model import load
from incident.web.api.genuine import MISSES
from incident.web.api.limits import Limit
from tests.builders.consoles import Console, running
from tests.builders.house import Scene, change_settings, reopened, workspace

URL = "https://imajinn.example/genuine"
NAMED = {'genuine_url = ""': f'genuine_url = "{URL}"'}
NOW = datetime.fromisoformat("2026-03-10T05:00:00+00:00")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    """A real incident, no drill, whose letters went to the outbox."""
    settings = workspace(tmp_path_factory.mktemp("genuine") / "w", drill=False, changes=NAMED)
    with running(settings) as found:
        found.scene = found.scene.to_approved()
        found.scene.run()
        yield found


@pytest.fixture(autouse=True)
def forgiving() -> None:
    MISSES._seen.clear()


def code(desk: Console) -> str:
    return desk.scene.state.genuine_code


def letters(scene: Scene) -> list:
    return [letter_from(scene.house.vault.read(one.sha256)) for one in scene.state.letters.values()]


def test_letters_carry_the_address_as_text(desk: Console) -> None:
    for letter in letters(desk.scene):
        assert f"{URL}/{code(desk)}" in letter.text
        assert f'href="{URL}' not in letter.html
    assert not [f for one in desk.scene.state.letters.values() for f in one.findings if f.startswith("error")]


def test_anybody_reads_what_the_letters_say_in_each_language(desk: Console) -> None:
    spoken = {letter.language for letter in letters(desk.scene)}
    assert spoken
    for language in spoken:
        answer = desk.stranger().get(f"/genuine/{code(desk)}/{language}")
        assert answer.status_code == 200
        assert f'<html lang="{language}">' in answer.text
        assert "security@imajinn.example" in answer.text
        for letter in letters(desk.scene):
            if letter.language == language:
                assert letter.subject in answer.text
                assert all(h in answer.text for h in ("support@imajinn.ai",))
        assert answer.text.count("<article") == sum(
            1 for one in letters(desk.scene) if one.language == language
        )


def test_it_holds_nobody_and_sets_nothing(desk: Console) -> None:
    answer = desk.stranger().get(f"/genuine/{code(desk)}")
    assert "%name%" not in answer.text
    assert "[your name]" in answer.text
    assert "set-cookie" not in answer.headers
    assert "<script" not in answer.text
    assert desk.scene.incident_id not in answer.text
    assert desk.scene.state.title not in answer.text
    told = list(people(desk.scene.house, desk.scene.state.cohort.cohort_id))
    assert told
    assert not [p.position for p in told if p.email and p.email in answer.text]
    assert not [p.position for p in told if p.name and p.name in answer.text]


def test_a_code_is_taken_as_people_type_it(desk: Console) -> None:
    typed = code(desk).lower().replace("-", "").replace("0", "o").replace("1", "l")
    assert desk.stranger().get(f"/genuine/{typed}").status_code == 200


@pytest.mark.parametrize(
    "typed", ["7K2M-9QXW-4T3B", "nonsense", "INC-7K2M9QXW", "%2e%2e", "U" * 12, "x" * 900]
)
def test_every_miss_is_answered_alike(desk: Console, typed: str) -> None:
    answer = desk.stranger().get(f"/genuine/{typed}")
    assert answer.status_code == 404
    assert answer.text == desk.stranger().get("/genuine/0000-0000-0000").text
    assert desk.scene.incident_id not in answer.text


def test_an_incident_whose_letters_wait_is_a_miss(desk: Console) -> None:
    waiting = desk.scene.to_request()
    known = genuine.named(waiting.house, waiting.incident_id)
    desk.reception.codes._searched_at = None
    assert desk.reception.codes.incident_of(known) == waiting.incident_id
    answer = desk.stranger().get(f"/genuine/{known}")
    assert (answer.status_code, answer.text) == (404, desk.stranger().get("/genuine/0000-0000-0000").text)
    with pytest.raises(RefusedError, match="approved and sent"):
        genuine.write_out(waiting.house, waiting.incident_id, waiting.folder / "out")


def test_who_tries_codes_has_to_wait(desk: Console) -> None:
    for number in range(MISSES.times):
        assert desk.stranger().get(f"/genuine/{number}").status_code == 404
    answer = desk.stranger().get(f"/genuine/{code(desk)}")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0


def test_a_restricted_incident_is_public_all_the_same(desk: Console) -> None:
    scene = desk.scene
    access.restrict(
        scene.house, scene.incident_id, actor=scene.grace, reason="somebody of the team is involved"
    )
    assert desk.stranger().get(f"/genuine/{code(desk)}").status_code == 200
    assert desk.stranger().get(f"/incidents/{scene.incident_id}/genuine").status_code == 303
    access.reopen(scene.house, scene.incident_id, actor=scene.grace, reason="it is over")


def test_only_letters_as_they_were_approved_are_vouched_for(desk: Console) -> None:
    state, drafted = desk.scene.state, next(iter(desk.scene.state.letters.values()))
    entries = history(desk.scene.house, state.incident_id)
    kept = sent_letters(state, entries)
    later = entries[-1]._replace(event=replace(drafted, sha256="0" * 64))
    assert sent_letters(state, [*entries, later]) == kept
    assert sent_letters(state, [later, *(one for one in entries if one.event != drafted)]) == ()


def test_a_german_letter_has_a_german_page(desk: Console) -> None:
    scene = desk.scene
    english = genuine.letters(scene.house, scene.state)
    both = (*english, replace(english[0], language="de", subject="Sicherheitsvorfall"))
    assert genuine.languages(both) == ("en", "de")
    links = {"en": "index.html", "de": "de.html"}
    html = genuine.page(scene.house, scene.state, both, "de", links=links, style="style.css")
    assert '<html lang="de">' in html
    assert "Ist der Brief von" in html
    assert 'href="index.html" lang="en"' in html
    assert html.count("<article") == 1


def test_the_same_page_as_files(desk: Console, tmp_path: Path) -> None:
    scene = desk.scene
    found, files = genuine.write_out(scene.house, scene.incident_id, tmp_path)
    assert found == code(desk)
    assert {file.name for file in files} == {"index.html", "style.css"}
    english = (tmp_path / found / "index.html").read_text()
    served = desk.stranger().get(f"/genuine/{found}/en").text
    assert english == served.replace("/genuine/style.css", "style.css")


def test_a_drill_is_marked_and_not_public(tmp_path: Path) -> None:
    settings = workspace(tmp_path / "w", changes=NAMED)
    with reopened(settings) as house:
        scene = house.to_approved()
        scene.run()
        with running(settings, scene.incident_id) as desk:
            known = desk.scene.state.genuine_code
            assert desk.stranger().get(f"/genuine/{known}").status_code == 404
            seen = desk.browser("ada").get(f"/incidents/{scene.incident_id}/genuine")
            assert seen.status_code == 200
            assert 'class="drill"' in seen.text
        genuine.write_out(scene.house, scene.incident_id, tmp_path / "out")
        assert 'class="drill"' in (tmp_path / "out" / known / "index.html").read_text()


def test_without_an_address_letters_name_none(tmp_path: Path) -> None:
    with reopened(workspace(tmp_path / "w")) as house:
        scene = house.to_request()
        assert scene.state.genuine_code == ""
        assert not [one for one in letters(scene) if URL in one.text or "Is this letter genuine" in one.text]


@pytest.mark.parametrize(
    "url", ["http://imajinn.example/x", "https://a@imajinn.example", "https://imajinn.example/?x=1"]
)
def test_a_poor_address_is_refused(tmp_path: Path, url: str) -> None:
    settings = workspace(tmp_path / "w")
    change_settings(settings, {'genuine_url = ""': f'genuine_url = "{url}"'})
    with pytest.raises(SettingsError, match=r"public\.genuine_url"):
        load(settings)


def test_codes_are_read_back_and_never_misread() -> None:
    for number in range(200):
        made = code_from(number.to_bytes(8, "big") * 4)
        assert read_code(made) == made
        assert not set(made) & set("ILOU")
    assert read_code("7K2M-9QXW-4T3") is None


def test_a_limit_forgets_after_its_window() -> None:
    limit = Limit(2, timedelta(minutes=1))
    for _ in range(2):
        assert limit.waits("a", NOW) == 0
        limit.count("a", NOW)
    assert limit.waits("a", NOW) == 61
    assert limit.waits("b", NOW) == 0
    assert limit.waits("a", NOW + timedelta(minutes=1)) == 0
