"""Every route by every role and by nobody: none vanishes, none is open by mistake, none shows another's incident."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.routing import Route

from incident.core.state import Incident
from incident.service import access
from incident.web.headers import POLICY
from incident.web.pages import ROUTES
from incident.web.routing import Door, Page
from tests.builders.consoles import ROLES, Console, played
from tests.builders.house import Scene
from tests.web.expected_routes import OPEN, OPEN_TO

ALL = set(ROLES)
IDS = [f"{page.method} {page.path}" for page in ROUTES]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with played(tmp_path_factory, "to_request") as found:
        yield found


@pytest.fixture(scope="module")
def restricted(desk: Console) -> Scene:
    """Another incident, which only named people may know of."""
    other = desk.scene.open()
    reason = "somebody of the team may be involved"
    access.restrict(other.house, other.incident_id, actor=other.grace, reason=reason)
    return other


def now(desk: Console) -> Incident:
    """Return the incident as it is, folding only what is new: this is asked a thousand times."""
    return desk.reception.lookout.incident(desk.scene.incident_id)


def address(page: Page, desk: Console, incident_id: str | None = None) -> str:
    """Fill the holes of a path with things that are there."""
    state = now(desk)
    values = {
        "incident_id": incident_id or desk.scene.incident_id,
        "name": "console.css",
        "letter_id": next(iter(state.letters)),
        "evidence_id": next(iter(state.evidence)),
        "filing_id": next(iter(state.filings), "F01"),
        "part": "pdf",
        "position": "0",
        "seq": "0",
        "format": "json",
        "code": "7K2M-9QXW-4T3B",
        "language": "en",
    }
    return re.sub(r"{(\w+)(?::\w+)?}", lambda hole: values[hole.group(1)], page.path)


def test_no_route_vanishes_and_none_appears_unseen(desk: Console) -> None:
    served = {
        (method, r.path)
        for r in desk.client.app.routes
        if isinstance(r, Route)
        for method in r.methods - {"HEAD"}
    }
    assert served == {(page.method, page.path) for page in ROUTES}
    assert {f"{page.method} {page.path}" for page in ROUTES} == set(OPEN) | set(OPEN_TO)
    assert len(IDS) == len(set(IDS))


@pytest.mark.parametrize("page", ROUTES, ids=IDS)
def test_who_may_come_in_is_what_is_written_down(page: Page) -> None:
    name = f"{page.method} {page.path}"
    if page.door is not Door.ROLE:
        assert OPEN[name] == page.door.value
    else:
        assert {role.value for role in page.roles} == set(OPEN_TO[name])


@pytest.mark.parametrize(
    "page", [p for p in ROUTES if p.door is not Door.OPEN], ids=lambda p: f"{p.method} {p.path}"
)
def test_nobody_comes_in_without_signing_in(desk: Console, page: Page) -> None:
    answer = desk.stranger()._ask(page.method, address(page, desk))
    if page.method == "GET":
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in")
    else:
        assert answer.status_code == 403
    assert now(desk).title not in answer.text


@pytest.mark.parametrize("role", sorted(ALL))
@pytest.mark.parametrize(
    "page", [p for p in ROUTES if p.door is Door.ROLE], ids=lambda p: f"{p.method} {p.path}"
)
def test_every_route_by_every_role(desk: Console, page: Page, role: str) -> None:
    ends = page.path in {"/sign-out", "/me/end-others"}
    browser = desk.browser(ROLES[role]) if ends else desk.kept(ROLES[role])
    path = address(page, desk)
    answer = browser.get(path) if page.method == "GET" else browser.post(path)
    if role not in OPEN_TO[f"{page.method} {page.path}"]:
        assert answer.status_code == 403
    elif role == "counsel" and page.of_incident:  # the outside counsel of the tests was named for nothing
        assert answer.status_code == 404
        assert now(desk).title not in answer.text
    else:
        assert answer.status_code not in {401, 403, 404, 500}, answer.text[-600:]


def without(html: str, *words: str) -> str:
    """Take out what differs on every page: the moment, and the incident that was asked for."""
    for word in words:
        html = html.replace(word, "")
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z|\d\d:\d\d", "", html)


@pytest.mark.parametrize("page", [p for p in ROUTES if p.of_incident], ids=lambda p: f"{p.method} {p.path}")
def test_a_restricted_incident_does_not_exist_for_others(
    desk: Console, restricted: Scene, page: Page
) -> None:
    other = restricted
    for handle in ("ada", "ivan", "cleo", "rosa"):
        browser = desk.kept(handle)
        role = next(r for r, h in ROLES.items() if h == handle)
        if role not in OPEN_TO[f"{page.method} {page.path}"]:
            continue
        path = address(page, desk, other.incident_id)
        there = browser.get(path) if page.method == "GET" else browser.post(path)
        path = address(page, desk, "INC-NOSUCH00")
        nowhere = browser.get(path) if page.method == "GET" else browser.post(path)
        assert (there.status_code, nowhere.status_code) == (404, 404)
        assert without(there.text, other.incident_id) == without(nowhere.text, "INC-NOSUCH00")
        break


@pytest.mark.parametrize("page", [p for p in ROUTES if p.method == "POST"], ids=lambda p: p.path)
def test_a_post_needs_our_own_page(desk: Console, page: Page) -> None:
    browser = desk.kept("grace")
    before = now(desk).version
    for given in ({"site": "cross-site"}, {"site": None}):
        assert browser.post(address(page, desk), **given).status_code == 403
    if page.door is Door.ROLE:
        assert browser.post(address(page, desk), csrf="f" * 64).status_code == 403
    assert now(desk).version == before


@pytest.mark.parametrize("page", [p for p in ROUTES if p.method == "GET"], ids=lambda p: p.path)
def test_every_answer_has_the_headers(desk: Console, page: Page) -> None:
    answer = desk.kept("grace").get(address(page, desk))
    policy = answer.headers["content-security-policy"]
    if not page.path.endswith("/html"):
        assert policy == POLICY
        assert "unsafe" not in policy
        assert "style=" not in answer.text
        assert "<script>" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    if page.door is not Door.OPEN:
        assert answer.headers["cache-control"] == "no-store"


def test_an_unknown_address_says_nothing(desk: Console) -> None:
    for path in ("/nowhere", "/incidents/../../etc/passwd", "/assets/../console.py", "/assets/console.py"):
        answer = desk.browser("ada").get(path)
        assert answer.status_code == 404
        assert "Traceback" not in answer.text


def test_a_body_that_is_too_large_is_refused(desk: Console) -> None:
    browser = desk.browser("ada")
    assert browser.post("/language", {"next": "x" * 300_000}).status_code == 413
