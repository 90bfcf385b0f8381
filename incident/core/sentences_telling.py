"""The sentences of telling: letters, approvals, batches and what became of them, filings, next steps, the ending."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from incident.core import spans
from incident.core.said import (
    NOTHING,
    Joined,
    Said,
    clean,
    code_of,
    number,
    people,
    place_of,
    say,
    status_of,
)


def _tally(counts: Mapping[str, int]) -> Joined:
    return Joined(Joined((n, status_of(state)), " ") for state, n in sorted(counts.items()) if n)


def _drafted(e: Any) -> Said:
    found = number(len(e.findings), "finding") if e.findings else say("no_findings", "no findings")
    return say(
        "drafted",
        "Letter {letter} was drafted for {people}, with {found}.",
        letter=e.letter_id,
        people=people(e.people),
        found=found,
    )


def _requested(e: Any) -> Said:
    return say(
        "requested",
        "A second person was asked to approve cohort {cohort} and its letters ({approval}).",
        cohort=e.cohort_id,
        approval=e.approval_id,
    )


def _planned(e: Any) -> Said:
    return say(
        "planned",
        "The letters were laid out in {batches}: {counts}.",
        batches=number(e.batches, "batch", "batches"),
        counts=_tally(e.tally) or say("nobody", "nobody"),
    )


def _intended(e: Any) -> Said:
    return say(
        "intended",
        "Batch {batch} was about to be handed to the mail provider: {people}, attempt {attempt}.",
        batch=str(e.batch),
        people=people(spans.size(e.positions)),
        attempt=str(e.attempt),
    )


def _answered(e: Any) -> Said:
    ended: Counter[str] = Counter()
    for arrow, count in e.tally.items():
        ended[arrow.partition(">")[2]] += count
    return say(
        "answered",
        "Batch {batch}, attempt {attempt}, was {answer}{counts}{why}.",
        batch=str(e.batch),
        attempt=str(e.attempt),
        answer=status_of(e.answer),
        counts=say("answered.counts", " ({counts})", counts=_tally(ended)) if ended else NOTHING,
        why=say("answered.why", ": {why}", why=clean(e.reason)) if e.reason else NOTHING,
    )


def _resolved(e: Any) -> Said:
    found = (
        say("resolved.taken", "the mail provider has it")
        if e.accepted
        else say("resolved.missed", "the mail provider certainly does not have it")
    )
    return say(
        "resolved",
        "The doubt about batch {batch} was settled, {found}: {how}.",
        batch=str(e.batch),
        found=found,
        how=clean(e.how),
    )


def _moved_batches(e: Any) -> Said:
    return say(
        "moved",
        "{batches}, {people}, now {state}: {why}.",
        batches=number(spans.size(e.batches), "batch", "batches"),
        people=people(sum(e.tally.values())),
        state=status_of(e.state),
        why=clean(e.reason),
    )


def _advanced(e: Any) -> Said:
    counts = _tally({state: spans.size(positions) for state, positions in e.advanced.items() if positions})
    return say(
        "advanced",
        "The mail provider sent {reports} ({duplicates} seen before{odd}): {counts}.",
        reports=number(e.events, "report"),
        duplicates=str(e.duplicates),
        odd=say("advanced.odd", ", {n} of an unknown kind", n=str(e.unknown)) if e.unknown else NOTHING,
        counts=counts or say("nothing_changed", "nothing changed"),
    )


def _accounted(e: Any) -> Said:
    values = {
        "people": people(len(e.positions)),
        "channel": code_of("channel", e.channel),
        "at": e.happened_at,
        "note": clean(e.note),
    }
    if e.told:
        return say(
            "accounted.told",
            "{people} whom mail did not reach: told by {channel} on {at}. {note}.",
            **values,
        )
    return say(
        "accounted.given_up",
        "{people} whom mail did not reach could not be told by {channel} either ({at}). {note}.",
        **values,
    )


def _prepared(e: Any) -> Said:
    unknown = Joined(code_of("fact", name) for name in e.fields_unknown)
    return say(
        "prepared",
        "The {stage} to {authority} ({place}) was prepared{unknown}.",
        stage=status_of(e.stage),
        authority=e.authority,
        place=place_of(e.jurisdiction),
        unknown=say("prepared.unknown", "; still unknown: {facts}", facts=unknown) if unknown else NOTHING,
    )


def _submitted(e: Any) -> Said:
    return say(
        "submitted",
        "Filing {filing} was submitted on {at}, reference {reference}, {receipt}{late}.",
        filing=e.filing_id,
        at=e.submitted_at,
        reference=e.reference,
        receipt=say("with_receipt", "with a receipt")
        if e.receipt_sha256
        else say("without_receipt", "without a receipt"),
        late=say("late_because", ", late because: {why}", why=clean(e.late_because))
        if e.late_because
        else NOTHING,
    )


def _next_step(e: Any) -> Said:
    return say(
        "next_step",
        "Next step with {people}: {step}{due}. {text}.",
        people=people(len(e.positions)),
        step=status_of(e.step),
        due=say("due", ", due {at}", at=e.due_on) if e.due_on else NOTHING,
        text=clean(e.text),
    )


TELLING: Mapping[str, Callable[[Any], Said]] = {
    "letter:drafted": _drafted,
    "letter:withdrawn": lambda e: say(
        "withdrawn", "Letter {letter} was withdrawn: {why}.", letter=e.letter_id, why=clean(e.reason)
    ),
    "letters:determined": lambda e: say(
        "letters", "The letters are complete: {letters}.", letters=number(e.letters, "letter")
    ),
    "approval:requested": _requested,
    "approval:refused": lambda e: say(
        "approval.refused", "Approval was refused: {why}.", why=clean(e.reason)
    ),
    "notice:approved": lambda e: say(
        "approved", "Cohort, letters and sending were approved ({approval}).", approval=e.approval_id
    ),
    "approval:voided": lambda e: say(
        "voided", "Approval {approval} became void: {why}.", approval=e.approval_id, why=clean(e.reason)
    ),
    "notice:planned": _planned,
    "notice:resumed": lambda e: say("resumed", "Sending goes on: {why}.", why=clean(e.reason)),
    "batch:intended": _intended,
    "batch:answered": _answered,
    "batch:resolved": _resolved,
    "batches:moved": _moved_batches,
    "deliveries:advanced": _advanced,
    "deliveries:accounted": _accounted,
    "filing:prepared": _prepared,
    "filing:submitted": _submitted,
    "next_step:recorded": _next_step,
    "action_item:promised": lambda e: say(
        "promised", "{owner} promised by {on}: {text}.", owner=e.owner, on=e.due_on, text=clean(e.text)
    ),
    "post_mortem:drafted": lambda e: say(
        "report", "The post-mortem was written from the ledger, up to entry {seq}.", seq=str(e.up_to_seq)
    ),
    "post_mortem:reviewed": lambda e: say(
        "reviewed",
        "The post-mortem was reviewed and accepted: {remark}.",
        remark=clean(e.remark) or say("no_remark", "no remark"),
    ),
    "review:refused": lambda e: say("review.refused", "The review was refused: {why}.", why=clean(e.reason)),
    "close:refused": lambda e: say("close.refused", "Closing was refused: {why}.", why=clean(e.reason)),
    "incident:closed": lambda e: say("closed", "The incident was closed: {why}.", why=clean(e.reason)),
}
"""How each of these kinds is said."""
