"""The web skin: for now the provider's signed event webhook. Answers say nothing that helps a forger."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response

from incident.bootstrap import signals
from incident.core.signals import MAX_BODY_BYTES
from incident.errors import TransientError
from incident.ports import Signals
from incident.web.receiving import Receiving

ROUTE = "/webhooks/sendgrid"
BODIES_AT_ONCE = 16
"""Requests whose bodies are in memory together; the others wait in their sockets."""
NOT_BELIEVED, TOO_LARGE, LATER = 403, 413, 503


def create(settings: Path | None = None) -> FastAPI:
    """Return the application; settings from the argument or TOCSIN_SETTINGS."""
    reader, receiving = signals(settings), Receiving(settings)
    room = asyncio.Semaphore(BODIES_AT_ONCE)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await asyncio.to_thread(receiving.close)

    app = FastAPI(title="Tocsin", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post(ROUTE)
    async def sendgrid(request: Request) -> Response:
        async with room:
            raw = await _body(request)
            if raw is None:
                return Response(status_code=TOO_LARGE)
            status = await asyncio.to_thread(_take, reader, receiving, raw, dict(request.headers))
        return Response(status_code=status)

    return app


def _take(reader: Signals, receiving: Receiving, raw: bytes, headers: dict[str, str]) -> int:
    """Return the status: 200 only when every event is kept."""
    report = reader.read(raw, headers, now=receiving.house().clock.now())
    if report.rejected_because is not None:
        return NOT_BELIEVED
    try:
        receiving.take(report)
    except TransientError:
        return LATER
    return 200


def from_environment() -> FastAPI:
    """Return the application for a server that is started by name."""
    named = os.environ.get("TOCSIN_SETTINGS")
    return create(Path(named) if named else None)


async def _body(request: Request) -> bytes | None:
    """Read the body up to the limit; None when it is larger."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MAX_BODY_BYTES:
            return None
        parts.append(part)
    return b"".join(parts)
