"""Security headers on every answer, and limits on every request, before anything of ours is asked."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'none'"
)
"""A letter is shown as it is mailed, with styles inside; nothing in it can run, load or send."""
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}
HSTS = "max-age=31536000; includeSubDomains"
FORM_BYTES = 256 * 1024
RECEIPT_BYTES = 12 * 1024 * 1024


class SecurityHeaders:
    """ASGI middleware: adds the headers; what a page set itself stays."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self._app = app
        self._headers = {**HEADERS, "strict-transport-security": HSTS} if secure else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and the answer back with the headers."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(message, self._headers)
            await send(message)

        await self._app(scope, receive, with_headers)


class BodyLimit:
    """ASGI middleware: refuses a body that is too large, said or not said; uploads may be larger than forms."""

    def __init__(self, app: ASGIApp, *, upload_bytes: int) -> None:
        self._app, self._upload_bytes = app, upload_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or answer 413."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        limit = self._limit(headers, scope["path"])
        if int(headers.get("content-length") or 0) > limit:
            await _refuse(send)
            return
        read, refused = 0, False

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > limit:
                return {"type": "http.disconnect"}
            return message

        async def instead(message: Message) -> None:
            nonlocal refused
            if read <= limit:
                await send(message)
            elif not refused:
                refused = True
                await _refuse(send)

        await self._app(scope, counted, instead)

    def _limit(self, headers: MutableMapping[str, str], path: str) -> int:
        if not headers.get("content-type", "").startswith("multipart/form-data"):
            return FORM_BYTES
        return {"evidence": self._upload_bytes, "filing": RECEIPT_BYTES}.get(
            path.rpartition("/do/")[2], FORM_BYTES
        )


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": b"The request is too large."})


def _add(message: Message, wanted: dict[str, str]) -> None:
    there: list[Any] = list(message.get("headers", []))
    names = {name.lower() for name, _value in there}
    there += [(n.encode(), v.encode()) for n, v in wanted.items() if n.encode() not in names]
    message["headers"] = there
