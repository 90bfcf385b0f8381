"""How the stand-in answers, and how it fails when the plan says so: refused, reset, hung, slow."""

from __future__ import annotations

import json
import socket
import struct
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from incident.demo.standin_plan import Fault


class Failing(BaseHTTPRequestHandler):
    """A connection that answers in JSON, or does what the plan asks for instead."""

    server: Any

    def _fails_before(self, fault: Fault) -> bool:
        """Do what goes wrong before anything is taken; whether that was the answer."""
        match fault.fault:
            case "429":
                asked = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
                reset = str(int(self.server.now().timestamp()) + (fault.retry_after or 1))
                limits = {
                    "X-RateLimit-Limit": "600",
                    "X-RateLimit-Remaining": "0",
                    "X-RateLimit-Reset": reset,
                }
                self._complain(HTTPStatus.TOO_MANY_REQUESTS, "too many requests", limits | asked)
            case "401" | "403" | "413" | "500" | "503":
                self._complain(HTTPStatus(int(fault.fault)), "asked for by the plan")
            case "reset_before":
                self._reset()
            case "hang_before":
                self._hang(fault)
            case "slow":
                self.server.ending.wait(fault.seconds)
                return False
            case "500_after" | "reset_after" | "hang_after":
                return False
        return True

    def _fails_after(self, fault: Fault) -> bool:
        """Do what goes wrong after the letters were taken; whether that was the answer."""
        match fault.fault:
            case "500_after":
                self._complain(HTTPStatus.INTERNAL_SERVER_ERROR, "internal server error")
            case "reset_after":
                self._reset()
            case "hang_after":
                self._hang(fault)
            case _:
                return False
        return True

    def _hang(self, fault: Fault) -> None:
        self.server.ending.wait(fault.seconds)
        self._reset()

    def _reset(self) -> None:
        """Break the connection hard: a reset, no farewell."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def _complain(self, status: HTTPStatus, message: str, headers: dict[str, str] | None = None) -> None:
        self._answer(status, {"errors": [{"message": message, "field": None, "help": None}]}, headers)

    def _answer(self, status: HTTPStatus, body: Any, headers: dict[str, str] | None = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        if body is not None:
            self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
