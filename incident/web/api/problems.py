"""Errors of the API as problem details (RFC 9457): what is wrong, and with which field. Nothing of ours leaks."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from incident.errors import BadInputError, NotFoundError, RefusedError, TocsinError, TransientError

MEDIA_TYPE = "application/problem+json"
TITLES = {
    400: "The request cannot be read",
    401: "No token, or not a valid one",
    403: "Not allowed",
    404: "There is no such thing",
    405: "Not that method",
    409: "Refused by a rule",
    413: "Too large",
    422: "Something in the request is wrong",
    429: "Too many requests",
    500: "Something broke",
    503: "Try again",
}
STATUS: tuple[tuple[type[TocsinError], int], ...] = (
    (NotFoundError, 404),
    (RefusedError, 409),
    (BadInputError, 422),
    (TransientError, 503),
)
MOST_ERRORS = 20


class FieldError(BaseModel):
    """One field that is wrong."""

    field: str
    reason: str


class Problem(BaseModel):
    """What went wrong; `errors` names fields."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    errors: list[FieldError] = []


class ProblemError(Exception):
    """Ends a request with a problem."""

    def __init__(
        self, status: int, detail: str = "", *, field: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.detail, self.field, self.headers = status, detail, field, headers


def problem(
    status: int,
    detail: str = "",
    *,
    errors: Sequence[tuple[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return the answer of a problem."""
    listed = [FieldError(field=field, reason=reason) for field, reason in errors[:MOST_ERRORS]]
    said = Problem(title=TITLES.get(status, "Problem"), status=status, detail=detail, errors=listed)
    return Response(said.model_dump_json(), status, dict(headers or {}), MEDIA_TYPE)


def described(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe the problems that a route may answer with, for OpenAPI."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": TITLES[status], "content": content} for status in statuses}


async def refused(_request: Request, error: Exception) -> Response:
    """Answer one of our own errors; its sentence names no person."""
    status = next((code for kind, code in STATUS if isinstance(error, kind)), 500)
    if status == 500:  # noqa: PLR2004
        return problem(500)
    if isinstance(error, BadInputError) and error.field:
        return problem(status, str(error), errors=[(error.field, error.reason)])
    return problem(status, str(error) if status != 404 else "")  # noqa: PLR2004


async def ended(_request: Request, error: Exception) -> Response:
    """Answer a problem that was raised as one."""
    assert isinstance(error, ProblemError)
    errors = [(error.field, error.detail)] if error.field else []
    return problem(error.status, error.detail, errors=errors, headers=error.headers)


async def invalid(_request: Request, error: Exception) -> Response:
    """Answer a request that does not fit its description; values are not repeated."""
    assert isinstance(error, RequestValidationError)
    errors = [
        (".".join(str(part) for part in one["loc"][1:]) or "body", one["msg"]) for one in error.errors()
    ]
    return problem(422, "the request does not fit its description", errors=errors)


async def unknown(_request: Request, error: Exception) -> Response:
    """Answer what the framework refuses: an unknown path, another method."""
    assert isinstance(error, HTTPException)
    return problem(error.status_code, headers=error.headers)


def read_strictly(raw: bytes) -> Any:
    """Read JSON as everybody reads it: UTF-8, no key twice, no NaN, no half of a character."""

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise ProblemError(400, "a key stands twice in one object")
        return found

    def no_constant(name: str) -> Any:
        raise ProblemError(400, f"{name} is not JSON")

    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=once, parse_constant=no_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        raise ProblemError(400, "the body is not JSON in UTF-8") from None
    return value
