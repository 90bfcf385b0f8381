"""Every decision that can be made in the console, in one list."""

from __future__ import annotations

from incident.web.forms import after, approving, first_hour, further, joining, telling
from incident.web.forms.asking import routes

DECISIONS = (
    *first_hour.DECISIONS,
    *telling.DECISIONS,
    *approving.DECISIONS,
    *joining.DECISIONS,
    *further.DECISIONS,
    *after.DECISIONS,
)
ROUTES = tuple(page for decision in DECISIONS for page in routes(decision))
