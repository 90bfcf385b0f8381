"""A time-stamping authority as an anchor, RFC 3161: its token vouches for when a checkpoint existed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography.x509 import Certificate, load_pem_x509_certificates
from rfc3161_client import (
    PKIStatus,
    TimestampRequestBuilder,
    VerificationError,
    VerifierBuilder,
    decode_timestamp_response,
)

from incident.adapters.anchors.asking import ask
from incident.errors import SettingsError, TransientError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta
    from pathlib import Path

    from rfc3161_client import TimeStampResponse

    from incident.adapters.mail.dialing import Dial
    from incident.core.anchors import Publication, Receipt

QUERY, REPLY = "application/timestamp-query", "application/timestamp-reply"
OK = 200


class TimestampAnchor:
    """`ports.Anchor` at an authority's URL; `certificates` is a PEM file with the roots that vouch for it."""

    def __init__(self, url: str, certificates: Path, dial: Dial, every: timedelta) -> None:
        self.name, self.every = f"timestamp:{url}", every
        self._url, self._certificates, self._dial = url, certificates, dial

    def publish(self, request: Publication) -> bytes | None:
        """Ask for a token over the checkpoint, check it, and return it."""
        query = TimestampRequestBuilder().data(request.note.encode()).build()
        answer = ask(self._dial, "POST", self._url, body=query.as_bytes(), content_type=QUERY)
        if answer.status != OK or answer.content_type != REPLY:
            raise TransientError(f"the authority answered {answer.status} {answer.content_type}")
        try:
            token = decode_timestamp_response(answer.body)
            builder = VerifierBuilder.from_request(query)
            self._verify(builder, token, request.note)
        except (ValueError, VerificationError) as error:
            raise TransientError(f"the authority's token does not stand: {error}") from error
        return answer.body

    def newest(self, origin: str) -> str | None:  # noqa: ARG002
        """Show nothing: an authority keeps no copy."""
        return None

    def check(self, receipt: Receipt) -> str | None:
        """Check a token that was kept against the checkpoint and the roots."""
        if receipt.token is None:
            return "the token is gone"
        try:
            self._verify(VerifierBuilder(), decode_timestamp_response(receipt.token), receipt.note)
        except (ValueError, VerificationError) as error:
            return f"the token does not stand: {error}"
        return None

    def _verify(self, builder: VerifierBuilder, token: TimeStampResponse, note: str) -> None:
        if PKIStatus(token.status) not in {PKIStatus.GRANTED, PKIStatus.GRANTED_WITH_MODS}:
            raise VerificationError(f"status {PKIStatus(token.status).name}")
        for certificate in _certificates(self._certificates):
            builder = builder.add_root_certificate(certificate)
        builder.build().verify_message(token, note.encode())


def _certificates(path: Path) -> Sequence[Certificate]:
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path.name} holds no certificates in PEM: {type(error).__name__}") from error
