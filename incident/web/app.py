"""The web skin: for now the provider's signed event webhook. Answers say nothing that helps a forger."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from fastapi import FastAPI, Request, Response

from incident.bootstrap import open_house, signals
from incident.core.signals import Report
from incident.service.reporting import take_in

MAX_BODY_BYTES = 16 * 1024 * 1024
ROUTE = "/webhooks/sendgrid"


def create(settings: Path | None = None) -> FastAPI:
    """Return the application; settings from the argument or TOCSIN_SETTINGS."""
    app = FastAPI(title="Tocsin", docs_url=None, redoc_url=None, openapi_url=None)
    reader = signals(settings)

    @app.get("/healthz")
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.post(ROUTE)
    async def sendgrid(request: Request) -> Response:
        raw = await _body(request)
        if raw is None:
            return Response(status_code=413)
        status = await asyncio.to_thread(_take, settings, raw, dict(request.headers))
        return Response(status_code=status)

    def _take(where: Path | None, raw: bytes, headers: dict[str, str]) -> int:
        with open_house(where) as house:
            report: Report = reader.read(raw, headers, now=house.clock.now())
            if report.rejected_because is not None:
                return 403
            take_in(house, report.events, source_sha256=report.sha256)
        return 200

    return app


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
