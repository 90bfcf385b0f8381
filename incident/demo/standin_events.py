"""The stand-in's event webhook: signed posts about accepted letters, to this machine, until each is taken.

Events wait in memory and die with the process, unlike a real provider's, which repeats them for a day.
"""

from __future__ import annotations

import base64
import http.client
import json
import secrets
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from incident.adapters.mail.dialing import NotLoopbackError, dial_loopback
from incident.adapters.mail.webhook import SIGNATURE_HEADER, TIMESTAMP_HEADER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from incident.demo.standin_plan import Fate, Plan
    from incident.demo.standin_records import Taken

_WAY: dict[Fate, tuple[tuple[str, dict[str, str]], ...]] = {
    "delivered": (("processed", {}), ("delivered", {"response": "250 OK"})),
    "bounce": (
        ("processed", {}),
        ("bounce", {"type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 unknown user"}),
    ),
    "blocked": (
        ("processed", {}),
        ("bounce", {"type": "blocked", "status": "5.7.1", "reason": "550 5.7.1 blocked"}),
    ),
    "dropped": (("dropped", {"reason": "Bounced Address"}),),
    "deferred": (("processed", {}), ("deferred", {"response": "451 try again later", "attempt": "1"})),
    "spamreport": (("processed", {}), ("delivered", {"response": "250 OK"}), ("spamreport", {})),
    "silent": (),
}
_TIMEOUT_SECONDS = 10.0
_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS = 0.2, 5.0


class Webhook:
    """Posts what became of letters to `url`; `public_key` is what the receiver checks with."""

    def __init__(self, url: str | None, plan: Plan, *, now: Callable[[], datetime]) -> None:
        self._url, self._plan, self._now = url, plan, now
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._queue: SimpleQueue[dict[str, Any]] = SimpleQueue()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="webhook", daemon=True)
        if url is not None:
            self._thread.start()

    @property
    def public_key(self) -> str:
        """Return the key as SendGrid shows it: bare base64 of the SubjectPublicKeyInfo."""
        spki = self._key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(spki).decode()

    def tell(self, taken: list[Taken]) -> None:
        """Queue the events of accepted letters."""
        if self._url is None:
            return
        events = [event for letter in taken for event in self._events(letter)]
        for event in reversed(events) if self._plan.events.reverse else events:
            for _ in range(2 if self._plan.events.duplicate else 1):
                self._queue.put(event)

    def stop(self) -> None:
        """End after the post under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(_TIMEOUT_SECONDS)

    def _events(self, letter: Taken) -> Iterator[dict[str, Any]]:
        for number, (kind, more) in enumerate(
            _WAY[self._plan.fate(letter.address, sequence=letter.sequence)]
        ):
            yield {
                "email": letter.address,
                "event": kind,
                "timestamp": int(self._now().timestamp()) + number,
                "sg_event_id": secrets.token_urlsafe(24),
                "sg_message_id": f"{letter.message_id}.recvd-standin-{letter.sequence}.0",
                "smtp-id": f"<{letter.message_id}@standin.invalid>",
                **letter.custom_args,
                **more,
            }

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                events = [self._queue.get(timeout=0.1)]
            except Empty:
                continue
            self._stopping.wait(self._plan.events.delay_seconds)
            while len(events) < self._plan.events.per_post and not self._queue.empty():
                events.append(self._queue.get())
            self._post_until_taken(json.dumps(events).encode() + b"\r\n")

    def _post_until_taken(self, body: bytes) -> None:
        wait = _FIRST_WAIT_SECONDS
        while not self._stopping.is_set() and not self._post(body):
            self._stopping.wait(wait)
            wait = min(wait * 2, _LONGEST_WAIT_SECONDS)

    def _post(self, body: bytes) -> bool:
        """Post once, signed with the time of this attempt; whether it was taken."""
        place = urlsplit(self._url or "")
        host, port = place.hostname or "", place.port or 80
        timestamp = str(int(self._now().timestamp()))
        signature = self._key.sign(timestamp.encode() + body, ec.ECDSA(SHA256()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "standin",
            SIGNATURE_HEADER: base64.b64encode(signature).decode(),
            TIMESTAMP_HEADER: timestamp,
        }
        connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.sock = dial_loopback(host, port, _TIMEOUT_SECONDS)
            connection.request("POST", place.path or "/", body=body, headers=headers)
            return 200 <= connection.getresponse().status < 300  # noqa: PLR2004
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def checked_url(url: str | None) -> str | None:
    """Return the webhook's address if it is plain HTTP on this machine; NotLoopbackError otherwise."""
    if url is None:
        return None
    place = urlsplit(url)
    if place.scheme != "http" or place.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise NotLoopbackError("the stand-in posts events to http://127.0.0.1 only")
    return url
