"""One plain sentence for every kind of entry: the timeline as a person reads it.

Says what happened, not who did it or when: actor and times stand beside the sentence. Positions of people are
counted, never listed. Codes are worded in `incident.core.wording`; each sentence keeps its key for other languages.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from incident.core.events import Label, Outcome
from incident.core.said import (
    NOTHING,
    Joined,
    Said,
    Term,
    clean,
    code_of,
    number,
    people,
    place_of,
    say,
    status_of,
)
from incident.core.sentences_access import ACCESS
from incident.core.sentences_custody import CUSTODY
from incident.core.sentences_further import FURTHER
from incident.core.sentences_going import GOING
from incident.core.sentences_holding import HOLDING
from incident.core.sentences_telling import TELLING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from incident.core.events import Event

DECISIONS: dict[Outcome, Said] = {
    Outcome.NOTIFY: say("decided.notify", "This is a breach, and the people affected must be told"),
    Outcome.NO_NOTICE: say("decided.no_notice", "This is a breach that needs no notice to people"),
    Outcome.NOT_A_BREACH: say("decided.not_a_breach", "This is not a breach of personal data"),
}


def sentence(event: Event) -> Said:
    """Return one plain sentence about what was recorded."""
    return SENTENCES[event.KIND](event)


def listed(items: Sequence[object]) -> str:
    """Set items one after the other, or say that there is none."""
    return Joined(items) if items else say("none", "none")


def facts_listed(names: Sequence[str]) -> str:
    """Set the names of facts one after the other."""
    return listed([code_of("fact", name) for name in names])


def _places(counts: Mapping[str, int]) -> str:
    return Joined(Joined((place_of(code), count), " ") for code, count in sorted(counts.items()))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return say("yes", "yes") if value else say("no", "no")
    if isinstance(value, list | tuple):
        return Joined((_value(item) for item in value), "; ")
    if isinstance(value, dict):
        pairs = sorted(value.items())
        return Joined((Joined((code_of("fact", str(k)), _value(v)), ": ") for k, v in pairs), "; ")
    text = str(value)
    return code_of("value", text) if text.isidentifier() and text.islower() else clean(text)


def _opened(e: Any) -> Said:
    noticed = (
        say("opened.noticed", "noticed on {at}", at=e.detected_at)
        if e.detected_at
        else say("opened.unnoticed", "when it was noticed is unknown")
    )
    return say(
        "opened",
        "The incident “{title}” was opened, with {hours} hours to tell customers; {noticed}.",
        title=clean(e.title),
        hours=str(e.promise_hours),
        noticed=noticed,
    )


def _amended(e: Any) -> Said:
    name = Term("fact", e.name, e.name.replace("_", " ").capitalize())
    if e.label is Label.UNKNOWN:
        return say(
            "amended.unknown", "{name} is unknown (source: {source}).", name=name, source=clean(e.source)
        )
    return say(
        "amended",
        "{name} is {label}: {value} (source: {source}).",
        name=name,
        label=status_of(e.label),
        value=_value(e.value),
        source=clean(e.source),
    )


def _frozen(e: Any) -> Said:
    return say(
        "frozen",
        "Evidence {evidence} was frozen: {file} of {system}, {size}, taken on {at}, hash {hash}.",
        evidence=e.evidence_id,
        file=e.file_name,
        system=code_of("system", e.system),
        size=number(e.size_bytes, "byte"),
        at=e.taken_at,
        hash=e.sha256[:12],
    )


def _risk(e: Any) -> Said:
    over: Said = NOTHING
    if e.overridden_because:
        over = say(
            "risk.over",
            "; the rules had proposed {proposed}, overridden because: {why}",
            proposed=status_of(e.proposed),
            why=clean(e.overridden_because),
        )
    level = status_of(e.level)
    return say("risk", "The risk to people was assessed as {level}{over}.", level=level, over=over)


def _cohort(e: Any) -> Said:
    nameless = number(e.unresolved_items, "item") if e.unresolved_items else None
    loose = say("cohort.loose", ", {items} without a name to them", items=nameless) if nameless else NOTHING
    where = (
        say("cohort.places", " Places: {places}.", places=_places(e.by_jurisdiction))
        if e.by_jurisdiction
        else NOTHING
    )
    after: Said = NOTHING
    if e.follows:
        after = say(
            "cohort.follows",
            " It follows {cohorts}; who was told already is not told again.",
            cohorts=listed(e.follows),
        )
    return say(
        "cohort",
        "Cohort {cohort} (wave {wave}) was frozen: {people} listed, {told} to be told, "
        "{silent} without an e-mail address{loose}.{where}{after}",
        cohort=e.cohort_id,
        wave=str(e.wave),
        people=people(e.people),
        told=e.told,
        silent=e.without_email,
        loose=loose,
        where=where,
        after=after,
    )


def _determined(e: Any) -> Said:
    gaps = [place_of(code) for code in e.not_covered]
    return say(
        "determined",
        "The law was asked: {required} of {considered} duties apply{gaps}{missing}.",
        required=str(e.required),
        considered=str(e.considered),
        gaps=say("determined.gaps", "; no rules held for {places}", places=listed(gaps)) if gaps else NOTHING,
        missing=say("unknown_facts", "; unknown facts: {facts}", facts=facts_listed(e.missing_facts))
        if e.missing_facts
        else NOTHING,
    )


def _due(e: Any) -> Said:
    if e.due_at or e.due_on:
        return say("due", ", due {at}", at=e.due_at or e.due_on)
    if not e.required:
        return NOTHING
    if e.number_in_law:
        return say("due.waits", ", waits for: {clock}", clock=code_of("clock", e.clock))
    return say("due.no_number", ", no number in law")


def _arose(e: Any) -> Said:
    told = say("arose.told", "must be told") if e.required else say("arose.untold", "need not be told")
    return say(
        "arose",
        "Duty {duty}: {whom} ({place}) {told}{due}, because: {why}.",
        duty=e.obligation_id,
        whom=e.authority or status_of(e.recipient),
        place=place_of(e.jurisdiction),
        told=told,
        due=_due(e),
        why=clean(e.because),
    )


SENTENCES: dict[str, Callable[[Any], Said]] = {
    "incident:opened": _opened,
    "awareness:decided": lambda e: say(
        "aware",
        "The team became aware on {at}, because: {why}.",
        at=e.became_aware_at,
        why=clean(e.reason),
    ),
    "facts:amended": _amended,
    "evidence:frozen": _frozen,
    "evidence:refused": lambda e: say(
        "evidence.refused",
        "{file} of {system} was not taken as evidence: {why}.",
        file=e.file_name,
        system=code_of("system", e.system),
        why=clean(e.reason),
    ),
    "evidence:read": lambda e: say(
        "evidence.read",
        "Evidence {evidence} was read, for: {why}.",
        evidence=listed(e.evidence_ids),
        why=clean(e.purpose),
    ),
    "severity:assessed": lambda e: say(
        "severity",
        "Severity was assessed as {band}, with a score of {score}.",
        band=status_of(e.band),
        score=str(e.score),
    ),
    "risk:assessed": _risk,
    "breach:decided": lambda e: say(
        "decided", "{what}. Reason: {why}.", what=DECISIONS[e.outcome], why=clean(e.reason)
    ),
    "cohort:frozen": _cohort,
    "gap:accepted": lambda e: say(
        "gap",
        "A gap in the scoping was accepted: {gap}. Reason: {why}.",
        gap=clean(e.gap),
        why=clean(e.reason),
    ),
    "merge:confirmed": lambda e: say(
        "merge",
        "Positions {left} and {right} of cohort {cohort} were confirmed to be one person ({merge}): {why}.",
        left=str(e.left),
        right=str(e.right),
        cohort=e.cohort_id,
        merge=e.merge_id,
        why=clean(e.reason),
    ),
    "identity:separated": lambda e: say(
        "separated",
        "The {kind} of position {position} of cohort {cohort} joins nobody any more ({merge}): {why}.",
        kind=code_of("identity", e.identity_kind),
        position=str(e.position),
        cohort=e.cohort_id,
        merge=e.merge_id,
        why=clean(e.reason),
    ),
    "merge:reversed": lambda e: say(
        "merge.reversed",
        "The decision {merge} about joining was undone: {why}.",
        merge=e.merge_id,
        why=clean(e.reason),
    ),
    "obligations:determined": _determined,
    "obligation:arose": _arose,
    "obligation:lapsed": lambda e: say(
        "duty.lapsed", "Duty {duty} no longer arises: {why}.", duty=e.obligation_id, why=clean(e.because)
    ),
    "obligation:waived": lambda e: say(
        "duty.waived",
        "Duty {duty} was decided not to be required: {why}.",
        duty=e.obligation_id,
        why=clean(e.reason),
    ),
    "obligation:met": lambda e: say(
        "duty.met", "Duty {duty} was met on {at}: {how}.", duty=e.obligation_id, at=e.met_at, how=clean(e.how)
    ),
    "deadline:missed": lambda e: say(
        "duty.missed",
        "The deadline of duty {duty} was missed: it was {at}.",
        duty=e.obligation_id,
        at=e.due_at,
    ),
    **TELLING,
    **GOING,
    **HOLDING,
    **FURTHER,
    **ACCESS,
    **CUSTODY,
}
"""How each kind of entry is said; complete over `incident.core.events.REGISTRY`."""
