"""Single sign-on: out to the provider and back. The answer counts once, in the browser that went out, or not at all."""

from __future__ import annotations

from datetime import timedelta

from starlette.responses import RedirectResponse, Response

from incident.core.sign_on import Begun
from incident.errors import NotFoundError, RefusedError
from incident.reception import SignOn
from incident.service.sign_on import enter
from incident.service.signing_in import SignInError
from incident.web import sessions
from incident.web.api.limits import Limit
from incident.web.routing import Door, Page
from incident.web.visit import Visit

NAME, SECURE_NAME = "tocsin_sign_on", "__Host-tocsin_sign_on"
AWAY_SECONDS = 600
BACK = "/sign-in/sso/callback"
FAILURES = Limit(20, timedelta(minutes=10))
PARTS = 3


def leave(visit: Visit) -> Response:
    """Send the browser to the provider."""
    url, begun = _sign_on(visit).provider.begin(_back(visit))
    response = RedirectResponse(url, status_code=303)
    secure = visit.reception.settings.secure
    response.set_cookie(
        SECURE_NAME if secure else NAME,
        f"{begun.state}.{begun.nonce}.{begun.verifier}",
        max_age=AWAY_SECONDS,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",  # it has to come back with a request that the provider's page began
    )
    return response


def come_back(visit: Visit) -> Response:
    """Take the provider's answer; whatever is wrong with it, the same is said."""
    sign_on, now, who = _sign_on(visit), visit.reception.house.clock.real_now(), visit.address
    try:
        if FAILURES.waits(who, now):
            raise SignInError("too many")
        begun = _begun(visit)
        claims = sign_on.provider.finish(visit.query.get("code", ""), begun, _back(visit))
        handle = sign_on.who.handle(claims)
        if handle is None or handle not in visit.reception.staff:
            raise SignInError("nobody here")
        vouched = sign_on.who.vouched(claims)
        token = enter(visit.reception.desk, handle, vouched=vouched)
    except RefusedError:
        FAILURES.count(who, now)
        return _without_cookie(visit, visit.page("sso.html", status=401, next="/sign-in", refused=True))
    # one step of our own, so that the strict cookie goes with the next request
    response = visit.page("sso.html", next="/" if vouched else "/sign-in/code", refused=False)
    sessions.set_token(response, token, secure=visit.reception.settings.secure)
    return _without_cookie(visit, response)


def _begun(visit: Visit) -> Begun:
    kept = visit.request.cookies.get(SECURE_NAME if visit.reception.settings.secure else NAME, "")
    parts = kept.split(".")
    if len(parts) != PARTS or not all(parts) or visit.query.get("state") != parts[0]:
        raise SignInError("this sign-in was not begun here")
    if "iss" in visit.query and visit.query["iss"] != _sign_on(visit).issuer:  # RFC 9207
        raise SignInError("another provider answered")
    return Begun(*parts)


def _without_cookie(visit: Visit, response: Response) -> Response:
    secure = visit.reception.settings.secure
    response.delete_cookie(
        SECURE_NAME if secure else NAME, path="/", secure=secure, httponly=True, samesite="lax"
    )
    return response


def _back(visit: Visit) -> str:
    base = visit.reception.settings.public_url or str(visit.request.base_url)
    return base.rstrip("/") + BACK


def _sign_on(visit: Visit) -> SignOn:
    if visit.reception.sign_on is None:
        raise NotFoundError("there is no single sign-on here")
    return visit.reception.sign_on


ROUTES = (
    Page("GET", "/sign-in/sso", leave, door=Door.OPEN),
    Page("GET", BACK, come_back, door=Door.OPEN),
)
