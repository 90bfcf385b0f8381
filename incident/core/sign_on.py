"""Signing in by way of another house: what is remembered on the way out, and what comes back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Begun:
    """What the browser keeps while it is away: it ties the answer to this browser and to this attempt."""

    state: str
    nonce: str
    verifier: str = field(repr=False)


class Provider(Protocol):
    """An OpenID Connect provider."""

    def begin(self, redirect_uri: str) -> tuple[str, Begun]:
        """Return where to send the browser, and what it has to keep."""
        ...

    def finish(self, code: str, begun: Begun, redirect_uri: str) -> Mapping[str, Any]:
        """Return the claims of the checked ID token; RefusedError when anything about it is wrong."""
        ...


@dataclass(frozen=True, slots=True)
class WhoIsWho:
    """Which claim names somebody, and whom it names."""

    claim: str
    handles: Mapping[str, str]
    trusts_second_factor: bool
    second_factors: tuple[str, ...]

    def handle(self, claims: Mapping[str, Any]) -> str | None:
        """Return the handle of somebody, None for a stranger and for an address that was not verified."""
        if self.claim == "email" and claims.get("email_verified") is not True:
            return None
        value = claims.get(self.claim)
        return self.handles.get(value) if isinstance(value, str) else None

    def vouched(self, claims: Mapping[str, Any]) -> bool:
        """Whether the provider says that a second factor was used, and we take its word."""
        how = claims.get("amr")
        return (
            self.trusts_second_factor
            and isinstance(how, list)
            and bool(set(self.second_factors) & {*map(str, how)})
        )
