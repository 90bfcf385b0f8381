"""The API: scopes, need-to-know, one deed for one key, findings of other tools, and problems that name fields."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from incident.core.actors import Role
from incident.core.integrations import Scope
from incident.errors import BadInputError, NotFoundError
from incident.service import access, tokens
from incident.web.api.app import create_api
from incident.web.api.door import FAILURES
from incident.web.pacing import Bucket
from tests.builders.consoles import ROLES, Console, console

SCOPES = {
    "GET /v1/incidents": "read",
    "GET /v1/incidents/{incident_id}": "read",
    "GET /v1/incidents/{incident_id}/timeline": "read",
    "GET /v1/incidents/{incident_id}/agenda": "read",
    "GET /v1/incidents/{incident_id}/obligations": "read",
    "GET /v1/incidents/{incident_id}/deliveries": "read",
    "GET /v1/incidents/{incident_id}/filings": "read",
    "POST /v1/incidents": "open",
    "POST /v1/incidents/{incident_id}/facts": "amend",
    "POST /v1/findings": "open",
    "GET /v1/webhooks": "webhook",
    "POST /v1/webhooks": "webhook",
    "DELETE /v1/webhooks/{hook_id}": "webhook",
    "POST /v1/sources": "webhook",
    "DELETE /v1/sources/{source_id}": "webhook",
    "POST /v1/incoming/{source_id}": "a signature",
}
"""Every route with its scope, written down apart from the code."""
OPENING = {"title": "Odd reads of a bucket"}
FACTS = {"facts": {"what_happened": {"value": "A key was stolen.", "source": "the audit log"}}}
FINDING = {
    "class_uid": 2004,
    "time": 1773118800000,
    "severity_id": 4,
    "finding_info": {
        "uid": "det-1",
        "title": "Unusual API calls",
        "created_time": 1773118200000,
        "first_seen_time": 1773115200000,
    },
    "metadata": {"product": {"name": "Guard"}, "version": "1.3.0"},
    "resources": [{"owner": {"email_addr": "jane@customer.example"}}],
}
BODIES = {
    "POST /v1/incidents": OPENING,
    "POST /v1/incidents/{incident_id}/facts": FACTS,
    "POST /v1/findings": FINDING,
    "POST /v1/webhooks": {"url": "https://example.org/hook"},
}
SIGNED = "POST /v1/incoming/{source_id}"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("api") / "w") as found:
        found.scene = found.scene.open()
        yield found


@pytest.fixture(autouse=True)
def forgiving() -> None:
    FAILURES._seen.clear()


def key(desk: Console, handle: str = "ada", *scopes: str) -> str:
    _, made = tokens.issue(
        desk.reception.machines, handle, name="test", scopes=scopes or tuple(Scope), days=1
    )
    return made


def ask(desk: Console, method: str, path: str, token: str, **given: Any) -> Any:
    headers = {"authorization": f"Bearer {token}", **given.pop("headers", {})}
    return desk.client.request(method, f"/api{path}", headers=headers, **given)


def fill(desk: Console, route: str) -> tuple[str, str]:
    method, path = route.split()
    return method, path.format(incident_id=desk.scene.incident_id, hook_id="HOOK-0", source_id="SRC-0")


def test_every_route_is_known(desk: Console) -> None:
    described = create_api().openapi()
    served = {f"{m.upper()} {path}" for path, one in described["paths"].items() for m in one}
    assert served == set(SCOPES)
    given = desk.client.request("GET", "/api/openapi.json").json()
    assert given.pop("servers") == [{"url": "/api"}]
    assert given == described


@pytest.mark.parametrize("route", SCOPES)
def test_no_token_no_answer(desk: Console, route: str) -> None:
    method, path = fill(desk, route)
    for token in ("-", "tocsin_wrong", "x" * 500):
        answer = ask(desk, method, path, token, json=BODIES.get(route))
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["status"] == 401


@pytest.mark.parametrize("route", sorted(set(SCOPES) - {SIGNED}))
def test_a_scope_opens_its_own_routes_alone(desk: Console, route: str) -> None:
    method, path = fill(desk, route)
    others = [one.value for one in Scope if one.value != SCOPES[route]]
    assert ask(desk, method, path, key(desk, "ada", *others), json=BODIES.get(route)).status_code == 403
    answer = ask(desk, method, path, key(desk, "ada", SCOPES[route]), json=BODIES.get(route))
    assert answer.status_code == 404 if method == "DELETE" else answer.status_code < 300


@pytest.mark.parametrize("role", sorted(ROLES))
@pytest.mark.parametrize("route", SCOPES)
def test_every_route_by_every_role(desk: Console, route: str, role: str) -> None:
    method, path = fill(desk, route)
    answer = ask(desk, method, path, key(desk, ROLES[role]), json=BODIES.get(route))
    may = {Role.ON_CALL.value, Role.OFFICER.value, Role.ADMIN.value}
    if (
        role == "counsel" and "{incident_id}" in route
    ):  # the outside counsel of the tests was named for nothing
        assert answer.status_code == 404
    elif route == SIGNED:
        assert answer.status_code == 401
    elif method == "DELETE":
        assert answer.status_code == 404
    elif method == "POST" and role not in may and route != "POST /v1/webhooks":
        assert answer.status_code == 409
    else:
        assert answer.status_code < 300


@pytest.mark.parametrize("route", [r for r in SCOPES if "{incident_id}" in r])
def test_a_restricted_incident_does_not_exist_for_others(desk: Console, route: str) -> None:
    other = desk.scene.open()
    access.restrict(
        other.house, other.incident_id, actor=other.grace, reason="somebody of the team is involved"
    )
    method, path = route.split()
    token = key(desk)
    there = ask(desk, method, path.format(incident_id=other.incident_id), token, json=BODIES.get(route))
    nowhere = ask(desk, method, path.format(incident_id="INC-NOSUCH00"), token, json=BODIES.get(route))
    assert (there.status_code, there.content) == (404, nowhere.content)
    listed = ask(desk, "GET", "/v1/incidents?limit=500", token).json()["incidents"]
    assert other.incident_id not in {one["incident"] for one in listed}


def test_a_token_runs_out_and_can_be_ended(desk: Console) -> None:
    machines = desk.reception.machines
    made, token = tokens.issue(machines, "ada", name="siem", scopes=["read"], days=1)
    assert ask(desk, "GET", "/v1/incidents", token).status_code == 200
    later = replace(machines, now=lambda: made.expires_at)
    assert tokens.token_of(later, token) is None
    tokens.end(machines, made.token_id)
    assert ask(desk, "GET", "/v1/incidents", token).status_code == 401
    raw = b"".join(p.read_bytes() for p in desk.scene.folder.glob("tocsin.db*"))
    assert token.encode() not in raw
    with pytest.raises(NotFoundError):
        tokens.end(machines, "TOK-NONE")
    for wrong in ({"scopes": []}, {"days": 0}, {"name": " "}):
        with pytest.raises(BadInputError):
            tokens.issue(machines, "ada", **{"name": "x", "scopes": ["read"], "days": 1, **wrong})


def test_a_token_in_the_address_counts_for_nothing(desk: Console) -> None:
    answer = desk.client.request("GET", f"/api/v1/incidents?access_token={key(desk)}&token={key(desk)}")
    assert answer.status_code == 401


def test_open_amend_and_read_back(desk: Console) -> None:
    token = key(desk)
    aware = (desk.scene.house.clock.now() - timedelta(hours=1)).isoformat()
    given = {**OPENING, "became_aware_at": aware, "aware_because": "the log shows it", **FACTS}
    opened = ask(desk, "POST", "/v1/incidents", token, json=given)
    assert opened.status_code == 201
    number = opened.json()["incident"]
    status = ask(desk, "GET", f"/v1/incidents/{number}", token).json()
    assert status["facts"]["what_happened"]["value"] == "A key was stolen."
    assert any(clock["obligation"] == "promise" and clock["seconds_left"] > 0 for clock in status["clocks"])
    unknown = {"facts": {"what_happened": {"value": None, "label": "unknown", "source": "ada"}}}
    assert ask(desk, "POST", f"/v1/incidents/{number}/facts", token, json=unknown).status_code == 200
    assert (
        ask(desk, "GET", f"/v1/incidents/{number}", token).json()["facts"]["what_happened"]["value"] is None
    )


def test_the_timeline_in_pages_and_as_of(desk: Console) -> None:
    token, number = key(desk), desk.scene.incident_id
    seen, after = [], -1
    while after is not None:
        path = f"/v1/incidents/{number}/timeline"
        page = ask(desk, "GET", path, token, params={"after": after, "limit": 1})
        seen += page.json()["entries"]
        after = page.json()["next"]
    assert [one["seq"] for one in seen] == sorted({one["seq"] for one in seen})
    assert seen[0]["kind"] == "incident:opened"
    mark = {"if-none-match": page.headers["etag"]}
    params = {"after": seen[-2]["seq"], "limit": 1}
    assert ask(desk, "GET", path, token, params=params, headers=mark).status_code == 304
    then = seen[0]["recorded_at"]
    past = ask(desk, "GET", path, token, params={"as_of": then}).json()["entries"]
    assert {one["recorded_at"] for one in past} == {then}
    assert (
        ask(
            desk, "GET", f"/v1/incidents/{number}", token, params={"as_of": "2027-01-01T00:00:00Z"}
        ).status_code
        == 422
    )


def test_one_deed_for_one_key(desk: Console) -> None:
    token, headers = key(desk), {"idempotency-key": "my-request-1"}
    first = ask(desk, "POST", "/v1/incidents", token, json=OPENING, headers=headers)
    again = ask(desk, "POST", "/v1/incidents", token, json=OPENING, headers=headers)
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert again.headers["idempotency-replayed"] == "true"
    other = ask(desk, "POST", "/v1/incidents", token, json={"title": "Another"}, headers=headers)
    assert other.status_code == 422
    assert other.json()["errors"][0]["field"] == "Idempotency-Key"
    elsewhere = ask(desk, "POST", "/v1/incidents", key(desk), json=OPENING, headers=headers)
    assert elsewhere.json()["incident"] != first.json()["incident"]


def test_a_request_that_died_half_way_is_finished_not_repeated(desk: Console) -> None:
    token, headers = key(desk), {"idempotency-key": "my-request-2"}
    store = desk.reception.machines.store
    first = ask(desk, "POST", "/v1/incidents", token, json=OPENING, headers=headers).json()["incident"]
    mine = tokens.token_of(desk.reception.machines, token)
    kept = store.reserve(_blank(mine.token_id, "my-request-2", desk))
    store.put_answer(replace(kept, status=None, body=None))
    assert ask(desk, "POST", "/v1/incidents", token, json=OPENING, headers=headers).status_code == 409
    store.put_answer(replace(kept, status=None, body=None, at=kept.at - timedelta(minutes=2)))
    again = ask(desk, "POST", "/v1/incidents", token, json=OPENING, headers=headers)
    assert (again.status_code, again.json()["incident"]) == (200, first)


def _blank(token_id: str, name: str, desk: Console) -> Any:
    from incident.core.integrations import Answer

    return Answer(token_id, name, "", "", desk.reception.machines.now())


def test_a_finding_opens_an_incident_and_keeps_its_bytes(desk: Console) -> None:
    token, raw = key(desk), json.dumps(FINDING | {"finding_info": FINDING["finding_info"] | {"uid": "det-2"}})
    answer = ask(
        desk, "POST", "/v1/findings", token, content=raw, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 201
    state = desk.reception.lookout.incident(answer.json()["incident"])
    assert (state.title, state.awareness) == ("Unusual API calls", None)
    assert state.facts["reported_severity"].value == "high"
    assert state.facts["reported_severity"].label.value == "assumption"
    (kept,) = state.evidence.values()
    assert desk.scene.house.vault.read(kept.sha256) == raw.encode()


def test_versions_of_a_finding_in_any_order_are_one_incident(desk: Console) -> None:
    token = key(desk)

    def report(time: int, severity: int) -> Any:
        info = FINDING["finding_info"] | {"uid": "det-3"}
        given = FINDING | {"finding_info": info, "time": time, "severity_id": severity}
        return ask(desk, "POST", "/v1/findings", token, json=given).json()

    first, newer, older = report(1773118800000, 3), report(1773118900000, 5), report(1773118850000, 2)
    assert first["incident"] == newer["incident"] == older["incident"]
    assert [first["created"], newer["created"], older["created"]] == [True, False, False]
    state = desk.reception.lookout.incident(first["incident"])
    assert state.facts["reported_severity"].value == "critical"
    assert len(state.evidence) == 3


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"class_uid": 1001}, "class_uid"),
        ({"class_uid": "2004"}, "class_uid"),
        ({"time": None}, "time"),
        ({"finding_info": {}}, "finding_info.uid"),
    ],
)
def test_a_finding_that_cannot_be_taken_says_which_field(desk: Console, change: dict, field: str) -> None:
    answer = ask(desk, "POST", "/v1/findings", key(desk), json=FINDING | change)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_what_a_finding_does_not_say_stays_unknown(desk: Console) -> None:
    bare = {
        "class_uid": 2005,
        "time": 1773118800000,
        "severity_id": 99,
        "finding_info_list": [{"uid": "i-9"}],
    }
    answer = ask(desk, "POST", "/v1/findings", key(desk), json=bare)
    state = desk.reception.lookout.incident(answer.json()["incident"])
    assert state.title == "Incident Finding of another system"
    assert (state.detected_at, dict(state.facts)) == (None, {})
    named = FINDING | {"finding_info": {"uid": "i-10", "title": "Login of jane@customer.example"}}
    answer = ask(desk, "POST", "/v1/findings", key(desk), json=named)
    assert (
        desk.reception.lookout.incident(answer.json()["incident"]).title
        == "Detection Finding of another system"
    )


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b'{"title": "a", "title": "b"}', 400),
        (b'{"title": NaN}', 400),
        (b'{"title": "\\ud800"}', 400),
        (b'{"title": "\xff"}', 400),
        (b"[" * 100_000, 400),
        (b'{"title": "a", "extra": 1}', 422),
        (b'{"title": " "}', 422),
        (b'{"title": 5}', 422),
        (b'{"title": "a", "detected_at": "2026-03-10T05:00:00"}', 422),
        (b'{"title": "a", "detected_at": 1773118800}', 422),
        (b'{"title": "Mail of jane@customer.example"}', 422),
        (b'{"title": "' + b"x" * 210_000 + b'"}', 413),
    ],
)
def test_bad_bodies_are_refused_and_leak_nothing(desk: Console, raw: bytes, status: int) -> None:
    headers = {"content-type": "application/json"}
    before = desk.scene.house.store.head().size
    answer = ask(desk, "POST", "/v1/incidents", key(desk), content=raw, headers=headers)
    assert answer.status_code == status, answer.text
    assert answer.json()["status"] == status
    assert "jane" not in answer.text
    assert desk.scene.house.store.head().size == before


def test_a_wrong_fact_opens_nothing(desk: Console) -> None:
    before = desk.scene.house.store.head().size
    given = OPENING | {"facts": {"x": {"value": None, "label": "fact", "source": "s"}}}
    answer = ask(desk, "POST", "/v1/incidents", key(desk), json=given)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "facts.x"
    assert desk.scene.house.store.head().size == before


def test_limits(desk: Console) -> None:
    token = key(desk)
    for _ in range(FAILURES.times):
        ask(desk, "GET", "/v1/incidents", "tocsin_guess")
    assert ask(desk, "GET", "/v1/incidents", token).status_code == 429
    FAILURES._seen.clear()
    pace = desk.client.app.state.pace
    pace.tokens = Bucket(3)
    try:
        answers = [ask(desk, "GET", "/v1/incidents", token) for _ in range(4)]
        assert [one.status_code for one in answers] == [200, 200, 200, 429]
        assert 0 < int(answers[3].headers["retry-after"]) <= 61
        assert ask(desk, "GET", "/v1/incidents", key(desk)).status_code == 200, "another token is another's"
    finally:
        pace.tokens = Bucket(0)


def test_an_unknown_path_is_a_problem_too(desk: Console) -> None:
    for method, path, status in (("GET", "/v1/nowhere", 404), ("DELETE", "/v1/incidents", 405)):
        answer = ask(desk, method, path, key(desk))
        assert (answer.status_code, answer.json()["status"]) == (status, status)
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_two_reports_of_one_finding_at_once_are_one_incident(desk: Console) -> None:
    token, given = key(desk), FINDING | {"finding_info": FINDING["finding_info"] | {"uid": "det-at-once"}}

    def report(_number: int) -> str:
        headers = {"authorization": f"Bearer {token}"}
        answer = httpx.post(
            f"{desk.client.url}/api/v1/findings", json=given, headers=headers, trust_env=False
        )
        return str(answer.json()["incident"])

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(report, range(6)))) == 1
