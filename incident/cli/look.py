"""Look at incidents without touching them: status and timeline. Reads the database directly, to start in a blink."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import click

from incident.cli.base import AT_RISK, LATE, PAST_SAFE_SEND, common, instant, local, show
from incident.cli.ledger_line import LedgerSeen, ledger_seen
from incident.cli.tables import table
from incident.cli.values import faces_json, plan_json, plan_line
from incident.core.agenda import agenda
from incident.core.hindsight import Axis
from incident.core.lifecycle import open_gaps
from incident.core.projections import TimelineRow
from incident.core.send_plan import send_plan
from incident.core.standing import Standing, clocks, span, summary
from incident.core.state import Incident
from incident.errors import BadInputError

F = TypeVar("F", bound=Callable[..., Any])


def looking_back(command: F) -> F:
    """Add --as-of and --by."""
    by = click.Choice([axis.value for axis in Axis])
    for option in (
        click.option("--by", "axis", type=by, default=Axis.RECORDED.value, show_default=True,
                     help="Whether --as-of counts by when it was recorded or by when it happened."),
        click.option("--as-of", callback=instant, help="A past instant, with an offset."),
    ):  # fmt: skip
        command = option(command)
    return command


@click.command()
@click.argument("incident_id", required=False)
@click.option("--all", "everything", is_flag=True, help="Closed incidents and duties that do not arise, too.")
@looking_back
@common
def status(
    incident_id: str | None,
    everything: bool,
    as_of: datetime | None,
    axis: str,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Show where incidents stand; with INCIDENT_ID, its clocks and what comes next.

    --as-of shows a past instant: by `recorded` what was known and decided then, by `happened` that instant with
    what is known today.

    Exit code 20 when a clock is late, 23 when sending can no longer start in time, 21 when a clock runs out within a
    day, else 0.
    """
    from incident.bootstrap import glance

    with glance(settings) as seen:
        now = as_of or seen.now
        if incident_id is not None:
            state = seen.incident(incident_id, at=as_of, axis=Axis(axis))
            ledger = None if as_of else ledger_seen(seen, settings)
            worst = _one(state, now, ledger, everything=everything, as_json=as_json)
        elif as_of is not None:
            raise BadInputError("one incident at a time is shown as of a past instant", field="incident_id")
        else:
            worst = _board(seen, now, everything=everything, as_json=as_json)
    click.get_current_context().exit(worst)


@click.command()
@click.argument("incident_id")
@click.option("--kind", help="Only entries whose kind starts so, for instance `filing`.")
@looking_back
@common
def timeline(
    incident_id: str,
    kind: str | None,
    as_of: datetime | None,
    axis: str,
    settings: Path | None,
    handle: str | None,
    as_json: bool,
) -> None:
    """Show every entry of INCIDENT_ID as one plain sentence, in the order of recording.

    An entry that was made late names when it happened and when it was recorded; a correction names the entry
    that it corrects. By `happened` the order is that of what happened.
    """
    from incident.bootstrap import glance

    with glance(settings) as seen:
        found = seen.timeline(incident_id, at=as_of, axis=Axis(axis))
        rows = [r for r in found if kind is None or r.kind.startswith(kind)]
        empty = "" if rows else _nothing(seen, incident_id, as_of, Axis(axis), kind)
    if Axis(axis) is Axis.HAPPENED:
        rows.sort(key=lambda r: (r.occurred_at, r.seq))
    if empty and not as_json:
        click.echo(empty)
        return
    show(
        rows,
        as_json,
        lambda: table(
            ("entry", "happened", "who", "what"),
            [(str(r.seq), local(r.occurred_at), r.actor, _told(r)) for r in rows],
        ),
    )


def _nothing(seen: Any, incident_id: str, as_of: datetime | None, axis: Axis, kind: str | None) -> str:
    """Say why a timeline is empty."""
    if kind is not None:
        until = f" by {local(as_of)}" if as_of else ""
        return f"{incident_id} has no entry of a kind that begins with {kind!r}{until}."
    lines = seen.timeline(incident_id)
    if axis is Axis.RECORDED:
        first, what = min(r.recorded_at for r in lines), "recorded"
    else:
        first, what = min(r.occurred_at for r in lines), "known to have happened"
    return f"Nothing was {what} of {incident_id} at {local(as_of)}; the first of it is of {local(first)}."


def _told(row: TimelineRow) -> str:
    """Return the sentence with what a reader must know about the entry itself."""
    notes = []
    if row.recorded_at - row.occurred_at >= timedelta(minutes=1):
        notes.append(f"recorded {local(row.recorded_at)}")
    if row.corrects is not None:
        notes.append(f"stands in place of entry {row.corrects}")
    return f"{row.sentence} [{'; '.join(notes)}]" if notes else row.sentence


