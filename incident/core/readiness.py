"""What is asked before any incident: each check with how it stands, and what would be lost without it.

An answer that nobody has given is unknown, and is shown as unknown: never as fine, and never as missing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from incident.core.profile import SnapshotProfile

STALE_AFTER = timedelta(days=365)  # O5: the policy has everything reviewed annually


class Standing(StrEnum):
    """How a check stands."""

    OK = "ok"
    WEAK = "weak"
    UNKNOWN = "unknown"
    MISSING = "missing"


NOT_READY = frozenset({Standing.MISSING, Standing.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Check:
    """One check: its area and name, how it stands, and a sentence that says what to do or what is lost."""

    area: str
    name: str
    standing: Standing
    said: str


@dataclass(frozen=True, slots=True)
class Asked:
    """One question about a system, its answer (None: unknown), and what is wanted: a truth, or at least a number."""

    system: str
    key: str
    ask: str
    want: bool | int
    otherwise: str
    answer: bool | int | None


@dataclass(frozen=True, slots=True)
class Someone:
    """A person of the settings, as far as readiness goes."""

    handle: str
    on_call: bool
    approves: bool
    has_email: bool
    has_phone: bool


def of_people(people: Sequence[Someone]) -> Iterable[Check]:
    """Check that somebody is on call, that a second may approve, and that all can be reached."""
    on_call = [p for p in people if p.on_call]
    approvers = [p for p in people if p.approves]
    yield _check("people", "on call", bool(on_call), "somebody is on call", "nobody is on call")
    alone = {p.handle for p in on_call} >= {p.handle for p in approvers}
    if len(approvers) > 1:
        yield Check("people", "four eyes", Standing.OK, f"{len(approvers)} people may approve")
    elif approvers and not alone:
        text = "only one person may approve: when that one is away or wrote the letter, nobody can; name a second"
        yield Check("people", "four eyes", Standing.WEAK, text)
    else:
        text = "nobody may approve what those on call send: give a second person the role approver"
        yield Check("people", "four eyes", Standing.MISSING, text)
    for person in people:
        if person.on_call or person.approves:
            yield _reachable(person)


def _reachable(person: Someone) -> Check:
    name = f"reaching {person.handle}"
    if person.has_email and person.has_phone:
        return Check("people", name, Standing.OK, "has an address and a telephone number")
    lacks = "telephone number, and at 02:00 nobody reads mail" if person.has_email else "address"
    return Check("people", name, Standing.WEAK, f"has no {lacks}")


def of_questions(asked: Iterable[Asked]) -> Iterable[Check]:
    """Check the answers about each system's logs, masks and retention."""
    for each in asked:
        name = f"{each.system}.{each.key}"
        if each.answer is None:
            yield Check("systems", name, Standing.UNKNOWN, f"{each.ask} Otherwise: {each.otherwise}")
        elif _is_good(each):
            yield Check("systems", name, Standing.OK, each.ask)
        else:
            yield Check("systems", name, Standing.WEAK, f"{each.ask} No: {each.otherwise}")


def _is_good(each: Asked) -> bool:
    if isinstance(each.want, bool):
        return each.answer is each.want
    return not isinstance(each.answer, bool) and each.answer is not None and each.answer >= each.want


def of_lives(systems: Mapping[str, Sequence[SnapshotProfile]], promise_hours: int) -> Iterable[Check]:
    """Name every trace that dies before the promise's hours are over."""
    for system, snapshots in systems.items():
        for each in snapshots:
            if each.evidence_hours is not None and each.evidence_hours < promise_hours:
                lives = f"lives {each.evidence_hours} h, and the promise runs {promise_hours} h"
                text = f"{lives}: forward it, or take it first"
                yield Check("retention", f"{system}: {each.what}", Standing.WEAK, text)


def of_days(days: Mapping[str, tuple[date | None, str]], today: date) -> Iterable[Check]:
    """Check what only a person can say: when it was last done."""
    for name, (done_on, why) in days.items():
        if done_on is None:
            yield Check(
                "declared", name, Standing.UNKNOWN, f"{why} Nobody has said when: ready.{name} in tocsin.toml"
            )
        elif done_on > today:
            yield Check("declared", name, Standing.WEAK, f"the day {done_on} lies in the future")
        elif today - done_on > STALE_AFTER:
            yield Check("declared", name, Standing.WEAK, f"last on {done_on}, more than a year ago")
        else:
            yield Check("declared", name, Standing.OK, f"on {done_on}")


def of_policy(typos: Iterable[str]) -> Iterable[Check]:
    """Flag the addresses that the published policy has wrong; Tocsin never writes to them."""
    for typo in typos:
        text = f"the published policy names {typo}, which is a typing error: correct the page; Tocsin never uses it"
        yield Check("policy", "address", Standing.WEAK, text)


def _check(area: str, name: str, good: bool, fine: str, missing: str) -> Check:
    return Check(area, name, Standing.OK if good else Standing.MISSING, fine if good else missing)
