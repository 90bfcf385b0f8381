"""Letters as the customer will see them: on a desktop, on a phone, as text; what the check found; what changed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from starlette.responses import HTMLResponse, Response

from incident.core.letters import letter_from, parse_exposure
from incident.core.state import Recorded
from incident.errors import NotFoundError
from incident.web.headers import LETTER_POLICY
from incident.web.pages.incident import tab
from incident.web.routing import Page
from incident.web.visit import Visit

CONTEXT = 3


def show_all(visit: Visit) -> Response:
    """List the letters, with what the check found in each."""
    state = visit.state
    drafts = _drafts(visit)
    versions = {i: sum(1 for one in drafts if one.event.letter_id == i) for i in state.letters}
    waits = state.approval is not None and not state.approval.granted
    letters = [state.letters[i] for i in sorted(state.letters)]
    exposures = {one.letter_id: parse_exposure(one.exposure) for one in letters}
    return tab(
        visit, "letters", "letters.html", letters=letters, versions=versions, waits=waits, exposures=exposures
    )


def show_one(visit: Visit) -> Response:
    """Show one letter, and how its newest version differs from the one before."""
    drafted = visit.state.letters.get(visit.request.path_params["letter_id"])
    if drafted is None:
        raise NotFoundError("there is no such letter")
    letter = letter_from(visit.reception.house.vault.read(drafted.sha256))
    drafts = [one for one in _drafts(visit) if one.event.letter_id == drafted.letter_id]
    older, newer = drafts[-2:] if len(drafts) > 1 else (None, None)
    diff = list(_differences(visit, older, newer)) if older is not None and newer is not None else []
    return tab(
        visit,
        "letters",
        "letter.html",
        letter=letter,
        drafted=drafted,
        diff=diff,
        older=older,
        newer=newer,
    )


def show_html(visit: Visit) -> Response:
    """Send the letter's HTML as it is mailed, into a frame in which nothing runs."""
    drafted = visit.state.letters.get(visit.request.path_params["letter_id"])
    if drafted is None:
        raise NotFoundError("there is no such letter")
    letter = letter_from(visit.reception.house.vault.read(drafted.sha256))
    return HTMLResponse(letter.html, headers={"content-security-policy": LETTER_POLICY})


def _drafts(visit: Visit) -> tuple[Recorded, ...]:
    return visit.reception.lookout.entries(visit.state.incident_id, ("letter:drafted",))


def _differences(visit: Visit, older: Recorded, newer: Recorded) -> Iterator[tuple[str, str]]:
    vault = visit.reception.house.vault
    texts = []
    for one in (older, newer):
        letter = letter_from(vault.read(one.event.sha256))
        texts.append([letter.subject, "", *letter.text.splitlines()])
    for line in difflib.unified_diff(texts[0], texts[1], lineterm="", n=CONTEXT):
        if not line.startswith(("---", "+++")):
            yield (line[0], line[1:]) if line[0] in "+- " else (" ", line)


ROUTES = (
    Page("GET", "/incidents/{incident_id}/letters", show_all),
    Page("GET", "/incidents/{incident_id}/letters/{letter_id}", show_one),
    Page("GET", "/incidents/{incident_id}/letters/{letter_id}/html", show_html),
)
