"""Who calls the API: a token in the Authorization header, its scope, its handle's roles and need-to-know."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Path, Request, Response, Security
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from incident.core.integrations import Scope, Token
from incident.core.state import Incident
from incident.reception import Reception, Staff
from incident.service.tokens import token_of
from incident.web.api.limits import Limit
from incident.web.api.problems import ProblemError, read_strictly
from incident.web.pacing import Pace
from incident.web.routing import incident_for

MOST_BYTES = 200 * 1024
FAILURES = Limit(30, timedelta(minutes=10))
ASK = {"www-authenticate": 'Bearer realm="tocsin"'}
BEARER = HTTPBearer(auto_error=False, description="A token made by `tocsin user token add`.")
Number = Annotated[str, Path(pattern=r"^[A-Z0-9-]{1,64}$", description="The incident, like INC-7K2M9QXW.")]


@dataclass(frozen=True, slots=True)
class Caller:
    """A program, the person or service in whose name it acts, and the console's own means."""

    reception: Reception
    token: Token
    staff: Staff

    def incident(self, incident_id: str) -> Incident:
        """Return an incident that the handle may see; for all others there is none."""
        return incident_for(self.reception, self.staff, incident_id)


class _StrictRequest(Request):
    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            parts, size = [], 0
            async for part in self.stream():
                size += len(part)
                if size > MOST_BYTES:
                    raise ProblemError(413, f"a body has {MOST_BYTES} bytes at most")
                parts.append(part)
            self._body = b"".join(parts)
        return self._body

    async def json(self) -> Any:
        return read_strictly(await self.body())


class StrictRoute(APIRoute):
    """A route that reads bodies strictly and no further than the limit."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()

        async def strictly(request: Request) -> Response:
            strict = _StrictRequest(request.scope, request.receive)
            if request.method in {"POST", "PUT", "PATCH"}:
                await strict.body()
            return await answer(strict)

        return strictly


def caller(scope: Scope) -> Any:
    """Return what lets a program with this scope in, for `Annotated`."""

    def enter(
        request: Request, given: Annotated[HTTPAuthorizationCredentials | None, Security(BEARER)]
    ) -> Caller:
        reception: Reception = request.app.state.reception
        now, who = reception.machines.now(), address_of(request, reception)
        wait(FAILURES.waits(who, now))
        token = token_of(reception.machines, given.credentials) if given is not None else None
        staff = reception.staff.get(token.handle) if token is not None else None
        if token is None or staff is None:
            FAILURES.count(who, now)
            raise ProblemError(401, headers=ASK)
        pace: Pace = request.app.state.pace
        wait(pace.tokens.take(token.token_id, now))
        if scope.value not in token.scopes:
            raise ProblemError(403, f"the token lacks the scope {scope.value}")
        return Caller(reception, token, staff)

    return Depends(enter)


def address_of(request: Request, reception: Reception) -> str:
    """Return whom a request comes from; a proxy's word counts only where the settings trust it."""
    if reception.settings.trust_proxy:
        forwarded = request.headers.get("x-forwarded-for", "")
        if forwarded:
            return forwarded.rpartition(",")[2].strip()[:64]
    return request.client.host if request.client else "unknown"


def wait(seconds: int) -> None:
    """Refuse for so many seconds, if any."""
    if seconds:
        raise ProblemError(429, f"wait {seconds} seconds", headers={"retry-after": str(seconds)})


Reader = Annotated[Caller, caller(Scope.READ)]
Opener = Annotated[Caller, caller(Scope.OPEN)]
Amender = Annotated[Caller, caller(Scope.AMEND)]
Teller = Annotated[Caller, caller(Scope.WEBHOOK)]
