"""Letters as the customer will see them: on a desktop, on a phone, as text; what the check found; what changed."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from starlette.responses import HTMLResponse, Response

from incident.core.events import LetterDrafted
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
    more = list(reversed(state.further.items()))
    everything = [*letters, *(one for _i, proposed in more for one in proposed.letters)]
    exposures = {one.letter_id: parse_exposure(one.exposure) for one in everything}
    return tab(
        visit,
        "letters",
        "letters.html",
        letters=letters,
        versions=versions,
        waits=waits,
        exposures=exposures,
        more=more,
    )


def show_one(visit: Visit) -> Response:
    """Show one letter, and how its newest version differs from the one before."""
    drafted = _drafted(visit)
    letter = letter_from(visit.reception.house.vault.read(drafted.sha256))
    older = _before(visit, drafted)
    diff = list(_differences(visit, older.sha256, drafted.sha256)) if older is not None else []
    return tab(visit, "letters", "letter.html", letter=letter, drafted=drafted, diff=diff, older=older)


def show_html(visit: Visit) -> Response:
    """Send the letter's HTML as it is mailed, into a frame in which nothing runs."""
    drafted = _drafted(visit)
    letter = letter_from(visit.reception.house.vault.read(drafted.sha256))
    return HTMLResponse(letter.html, headers={"content-security-policy": LETTER_POLICY})


def _drafted(visit: Visit) -> LetterDrafted:
    """Return the letter of the page: a present one, or one of the further letters of a named approval."""
    state, letter_id = visit.state, visit.request.path_params["letter_id"]
    named = visit.query.get("approval", "")
    proposed = state.further.get(named)
    among = {one.letter_id: one for one in proposed.letters} if proposed is not None else {}
    found = among.get(letter_id) if named else state.letters.get(letter_id)
    if found is None:
        raise NotFoundError("there is no such letter")
    return found


def _before(visit: Visit, drafted: LetterDrafted) -> LetterDrafted | None:
    """Return what people got, or what was drafted, before this: the letter of the notice, or the version before."""
    proposed = visit.state.further.get(visit.query.get("approval", ""))
    if proposed is not None:
        return visit.state.notices[proposed.of_notice].letters.get(drafted.letter_id)
    drafts = [one.event for one in _drafts(visit) if one.event.letter_id == drafted.letter_id]
    return drafts[-2] if len(drafts) > 1 else None


def _drafts(visit: Visit) -> tuple[Recorded, ...]:
    return visit.reception.lookout.entries(visit.state.incident_id, ("letter:drafted",))


def _differences(visit: Visit, *versions: str) -> Iterator[tuple[str, str]]:
    vault = visit.reception.house.vault
    texts = []
    for sha256 in versions:
        letter = letter_from(vault.read(sha256))
        texts.append([letter.subject, "", *letter.text.splitlines()])
    for line in difflib.unified_diff(texts[0], texts[1], lineterm="", n=CONTEXT):
        if not line.startswith(("---", "+++")):
            yield (line[0], line[1:]) if line[0] in "+- " else (" ", line)


ROUTES = (
    Page("GET", "/incidents/{incident_id}/letters", show_all),
    Page("GET", "/incidents/{incident_id}/letters/{letter_id}", show_one),
    Page("GET", "/incidents/{incident_id}/letters/{letter_id}/html", show_html),
)
