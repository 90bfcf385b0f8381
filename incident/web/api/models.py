"""What goes into the API and comes out of it. Unknown keys are refused, times carry an offset, unknown stays null."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

LINE = r"^[^\x00-\x1f\x7f]*[^\x00-\x20\x7f][^\x00-\x1f\x7f]*$"
Line = Annotated[str, StringConstraints(min_length=1, max_length=300, pattern=LINE)]
FactName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Whole = Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1)]
Text = Annotated[str, StringConstraints(max_length=4000, pattern=r"^[^\x00]*$")]
Value = bool | Whole | Text | Annotated[list[bool | Whole | Text], Field(max_length=200)] | None


def _said(value: Any) -> Any:
    if not isinstance(value, str | datetime):
        raise ValueError("is text like 2026-03-10T05:00:00+00:00")  # noqa: TRY004 - pydantic asks for it
    return value


def _plausible(at: datetime) -> datetime:
    if at < EARLIEST:
        raise ValueError("lies before the year 2000")
    return at


EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
Instant = Annotated[AwareDatetime, Field(strict=False), BeforeValidator(_said), AfterValidator(_plausible)]


class In(BaseModel):
    """What is sent to us."""

    model_config = ConfigDict(extra="forbid", strict=True)


class FactIn(In):
    """One fact: a value with its label, or an unknown without one."""

    value: Value
    label: Literal["fact", "assumption", "unknown"] = "fact"
    source: Line


class Amendment(In):
    """Facts to record."""

    facts: Annotated[dict[FactName, FactIn], Field(min_length=1, max_length=50)]


class Opening(In):
    """An incident to open; everything but the title may stay unknown."""

    title: Line
    detected_at: Instant | None = None
    became_aware_at: Instant | None = None
    aware_because: Annotated[str, StringConstraints(max_length=1000)] = ""
    facts: Annotated[dict[FactName, FactIn], Field(max_length=50)] = {}


class Opened(BaseModel):
    """The incident that was opened, or was there already."""

    incident: str
    created: bool
    last_seq: int


class Line_(BaseModel):  # noqa: N801 - a line of the board; `Line` is a line of text
    """One incident of the list."""

    incident: str
    title: str
    drill: bool
    stage: str
    opened_at: datetime | None
    became_aware_at: datetime | None
    promise_due_at: datetime | None
    closed_at: datetime | None
    tightest: str | None
    tightest_due_at: datetime | None
    last_seq: int


class Incidents(BaseModel):
    """A page of incidents, in order of their number; `next` is the key of the next page."""

    incidents: list[Line_]
    next: str | None


class Clock(BaseModel):
    """One clock: what is due, to whom, by when, how it stands."""

    obligation: str
    jurisdiction: str
    recipient: str
    authority: str | None
    due_at: datetime | None
    standing: str
    seconds_left: int | None
    because: str
    citation: str
    derivation: str


class FactOut(BaseModel):
    """A fact as it is known."""

    value: Any
    label: str
    source: str
    since: datetime


class Status(BaseModel):
    """Where an incident stands, as of now or of `as_of`."""

    incident: str
    title: str
    drill: bool
    stage: str
    summary: str
    opened_at: datetime | None
    detected_at: datetime | None
    became_aware_at: datetime | None
    closed_at: datetime | None
    outcome: str | None
    people: int | None
    people_to_tell: int | None
    facts: dict[str, FactOut]
    clocks: list[Clock]
    last_seq: int


class Entry(BaseModel):
    """One entry of the ledger as a sentence."""

    seq: int
    kind: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    sentence: str
    corrects: int | None


class Timeline(BaseModel):
    """A page of the timeline; `next` is the `after` of the next page."""

    entries: list[Entry]
    next: int | None


class Todo(BaseModel):
    """One item of the agenda."""

    do: str
    sentence: str
    due_at: datetime | None
    by_tocsin: bool


class Deliveries(BaseModel):
    """How far the letters are: people by state, never who."""

    notices: dict[str, dict[str, int]]


class FilingOut(BaseModel):
    """A filing with an authority."""

    filing: str
    obligation: str
    authority: str
    jurisdiction: str
    stage: str
    prepared_at: datetime
    submitted_at: datetime | None
    reference: str | None
