"""The console: where people see incidents and decide. Every page is a row of `ROUTES`; errors leak nothing."""

from __future__ import annotations

import logging
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from incident.errors import BadInputError, NotFoundError, RefusedError, TocsinError, TransientError
from incident.reception import open_reception
from incident.service.signing_in import TooManyError
from incident.settings.model import load
from incident.web.api.app import create_api
from incident.web.headers import BodyLimit, SecurityHeaders
from incident.web.hearing import spoken_by
from incident.web.pacing import Pace, TooOftenError
from incident.web.pages import ROUTES
from incident.web.routing import ForbiddenError, ForgedError, begin, endpoint

LOG = logging.getLogger("tocsin.console")
STATUS: tuple[tuple[type[Exception], int], ...] = (
    (NotFoundError, 404),
    (ForbiddenError, 403),
    (ForgedError, 403),
    (TooManyError, 429),
    (TooOftenError, 429),
    (RefusedError, 409),
    (BadInputError, 422),
    (TransientError, 503),
)
SAID = frozenset({403, 409, 422, 429})
"""For these the reason is said: it is a rule's own sentence, without anybody's data."""


def create(settings: Path | None = None) -> FastAPI:
    """Return the console for a workspace; settings from the argument or TOCSIN_SETTINGS."""
    console = load(settings).console
    api = create_api()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        with open_reception(settings) as reception:
            app.state.reception = api.state.reception = reception
            yield

    app = FastAPI(title="Tocsin", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    app.state.pace = api.state.pace = Pace(console)
    for page in ROUTES:
        app.router.routes.append(Route(page.path, endpoint(page), methods=[page.method]))
    app.mount("/api", api)
    app.add_exception_handler(TocsinError, _refused)
    app.add_exception_handler(HTTPException, _wrong_address)
    app.add_middleware(LastResort)
    app.add_middleware(BodyLimit, upload_bytes=console.evidence_megabytes * 1024 * 1024)
    app.add_middleware(SecurityHeaders, secure=console.secure)
    return app


def from_environment() -> FastAPI:
    """Return the application for a server that is started by name."""
    named = os.environ.get("TOCSIN_SETTINGS")
    return create(Path(named) if named else None)


class LastResort:
    """ASGI middleware: what nobody foresaw gets a page and a line in the log; no trace, which may quote anything."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and answer for whatever breaks."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except ClientDisconnect:
            if not begun:
                await PlainTextResponse("The request broke off.", status_code=400)(scope, receive, send)
        except Exception as error:  # noqa: BLE001 - the last one who can say anything at all
            request = Request(scope)
            if begun:
                _noted(request, error)
            else:
                await (await _broken(request, error))(scope, receive, send)


async def _refused(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in STATUS if isinstance(error, kind)), 500)
    reference = "" if status in SAID or status == 404 else _noted(request, error)  # noqa: PLR2004
    said = spoken_by(error) if status in SAID else ""
    response = await run_in_threadpool(_page, request, status, said, reference)
    if isinstance(error, TooOftenError):
        response.headers["retry-after"] = str(error.seconds)
    return response


async def _wrong_address(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return await run_in_threadpool(_page, request, status, "", "")


async def _broken(request: Request, error: Exception) -> Response:
    reference = _noted(request, error)
    return await run_in_threadpool(_page, request, 500, "", reference)


def _noted(request: Request, error: Exception) -> str:
    """Log what broke by class and place, and an error's sentence where it is ours and so names nobody."""
    reference = secrets.token_hex(4)
    trace, where = error.__traceback__, ""
    while trace is not None:
        where = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    route = getattr(request.scope.get("route"), "path", "")
    said = str(error) if isinstance(error, TocsinError) else type(error).__name__
    LOG.error("reference %s: %s at %s, %s %s", reference, said, where, request.method, route)
    return reference


def _page(request: Request, status: int, said: object, reference: str) -> Response:
    try:
        visit = begin(request, request.app.state.reception)
        return visit.page("error.html", status=status, code=status, said=said, reference=reference)
    except TocsinError:
        return PlainTextResponse("Something broke. Try again.", status_code=500)
