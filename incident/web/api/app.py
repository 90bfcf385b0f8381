"""The JSON API as an application of its own, mounted by the console under /api; described at /api/openapi.json."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from incident.errors import TocsinError
from incident.reception import Reception
from incident.web.api import hooks, problems, reading, writing

DESCRIPTION = (
    "Open and amend incidents, and read them, with a token under somebody's handle. What the handle may not see does "
    "not exist here. No personal data is handed out: people are counts. Errors are problem details (RFC 9457)."
)


def create_api() -> FastAPI:
    """Return the API; `state.reception` is set by whoever mounts it."""
    api = FastAPI(
        title="Tocsin", version=version("tocsin"), description=DESCRIPTION, docs_url=None, redoc_url=None
    )
    for router in (reading.router, writing.router, hooks.router):
        api.include_router(router, prefix="/v1")
    api.add_exception_handler(TocsinError, problems.refused)
    api.add_exception_handler(problems.ProblemError, problems.ended)
    api.add_exception_handler(RequestValidationError, problems.invalid)
    api.add_exception_handler(HTTPException, problems.unknown)
    api.add_exception_handler(Exception, _broken)
    described = api.openapi

    def openapi() -> dict[str, Any]:
        found = described()
        schema = problems.Problem.model_json_schema(ref_template="#/components/schemas/{model}")
        found["components"]["schemas"] |= {**schema.pop("$defs"), "Problem": schema}
        return found

    setattr(api, "openapi", openapi)  # noqa: B010 - the documented way to extend it
    return api


async def _broken(request: Request, error: Exception) -> Response:
    """Log by class and route, and say nothing."""
    reception: Reception = request.app.state.reception
    reception.log.error(
        "api: %s at %s", type(error).__name__, getattr(request.scope.get("route"), "path", "")
    )
    return problems.problem(500)
