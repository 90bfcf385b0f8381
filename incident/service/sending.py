"""Send what was approved: check that it may be, settle what a run before us left open, and hand the batches over.

How calls are made and answers recorded is `dispatching`; here is what is true before the first call.
"""

from __future__ import annotations

from collections.abc import Callable

from incident.core.actors import RESPONDERS, TOCSIN, Actor
from incident.core.decide import batches as decide_batches
from incident.core.decide import going
from incident.core.going import breached_transport, why_held_up
from incident.core.lifecycle import count
from incident.core.state import Incident, Notice
from incident.errors import PermanentError, RefusedError, TamperError
from incident.service import runs
from incident.service.dispatching import Dispatch
from incident.service.doubts import believe_reported, doubt
from incident.service.holding import open_group
from incident.service.house import House, record, view
from incident.service.laid_out import is_as_laid_out
from incident.service.letters import send_sha256
from incident.service.settled_memory import settled_memory
from incident.service.signing import refuse_unless_still_ours
from incident.service.snapshots import Snapshot

ROWS_AT_ONCE = 1000
TO_SEND = frozenset({"planned", "intent"})


def check_ready(house: House, incident_id: str, *, actor: Actor) -> None:
    """Refuse, with the reason, when nothing may be sent."""
    actor.must_be(*RESPONDERS, to="send")
    state = view(house, incident_id)
    used = {notice.plan.approval_id for notice in state.notices.values()}
    if not any(a.granted for i, a in state.approvals.items() if i in used or a is state.approval):
        raise RefusedError("nothing is sent without a standing approval; see `tocsin letters`")
    _refuse_breached(house, state)


def resume(house: House, incident_id: str, *, actor: Actor, reason: str = "the cause is mended") -> Incident:
    """Go on after the provider refused us."""
    return record(
        house, incident_id, actor=actor, decide=lambda s, _now: going.resume(s, actor=actor, reason=reason)
    )


def send(
    house: House,
    incident_id: str,
    *,
    progress: Callable[[int, int], None],
    share: tuple[int, int] = (0, 1),
    only: str | None = None,
) -> str:
    """Send every batch of every notice that is not sent yet. Returns how many people's letters were accepted now.

    `only` is the id of the one notice to send, where others wait too.
    `share` is (which, of how many) when several runs send together: each begins with its own, then helps.
    The anchors are asked again before: TamperError when one knows of more, or of another history, than the database.
    Raises TransientError when the provider wants us to wait for long, PermanentError when a person must mend
    something; both after every answer is recorded.
    """
    refuse_unless_still_ours(house)
    snapshot = Snapshot(house, incident_id)
    state = snapshot.look()
    notice = notice_of(state) if only is None else state.notices[only]
    due = [n for n in state.notices.values() if count(n, TO_SEND) and only in {None, n.plan.notice_id}]
    free = [n for n in due or [notice] if why_held_up(state, n.plan.notice_id) is None]
    if not free:
        raise PermanentError(
            why_held_up(state, (due or [notice])[0].plan.notice_id) or "nothing is to be sent"
        )
    accepted = sum(_send_one(snapshot, one, progress, share) for one in free)
    return f"the provider accepted the letters of {accepted} people"


def _send_one(
    snapshot: Snapshot, notice: Notice, progress: Callable[[int, int], None], share: tuple[int, int]
) -> int:
    house, state = snapshot.house, snapshot.look()
    _refuse_other_way(house, state, notice)
    _refuse_breached(house, state)
    if not is_as_laid_out(house, notice):
        raise TamperError("the batches are not as they were laid out; nothing was sent")
    doubt_stranded(snapshot, notice.plan.notice_id)
    open_group(house, state, notice.plan.notice_id)
    run = runs.start(house)
    try:
        with settled_memory():
            return Dispatch(snapshot, notice.plan.notice_id, run, share, progress).send_all()
    finally:
        run.end()


def doubt_stranded(snapshot: Snapshot, notice_id: str) -> int:
    """Doubt what a run before us handed over without recording an answer; what was reported since is known."""
    house, now = snapshot.house, snapshot.house.clock.now()
    with house.store.reading() as tx:
        open_rows = tx.batches.rows(notice_id, states=("intent",), limit=ROWS_AT_ONCE)
    mine = [row for row in open_rows if runs.gone(house, row.run)]
    if not mine:
        return 0
    with snapshot.begin() as (tx, state):
        present = tx.batches.rows(notice_id, states=("intent",), numbers=[row.number for row in mine])
        stranded = [row for row in present if (row.number, row.run) in {(m.number, m.run) for m in mine}]
        doubted = doubt(house, tx, state, stranded, reason=decide_batches.STRANDED, actor=TOCSIN, now=now)
        believe_reported(house, tx, state, doubted, now=now)
    return len(stranded)


def notice_of(state: Incident) -> Notice:
    """Return the newest notice, or say that there is none."""
    if state.notice is None:
        raise RefusedError("no notice is planned")
    return state.notice


def _refuse_other_way(house: House, state: Incident, notice: Notice) -> None:
    """Refuse to send in another way than was approved: transport, sender and options are part of the approval."""
    approved = state.approvals[notice.plan.approval_id].request.send_sha256
    if send_sha256(house) != approved:
        raise RefusedError("letters would be sent otherwise than was approved; restore the mail settings")


def _refuse_breached(house: House, state: Incident) -> None:
    why = breached_transport(state, house.mailer.name)
    if why is not None:
        raise RefusedError(why)
