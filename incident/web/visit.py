"""One visit of one person to one page: who, what was sent, in which language, and how an answer is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from incident.core.accounts import Session
from incident.core.actors import Actor, Role
from incident.core.state import Incident
from incident.errors import NotFoundError, RefusedError
from incident.reception import Reception, Staff
from incident.web import csrf
from incident.web.looking_back import Past
from incident.web.saying import Saying
from incident.web.texts import LANGUAGES, Texts

UNKNOWN_ADDRESS = "unknown"


@dataclass(slots=True)
class Visit:
    """What a page knows of the visit."""

    request: Request
    reception: Reception
    texts: Texts
    now: datetime
    staff: Staff | None = None
    session: Session | None = None
    token: str = field(default="", repr=False)
    form: FormData = field(default_factory=FormData, repr=False)
    incident: Incident | None = None
    present: Incident | None = None
    past: Past | None = None

    @property
    def actor(self) -> Actor:
        """Who acts; pages that anybody sees do not ask."""
        if self.staff is None:
            raise RefusedError("sign in first")
        return self.staff.actor

    @property
    def state(self) -> Incident:
        """The incident of the page."""
        if self.incident is None:
            raise NotFoundError("this page has no incident")
        return self.incident

    @property
    def query(self) -> Mapping[str, str]:
        """What stands after the question mark."""
        return self.request.query_params

    @property
    def say(self) -> Saying:
        """How values are said to this visitor."""
        return Saying(self.texts, self.now, self.reception.house.profile.time_zone)

    @property
    def address(self) -> str:
        """Whom the request comes from; a proxy's word counts only where the settings trust it."""
        if self.reception.settings.trust_proxy:
            forwarded = self.request.headers.get("x-forwarded-for", "")
            if forwarded:
                return forwarded.rpartition(",")[2].strip()[:64]
        return self.request.client.host if self.request.client else UNKNOWN_ADDRESS

    def holds(self, *roles: Role) -> bool:
        """Whether the visitor holds one of the roles."""
        return self.staff is not None and bool(self.staff.actor.roles & set(roles))

    def text(self, name: str) -> str:
        """Return a field of the form as text, without outer blanks."""
        value = self.form.get(name, "")
        return value.replace("\0", "").strip() if isinstance(value, str) else ""

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Write a page."""
        html = self.reception.house.renderer.html(f"console/{template}", self._values() | values)
        return HTMLResponse(html, status_code=status)

    def go(self, path: str) -> Response:
        """Send the browser on, after something was recorded."""
        return RedirectResponse(path, status_code=303)

    def _values(self) -> dict[str, Any]:
        profile = self.reception.house.profile
        return {
            "t": self.texts,
            "say": self.say,
            "languages": LANGUAGES,
            "path": self.request.url.path,
            "query": dict(self.query),
            "staff": self.staff,
            "sign_on": self.reception.sign_on is not None,
            "signed_in": self.session is not None and self.session.second_factor,
            "csrf": csrf.token_for(self.token) if self.token else "",
            "drill": profile.drill,
            "company": profile.name,
            "now": self.now,
            "s": self.incident,
            "past": self.past,
            "of_today": False,
            "last_seq": self.present.last_seq if self.present is not None else 0,
        }
