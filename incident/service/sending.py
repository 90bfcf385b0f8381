"""Send what was approved: lay letters out in batches, record the intent, call the provider, record the answer.

The intent is committed before the call and no database session is held during it. A run that dies in between
leaves an intent without an answer; the next run calls that a doubt and never sends it again by itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from incident.core import events as e
from incident.core.actors import RESPONDERS, TOCSIN, Actor
from incident.core.decide import notice as decide
from incident.core.deliveries import DeliveryState, Signal, advance
from incident.core.letters import letter_from
from incident.core.mailing import (
    Accepted,
    Batch,
    LetterContent,
    Mixed,
    NotSent,
    Outcome,
    Recipient,
    Refused,
    Single,
    Split,
    Stop,
    Uncertain,
    per_recipient,
)
from incident.core.people import DeliveryRow, PersonRow
from incident.core.state import Incident, Notice
from incident.core.wording import name_or
from incident.errors import PermanentError, RefusedError, TransientError
from incident.service.house import House, load, record, view, write
from incident.service.letters import send_sha256

PLACEHOLDERS = frozenset({"name", "reference"})
PAGE = 1000
NEXT = {
    "accepted": Signal.TAKEN,
    "refused": Signal.TURNED_DOWN,
    "not_sent": Signal.NOT_SENT,
    "stopped": Signal.NOT_SENT,
    "split": Signal.NOT_SENT,
    "uncertain": Signal.IN_DOUBT,
}


@dataclass(frozen=True, slots=True)
class _Call:
    """One call to the provider: the intent as recorded, and what is handed over."""

    intended: e.BatchIntended
    batch: Batch


def check_ready(house: House, incident_id: str, *, actor: Actor) -> None:
    """Refuse, with the reason, when nothing may be sent."""
    actor.must_be(*RESPONDERS, to="send")
    state = view(house, incident_id)
    if state.approval is None or not state.approval.granted:
        raise RefusedError("nothing is sent without a standing approval; see `tocsin letters`")


def resume(house: House, incident_id: str, *, actor: Actor, reason: str = "the cause is mended") -> Incident:
    """Go on after the provider refused us."""
    return record(
        house, incident_id, actor=actor, decide=lambda s, _now: decide.resume(s, actor=actor, reason=reason)
    )


def send(house: House, incident_id: str, *, progress: Callable[[int, int], None]) -> str:
    """Send every batch that is not sent yet. Returns how many people's letters were accepted now.

    Raises TransientError when the provider wants us to wait, PermanentError when a person must mend something;
    both after the answer is recorded.
    """
    state = view(house, incident_id)
    notice = _notice(state)
    notice_id = notice.plan.notice_id
    _refuse_other_way(house, state, notice)
    _doubt_stranded(house, incident_id, notice_id)
    accepted = 0
    limit = house.profile.batch_people
    numbers = _unsent_batches(house, notice_id)
    for done, number in enumerate(numbers):
        progress(done, len(numbers))
        limit_now = limit
        while True:
            call = _intend(house, incident_id, notice_id, number, limit_now)
            if call is None:
                break
            outcome = house.mailer.send(call.batch)
            accepted += _answer(house, incident_id, call, outcome)
            limit_now = _narrower(outcome, len(call.batch.recipients), limit_now)
    progress(len(numbers), len(numbers))
    return f"the provider accepted the letters of {accepted} people"


def _refuse_other_way(house: House, state: Incident, notice: Notice) -> None:
    """Refuse to send in another way than was approved: transport, sender and options are part of the approval."""
    approved = state.approvals[notice.plan.approval_id].request.send_sha256
    if send_sha256(house) != approved:
        raise RefusedError("letters would be sent otherwise than was approved; restore the mail settings")


def content_of(house: House, letter: e.LetterDrafted) -> LetterContent:
    """Return the approved letter as it is handed to a transport, its hash checked on reading."""
    stored = letter_from(house.vault.read(letter.sha256))
    return LetterContent(
        subject=stored.subject,
        text=stored.text,
        html=stored.html,
        from_address=house.profile.from_address,
        from_name=house.profile.from_name,
        reply_to=house.profile.reply_to,
        language=letter.language,
        placeholders=PLACEHOLDERS,
    )


def _notice(state: Incident) -> Notice:
    if state.notice is None:
        raise RefusedError("no notice is planned")
    return state.notice


def _doubt_stranded(house: House, incident_id: str, notice_id: str) -> None:
    """Doubt what a run before us handed over without recording an answer; what was reported since is known."""
    now = house.clock.now()
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill)
        rows = tx.people.deliveries(notice_id, states=("intent",), limit=PAGE)
        positions = tuple(row.position for row in rows)
        events = decide.doubt_stranded(state, notice_id=notice_id, positions=positions)
        if positions:
            tx.people.move_deliveries(notice_id, positions, state="uncertain", reason=decide.STRANDED, at=now)
        write(house, tx, state, events, actor=TOCSIN, now=now)


def _unsent_batches(house: House, notice_id: str) -> list[int]:
    numbers: dict[int, None] = {}
    after = -1
    while True:
        with house.store.reading() as tx:
            rows = tx.people.deliveries(notice_id, states=("planned",), after=after, limit=PAGE)
        if not rows:
            return sorted(numbers)
        numbers.update(dict.fromkeys(row.batch for row in rows))
        after = rows[-1].position


def _intend(house: House, incident_id: str, notice_id: str, number: int, limit: int) -> _Call | None:
    """Commit the intent for the next people of a batch; None when nobody is left in it, or a doubt comes first."""
    with house.store.reading() as tx:
        rows = tx.people.deliveries(notice_id, batch=number, states=("planned",), limit=limit)
        state = view(house, incident_id)
        cohort_id = _notice(state).plan.cohort_id
        people = [tx.people.person(cohort_id, row.position) for row in rows]
    known = _notice(state).batches.get(number)
    if not rows or (known is not None and known.state in decide.UNRESOLVED):
        return None
    attempt = known.attempt + 1 if known else 1
    now = house.clock.now()
    content = content_of(house, state.letters[rows[0].letter_id])
    recipients = tuple(_recipient(notice_id, row, person) for row, person in zip(rows, people, strict=True))
    batch = Batch(notice_id, number, attempt, content, recipients, now, ("tocsin", incident_id))
    positions = tuple(row.position for row in rows)
    intended = e.BatchIntended(
        notice_id,
        number,
        attempt,
        rows[0].letter_id,
        positions,
        state.letters[rows[0].letter_id].sha256,
        {"planned>intent": len(rows)},
    )
    record(
        house,
        incident_id,
        actor=TOCSIN,
        decide=lambda s, _now: decide.intend_batch(s, intended),
        also=lambda tx: tx.people.move_deliveries(notice_id, positions, state="intent", reason=None, at=now),
    )
    return _Call(intended, batch)


def _recipient(notice_id: str, row: DeliveryRow, person: PersonRow) -> Recipient:
    delivery_id = f"{notice_id}-{row.position}"
    values = {"name": name_or(person.name, person.language), "reference": delivery_id}
    return Recipient(delivery_id, person.email or "", person.name, values)


def _answer(house: House, incident_id: str, call: _Call, outcome: Outcome) -> int:
    """Record what the provider said, recipient by recipient; returns how many it took.

    A provider event may have come in before its answer did: each delivery moves on from where it stands now.
    """
    intended, now = call.intended, house.clock.now()
    signals = dict(zip(intended.positions, _signals(call, outcome), strict=True))
    with house.store.begin() as tx:
        state = load(tx, incident_id, drill=house.profile.drill)
        rows = tx.people.deliveries(intended.notice_id, positions=intended.positions, limit=len(signals))
        moves = [(row, advance(DeliveryState(row.state), signals[row.position])[0].value) for row in rows]
        moves = [(row, new) for row, new in moves if new != row.state]
        answered = _answered(intended, outcome, moves)
        for target, where in answered.moved.items():
            reason = None if target == "accepted" else answered.reason
            tx.people.move_deliveries(intended.notice_id, where, state=target, reason=reason, at=now)
        write(house, tx, state, decide.answer_batch(state, answered), actor=TOCSIN, now=now)
    house.points.reach("batch:answered:after")
    _stop_if_told(outcome, lone=len(signals) == 1)
    return sum(1 for signal in signals.values() if signal is Signal.TAKEN)


def _signals(call: _Call, outcome: Outcome) -> Iterator[Signal]:
    """Say what was learned about each recipient; a refusal that blames nobody is no refusal of anybody."""
    blamed = len(call.batch.recipients) == 1 or _blames(outcome)
    for single in per_recipient(call.batch, outcome):
        signal = NEXT[_word(single)]
        yield Signal.NOT_SENT if signal is Signal.TURNED_DOWN and not blamed else signal


def _answered(
    intended: e.BatchIntended, outcome: Outcome, moves: Sequence[tuple[DeliveryRow, str]]
) -> e.BatchAnswered:
    moved: defaultdict[str, list[int]] = defaultdict(list)
    for row, new in moves:
        moved[new].append(row.position)
    return e.BatchAnswered(
        intended.notice_id,
        intended.batch,
        intended.attempt,
        _word(outcome),
        outcome.message_id if isinstance(outcome, Accepted) else None,
        None if isinstance(outcome, Accepted | Mixed) else outcome.reason,
        {target: tuple(where) for target, where in moved.items()},
        Counter(f"{row.state}>{new}" for row, new in moves),
    )


def _word(outcome: Outcome) -> str:
    words: Mapping[type, str] = {
        Accepted: "accepted",
        Refused: "refused",
        NotSent: "not_sent",
        Stop: "stopped",
        Split: "split",
        Uncertain: "uncertain",
        Mixed: "mixed",
    }
    return words[type(outcome)]


def _blames(outcome: Outcome) -> bool:
    return isinstance(outcome, Mixed) or (isinstance(outcome, Refused) and outcome.indexes is not None)


def _narrower(outcome: Outcome, size: int, limit: int) -> int:
    """Halve the batch after a refusal that blames nobody, until the one to blame is alone."""
    if isinstance(outcome, Split) or (isinstance(outcome, Refused) and outcome.indexes is None):
        return max(1, size // 2)
    return limit


def _stop_if_told(outcome: Outcome, *, lone: bool) -> None:
    singles: Sequence[Single] = outcome.each if isinstance(outcome, Mixed) else (outcome,)
    for single in singles:
        if isinstance(single, Stop):
            raise PermanentError(f"the provider refuses us until a person mends it: {single.reason}")
        if isinstance(single, NotSent):
            raise TransientError(f"the provider wants us to wait: {single.reason}")
        if isinstance(single, Split) and lone:
            raise PermanentError(f"a letter to one person is too large: {single.reason}")
