"""What the program raised or recorded in English is known again: refusals, findings of the letter check, reasons of the law."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest

from incident.adapters.holidays import PublicHolidays
from incident.core.actors import RESPONDERS, Actor
from incident.core.obligations import assess
from incident.errors import RefusedError
from incident.web import sessions
from incident.web.hearing import pattern_of, shape, spoken_by
from incident.web.texts import LANGUAGES, texts_in
from tests.architecture.tree import CHECKOUT
from tests.builders.consoles import Console, played
from tests.law.test_cases import BOOK, facts_of, rows

OTHERS = sorted(set(LANGUAGES) - {"en"})
RAISED = {
    "RefusedError", "FourEyesError", "NotFoundError", "BadInputError", "SignInError", "TooManyError", "ForgedError",
    "ForbiddenError",
}  # fmt: skip
FOUND = {"_error", "_warning"}
LAW = {"refuse", "refuse_for_now", "unknown"}
NOT_SHOWN = (
    # said by the command line or the API alone, which speak English
    "core/events/codec", "core/ocsf", "core/scoping/question_documents", "service/accounting", "service/asking_law",
    "service/catalogue", "service/exporting", "service/keeping", "service/pack_folder", "service/person_proof",
    "service/proving", "service/pulling", "service/signing", "service/tokens", "service/webhooks", "web/api",
    "service/lists", "service/erasing", "core/risk_facts", "service/sign_on",
)  # fmt: skip


def patterns(language: str) -> dict[str, str]:
    folder = CHECKOUT / "templates" / "console" / "texts" / "heard"
    found: dict[str, str] = tomllib.loads((folder / f"{language}.toml").read_text("utf-8"))["patterns"]
    return found


def written(node: ast.expr) -> str | None:
    """Return a text as it stands in the program, its holes nameless; None for one that is put together elsewhere."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
    return None


def sentences(folder: str, calls: set[str], place: int = 0) -> Iterator[tuple[str, str]]:
    for path in sorted((CHECKOUT / "incident" / folder).rglob("*.py")):
        name = str(path.relative_to(CHECKOUT / "incident"))
        if name.startswith(NOT_SHOWN):
            continue
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(call, ast.Call) and len(call.args) > place:
                called = getattr(call.func, "id", getattr(call.func, "attr", ""))
                text = written(call.args[place]) if called in calls else None
                if text is not None:
                    yield f"{name}:{call.lineno}", text


@pytest.mark.parametrize("language", OTHERS)
def test_holes_are_the_same_and_every_pattern_is_one(language: str) -> None:
    known = patterns(language)
    assert len(known) > 300
    for english, other in known.items():
        assert re.compile(pattern_of(english)).groups >= 0
        assert set(re.findall(r"{(\w+)}", english)) >= set(re.findall(r"{(\w+)}", other)), english
        lost = set(re.findall(r"{(\w+)}", english)) - set(re.findall(r"{(\w+)}", other))
        assert lost <= {"code"}, english


@pytest.mark.parametrize("language", OTHERS)
def test_every_refusal_that_a_page_can_show_is_known_again(language: str) -> None:
    shapes = {shape(english) for english in patterns(language)}
    raised = [one for folder in ("core", "service", "web") for one in sentences(folder, RAISED)]
    assert len(raised) > 150
    assert not [(where, text) for where, text in raised if text not in shapes]


@pytest.mark.parametrize("language", OTHERS)
def test_every_finding_and_every_reason_is_known_again(language: str) -> None:
    shapes = {shape(english) for english in patterns(language)}
    found = [one for one in sentences("core", FOUND, 1) if "letter_lint" in one[0]]
    law = [
        one
        for place, names in ((0, LAW - {"unknown"}), (1, {"unknown"}))
        for one in sentences("core", names, place)
    ]
    assert len(found) > 20
    assert len(law) > 20
    assert not [(where, text) for where, text in (*found, *law) if text not in shapes]


