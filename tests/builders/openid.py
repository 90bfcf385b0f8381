"""A small OpenID Connect provider on loopback: real keys, codes used once, PKCE checked; it can be told to misbehave."""

from __future__ import annotations

import base64
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse
from starlette.routing import Route

from incident.adapters.clock import SystemClock

CLIENT, SECRET = "tocsin", "a secret of the tests"


@dataclass
class Provider:
    """Whoever comes is signed in as `claims`; `wrong` replaces claims of the ID token."""

    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "u-1"})
    wrong: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    forge: bool = False
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, auto_kid=True))
    other: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, auto_kid=True))

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.discovery),
                Route("/jwks", self.jwks),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
            ]
        )

    async def discovery(self, _request: Request) -> JSONResponse:
        paths = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        return JSONResponse(
            {"issuer": self.url, **{name: f"{self.url}/{path}" for name, path in paths.items()}}
        )

    async def jwks(self, _request: Request) -> JSONResponse:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def authorize(self, request: Request) -> RedirectResponse:
        asked = dict(request.query_params)
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        return RedirectResponse(
            f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
        )

    async def token(self, request: Request) -> JSONResponse:
        form = await request.form()
        asked = self.codes.pop(str(form.get("code")), None)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        right = (
            asked is not None
            and request.headers.get("authorization") == f"Basic {basic}"
            and create_s256_code_challenge(str(form.get("code_verifier"))) == asked["code_challenge"]
            and form.get("redirect_uri") == asked["redirect_uri"]
        )
        if not right:
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(SystemClock().real_now().timestamp())
        said = {
            "iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": asked["nonce"],
            **self.claims, **self.wrong,
        }  # fmt: skip
        key = self.other if self.forge else self.key
        header = {"alg": "RS256", "kid": self.key.kid}
        id_token = jwt.encode(header, {k: v for k, v in said.items() if v is not None}, key)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": id_token})
