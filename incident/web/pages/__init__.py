"""Every page of the console, in one list: what is not here is not served."""

from __future__ import annotations

from incident.web import auth, forms, own_account
from incident.web.api import genuine, sign_on
from incident.web.pages import (
    assets,
    board,
    ending,
    incident,
    joining,
    ledger,
    letters,
    matters,
    people,
    sending,
    timeline,
)

ROUTES = (
    *assets.ROUTES,
    *auth.ROUTES,
    *own_account.ROUTES,
    *board.ROUTES,
    *incident.ROUTES,
    *timeline.ROUTES,
    *matters.ROUTES,
    *people.ROUTES,
    *joining.ROUTES,
    *letters.ROUTES,
    *sending.ROUTES,
    *ending.ROUTES,
    *ledger.ROUTES,
    *forms.ROUTES,
    *genuine.ROUTES,
    *sign_on.ROUTES,
)
