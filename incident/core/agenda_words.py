"""The sentences of the agenda that name a number, a reason or a stage; the plain ones stand in `agenda` itself."""

from __future__ import annotations

from incident.core.going import GoStage
from incident.core.said import Said, Term, code_of, number, people, say

LETTING_GO = {
    GoStage.SEND_SEEDS: say("do.seeds", "send every letter to our own mailboxes first"),
    GoStage.RELEASE_SLICE: say("do.slice", "let the first slice go"),
    GoStage.RELEASE_REST: say("do.rest", "let the rest go"),
}
WATCHING = {
    GoStage.WATCH_SEEDS: say(
        "do.watch_seeds",
        "look whether the letters arrived at our own mailboxes; `tocsin send --seen` says so",
    ),
    GoStage.WATCH_SLICE: say("do.watch_slice", "watch what becomes of the first slice"),
}
MEND = say("do.mend", "mend what the letter check found; `tocsin letters` shows it")
JUDGE = say("do.judge", "judge what went first")


def reassess(level: str) -> Said:
    """Say that more is known now than when the risk was taken over from the rules."""
    return say(
        "do.reassess",
        "assess the risk again: with what is known now the rules propose {level}",
        level=Term("risk", level, level),
    )


def look_up(batches: int) -> Said:
    """Say that the provider's record is asked about doubts."""
    return say(
        "do.look_up",
        "look {batches} in doubt up in the provider's record",
        batches=number(batches, "batch", "batches"),
    )


def miss(duties: int) -> Said:
    """Say that lateness is written down."""
    return say(
        "do.miss", "freeze the lateness of {duties}", duties=number(duties, "obligation", "obligations")
    )


def prepare(packs: int) -> Said:
    """Say that packs are made."""
    return say("do.packs", "prepare {packs}", packs=number(packs, "filing pack"))


def file_with(authority: str) -> Said:
    """Say who is to be told."""
    return say("do.file", "file with {authority} and record the reference", authority=authority)


def send(count: int) -> Said:
    """Say whose letters go."""
    return say("do.send", "send the letters of {people}", people=people(count))


def doubt(count: int) -> Said:
    """Say of how many nobody knows whether the provider has their letter."""
    return say("do.doubt", "find out whether the provider took the letters of {people}", people=people(count))


def elsewhere(count: int) -> Said:
    """Say how many mail does not reach."""
    return say("do.elsewhere", "tell {people} on another channel, and account for each", people=people(count))


def outbox(count: int) -> Said:
    """Say that letters lie on this machine."""
    return say(
        "do.outbox",
        "the letters to {people} lie in the outbox: hand them over, and account for each",
        people=people(count),
    )


def next_steps(customers: int) -> Said:
    """Say with whom nothing is agreed yet."""
    return say(
        "do.next_steps",
        "record next steps with {customers}",
        customers=number(customers, "affected customer"),
    )


def gap(text: str) -> Said:
    """Say what scoping left open."""
    return say("do.gap", "settle what scoping could not, or accept it with a reason: {gap}", gap=text)


def refused(why: str) -> Said:
    """Say that the provider stopped the sending."""
    return say("do.refused", "the provider refused us: {why}; mend it and resume", why=why)


def paused(why: str) -> Said:
    """Say that somebody paused the sending."""
    return say("do.paused", "sending is paused: {why}; resume or stop it", why=why)


def failed(stage: str) -> Said:
    """Say that what went first did not pass."""
    return say(
        "do.failed",
        "the {stage} did not pass; look, then resume with a reason or stop",
        stage=code_of("go", stage),
    )
