"""Who acts: a handle from the settings and the roles it holds. Handles stand in the ledger, people do not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from incident.errors import RefusedError


class Role(StrEnum):
    """What somebody may do."""

    ON_CALL = "on_call"
    OFFICER = "officer"
    APPROVER = "approver"
    COUNSEL = "counsel"
    AUDITOR = "auditor"
    ADMIN = "admin"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Actor:
    """A person, or Tocsin itself, by handle."""

    handle: str
    roles: frozenset[Role]

    def must_be(self, *roles: Role, to: str) -> None:
        """Refuse unless one of the roles is held."""
        if not self.roles & set(roles):
            names = " or ".join(role.value for role in roles)
            raise RefusedError(f"{self.handle} may not {to}: this needs the role {names}")


TOCSIN = Actor("tocsin", frozenset({Role.SYSTEM}))
RESPONDERS = (Role.ON_CALL, Role.OFFICER, Role.ADMIN)
APPROVERS = (Role.APPROVER, Role.OFFICER, Role.COUNSEL)
