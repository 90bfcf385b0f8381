"""The stand-in's scheduled sends: batch ids, letters held until their time, paused, cancelled, let go.

As at the original, what is asked in the last ten minutes before the time to send comes too late, and a cancelled
batch is thrown away when its time has come.
"""

from __future__ import annotations

import json
import re
import secrets
from http import HTTPStatus
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from threading import Event

Told = tuple[HTTPStatus, Any]
ONE = re.compile(r"/v3/user/scheduled_sends/([A-Za-z0-9]+)")
DEAF_SECONDS = 600
_STATUSES = frozenset({"pause", "cancel"})


class Holding:
    """Batches by id, and the letters that wait for their time; `send` is what happens to them then."""

    def __init__(self, send: Callable[[dict[str, Any], str], None], *, now: Callable[[], datetime]) -> None:
        self._send, self._now = send, now
        self._status: dict[str, str | None] = {}
        self._waiting: list[tuple[float, str, dict[str, Any], str, bool]] = []
        self._lock = Lock()

    def start(self, ending: Event) -> None:
        """Look ten times a second for letters whose time has come."""

        def run() -> None:
            while not ending.wait(0.1):
                self.let_go()

        Thread(target=run, name="holding", daemon=True).start()

    def is_known(self, body: dict[str, Any]) -> bool:
        """Whether the batch id of a request, if it has one, was given out here."""
        return body.get("batch_id") is None or body["batch_id"] in self._status

    def takes(self, body: dict[str, Any], message_id: str) -> bool:
        """Keep a request whose time to send has not come; whether it was kept."""
        at = body.get("send_at", 0)
        if at <= self._now().timestamp():
            return False
        with self._lock:
            self._waiting.append((at, str(body.get("batch_id", "")), body, message_id, False))
        return True

    def open(self) -> Told:
        """Give out a batch id."""
        name = secrets.token_hex(16)
        self._status[name] = None
        return HTTPStatus.CREATED, {"batch_id": name}

    def post(self, content: bytes) -> Told:
        """Pause or cancel a batch that is neither."""
        asked = _read(content)
        name, status = str(asked.get("batch_id")), asked.get("status")
        if name not in self._status or status not in _STATUSES or self._status[name] is not None:
            return _error("the batch is unknown, or has a status already")
        return HTTPStatus.CREATED, self._set(name, status)

    def change(self, path: str, content: bytes | None) -> Told:
        """Change the status of a batch that has one; without content take it away."""
        found = ONE.fullmatch(path)
        if found is None or self._status.get(found[1]) is None:
            return HTTPStatus.NOT_FOUND, {"errors": [{"message": "not found", "field": None}]}
        status = None if content is None else _read(content).get("status")
        if content is not None and status not in _STATUSES:
            return _error("status: pause or cancel")
        self._set(found[1], status)
        return HTTPStatus.NO_CONTENT, None

    def let_go(self) -> None:
        """Send what is due, throw away what was cancelled, keep what is paused."""
        now = self._now().timestamp()
        with self._lock:
            due = [one for one in self._waiting if one[0] <= now and self._status.get(one[1]) != "pause"]
            self._waiting = [one for one in self._waiting if one not in due]
        for _at, name, body, message_id, too_late in due:
            if too_late or self._status.get(name) != "cancel":
                self._send(body, message_id)

    def _set(self, name: str, status: str | None) -> dict[str, Any]:
        """Set a status; letters in their last ten minutes are sent all the same."""
        deaf = self._now().timestamp() + DEAF_SECONDS
        with self._lock:
            self._status[name] = status
            self._waiting = [
                (at, group, body, message, late or (group == name and at <= deaf))
                for at, group, body, message, late in self._waiting
            ]
        return {"batch_id": name, "status": status}


def _read(content: bytes) -> dict[str, Any]:
    try:
        read = json.loads(content)
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _error(message: str) -> Told:
    return HTTPStatus.BAD_REQUEST, {"errors": [{"message": message, "field": None}]}
