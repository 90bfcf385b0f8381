"""Webhooks both ways: signed, forged, replayed, re-ordered, not taken and tried again; need-to-know; nobody's data."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from incident.core.integrations import Scope
from incident.errors import BadInputError
from incident.service import access, tokens, webhooks
from incident.service.webhooks import SignatureError, secret_from, sign, tell, verify
from incident.web.api.door import FAILURES
from tests.builders.consoles import Console, console
from tests.web.test_api import FINDING

INSIDE = {"ada": False, "grace": False, "cleo": True}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Console]:
    FAILURES._seen.clear()
    with console(tmp_path / "w") as found:
        yield found


def ask(desk: Console, method: str, path: str, handle: str = "ada", **given: Any) -> Any:
    _, key = tokens.issue(desk.reception.machines, handle, name="t", scopes=tuple(Scope), days=1)
    return desk.client.request(method, f"/api/v1{path}", headers={"authorization": f"Bearer {key}"}, **given)


@dataclass
class Receiver:
    """Another system: keeps what it was posted, and answers as it is told to."""

    url: str = ""
    status: int = 200
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def receiver() -> Iterator[Receiver]:
    there = Receiver()

    class Answering(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            there.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
            self.send_response(there.status)
            self.send_header("location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Answering)
    there.url = f"http://127.0.0.1:{server.server_port}/hook?a=1"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield there
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def test_news_is_signed_and_names_nobody(desk: Console) -> None:
    machines = desk.reception.machines
    with receiver() as there:
        made = ask(desk, "POST", "/webhooks", json={"url": there.url}).json()
        scene = desk.scene.open()
        assert tell(scene.house, machines, INSIDE) == ()
        assert tell(scene.house, machines, INSIDE) == ()
    assert [json.loads(body)["type"] for _, body in there.got] == scene.kinds
    for headers, body in there.got:
        number = verify(secret_from(made["secret"]), headers, body, machines.now())
        data = json.loads(body)["data"]
        assert number == f"{made['id']}-{data['entry']}"
        assert set(data) == {"incident", "entry", "recorded_at", "drill"}
        assert scene.state.title.encode() not in body
    told = ask(desk, "GET", "/webhooks").json()
    assert told[0]["messages"] == {"sent": len(there.got)}


@pytest.mark.parametrize("status", [500, 302, 404])
def test_what_is_not_taken_is_tried_again_and_then_given_up(desk: Console, status: int) -> None:
    machines = desk.reception.machines
    with receiver() as there:
        there.status = status
        ask(desk, "POST", "/webhooks", json={"url": there.url})
        scene = desk.scene.open()
        assert "was not taken" in tell(scene.house, machines, INSIDE)[0]
        first = len(there.got)
        there.status = 200
        later = replace(machines, now=lambda: machines.now() + timedelta(minutes=2))
        assert tell(scene.house, later, INSIDE) == ()
        numbers = [headers["webhook-id"] for headers, _ in there.got]
        assert first == 1
        assert numbers[0] in numbers[1:]
        assert len(set(numbers)) == len(scene.kinds)
        there.status = status
        scene = desk.scene.open()
        for hour in range(0, 30 * 24, 24):
            tell(
                scene.house, replace(machines, now=lambda h=hour: machines.now() + timedelta(hours=h)), INSIDE
            )
    (told,) = ask(desk, "GET", "/webhooks").json()
    assert told["messages"]["given_up"] >= 1


def test_a_receiver_that_is_gone_is_told_no_longer(desk: Console) -> None:
    machines = desk.reception.machines
    with receiver() as there:
        there.status = 410
        ask(desk, "POST", "/webhooks", json={"url": there.url})
        tell(desk.scene.open().house, machines, INSIDE)
        tell(desk.scene.open().house, machines, INSIDE)
    assert len(there.got) == 1
    assert ask(desk, "GET", "/webhooks").json()[0]["ended"] is True


def test_a_receiver_that_is_down_loses_nothing(desk: Console) -> None:
    machines = desk.reception.machines
    ask(desk, "POST", "/webhooks", json={"url": "http://127.0.0.1:1/"})
    scene = desk.scene.open()
    assert "ConnectionRefusedError" in tell(scene.house, machines, INSIDE)[0]
    (told,) = ask(desk, "GET", "/webhooks").json()
    assert told["messages"] == {"due": len(scene.kinds)}


def test_who_may_not_see_an_incident_is_not_told_of_it(desk: Console) -> None:
    machines = desk.reception.machines
    with receiver() as there:
        webhooks.register(machines, "cleo", there.url)
        webhooks.register(machines, "ada", there.url)
        scene = desk.scene.open()
        access.restrict(scene.house, scene.incident_id, actor=scene.grace, reason="somebody may be involved")
        tell(scene.house, machines, INSIDE)
    assert there.got == []


@pytest.mark.parametrize(
    "url",
    ["http://example.org/", "ftp://127.0.0.1/", "https://a:b@example.org/", "https:///x", "https://example.org/#x",
     "https://example.org:99999/", "javascript:alert(1)", "https://exa mple.org/", "http://169.254.169.254/x"],
)  # fmt: skip
def test_a_poor_address_is_refused(desk: Console, url: str) -> None:
    with pytest.raises(BadInputError, match="url"):
        webhooks.check_url(url)
    assert ask(desk, "POST", "/webhooks", json={"url": url}).status_code == 422


def test_nobody_ends_anothers(desk: Console) -> None:
    made = ask(desk, "POST", "/webhooks", json={"url": "https://example.org/"}).json()
    source = ask(desk, "POST", "/sources").json()
    for path in (f"/webhooks/{made['id']}", f"/sources/{source['id']}"):
        assert ask(desk, "DELETE", path, "grace").status_code == 404
        assert ask(desk, "DELETE", path).status_code == 204
    assert ask(desk, "GET", "/webhooks", "grace").json() == []
    assert ask(desk, "POST", "/sources", "ivan").status_code == 409


@dataclass
class Siem:
    """A source of findings with its secret."""

    desk: Console
    source: str
    secret: bytes

    def send(
        self, content: Any, number: str = "m1", *, age: int = 0, secret: bytes | None = None, **more: str
    ) -> Any:
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        at = self.desk.reception.machines.now() - timedelta(seconds=age)
        headers = {**sign(secret or self.secret, number, at, raw), "content-type": "application/json", **more}
        return self.desk.client.post(f"/api/v1/incoming/{self.source}", content=raw, headers=headers)


@pytest.fixture
def siem(desk: Console) -> Siem:
    made = ask(desk, "POST", "/sources").json()
    return Siem(desk, made["id"], secret_from(made["secret"]))


def test_a_signed_finding_opens_an_incident_once(siem: Siem) -> None:
    first, again = siem.send(FINDING), siem.send(FINDING)
    assert first.json()["created"] is True
    assert (again.status_code, again.json()["created"]) == (200, False)
    assert again.json()["incident"] == first.json()["incident"]
    assert len(siem.desk.scene.house.store.board()) == 1


@pytest.mark.parametrize(
    "forged",
    [
        {"secret": b"x" * 32},
        {"age": 600},
        {"age": -600},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1a,AAAA v1,AAAA"},
        {"webhook-timestamp": "soon"},
        {"webhook-id": "another"},
    ],
    ids=str,
)
def test_a_forged_message_is_not_believed(siem: Siem, forged: dict[str, Any]) -> None:
    answer = siem.send(FINDING, **forged)
    assert answer.status_code == 401
    assert answer.json()["detail"] == ""
    assert siem.desk.scene.house.store.board() == []


def test_an_altered_body_is_not_believed(siem: Siem) -> None:
    raw = json.dumps(FINDING).encode()
    headers = sign(siem.secret, "m1", siem.desk.reception.machines.now(), raw)
    with pytest.raises(SignatureError):
        verify(siem.secret, headers, raw + b" ", siem.desk.reception.machines.now())
    assert siem.send(FINDING).status_code == 200
    assert siem.send(FINDING | {"severity_id": 1}).status_code == 409


def test_messages_in_any_order_end_alike(siem: Siem) -> None:
    newer = FINDING | {"time": FINDING["time"] + 5000, "severity_id": 5}
    siem.send(newer, "m2")
    answer = siem.send(FINDING, "m1")
    state = siem.desk.reception.lookout.incident(answer.json()["incident"])
    assert state.facts["reported_severity"].value == "critical"
    assert len(state.evidence) == 2


def test_a_source_that_ended_is_as_unknown_as_any(siem: Siem) -> None:
    ask(siem.desk, "DELETE", f"/sources/{siem.source}")
    ended = siem.send(FINDING)
    siem.source = "SRC-NOSUCH"
    assert (ended.status_code, ended.content) == (401, siem.send(FINDING).content)
