"""How pages say times, spans, counts and standings, in the visitor's language. Right without any script."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from incident.core.events import instant_text
from incident.core.places import place
from incident.core.said import people
from incident.core.standing import PROMISE
from incident.core.wording import status
from incident.web.texts import Texts

_EN = "January February March April May June July August September October November December"
_DE = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
MONTHS = {"en": tuple(_EN.split(" ")), "de": tuple(_DE.split(" "))}
TONES = {
    "late": "red",
    "past_safe_send": "red",
    "due_today": "orange",
    "later": "blue",
    "no_number_in_law": "grey",
    "waiting_for_a_trigger": "grey",
    "met": "green",
    "met_late": "orange",
    "not_required": "grey",
}
KIB = 1024
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)")


@dataclass(frozen=True, slots=True)
class Saying:
    """Says values for a page."""

    texts: Texts
    now: datetime
    zone: str

    def iso(self, at: datetime) -> str:
        """Write an instant for machines."""
        return instant_text(at)

    def utc(self, at: datetime) -> str:
        """Write an instant in UTC, to the minute."""
        there = at.astimezone(UTC)
        return f"{self.day(there.date())}, {there:%H:%M} UTC"

    def local(self, at: datetime) -> str:
        """Write an instant in the company's zone, with its offset."""
        here = at.astimezone(ZoneInfo(self.zone))
        offset = f"{here:%z}"
        same = here.date() == at.astimezone(UTC).date()
        day = "" if same else f"{self.day(here.date())}, "
        return f"{day}{here:%H:%M} {offset[:3]}:{offset[3:]} {self.zone}"

    def day(self, on: date) -> str:
        """Write a day."""
        month = MONTHS[self.texts.language][on.month - 1]
        return (
            f"{on.day}. {month} {on.year}" if self.texts.language == "de" else f"{on.day} {month} {on.year}"
        )

    def left(self, due: datetime) -> str:
        """Say how long is left until then, or how late it is."""
        left = due - self.now
        key = "time.left" if left >= timedelta(0) else "time.late"
        return self.texts(key, span=self.span(abs(left)))

    def span(self, length: timedelta) -> str:
        """Say a length of time in days, hours and minutes."""
        minutes = int(length.total_seconds()) // 60
        hours, rest = divmod(minutes, 60)
        if hours >= 72:  # noqa: PLR2004 - from three days on nobody counts minutes
            return self.texts("time.days", days=hours // 24, hours=hours % 24)
        return self.texts("time.hours", hours=hours, minutes=f"{rest:02d}")

    def count(self, number: int) -> str:
        """Write a number with its thousands apart."""
        return f"{number:,}".replace(",", "." if self.texts.language == "de" else ",")

    def size(self, number: int) -> str:
        """Say a number of bytes."""
        if number < KIB * KIB:
            return f"{self.count(max(1, number // KIB))} KiB"
        return f"{self.count(number // (KIB * KIB))} MiB"

    def code(self, code: str) -> str:
        """Say a status code."""
        return status(code, self.texts.language)

    def place(self, code: str) -> str:
        """Say a country or state."""
        return place(code, self.texts.language)

    def duty(self, obligation_id: str) -> str:
        """Name a duty by its place and rule, as its id says them."""
        rule, _, where = obligation_id.partition("@")
        place = where.partition("#")[0]
        if obligation_id == PROMISE:
            return self.texts("board.promise")
        return f"{self.place(place)}, {rule}" if place else rule

    def people(self, number: int) -> str:
        """Count people."""
        return self.texts.spoken(people(number))

    def asked(self, code: str) -> str:
        """Say what the law asks for and nobody knows: a fact, a moment, how many live where."""
        t = self.texts
        match code.partition("."):
            case ("people", "", ""):
                return t("asked.people")
            case ("people", _, "unknown"):
                return t("asked.people_unknown")
            case ("people", _, where):
                return t("asked.people_in", place=self.place(where))
            case ("clocks", _, clock):
                return t("asked.clock", clock=t.code("clock", clock))
            case ("circumstances", _, name):
                return t.code("fact", name)
            case _:
                return t.code("filing_field" if t.has(f"filing_field.{code}") else "fact", code)

    def reason(self, reason: str | None) -> str:
        """Say why a delivery stands as it does: the channel on which somebody was told, or the provider's words."""
        return self.texts.code("channel", reason) if reason else ""

    def words(self, value: object) -> str:
        """Say a sentence of the core."""
        return self.texts.spoken(value)

    def tone(self, standing: str) -> str:
        """Return the tone of a standing's tag."""
        return TONES.get(standing, "grey")

    def fact(self, value: object) -> str:
        """Say the value of a fact."""
        if isinstance(value, bool):
            return self.texts("word.yes" if value else "word.no")
        if value is None:
            return self.texts("word.unknown")
        if isinstance(value, list | tuple):
            return ", ".join(self.fact(one) for one in value) or self.texts("word.none")
        if isinstance(value, dict):
            return "; ".join(f"{k}: {self.fact(v)}" for k, v in sorted(value.items()))
        text = str(value)
        if INSTANT.fullmatch(text):
            at = datetime.fromisoformat(text)
            return f"{self.utc(at)} ({self.local(at)})"
        return self.texts.code("value", text) if text.isidentifier() and text.islower() else text
