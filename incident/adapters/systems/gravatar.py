"""Gravatar: avatar addresses found in our own pages, logs and mails; each holds a hash of somebody's e-mail address.

MD5 before, SHA-256 today, of the trimmed lower-case address. The hash is pseudonymous, not anonymous:
whoever has a list of addresses can reverse it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from incident.adapters.systems.raw import clean_lines, plain_chunks, source_of
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import AccountRecord, Attributes, Identity, IdentityKind, Strength

if TYPE_CHECKING:
    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef

URLS = "gravatar-urls"
_AVATAR = re.compile(
    rb"(?:https?:)?//(?:[a-z0-9-]+\.)?gravatar\.com/avatar/([0-9a-fA-F]{64}|[0-9a-fA-F]{32})(?![0-9a-fA-F])",
    re.IGNORECASE,
)
_MD5_DIGITS = 32


class GravatarReader:
    """Read avatar addresses, one or more a line."""

    system = "gravatar"
    version = "1"
    holds = Holds.ACCOUNTS

    def recognise(self, head: bytes) -> str | None:
        """Return the format when the first line is an avatar address."""
        first = next(iter(head.lstrip().splitlines()), b"")
        return URLS if _AVATAR.match(first) else None

    def read(
        self,
        stream: BinaryIO,
        ref: EvidenceRef,
        report: ReadReport,
        *,
        interest: Interest | None = None,  # noqa: ARG002 - every row matters here
    ) -> Iterator[AccountRecord]:
        """Yield one record per address; lines that are none are set aside."""
        for row, line in clean_lines(plain_chunks(stream, source_of(ref)), report):
            digests = dict.fromkeys(found.lower().decode() for found in _AVATAR.findall(line))
            if not digests:
                report.set_aside(row, "line holds no avatar address")
            for digest in digests:
                kind = IdentityKind.EMAIL_MD5 if len(digest) == _MD5_DIGITS else IdentityKind.EMAIL_SHA256
                identity = Identity(kind, digest, Strength.NORMAL, "avatar address")
                yield AccountRecord(
                    self.system, ref.evidence_id, row, (identity,), Attributes(categories=("email", "photo"))
                )
