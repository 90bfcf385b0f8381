"""A mail provider that stands in for SendGrid: a real HTTP server, in its own process, on this machine only.

    python -m incident.demo.standin --port 0 --state DIR --webhook-url http://127.0.0.1:8000/hooks/sendgrid

Its first line on standard output is JSON: host, port, public_key, pid. It takes v3 mail/send as the original
does, keeps every letter it took, and tells what became of it by signed events. It ends on SIGTERM, or when
the pipe that it was given as standard input closes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import secrets
import signal
import stat
import sys
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from incident.demo.standin_events import Webhook, checked_url
from incident.demo.standin_faults import Failing
from incident.demo.standin_holding import Holding
from incident.demo.standin_lookup import Record
from incident.demo.standin_plan import Fault, Plan, read_plan
from incident.demo.standin_records import Records
from incident.demo.standin_rules import MAX_BYTES, Complaint, complaints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Judge = Callable[[Any], Iterable[Complaint]]

HOST = "127.0.0.1"


class Provider(ThreadingHTTPServer):
    """The provider's whole state, shared by its requests."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self,
        port: int,
        state: Path,
        plan: Plan,
        *,
        webhook_url: str | None,
        offset: timedelta,
        judge: Judge | None = None,
    ) -> None:
        super().__init__((HOST, port), Request)
        self.plan, self._offset = plan, offset
        self._judge = judge
        self.records = Records(state)
        self.webhook = Webhook(checked_url(webhook_url), plan, now=self.now)
        self.record = Record(self.records, plan, now=self.now)
        self.numbers = count(1)
        self.ending = Event()
        self.holding = Holding(self.take, now=self.now)
        self.holding.start(self.ending)

    def now(self) -> datetime:
        """Return the time on the provider's own clock."""
        # A process of its own, as far from our clock as a provider's.
        return datetime.now(UTC) + self._offset  # noqa: TID251

    def complaints(self, body: Any) -> list[Complaint]:
        """Say why a body is answered with 400: our own rules, and whoever else was asked to judge."""
        found = list(complaints(body, now_seconds=self.now().timestamp()))
        if not found and not self.holding.is_known(body):
            found.append(("batch_id", "The batch id is not known."))
        return found if self._judge is None else [*found, *self._judge(body)]

    def take(self, body: dict[str, Any], message_id: str) -> None:
        """Write letters down as taken, and tell what becomes of them."""
        self.webhook.tell(self.records.take(body, message_id=message_id, at=self.now()))

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Show an error, but for a client that went away: faults make it do so."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def end(self) -> None:
        """Stop serving and close what is open."""
        self.ending.set()
        self.webhook.stop()
        self.server_close()
        self.records.close()


