"""Requests that change something come from our own pages: same site, same origin, and with the session's token."""

from __future__ import annotations

import hashlib
import hmac
from urllib.parse import urlsplit

from starlette.requests import Request

FIELD = "csrf"


def token_for(session_token: str) -> str:
    """Return the token of a session's forms; it says nothing about the session's own token."""
    return hmac.new(session_token.encode(), b"tocsin console form", hashlib.sha256).hexdigest()


def seal(session_token: str, *parts: str) -> str:
    """Return a mark that only this session can make for these parts."""
    return hmac.new(session_token.encode(), "\0".join(parts).encode(), hashlib.sha256).hexdigest()


def same_origin(request: Request) -> bool:
    """Whether the browser says that the request comes from a page of this console; silence is a no."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in {"same-origin", "none"} and _origin_fits(request, required=False)
    return _origin_fits(request, required=True)


def matches(session_token: str, given: str) -> bool:
    """Whether the form's token is the session's."""
    return hmac.compare_digest(token_for(session_token), given)


def _origin_fits(request: Request, *, required: bool) -> bool:
    origin = request.headers.get("origin")
    if origin is None:
        referrer = request.headers.get("referer")
        if referrer is None:
            return not required
        origin = referrer
    return urlsplit(origin).netloc == request.headers.get("host")
