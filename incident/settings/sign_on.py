"""Settings of single sign-on: the provider, and who of its people is which handle here. It grants no role."""

from __future__ import annotations

from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from incident.settings.watching import Section

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class SignOn(Section):
    """An OpenID Connect provider; the client's secret comes from TOCSIN_SIGN_ON_SECRET or `secret_file`.

    `handles` maps the value of `claim` to a handle of `[people]`. With `trust_second_factor` a sign-in that the
    provider says was made with one of `second_factors` (its claim `amr`) needs no code of ours.
    """

    issuer: str = ""
    client_id: str = ""
    secret_file: Path | None = None
    claim: Literal["sub", "email"] = "sub"
    handles: dict[str, str] = Field(default_factory=dict)
    trust_second_factor: bool = False
    second_factors: tuple[str, ...] = ("mfa", "otp", "hwk", "swk")

    @field_validator("issuer")
    @classmethod
    def _over_tls(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        if issuer and parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise ValueError("is an https address")
        return issuer
