"""Every page of the console, in one list: what is not here is not served."""

from __future__ import annotations

from incident.web import auth
from incident.web.pages import assets, board

ROUTES = (*assets.ROUTES, *auth.ROUTES, *board.ROUTES)
