"""The terms of a two-stage go, and the links of a letter: each must lead to a host of ours or of an authority."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from incident.core import spans
from incident.core.people import BatchRow

_URL = re.compile(r"https?://[^\s<>\"'\\)]+", re.IGNORECASE)
_HREF = re.compile(r"""(?:href|src|action|background)\s*=\s*["']?([^"'\s>]+)""", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CanaryTerms:
    """Our own mailboxes, how many people come first, how long they are watched, what is allowed to go wrong."""

    seeds: tuple[str, ...] = field(default=(), repr=False)
    slice_people: int = 0
    watch_minutes: int = 15
    most_bad_percent: int = 10
    hosts: frozenset[str] = frozenset()

    @property
    def used(self) -> bool:
        """Whether anything is to be looked at before everybody is written to."""
        return bool(self.seeds or self.slice_people)

    @property
    def minutes(self) -> int:
        """How long watching takes in all."""
        return self.watch_minutes * (bool(self.seeds) + bool(self.slice_people))


def first_slice(batches: tuple[BatchRow, ...], people: int) -> tuple[str, int]:
    """Return the batches that go first, as ranges, and how many people are in them; nobody when that is everybody."""
    chosen: list[int] = []
    counted = 0
    for row in batches:
        if counted >= people:
            return spans.written(chosen), counted
        chosen.append(row.number)
        counted += row.people
    return "", 0


def links_elsewhere(text: str, html: str, *, hosts: frozenset[str], contact: str) -> Iterator[str]:
    """Say of each link that does not lead where a letter may lead; hosts allow their subdomains."""
    found = {*_URL.findall(text), *_URL.findall(html), *_HREF.findall(html)}
    for link in sorted(found):
        parts = urlsplit(link.rstrip(".,;:"))
        if parts.scheme == "mailto":
            if parts.path.casefold() != contact.casefold():
                yield "a link writes to an address that is not our contact"
        elif parts.scheme == "http":
            yield f"a link to {parts.hostname or 'nowhere'} is not https"
        elif parts.scheme == "https":
            if not _allowed(parts.hostname or "", hosts):
                yield f"a link leads to {parts.hostname or 'nowhere'}, which is not an allowed host"
        elif not link.startswith("#"):
            yield "a link is neither https nor mailto"


def _allowed(host: str, hosts: frozenset[str]) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in hosts if one)
