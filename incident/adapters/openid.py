"""OpenID Connect by Authlib: code flow with PKCE, state and nonce; ID tokens are checked against its keys."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from incident.core.sign_on import Begun
from incident.errors import RefusedError, TransientError

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
LEEWAY_SECONDS = 60
SECONDS = 10
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class OpenIdProvider:
    """`core.sign_on.Provider` over the network."""

    def __init__(self, issuer: str, client_id: str, secret: str, *, now: Callable[[], datetime]) -> None:
        self._issuer, self._client_id, self._secret, self._now = issuer, client_id, secret, now
        self._known: Mapping[str, Any] | None = None

    def begin(self, redirect_uri: str) -> tuple[str, Begun]:
        """Return where to send the browser, and what it has to keep."""
        begun = Begun(secrets.token_urlsafe(24), secrets.token_urlsafe(24), secrets.token_urlsafe(48))
        with self._client(redirect_uri) as client:
            url, _state = client.create_authorization_url(
                self._endpoint("authorization_endpoint"),
                state=begun.state,
                nonce=begun.nonce,
                code_verifier=begun.verifier,
            )
        return str(url), begun

    def finish(self, code: str, begun: Begun, redirect_uri: str) -> Mapping[str, Any]:
        """Return the claims of the checked ID token; RefusedError when anything about it is wrong."""
        try:
            with self._client(redirect_uri) as client:
                token = client.fetch_token(
                    self._endpoint("token_endpoint"),
                    grant_type="authorization_code",
                    code=code,
                    code_verifier=begun.verifier,
                    timeout=SECONDS,
                )
        except requests.RequestException as error:
            raise TransientError(f"the sign-in provider does not answer ({type(error).__name__})") from None
        except AuthlibBaseError:
            raise RefusedError("the sign-in provider refused this sign-in") from None
        return self._checked(str(token.get("id_token", "")), begun)

    def _checked(self, id_token: str, begun: Begun) -> Mapping[str, Any]:
        """Check signature and claims as OpenID Connect Core 3.1.3.7 lists them."""
        registry = jwt.JWTClaimsRegistry(
            now=int(self._now().timestamp()),
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._client_id},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": begun.nonce},
        )
        try:
            keys = KeySet.import_key_set(cast("Any", self._get(self._endpoint("jwks_uri"))))
            found = jwt.decode(id_token, keys, algorithms=list(ALGORITHMS))
            registry.validate(found.claims)
        except (JoseError, ValueError, KeyError):
            raise RefusedError("the sign-in provider's answer is not signed for us") from None
        claims: dict[str, Any] = found.claims
        party = claims.get("azp", self._client_id)
        if party != self._client_id or (
            isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and "azp" not in claims
        ):
            raise RefusedError("the sign-in provider's answer is for somebody else")
        return claims

    def _client(self, redirect_uri: str) -> Any:
        return OAuth2Session(
            self._client_id,
            self._secret,
            scope="openid email",
            redirect_uri=redirect_uri,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic",  # noqa: S106 - the name of a method
        )

    def _endpoint(self, name: str) -> str:
        if self._known is None:
            known = self._get(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            if known.get("issuer") != self._issuer:
                raise RefusedError("the sign-in provider calls itself otherwise than sign_on.issuer")
            self._known = known
        url = str(self._known.get(name, ""))
        parts = urlsplit(url)
        if parts.scheme != "https" and parts.hostname not in LOOPBACK:
            raise RefusedError(f"the sign-in provider's {name} is not an https address")
        return url

    def _get(self, url: str) -> dict[str, Any]:
        try:
            answer = requests.get(url, timeout=SECONDS, allow_redirects=False)
            answer.raise_for_status()
            found = answer.json()
        except requests.RequestException as error:
            raise TransientError(f"the sign-in provider does not answer ({type(error).__name__})") from None
        return found if isinstance(found, dict) else {}
