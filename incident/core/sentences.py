"""One plain sentence for every kind of entry: the timeline as a person reads it.

Says what happened, not who did it or when: actor and times stand beside the sentence. Positions of people are
counted, never listed. Codes are worded in `incident.core.wording`.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from incident.core import spans
from incident.core.events import Label, Outcome
from incident.core.places import place
from incident.core.sentences_access import ACCESS
from incident.core.sentences_custody import CUSTODY
from incident.core.sentences_going import GOING
from incident.core.spoken_times import day, when
from incident.core.wording import clean, status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from incident.core.events import Event

DECISIONS: dict[Outcome, str] = {
    Outcome.NOTIFY: "This is a breach, and the people affected must be told",
    Outcome.NO_NOTICE: "This is a breach that needs no notice to people",
    Outcome.NOT_A_BREACH: "This is not a breach of personal data",
}


def sentence(event: Event) -> str:
    """Return one plain sentence about what was recorded."""
    return SENTENCES[event.KIND](event)


def _number(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _people(count: int) -> str:
    return _number(count, "person", "people")


def _listed(items: Sequence[str]) -> str:
    return ", ".join(items) if items else "none"


def _words(code: str) -> str:
    return code.replace("_", " ")


def _places(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{place(code)} {count:,}" for code, count in sorted(counts.items()))


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return "; ".join(_value(item) for item in value)
    if isinstance(value, dict):
        return "; ".join(f"{_words(str(k))}: {_value(v)}" for k, v in sorted(value.items()))
    text = str(value)
    return _words(text) if text.isidentifier() and text.islower() else clean(text)


def _opened(e: Any) -> str:
    detected = f"; noticed on {when(e.detected_at)}" if e.detected_at else "; when it was noticed is unknown"
    hours = f"{e.promise_hours} hours to tell customers"
    return f"The incident “{clean(e.title)}” was opened, with {hours}{detected}."


def _awareness(e: Any) -> str:
    return f"The team became aware on {when(e.became_aware_at)}, because: {clean(e.reason)}."


def _amended(e: Any) -> str:
    name = _words(e.name)
    if e.label is Label.UNKNOWN:
        return f"{name.capitalize()} is unknown (source: {clean(e.source)})."
    return f"{name.capitalize()} is {status(e.label)}: {_value(e.value)} (source: {clean(e.source)})."


def _frozen(e: Any) -> str:
    size = _number(e.size_bytes, "byte")
    return (
        f"Evidence {e.evidence_id} was frozen: {e.file_name} of {_words(e.system)}, {size}, "
        f"taken on {when(e.taken_at)}, hash {e.sha256[:12]}."
    )


def _severity(e: Any) -> str:
    return f"Severity was assessed as {status(e.band)}, with a score of {e.score}."


def _risk(e: Any) -> str:
    over = ""
    if e.overridden_because:
        why = clean(e.overridden_because)
        over = f"; the rules had proposed {status(e.proposed)}, overridden because: {why}"
    return f"The risk to people was assessed as {status(e.level)}{over}."


def _cohort(e: Any) -> str:
    loose = f", {_number(e.unresolved_items, 'item')} without a name to them" if e.unresolved_items else ""
    where = f" Places: {_places(e.by_jurisdiction)}." if e.by_jurisdiction else ""
    people = (
        f"{_people(e.people)} listed, {e.told:,} to be told, {e.without_email:,} without an e-mail address"
    )
    after = f" It follows {_listed(e.follows)}; who was told already is not told again." if e.follows else ""
    return f"Cohort {e.cohort_id} (wave {e.wave}) was frozen: {people}{loose}.{where}{after}"


def _determined(e: Any) -> str:
    gaps = f"; no rules held for {_listed([place(c) for c in e.not_covered])}" if e.not_covered else ""
    missing = f"; unknown facts: {_listed([_words(f) for f in e.missing_facts])}" if e.missing_facts else ""
    return f"The law was asked: {e.required} of {e.considered} duties apply{gaps}{missing}."


def _due(e: Any) -> str:
    if e.due_at or e.due_on:
        return f", due {when(e.due_at) if e.due_at else day(e.due_on)}"
    if not e.required:
        return ""
    return f", waits for: {_words(e.clock)}" if e.number_in_law else ", no number in law"


def _arose(e: Any) -> str:
    whom = e.authority or status(e.recipient)
    duty = "must be told" if e.required else "need not be told"
    why = clean(e.because)
    return f"Duty {e.obligation_id}: {whom} ({place(e.jurisdiction)}) {duty}{_due(e)}, because: {why}."


def _drafted(e: Any) -> str:
    found = _number(len(e.findings), "finding") if e.findings else "no findings"
    return f"Letter {e.letter_id} was drafted for {_people(e.people)}, with {found}."


def _requested(e: Any) -> str:
    return f"A second person was asked to approve cohort {e.cohort_id} and its letters ({e.approval_id})."


def _planned(e: Any) -> str:
    counts = ", ".join(f"{n:,} {status(s)}" for s, n in sorted(e.tally.items()) if n)
    return f"The letters were laid out in {_number(e.batches, 'batch', 'batches')}: {counts or 'nobody'}."


def _intended(e: Any) -> str:
    people = _people(spans.size(e.positions))
    return f"Batch {e.batch} was about to be handed to the mail provider: {people}, attempt {e.attempt}."


def _answered(e: Any) -> str:
    ended: Counter[str] = Counter()
    for arrow, number in e.tally.items():
        ended[arrow.partition(">")[2]] += number
    counts = f" ({', '.join(f'{n:,} {status(s)}' for s, n in sorted(ended.items()) if n)})" if ended else ""
    why = f": {clean(e.reason)}" if e.reason else ""
    return f"Batch {e.batch}, attempt {e.attempt}, was {status(e.answer)}{counts}{why}."


def _resolved(e: Any) -> str:
    found = "the mail provider has it" if e.accepted else "the mail provider certainly does not have it"
    return f"The doubt about batch {e.batch} was settled, {found}: {clean(e.how)}."


def _moved_batches(e: Any) -> str:
    batches, people = _number(spans.size(e.batches), "batch", "batches"), _people(sum(e.tally.values()))
    return f"{batches}, {people}, now {status(e.state)}: {clean(e.reason)}."


def _advanced(e: Any) -> str:
    counts = ", ".join(f"{spans.size(p):,} {status(s)}" for s, p in sorted(e.advanced.items()) if p)
    odd = f", {e.unknown} of an unknown kind" if e.unknown else ""
    reports = _number(e.events, "report")
    return (
        f"The mail provider sent {reports} ({e.duplicates} seen before{odd}): {counts or 'nothing changed'}."
    )


def _accounted(e: Any) -> str:
    people, at, note = _people(len(e.positions)), when(e.happened_at), clean(e.note)
    if e.told:
        return f"{people} whom mail did not reach: told by {_words(e.channel)} on {at}. {note}."
    return f"{people} whom mail did not reach could not be told by {_words(e.channel)} either ({at}). {note}."


def _prepared(e: Any) -> str:
    unknown = f"; still unknown: {_listed([_words(f) for f in e.fields_unknown])}" if e.fields_unknown else ""
    return f"The {status(e.stage)} to {e.authority} ({place(e.jurisdiction)}) was prepared{unknown}."


def _submitted(e: Any) -> str:
    late = f", late because: {clean(e.late_because)}" if e.late_because else ""
    receipt = "with a receipt" if e.receipt_sha256 else "without a receipt"
    at = when(e.submitted_at)
    return f"Filing {e.filing_id} was submitted on {at}, reference {e.reference}, {receipt}{late}."


def _next_step(e: Any) -> str:
    due = f", due {day(e.due_on)}" if e.due_on else ""
    return f"Next step with {_people(len(e.positions))}: {status(e.step)}{due}. {clean(e.text)}."


def _close_refused(e: Any) -> str:
    return f"Closing was refused: {clean(e.reason)}."


SENTENCES: dict[str, Callable[[Any], str]] = {
    "incident:opened": _opened,
    "awareness:decided": _awareness,
    "facts:amended": _amended,
    "evidence:frozen": _frozen,
    "evidence:refused": lambda e: (
        f"{e.file_name} of {_words(e.system)} was not taken as evidence: {clean(e.reason)}."
    ),
    "evidence:read": lambda e: f"Evidence {_listed(e.evidence_ids)} was read, for: {clean(e.purpose)}.",
    "severity:assessed": _severity,
    "risk:assessed": _risk,
    "breach:decided": lambda e: f"{DECISIONS[e.outcome]}. Reason: {clean(e.reason)}.",
    "cohort:frozen": _cohort,
    "gap:accepted": lambda e: (
        f"A gap in the scoping was accepted: {clean(e.gap)}. Reason: {clean(e.reason)}."
    ),
    "merge:confirmed": lambda e: (
        f"Positions {e.left} and {e.right} of cohort {e.cohort_id} were confirmed to be one person "
        f"({e.merge_id}): {clean(e.reason)}."
    ),
    "identity:separated": lambda e: (
        f"The {_words(e.identity_kind)} of position {e.position} of cohort {e.cohort_id} joins nobody any more "
        f"({e.merge_id}): {clean(e.reason)}."
    ),
    "merge:reversed": lambda e: f"The decision {e.merge_id} about joining was undone: {clean(e.reason)}.",
    "obligations:determined": _determined,
    "obligation:arose": _arose,
    "obligation:lapsed": lambda e: f"Duty {e.obligation_id} no longer arises: {clean(e.because)}.",
    "obligation:waived": lambda e: (
        f"Duty {e.obligation_id} was decided not to be required: {clean(e.reason)}."
    ),
    "obligation:met": lambda e: f"Duty {e.obligation_id} was met on {when(e.met_at)}: {clean(e.how)}.",
    "deadline:missed": lambda e: (
        f"The deadline of duty {e.obligation_id} was missed: it was {when(e.due_at)}."
    ),
    "letter:drafted": _drafted,
    "letter:withdrawn": lambda e: f"Letter {e.letter_id} was withdrawn: {clean(e.reason)}.",
    "letters:determined": lambda e: f"The letters are complete: {_number(e.letters, 'letter')}.",
    "approval:requested": _requested,
    "approval:refused": lambda e: f"Approval was refused: {clean(e.reason)}.",
    "notice:approved": lambda e: f"Cohort, letters and sending were approved ({e.approval_id}).",
    "approval:voided": lambda e: f"Approval {e.approval_id} became void: {clean(e.reason)}.",
    "notice:planned": _planned,
    "notice:resumed": lambda e: f"Sending goes on: {clean(e.reason)}.",
    "batch:intended": _intended,
    "batch:answered": _answered,
    "batch:resolved": _resolved,
    "batches:moved": _moved_batches,
    "deliveries:advanced": _advanced,
    "deliveries:accounted": _accounted,
    "filing:prepared": _prepared,
    "filing:submitted": _submitted,
    "next_step:recorded": _next_step,
    "action_item:promised": lambda e: f"{e.owner} promised by {day(e.due_on)}: {clean(e.text)}.",
    "post_mortem:drafted": lambda e: (
        f"The post-mortem was written from the ledger, up to entry {e.up_to_seq}."
    ),
    "post_mortem:reviewed": lambda e: (
        f"The post-mortem was reviewed and accepted: {clean(e.remark) or 'no remark'}."
    ),
    "review:refused": lambda e: f"The review was refused: {clean(e.reason)}.",
    "close:refused": _close_refused,
    "incident:closed": lambda e: f"The incident was closed: {clean(e.reason)}.",
    **GOING,
    **ACCESS,
    **CUSTODY,
}
"""How each kind of entry is said; complete over `incident.core.events.REGISTRY`."""
