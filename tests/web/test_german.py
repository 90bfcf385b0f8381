"""Every page in German: no words of the English catalogue, and none of the core's, outside what was recorded in English."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from incident.service import opening
from incident.web import sessions
from incident.web.pages import ROUTES
from incident.web.texts import texts_in
from tests.builders.consoles import Console, played
from tests.web.test_spoken import said_in_core

VOID = frozenset({"br", "hr", "img", "input", "link", "meta", "line", "rect", "circle"})
AS_IT_IS = frozenset({"pre", "code", "script", "style"})
HOLE = re.compile(r"{[^}]*}")
TITLE = "Ein gestohlener Schlüssel"
FEWEST = 3
"""Pieces of fewer words stand in reasons that were recorded in English, by chance."""


class Words(HTMLParser):
    """Collects what a reader reads in German: not code, and not what is marked as another language."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[tuple[str, bool]] = []
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        hidden = bool(self.stack and self.stack[-1][1])
        other = given.get("lang", "de") != "de" or tag in AS_IT_IS
        if tag not in VOID:
            self.stack.append((tag, hidden or other))
        if not (hidden or other):
            spoken = ("aria-label", "title", "placeholder", "alt", "data-left", "data-late", "data-here")
            self.found += [given[name] or "" for name in spoken if name in given]

    def handle_endtag(self, tag: str) -> None:
        while self.stack and self.stack.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not (self.stack and self.stack[-1][1]):
            self.found.append(data)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with played(tmp_path_factory, "to_request") as found:
        scene = waiting = found.scene
        found.scene = scene.to_told()
        found.scene.run()
        found.scene.file_all()
        found.scene.follow_up()
        found.waiting = waiting.incident_id
        found.fresh = opening.open_incident(scene.house, actor=scene.ada, title=TITLE).incident_id
        yield found


def pages(desk: Console) -> list[str]:
    state = desk.scene.state
    values = {
        "letter_id": next(iter(state.letters)),
        "seq": str(state.last_seq),
        "name": "console.css",
        "filing_id": "F01",
        "part": "json",
        "code": "7K2M-9QXW-4T3B",
    }
    found = []
    for page in ROUTES:
        if page.method == "GET" and "{language}" not in page.path:
            ids = (state.incident_id, desk.waiting, desk.fresh) if page.of_incident else ("",)
            found += [filled(page.path, values | {"incident_id": one}) for one in ids]
    return found


def filled(path: str, values: dict[str, str]) -> str:
    return re.sub(r"{(\w+)(?::\w+)?}", lambda hole: values[hole.group(1)], path)


def english() -> dict[str, str]:
    """Return the pieces of English that no German page may show, by where they come from."""
    german = texts_in("de")
    pieces: dict[str, str] = {}
    for key, text in texts_in("en").words.items():
        pieces |= {piece.strip(): key for piece in HOLE.split(text) if piece.strip() not in german.words[key]}
    for key, text in said_in_core().items():
        pieces |= {piece.strip(): key for piece in HOLE.split(text) if piece.strip() not in german.said[key]}
    return {piece: key for piece, key in pieces.items() if len(piece.split()) >= FEWEST}


def test_no_page_speaks_english_in_german(desk: Console) -> None:
    pieces, grace, seen, wrong = english(), desk.browser("grace"), 0, []
    assert len(pieces) > 400
    cookie = {
        "cookie": f"{sessions.LANGUAGE}=de; {sessions.NAME}={grace.token}",
        "sec-fetch-site": "same-origin",
    }
    for path in pages(desk):
        answer = desk.client.request("GET", path, headers=cookie, follow_redirects=False)
        if not answer.headers.get("content-type", "").startswith("text/html") or "/html" in path:
            continue
        assert answer.status_code in {200, 303, 404, 409}, path
        reader = Words()
        reader.feed(answer.text)
        text = " ".join(" ".join(reader.found).split())
        seen += answer.status_code == 200
        wrong += [
            (path, pieces[piece], piece)
            for piece in pieces
            if piece in text and re.search(rf"\b{re.escape(piece)}\b", text)
        ]
    assert seen > 90
    assert not wrong


def test_times_and_places_are_german(desk: Console) -> None:
    grace = desk.browser("grace")
    cookie = {"cookie": f"{sessions.LANGUAGE}=de; {sessions.NAME}={grace.token}"}
    here = f"/incidents/{desk.scene.incident_id}"
    people = desk.client.request("GET", f"{here}/people", headers=cookie).text
    for name in (
        "Deutschland",
        "Vereinigtes Königreich",
        "Kalifornien (US)",
        "unbekanntes Land",
        "E-Mail-Adresse",
    ):
        assert name in people
    timeline = desk.client.request("GET", f"{here}/timeline", headers=cookie).text
    assert "Das Team erlangte Kenntnis am 10. März 2026, 05:00 Uhr UTC, weil:" in timeline
    assert "Briefe wurden verteilt auf" in timeline
