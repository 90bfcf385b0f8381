"""Pages through Apprise: any of its services, each named by a URL that may hold a secret.

URLs come from the environment or a file, one a line: `URL` for every tier, or `TIER=URL` for a tier and those
above it. Comments begin with `#`. Nothing here prints a URL, and neither may Apprise.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from incident.adapters.mail.secrecy import Secret
from incident.adapters.paging.channels import ChannelFailedError
from incident.core.paging import TIERS
from incident.errors import SettingsError


class AppriseChannel:
    """Sends a page to every Apprise service of its tier."""

    name = "apprise"

    def __init__(self, urls: Secret) -> None:
        self._urls = urls

    def deliver(self, subject: str, body: str, *, to: str) -> None:
        """Notify; ChannelFailedError unless every service took it."""
        wanted = list(urls_for(self._urls.get_secret_value(), to))
        if not wanted:
            raise ChannelFailedError(f"no service is named for {to}")
        with (
            _hushed("apprise", "urllib3", "requests"),
            warnings.catch_warnings(),
        ):  # it imports what the standard library will lose
            warnings.simplefilter("ignore", DeprecationWarning)
            taken = _notify(wanted, subject, body)
        if not taken:
            raise ChannelFailedError("a service did not take the page")


@contextmanager
def _hushed(*names: str) -> Iterator[None]:
    """Keep the loggers of libraries still: they write addresses, and those hold secrets."""
    before = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def _notify(urls: Sequence[str], subject: str, body: str) -> bool:
    from apprise import Apprise, AppriseAsset, NotifyFormat

    bell = Apprise(
        asset=AppriseAsset(app_id="Tocsin", async_mode=False, secure_logging=True, plugin_paths=[])
    )
    added = [bell.add(url) for url in urls]
    return bool(bell.notify(body=body, title=subject, body_format=NotifyFormat.TEXT)) and all(added)


def urls_for(text: str, to: str) -> Iterator[str]:
    """Yield the URLs of a tier: those without a tier, those of it, and those of the tiers below it."""
    reached = TIERS[: TIERS.index(to) + 1]
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        tier, equals, url = line.partition("=")
        if not equals or "://" in tier:
            tier, url = "", line
        if (tier and tier not in TIERS) or "://" not in url:
            raise SettingsError(f"pager URLs, line {number}: write URL, or TIER=URL with {', '.join(TIERS)}")
        if not tier or tier in reached:
            yield url.strip()
