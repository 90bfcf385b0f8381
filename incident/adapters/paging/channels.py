"""The pager: one message to every channel that is set, each on its own; who took it is said by the channel's name.

A channel that fails does not keep the others from being tried. What went wrong is logged by class only: the
address of a channel may be a secret.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Protocol

from incident.core.paging import Paged
from incident.core.privacy import refuse_people

LOG = logging.getLogger(__name__)


class Channel(Protocol):
    """One way of waking people up."""

    @property
    def name(self) -> str:
        """Return the channel's name, which is no secret."""
        ...

    def deliver(self, subject: str, body: str, *, to: str) -> None:
        """Hand the page over, to the people of this tier; any exception means that it was not taken."""
        ...


class ChannelFailedError(Exception):
    """A channel did not take the page."""


class Pager:
    """Tries every channel."""

    def __init__(self, channels: Sequence[Channel]) -> None:
        self._channels = tuple(channels)

    def page(self, subject: str, body: str, *, to: str) -> Paged:
        """Send the page; without a channel nobody is reached, and that is said."""
        refuse_people("page", {"subject": subject, "body": body})
        taken, failed = [], []
        for channel in self._channels:
            try:
                channel.deliver(subject, body, to=to)
            except Exception as error:  # noqa: BLE001 - a broken channel must not silence the others
                LOG.warning("the page was not taken by %s: %s", channel.name, type(error).__name__)
                failed.append(channel.name)
            else:
                taken.append(channel.name)
        return Paged(tuple(taken), tuple(failed))