class Request(Failing, BaseHTTPRequestHandler):
    """One connection to the provider."""

    server: Provider
    protocol_version = "HTTP/1.1"
    server_version = "standin"
    sys_version = ""
    timeout = 120

    def do_POST(self) -> None:
        """Answer a request to send."""
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path in {"/v3/mail/batch", "/v3/user/scheduled_sends"} and self._authorized():
            holding = self.server.holding
            self._answer(*(holding.open() if self.path == "/v3/mail/batch" else holding.post(content)))
        elif self.path not in {"/v3/mail/send", "/v3/logs"}:
            self._complain(HTTPStatus.NOT_FOUND, "not found")
        elif not self._authorized():
            self._complain(HTTPStatus.UNAUTHORIZED, "authorization required")
        elif (self.headers.get("Content-Type") or "").partition(";")[0] != "application/json":
            self._complain(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Content-Type should be application/json.")
        elif self.path == "/v3/logs":
            self._answer(*self.server.record.search(content))
        else:
            number = next(self.server.numbers)
            fault = self.server.plan.requests.get(number)
            if fault is None or not self._fails_before(fault):
                self._take(content, fault)

    def do_GET(self) -> None:
        """Answer a question about what was taken; sending is done with POST."""
        if not self.path.startswith(("/v3/logs/", "/v3/messages?")):
            self._complain(HTTPStatus.METHOD_NOT_ALLOWED, "method not allowed")
        elif not self._authorized():
            self._complain(HTTPStatus.UNAUTHORIZED, "authorization required")
        else:
            self._answer(*self.server.record.look(self.path))

    def do_PATCH(self) -> None:
        """Change the status of a batch of letters that are held."""
        content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._change(content)

    def do_DELETE(self) -> None:
        """Take the status of a batch away: its letters are sent."""
        self._change(None)

    def _change(self, content: bytes | None) -> None:
        if self._authorized():
            self._answer(*self.server.holding.change(self.path, content))
        else:
            self._complain(HTTPStatus.UNAUTHORIZED, "authorization required")

    def _authorized(self) -> bool:
        return re.fullmatch(r"Bearer \S+", self.headers.get("Authorization") or "") is not None

    def log_message(self, *_: Any) -> None:
        """Say nothing: addresses do not belong on a terminal."""

    def _take(self, content: bytes, fault: Fault | None) -> None:
        if len(content) >= MAX_BYTES:
            self._complain(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "content too large")
            return
        try:
            body = json.loads(content)
        except ValueError:
            self._complain(HTTPStatus.BAD_REQUEST, "Bad Request")
            return
        found = self.server.complaints(body)
        if found:
            errors = [{"message": message, "field": field or None, "help": None} for field, message in found]
            self._answer(HTTPStatus.BAD_REQUEST, {"errors": errors})
        elif _in_sandbox(body):
            self._answer(HTTPStatus.OK, None)
        else:
            self._accept(body, fault)

    def _accept(self, body: dict[str, Any], fault: Fault | None) -> None:
        message_id = secrets.token_urlsafe(16)
        if not self.server.holding.takes(body, message_id):
            self.server.take(body, message_id)
        if fault is None or not self._fails_after(fault):
            self._answer(HTTPStatus.ACCEPTED, None, {"X-Message-Id": message_id})

    def date_time_string(self, timestamp: float | None = None) -> str:
        """Return the provider's time for the Date header."""
        return super().date_time_string(self.server.now().timestamp() if timestamp is None else timestamp)


def _in_sandbox(body: dict[str, Any]) -> bool:
    settings = (body.get("mail_settings") or {}).get("sandbox_mode") or {}
    return settings.get("enable") is True


def main(arguments: Sequence[str] | None = None, *, judge: Judge | None = None) -> int:
    """Run the provider until it is told to end; returns 0. `judge` complains of bodies beside its own rules."""
    options = _options(arguments)
    provider = Provider(
        options.port,
        options.state,
        read_plan(options.plan, bounce_first=options.bounce_first),
        webhook_url=options.webhook_url,
        offset=timedelta(microseconds=options.clock_offset_us),
        judge=judge,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: provider.ending.set())
    _end_with_parent(provider.ending)
    Thread(target=provider.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
    about = {
        "host": HOST,
        "port": provider.server_port,
        "public_key": provider.webhook.public_key,
        "pid": os.getpid(),
    }
    print(json.dumps(about), flush=True)
    provider.ending.wait()
    provider.shutdown()
    provider.end()
    return 0


def _end_with_parent(ending: Event) -> None:
    """When standard input is a pipe, end when its other end is closed."""
    if not stat.S_ISFIFO(os.fstat(0).st_mode):
        return

    def watch() -> None:
        while os.read(0, 4096):
            pass
        ending.set()

    Thread(target=watch, name="parent", daemon=True).start()


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m incident.demo.standin", description="A stand-in mail provider."
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--state", type=Path, required=True, help="where letters and the oracle are kept")
    parser.add_argument("--webhook-url", help="where signed events are posted; on this machine")
    parser.add_argument("--plan", type=Path, help="a JSON file of faults and outcomes")
    parser.add_argument("--bounce-first", type=int, default=0, metavar="N", help="the first N letters bounce")
    parser.add_argument(
        "--clock-offset-us", type=int, default=0, metavar="N", help="microseconds ahead of this machine"
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
