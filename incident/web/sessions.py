"""The session's cookie: what it is called, how it is set, how it is read. What a session is, `signing_in` knows."""

from __future__ import annotations

import secrets

from starlette.requests import Request
from starlette.responses import Response

from incident.core.accounts import HALF_WAY, LONGEST

NAME, SECURE_NAME = "tocsin_session", "__Host-tocsin_session"
DOOR, SECURE_DOOR = "tocsin_door", "__Host-tocsin_door"
LANGUAGE = "tocsin_language"


def token_of(request: Request, *, secure: bool) -> str | None:
    """Return the session's token, or None."""
    return request.cookies.get(SECURE_NAME if secure else NAME) or None


def set_token(response: Response, token: str, *, secure: bool) -> None:
    """Give the browser its token: for this site only, out of reach of scripts."""
    response.set_cookie(
        SECURE_NAME if secure else NAME,
        token,
        max_age=int(LONGEST.total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )


def drop_token(response: Response, *, secure: bool) -> None:
    """Take the token away."""
    response.delete_cookie(
        SECURE_NAME if secure else NAME, path="/", secure=secure, httponly=True, samesite="strict"
    )


def door_of(request: Request, *, secure: bool) -> str | None:
    """Return what the sign-in form was given before anybody signed in."""
    return request.cookies.get(SECURE_DOOR if secure else DOOR) or None


def set_door(response: Response, *, secure: bool, door: str | None = None) -> str:
    """Give the sign-in form a token of its own, so that nobody is signed in by somebody else's page."""
    fresh = door or secrets.token_urlsafe(24)
    response.set_cookie(
        SECURE_DOOR if secure else DOOR,
        fresh,
        max_age=int(HALF_WAY.total_seconds()) * 12,
        path="/",
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    return fresh