def own_words() -> str:
    """Return all that stands in the law files: what a reason quotes of them stays English."""
    folder = CHECKOUT / "incident" / "law" / "regimes"
    return "\n".join(path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.toml")))


@pytest.mark.parametrize("language", OTHERS)
def test_reasons_and_derivations_of_every_law_are_said_but_for_the_laws_own_words(language: str) -> None:
    texts, law, seen, strange = texts_in(language), own_words(), 0, set()
    for row in rows():
        base, case = row.values
        answer = assess(facts_of(base, case), BOOK, holidays=PublicHolidays())
        for text in {
            t for o in answer.obligations for t in (o.because, o.derivation, o.extended_reading) if t
        }:
            seen += 1
            kept = [piece.text for piece in texts.pieces(text) if piece.english]
            strange |= {one for one in kept for part in one.split("; ") if part.split(" (")[0] not in law}
    assert seen > 2000
    assert not strange


def test_a_derivation_keeps_every_number() -> None:
    english = (
        "eu-gdpr/33-1 (version from 2018-05-25): became_aware_at Tue 2026-03-10 05:00:00 UTC + 72 hours, elapsed hours"
        " = Fri 2026-03-13 05:00:00 UTC (2026-03-13 06:00 in Europe/Berlin); before eu-gdpr/34, which has no number"
    )
    said = texts_in("de").spoken(english)
    assert said == (
        "eu-gdpr/33-1 (Fassung ab 2018-05-25): Kenntnis Di 2026-03-10 05:00:00 UTC + 72 Stunden, verstrichene Stunden"
        " = Fr 2026-03-13 05:00:00 UTC (2026-03-13 06:00 in Europe/Berlin); vor eu-gdpr/34, das keine Zahl hat"
    )


def test_what_somebody_wrote_is_not_known() -> None:
    german = texts_in("de")
    for text in (
        "the key was stolen and sold",
        "two {holes} and more",
        "Mallory had it: all of it",
        "a; b; c",
    ):
        assert german.spoken(text) == text
        assert [piece.english for piece in german.pieces(text)] == [True]


def test_an_error_says_its_sentence_by_key_or_by_pattern() -> None:
    with pytest.raises(RefusedError) as caught:
        Actor("ivan", frozenset()).must_be(*RESPONDERS, to="close an incident")
    said = texts_in("de").spoken(spoken_by(caught.value))
    assert said == (
        "ivan darf das nicht (einen Vorfall schließen): dazu braucht es die Rolle Bereitschaft oder Datenschutz oder"
        " Verwaltung"
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with played(tmp_path_factory, "to_request") as found:
        yield found


def german(desk: Console, who: str, method: str, path: str, data: dict[str, Any] | None = None) -> str:
    browser = desk.kept(who)
    cookie = f"{sessions.NAME}={browser.token}; {sessions.LANGUAGE}=de"
    send = (
        {"headers": {"cookie": cookie}} if method == "GET" else {"data": data, "headers": {"cookie": cookie}}
    )
    browser = type(browser)(browser.client, browser.token)
    if method == "GET":
        return str(desk.client.request("GET", path, headers=send["headers"]).text)
    from incident.web.csrf import token_for

    sent = {"csrf": token_for(browser.token), **(data or {})}
    headers = {"cookie": cookie, "sec-fetch-site": "same-origin"}
    return str(desk.client.request("POST", path, data=sent, headers=headers).text)


def test_a_refused_decision_is_told_in_german(desk: Console) -> None:
    here = f"/incidents/{desk.scene.incident_id}"
    shown = german(
        desk, "grace", "POST", f"{here}/do/close", {"reason": "fertig", "press": "confirm", "mark": "1"}
    )
    assert "Dinge sind noch offen:" in shown
    assert "things are open" not in shown
    asked = {
        "name": "what_happened",
        "label": "fact",
        "source": "y",
        "press": "confirm",
        "mark": "2",
    }
    shown = german(desk, "grace", "POST", f"{here}/do/fact", asked)
    assert "Unbekanntes hat keinen Wert, alles andere hat einen" in shown


def test_a_closed_door_is_told_in_german(desk: Console) -> None:
    assert "Ihre Rolle erlaubt diese Seite nicht" in german(desk, "ivan", "GET", "/open")


def test_reasons_of_the_law_are_german_and_the_laws_own_words_are_marked(desk: Console) -> None:
    shown = german(desk, "grace", "GET", f"/incidents/{desk.scene.incident_id}/obligations?all=1")
    assert "1 betroffene Person in DE" in shown
    assert "verstrichene Stunden" in shown
    assert "affected person in" not in shown
    assert "elapsed hours" not in shown
