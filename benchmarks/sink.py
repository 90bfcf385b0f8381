"""A provider for measuring: takes v3/mail/send over keep-alive connections, counts personalizations, keeps nothing."""

from __future__ import annotations

import os
import socketserver
import sys
from http.server import BaseHTTPRequestHandler

PEOPLE = b'"to":'


class _Request(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_POST(self) -> None:
        """Read the body, count whom it is for, say 202."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.people += body.count(PEOPLE)  # type: ignore[attr-defined]
        self.server.calls += 1  # type: ignore[attr-defined]
        self.send_response_only(202)
        self.send_header("X-Message-Id", f"sink{self.server.calls}")  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Sink(socketserver.ThreadingTCPServer):
    """The listening side, on loopback."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128
    people = calls = 0


def main() -> None:
    """Serve until standard input closes; the first line is the port."""
    with Sink(("127.0.0.1", 0), _Request) as server:
        print(server.server_address[1], flush=True)
        import threading

        threading.Thread(target=server.serve_forever, daemon=True).start()
        while os.read(0, 4096):
            pass
        print(server.people, flush=True)


if __name__ == "__main__":
    sys.exit(main())
