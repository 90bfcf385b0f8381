"""The files that pages need: one style sheet, two scripts. Shipped with the program; nothing comes from elsewhere."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

from starlette.responses import Response

from incident.errors import NotFoundError
from incident.web.routing import Door, Page
from incident.web.visit import Visit

KINDS = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
    "htmx-2.0.11.min.js": "text/javascript; charset=utf-8",
    "htmx-LICENSE.txt": "text/plain; charset=utf-8",
}


@cache
def content(name: str) -> tuple[bytes, str]:
    """Return the bytes of an asset and their mark."""
    raw = (resources.files("incident.web") / "assets" / name).read_bytes()
    return raw, f'"{hashlib.sha256(raw).hexdigest()[:20]}"'


def show(visit: Visit) -> Response:
    """Send one asset; a browser that has it already is told so."""
    name = visit.request.path_params["name"]
    if name not in KINDS:
        raise NotFoundError("there is no such file")
    raw, mark = content(name)
    headers = {"etag": mark, "cache-control": "public, max-age=300"}
    if visit.request.headers.get("if-none-match") == mark:
        return Response(status_code=304, headers=headers)
    return Response(raw, media_type=KINDS[name], headers=headers)


ROUTES = (Page("GET", "/assets/{name}", show, door=Door.OPEN),)
