"""A provider for measuring: takes v3/mail/send over keep-alive connections, and keeps who was written to.

It does what no provider can leave out: it parses each body, looks at each person in it, writes down for whom it has
taken a letter, and has that on disk before it answers, as the oracle of the invariants does. The first line it prints
is its port; GET says how many calls and letters it has taken; it ends when standard input closes.
"""

from __future__ import annotations

import json
import os
import socketserver
import subprocess
import sys
import tempfile
import threading
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import orjson

MOST = 1000


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        """Read the body, see whom it is for, say 202; 400 where SendGrid does."""
        length = int(self.headers["Content-Length"])
        raw = self.rfile.read(length)
        if len(raw) != length:  # the sender was killed in the middle
            self.close_connection = True
            return
        called = self.server.take(orjson.loads(raw))  # type: ignore[attr-defined]
        self.send_response_only(202 if called else 400)
        self.send_header("X-Message-Id", f"sink{called}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        """Say how many were taken; with /deliveries also for how many different deliveries."""
        said = json.dumps(self.server.counts(whole=self.path == "/deliveries")).encode()  # type: ignore[attr-defined]
        self.send_response_only(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Sink(socketserver.ThreadingTCPServer):
    """The listening side, on loopback, and its file of letters."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, keep: int) -> None:
        super().__init__(("127.0.0.1", 0), _Request)
        self.letters = self.calls = 0
        self._keep, self._lock = keep, threading.Lock()

    def handle_error(self, request: object, client_address: object) -> None:
        """Show an error, but for a sender that went away: one is killed on purpose."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    def take(self, body: dict) -> int:
        """Write down a call and return its number; 0 for one that SendGrid would refuse."""
        people = {
            one["to"][0]["email"]: one.get("custom_args", {}).get("tocsin_delivery", "")
            for one in body["personalizations"]
        }
        if not 0 < len(people) == len(body["personalizations"]) <= MOST:
            return 0
        lines = "".join([f"{delivery}\t{address}\n" for address, delivery in people.items()])
        os.write(self._keep, lines.encode())
        os.fdatasync(self._keep)
        with self._lock:
            self.letters += len(people)
            self.calls += 1
            return self.calls

    def counts(self, *, whole: bool) -> dict[str, int]:
        """Return what was taken so far."""
        found = {"calls": self.calls, "letters": self.letters}
        if whole:
            with os.fdopen(os.dup(self._keep), "rb") as file:
                file.seek(0)
                found["deliveries"] = len({line.split(b"\t", 1)[0] for line in file.read().splitlines()})
        return found


@contextmanager
def running() -> Iterator[str]:
    """Run one in a process of its own; gives its URL."""
    command = [sys.executable, "-m", "benchmarks.sink"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        if process.stdin is None or process.stdout is None:
            raise SystemExit("the sink did not start")
        try:
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.stdin.close()


def asked(url: str, path: str = "/") -> dict[str, int]:
    """Ask a sink what it has taken."""
    with urllib.request.urlopen(url + path, timeout=60) as answer:
        return dict(json.load(answer))


def main() -> None:
    """Serve until standard input closes."""
    with tempfile.TemporaryFile(buffering=0) as file, Sink(file.fileno()) as server:
        print(server.server_address[1], flush=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        while os.read(0, 4096):
            pass


if __name__ == "__main__":
    sys.exit(main())
