"""Make the anchors that the settings name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from incident.adapters.anchors.folder import FolderAnchor
from incident.adapters.anchors.mail import MailAnchor
from incident.errors import BadInputError, SettingsError
from incident.ledger.cosignature import parse_vkey

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import timedelta
    from pathlib import Path

    from incident.adapters.mail.dialing import Dial
    from incident.core.mailing import Mailer
    from incident.ledger.keys import Verifier
    from incident.ports import Anchor

HIGH_WATER = "high-water"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The anchors that somebody asked for, paths made whole; `sender` is address, name and reply-to."""

    every: timedelta
    dial: Dial
    witnesses: Sequence[tuple[str, str]]
    timestamps: Sequence[tuple[str, Path]]
    folders: Sequence[Path]
    mail_to: str
    sender: tuple[str, str, str]
    company: str


def anchors(wanted: Wanted, mailer: Mailer) -> Iterator[Anchor]:
    """Make the anchors: witnesses first, so that the others are given what those cosigned."""
    for url, key in wanted.witnesses:
        from incident.adapters.anchors.witness import WitnessAnchor

        yield WitnessAnchor(url, _witness_key(key), wanted.dial, wanted.every)
    for url, certificates in wanted.timestamps:
        from incident.adapters.anchors.timestamp import TimestampAnchor

        yield TimestampAnchor(url, certificates, wanted.dial, wanted.every)
    for folder in wanted.folders:
        yield FolderAnchor(folder, wanted.every)
    if wanted.mail_to:
        yield MailAnchor(wanted.mail_to, mailer, wanted.sender, wanted.company, wanted.every)


def _witness_key(vkey: str) -> Verifier:
    try:
        return parse_vkey(vkey)
    except BadInputError as error:
        raise SettingsError(f"tocsin.toml, key anchors.witnesses.key: {error.reason}") from error
