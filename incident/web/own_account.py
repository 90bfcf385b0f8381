"""One's own password and second factor, changed in the console: asked on one page, with the present ones beside."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from typing import Any

import segno
from starlette.responses import Response

from incident.errors import BadInputError
from incident.service import own_account, signing_in
from incident.web import csrf, sessions
from incident.web.routing import Page
from incident.web.visit import Visit

QUIET = 4
"""Modules of white around the picture, as readers want it."""


def show_password(visit: Visit) -> Response:
    """Ask for the present password and code, and for the new password."""
    return visit.page("own_password.html", errors={}, said="")


def take_password(visit: Visit) -> Response:
    """Set the new password."""
    new = _secret(visit, "new")
    if new != _secret(visit, "again"):
        errors = {"again": visit.texts("me.differ")}
        return visit.page("own_password.html", status=422, errors=errors, said="")

    def change() -> str:
        return own_account.change_password(
            visit.reception.desk,
            visit.actor.handle,
            old=_secret(visit, "old"),
            code=visit.text("code"),
            new=new,
            address=visit.address,
        )

    return _changed(visit, change, "own_password.html", {})


def show_factor(visit: Visit) -> Response:
    """Show a new entry for the authenticator, and ask for its first code."""
    return visit.page(
        "own_factor.html", errors={}, said="", **_entry(visit, visit.reception.desk.codes.new())
    )


def take_factor(visit: Visit) -> Response:
    """Take the new second factor."""
    sealed = _brought(visit)

    def change() -> str:
        return own_account.change_factor(
            visit.reception.desk,
            visit.actor.handle,
            old=_secret(visit, "old"),
            code=visit.text("code"),
            sealed=sealed,
            fresh_code=visit.text("fresh_code"),
            address=visit.address,
        )

    return _changed(visit, change, "own_factor.html", _entry(visit, sealed))


def _changed(visit: Visit, change: Callable[[], str], template: str, values: dict[str, Any]) -> Response:
    errors: dict[str, str] = {}
    said, status = "", 422
    try:
        token = change()
    except signing_in.TooManyError:
        said, status = visit.texts("signin.too_many"), 429
    except signing_in.SignInError:
        said = visit.texts("me.wrong")
    except BadInputError as error:
        field = "new" if error.field == "password" else error.field or ""
        errors = {field: visit.texts(f"me.bad_{field}")}
    else:
        response = visit.go("/me?changed=1")
        sessions.set_token(response, token, secure=visit.reception.settings.secure)
        return response
    return visit.page(template, status=status, errors=errors, said=said, **values)


def _entry(visit: Visit, sealed: bytes) -> dict[str, Any]:
    """Return what the page shows of a new second factor; it comes back sealed, and only to this session."""
    profile = visit.reception.house.profile
    address = visit.reception.desk.codes.address(
        sealed, handle=visit.actor.handle, issuer=f"Tocsin {profile.service}"
    )
    rows = list(segno.make(address, error="m").matrix_iter(border=QUIET))
    dark = [(x, y) for y, row in enumerate(rows) for x, one in enumerate(row) if one]
    kept = base64.urlsafe_b64encode(sealed).decode()
    return {
        "picture": "".join(f"M{x} {y}h1v1h-1z" for x, y in dark),
        "width": len(rows),
        "secret": address.partition("secret=")[2].partition("&")[0],
        "sealed": kept,
        "seal": csrf.seal(visit.token, "factor", kept),
    }


def _brought(visit: Visit) -> bytes:
    kept = visit.text("sealed")
    if not hmac.compare_digest(csrf.seal(visit.token, "factor", kept), visit.text("seal")):
        raise BadInputError("is not from this session; open the page again", field="sealed")
    try:
        return base64.urlsafe_b64decode(kept)
    except (binascii.Error, ValueError):
        raise BadInputError("is not from this session; open the page again", field="sealed") from None


def _secret(visit: Visit, name: str) -> str:
    """Return a password as it was typed, blanks and all."""
    value = visit.form.get(name, "")
    return value if isinstance(value, str) else ""


ROUTES = (
    Page("GET", "/me/password", show_password),
    Page("POST", "/me/password", take_password),
    Page("GET", "/me/factor", show_factor),
    Page("POST", "/me/factor", take_factor),
)
