"""The signed route over a real socket: what is signed is believed once, and nothing else is believed at all."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from incident.adapters.mail.webhook import SIGNATURE_HEADER, TIMESTAMP_HEADER
from incident.service.cohorts import people
from incident.service.verifying import verify
from incident.web.app import MAX_BODY_BYTES, ROUTE, create
from tests.builders.house import Scene, change_settings
from tests.fakes.mailer import FakeMailer

KEY = ec.generate_private_key(ec.SECP256R1())
STRANGER = ec.generate_private_key(ec.SECP256R1())


@dataclass
class Route:
    """The route of a workspace whose letters a provider has accepted."""

    scene: Scene
    port: int

    def post(
        self, content: Any, *, key: Any = KEY, age_seconds: int = 0, headers: dict[str, str] | None = None
    ) -> int:
        """Post as the provider does, signed by a key, and return the status."""
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        timestamp = str(int(self.scene.house.clock.now().timestamp()) - age_seconds)
        signature = base64.b64encode(key.sign(timestamp.encode() + raw, ec.ECDSA(SHA256()))).decode()
        return self.send(raw, {SIGNATURE_HEADER: signature, TIMESTAMP_HEADER: timestamp} | (headers or {}))

    def send(self, raw: bytes, headers: dict[str, str]) -> int:
        """Post bytes and return the status."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            try:
                connection.request("POST", ROUTE, body=raw, headers=headers)
            except (BrokenPipeError, ConnectionResetError):
                if len(raw) < MAX_BODY_BYTES:
                    raise
            answer = connection.getresponse()
            assert answer.read() == b"", "an answer helps a forger"
            return answer.status

    def event(self, position: int | str, kind: str, **more: Any) -> dict[str, Any]:
        """Return an event as the provider writes it, the person's address in it."""
        notice_id = self.scene.state.notice.plan.notice_id
        return {
            "email": self.addresses[0],
            "event": kind,
            "timestamp": int(self.scene.house.clock.now().timestamp()),
            "sg_event_id": f"{kind}-{position}",
            "sg_message_id": "abc.recvd-1",
            "tocsin_delivery": f"{notice_id}-{position}",
        } | more

    @property
    def addresses(self) -> list[str]:
        return [p.email for p in people(self.scene.house, self.scene.state.cohort.cohort_id) if p.email]

    @property
    def tally(self) -> dict[str, int]:
        return {state: n for state, n in self.scene.state.notice.tally.items() if n}


@pytest.fixture
def route(played: Callable[..., Scene]) -> Iterator[Route]:
    """Serve the route with uvicorn on a free port of loopback."""
    scene = played("to_approved_for_fake").using(mailer=FakeMailer())
    scene.turn(4.5)
    scene.run()
    public = KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    line = f'webhook_public_key = "{base64.b64encode(public).decode()}"'
    change_settings(scene.settings, {'webhook_public_key = ""': line})
    server = uvicorn.Server(uvicorn.Config(create(scene.settings), log_level="error", ws="none"))
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        until = time.monotonic() + 10
        while not server.started:
            assert time.monotonic() < until
            time.sleep(0.01)
        try:
            yield Route(scene, listening.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive()


def test_signed_events_move_deliveries_once(route):
    events = [
        route.event(0, "delivered"),
        route.event(1, "bounce", reason=f"550 no such user {route.addresses[0]}", type="bounce"),
        route.event(2, "processed"),
        route.event(2, "delivered"),
    ]
    assert route.post(events) == 200
    assert route.tally == {"accepted": 9, "delivered": 2, "bounced": 1}
    version = route.scene.state.version
    for _ in range(2):
        assert route.post(events) == 200
        assert route.post(list(reversed(events))) == 200
    assert route.scene.state.version == version
    assert route.post([route.event(3, "delivered")] * 3) == 200
    assert route.tally["delivered"] == 3


def test_forged_and_replayed_requests_change_nothing(route):
    events = [route.event(0, "delivered")]
    raw = json.dumps(events).encode()
    now = str(int(route.scene.house.clock.now().timestamp()))
    version = route.scene.state.version
    assert route.post(events, key=STRANGER) == 403
    assert route.post(events, age_seconds=3600) == 403
    assert route.post(events, age_seconds=-3600) == 403
    assert route.post(events, headers={SIGNATURE_HEADER: "bm90IGEgc2lnbmF0dXJl"}) == 403
    assert route.post(events, headers={SIGNATURE_HEADER: "\xff\xfe"}) == 403
    assert route.post(events, headers={TIMESTAMP_HEADER: now + "0"}) == 403
    assert route.send(raw, {}) == 403
    assert route.send(raw, {TIMESTAMP_HEADER: now}) == 403
    assert route.scene.state.version == version
    assert route.tally == {"accepted": 12}


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[",
        b"[]",
        b"null",
        b'[null, 1, "x", [], {}]',
        b'[{"event": 5, "email": {}, "timestamp": "x", "tocsin_delivery": []}]',
        b"\xff\xfe\x00",
        b"[" * 5000,
        b'[{"event": "delivered", "tocsin_delivery": "INC-AAAAAAAA-N1-99999999999999999999"}]',
        b'[{"event": "delivered", "timestamp": 99999999999999}]',
        b"a" * 100_000,
    ],
)  # fmt: skip
def test_garbage_is_answered_and_breaks_nothing(route, raw):
    assert route.post(raw) in {200, 403}
    assert route.send(raw, {}) == 403
    assert route.tally == {"accepted": 12}
    assert route.post([route.event(0, "delivered")]) == 200
    assert route.tally == {"accepted": 11, "delivered": 1}