def _board(seen: Any, now: datetime, *, everything: bool, as_json: bool) -> int:
    board = seen.board()
    states = [seen.incident(row.incident_id) for row in board if everything or row.closed_at is None]
    rows, worst, data = [], 0, []
    for state in states:
        faces = clocks(state, now)
        worst = max(worst, _exit(faces), key=_severity)
        tightest = next((f for f in faces if f.left is not None), None)
        rows.append(
            (
                state.incident_id,
                "DRILL" if state.drill else "",
                state.title,
                summary(state, now),
                f"{tightest.obligation_id}: {span(tightest.left)}" if tightest and tightest.left else "",
            )
        )
        data.append({"incident": state.incident_id, "drill": state.drill, "title": state.title,
                     "summary": summary(state, now), "send_plan": plan_json(send_plan(state, now)),
                     "clocks": faces_json(faces)})  # fmt: skip
    if not states and not as_json:
        closed = f"; closed: {len(board)}, see `tocsin status --all`" if board else ""
        click.echo(f"no open incident{closed}")
    show(data, as_json, lambda: table(("incident", "drill", "title", "stands", "tightest clock"), rows))
    return worst


def _one(
    state: Incident, now: datetime, ledger: LedgerSeen | None, *, everything: bool, as_json: bool
) -> int:
    faces = [f for f in clocks(state, now) if everything or f.standing is not Standing.NOT_REQUIRED]
    actions = agenda(state, now)
    data = {
        "incident": state.incident_id,
        "drill": state.drill,
        "title": state.title,
        "summary": summary(state, now),
        "became_aware_at": state.became_aware_at,
        "people": state.cohort.people if state.cohort else None,
        "told": state.cohort.told if state.cohort else None,
        "gaps": open_gaps(state),
        "deliveries": dict(state.tally()),
        "send_plan": plan_json(send_plan(state, now)),
        "clocks": faces_json(faces),
        "agenda": [{"do": a.do, "sentence": a.sentence, "due_at": a.due_at, "ours": a.ours} for a in actions],
        "ledger": ledger.json() if ledger else None,
    }

    def say() -> None:
        _print(state, now, faces, actions)
        if ledger is not None:
            click.echo(f"\n{ledger.line()}")

    show(data, as_json, say)
    return _exit(faces)


def _deliveries(state: Incident) -> None:
    """Say how letters stand, for each notice by itself: a person may have had letters of several."""
    for name, notice in state.notices.items():
        proposed = state.further.get(notice.plan.approval_id)
        kind = f" ({proposed.kind.replace('_', ' ')})" if proposed else ""
        which = f" {name.rpartition('-')[2]}{kind}" if len(state.notices) > 1 else ""
        tally = ", ".join(f"{k} {n}" for k, n in sorted(notice.tally.items()) if n)
        click.echo(f"deliveries{which} {tally}")


def _print(state: Incident, now: datetime, faces: Any, actions: Any) -> None:
    drill = "  DRILL" if state.drill else ""
    click.echo(f"{state.incident_id}{drill}  {state.title}")
    click.echo(f"{summary(state, now)}; aware {local(state.became_aware_at)}; now {local(now)}")
    if state.cohort is not None:
        excluded = state.cohort.people - state.cohort.told
        gaps = len(open_gaps(state))
        left = f"; {gaps} gaps of the scoping are open" if gaps else ""
        click.echo(f"people to tell {state.cohort.told}, excluded {excluded}{left}")
    _deliveries(state)
    click.echo(f"latest safe send {plan_line(send_plan(state, now))}")
    click.echo("\nclocks")
    table(
        ("duty", "due", "stands", "left", "who"),
        [
            (
                f.obligation_id,
                local(f.due_at),
                f.standing.value.replace("_", " "),
                span(f.left) if f.left is not None else "-",
                f.authority or f.recipient,
            )
            for f in faces
        ],
        dense=True,
    )
    click.echo("\nnext")
    for action in actions:
        who = "tocsin" if action.ours else "you"
        click.echo(f"  {who}: {action.sentence}" + (f" (by {local(action.due_at)})" if action.due_at else ""))


def _exit(faces: Any) -> int:
    standings = {f.standing for f in faces}
    if Standing.LATE in standings:
        return LATE
    if Standing.PAST_SAFE_SEND in standings:
        return PAST_SAFE_SEND
    return AT_RISK if Standing.DUE_TODAY in standings else 0


def _severity(code: int) -> int:
    return {0: 0, AT_RISK: 1, PAST_SAFE_SEND: 2, LATE: 3}[code]
