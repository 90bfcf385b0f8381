"""Clocks against time, as numbers for a picture that the server draws; a screen reader gets the obligations' table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from incident.core.standing import ClockFace, Standing, clocks
from incident.core.state import Incident
from incident.web.texts import Texts

WIDTH, LEFT, ROW, TOP = 960, 250, 26, 34
MOST_BARS = 14
LABEL_LENGTH = 32
TICKS_AT_MOST = 8
HORIZON = 4
"""Clocks so many times as far off as the first one are left to the table: they would flatten the picture."""
STEPS = (6, 12, 24, 48, 96, 168, 336, 720, 2160, 8760)


@dataclass(frozen=True, slots=True)
class Bar:
    """One clock: from awareness to its deadline, and a mark where it was met."""

    label: str
    title: str
    tone: str
    x: float
    y: int
    width: float
    mark: float | None


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of time."""

    x: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """The picture in numbers."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    now: float


@dataclass(frozen=True, slots=True)
class _Scale:
    start: datetime
    end: datetime

    def x(self, at: datetime) -> float:
        share = (at - self.start) / (self.end - self.start)
        return round(LEFT + (WIDTH - LEFT - 30) * min(1.0, max(0.0, share)), 1)


def chart_of(state: Incident, now: datetime, texts: Texts) -> Chart | None:
    """Return the picture of the clocks that have a date, the tightest first; None while none has."""
    start = state.became_aware_at
    dated = [
        f for f in clocks(state, now) if f.due_at is not None and f.standing is not Standing.NOT_REQUIRED
    ]
    if start is None or not dated:
        return None
    dated.sort(key=lambda face: face.due_at or now)
    horizon = max(now - start, (dated[0].due_at or now) - start) * HORIZON
    shown = [f for f in dated if (f.due_at or now) - start <= horizon][:MOST_BARS]
    last = max([now, *(face.due_at for face in shown if face.due_at)])
    scale = _Scale(start, last + (last - start) * 0.04 + timedelta(hours=1))
    bars = tuple(_bar(state, face, scale, number, texts) for number, face in enumerate(shown))
    return Chart(WIDTH, TOP + ROW * len(bars) + 22, bars, tuple(_ticks(scale)), scale.x(now))


def _bar(state: Incident, face: ClockFace, scale: _Scale, number: int, texts: Texts) -> Bar:
    who = (
        texts("board.promise")
        if face.obligation_id == "promise"
        else face.authority or texts.code("recipient", face.recipient)
    )
    label = f"{who}" if face.jurisdiction == "everyone" else f"{face.jurisdiction} {who}"
    due = face.due_at or scale.end
    known = state.obligations.get(face.obligation_id)
    met = known.met_at if known is not None else None
    tone = {Standing.LATE: "late", Standing.MET: "met", Standing.MET_LATE: "late"}.get(face.standing, "")
    short = label if len(label) <= LABEL_LENGTH else f"{label[: LABEL_LENGTH - 1]}…"
    x = scale.x(scale.start)
    return Bar(
        short,
        f"{label}: {due.astimezone(UTC):%Y-%m-%d %H:%M} UTC",
        tone,
        x,
        TOP + ROW * number,
        max(2.0, round(scale.x(due) - x, 1)),
        scale.x(met) if met is not None else None,
    )


def _ticks(scale: _Scale) -> Iterator[Tick]:
    hours = (scale.end - scale.start) / timedelta(hours=1)
    step = next((s for s in STEPS if hours / s <= TICKS_AT_MOST), STEPS[-1])
    at = 0
    while at <= hours:
        moment = scale.start + timedelta(hours=at)
        yield Tick(scale.x(moment), f"+{at} h" if step < STEPS[4] else f"+{at // 24} d")
        at += step
