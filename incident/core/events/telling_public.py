"""The event of the public page on which anybody can check whether a letter is genuine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from incident.core.events.codec import event


@event("genuine_page:named")
@dataclass(frozen=True, slots=True)
class GenuinePageNamed:
    """The incident's public page got its code, which nobody can guess and letters may carry."""

    KIND: ClassVar[str]
    code: str
