"""What is built when it is first needed: a missing key stops a send or a look-up, never the opening of an incident."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

from incident.core.lookup import Look, Lookup, Question
from incident.core.mailing import Batch, Mailer, Outcome
from incident.errors import SettingsError


class LateMailer:
    """Stands for the transport that `make` builds; SettingsError comes from there, at the first use."""

    def __init__(self, make: Callable[[], Mailer]) -> None:
        self._make = make

    @cached_property
    def _mailer(self) -> Mailer:
        return self._make()

    @property
    def name(self) -> str:
        """Return the transport's name."""
        return self._mailer.name

    @property
    def reaches_people(self) -> bool:
        """Return whether anything handed over may arrive in somebody's mailbox."""
        return self._mailer.reaches_people

    @property
    def settles_on(self) -> str:
        """Return the delivery state that counts as told."""
        return self._mailer.settles_on

    @property
    def idempotent(self) -> bool:
        """Return whether handing the same delivery over twice is harmless."""
        return self._mailer.idempotent

    @property
    def at_once(self) -> int:
        """Return how many calls may be under way together."""
        return self._mailer.at_once

    def send(self, batch: Batch) -> Outcome:
        """Hand the batch over."""
        return self._mailer.send(batch)


class LateLookup:
    """Stands for the record that `make` opens; without a key it says so instead of looking."""

    def __init__(self, name: str, make: Callable[[], Lookup]) -> None:
        self.name, self._make = name, make

    @cached_property
    def _lookup(self) -> Lookup:
        return self._make()

    def look(self, question: Question) -> Look:
        """Answer the question."""
        try:
            return self._lookup.look(question)
        except SettingsError as error:
            return Look(reason=str(error), closed=True)