def test_a_body_that_is_too_large_is_refused(route):
    assert route.send(b"[" + b" " * MAX_BODY_BYTES + b"]", {}) == 413
    assert route.post([route.event(0, "delivered")]) == 200


def test_events_of_unknown_kinds_are_kept_and_move_nothing(route):
    assert (
        route.post([route.event(0, "telepathy"), route.event(1, "open"), route.event(2, "delivered")]) == 200
    )
    assert route.tally == {"accepted": 11, "delivered": 1}
    with closing(sqlite3.connect(route.scene.folder / "tocsin.db")) as connection:
        kept = dict(connection.execute("SELECT event_id, kind FROM provider_event").fetchall())
        raw = connection.execute("SELECT raw FROM provider_event WHERE event_id = 'telepathy-0'").fetchone()[
            0
        ]
    assert kept == {"telepathy-0": "unknown", "open-1": "noted", "delivered-2": "delivered"}
    assert json.loads(raw)["event"] == "telepathy"


def test_no_personal_data_is_in_the_ledger_after_it(route):
    address = route.addresses[0]
    local = address.partition("@")[0]
    reasons = [f"550 <{address}> unknown", f"user {local} is over quota", "call +1 415 555 0100"]
    events = [route.event(n, "bounce", type="bounce", reason=text) for n, text in enumerate(reasons)]
    assert route.post(events) == 200
    assert route.tally == {"accepted": 9, "bounced": 3}
    with closing(sqlite3.connect(route.scene.folder / "tocsin.db")) as connection:
        stored = "\n".join(
            str(row)
            for table in ("ledger_entry", "timeline", "board")
            for row in connection.execute(f"SELECT * FROM {table}").fetchall()
        )
        reasons_kept = " ".join(
            text for (text,) in connection.execute("SELECT reason FROM delivery WHERE reason IS NOT NULL")
        )
    for one in route.addresses:
        assert one not in stored
        assert one not in reasons_kept
    assert "555 0100" not in stored
    assert verify(route.scene.house).ok


def test_the_route_says_that_it_is_up(route):
    with closing(http.client.HTTPConnection("127.0.0.1", route.port, timeout=10)) as connection:
        connection.request("GET", "/healthz")
        assert json.loads(connection.getresponse().read()) == {"status": "ok"}
    with closing(http.client.HTTPConnection("127.0.0.1", route.port, timeout=10)) as connection:
        connection.request("GET", ROUTE)
        assert connection.getresponse().status == 405
    for hidden in ("/docs", "/openapi.json", "/redoc"):
        with closing(http.client.HTTPConnection("127.0.0.1", route.port, timeout=10)) as connection:
            connection.request("GET", hidden)
            assert connection.getresponse().status == 404
