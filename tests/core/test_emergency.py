"""Breaking the glass, and who may see an incident: decided in the core, whichever way people come in."""

from __future__ import annotations

import pytest

from incident.core import access, emergency
from incident.core import events as e
from incident.core.postmortem import post_mortem
from incident.core.state import Recorded
from incident.errors import BadInputError, NotFoundError, RefusedError
from tests.core import histories as h
from tests.core.histories import ADA, AUDITOR, AWARE, GRACE, hours, made, state_of

WAITING = (*h.TO_LETTERS, ("tocsin", h.REQUESTED))
TRIPLE, REASON = "ab" * 32, "nobody else answers the telephone at night"
FORCED = made(e.ApprovalForced, approval_id="A1", triple=TRIPLE, reason=REASON, expires_at=hours(14))


def test_a_forced_approval_is_granted_named_and_short() -> None:
    (event,) = emergency.force(state_of(*WAITING), actor=ADA, now=hours(10), triple=TRIPLE, reason=REASON)
    assert event == e.ApprovalForced("A1", TRIPLE, REASON, hours(14))
    state = state_of(*WAITING, event)
    assert state.approval is not None
    assert state.approval.granted
    assert state.approval.forced_because == REASON


@pytest.mark.parametrize(
    ("actor", "triple", "reason", "kind"),
    [
        (AUDITOR, TRIPLE, REASON, RefusedError),
        (ADA, "cd" * 32, REASON, RefusedError),
        (ADA, "ab", REASON, RefusedError),
        (ADA, TRIPLE, "hurry", BadInputError),
        (ADA, TRIPLE, "  ", BadInputError),
    ],
)
def test_without_role_hash_or_reason_the_glass_holds(actor, triple, reason, kind) -> None:
    with pytest.raises(kind):
        emergency.force(state_of(*WAITING), actor=actor, now=hours(10), triple=triple, reason=reason)


def test_what_is_approved_already_needs_no_emergency() -> None:
    with pytest.raises(RefusedError, match="nothing waits"):
        emergency.force(state_of(*h.TO_APPROVED), actor=ADA, now=hours(10), triple=TRIPLE, reason=REASON)


def test_it_runs_out_unused_and_not_while_it_is_used() -> None:
    waiting = state_of(*WAITING, FORCED)
    assert emergency.expire(waiting, now=hours(13)) == ()
    (voided,) = emergency.expire(waiting, now=hours(14))
    assert voided.approval_id == "A1"
    assert emergency.expire(state_of(*WAITING, FORCED, h.PLANNED), now=hours(15)) == ()
    assert emergency.expire(state_of(*h.TO_APPROVED), now=hours(15)) == ()


def test_the_post_mortem_names_it() -> None:
    steps = (*WAITING, FORCED)
    entries = [
        Recorded(n, "ada", AWARE, AWARE, one[1] if isinstance(one, tuple) else one)
        for n, one in enumerate(steps)
    ]
    report = post_mortem(state_of(*steps), entries, drill=False, ledger_head="")
    refusals = next(section for section in report.sections if section.key == "refusals")
    assert any(REASON in cell for row in refusals.rows for cell in row)


@pytest.mark.parametrize(
    ("outside", "restricted", "named", "sees"),
    [
        (False, False, False, True),
        (False, True, False, False),
        (False, True, True, True),
        (True, False, False, False),
        (True, False, True, True),
        (True, True, True, True),
    ],
)
def test_who_sees_an_incident(outside: bool, restricted: bool, named: bool, sees: bool) -> None:
    granted = {"cleo"} if named else set()
    assert access.may_see("cleo", outside=outside, restricted=restricted, granted=granted) is sees


def test_restricting_keeps_the_one_who_restricts() -> None:
    state = state_of(
        h.OPENED, *access.restrict(state_of(h.OPENED), actor=GRACE, reason="an insider, perhaps")
    )
    assert state.restricted
    assert set(state.granted) == {"grace"}
    with pytest.raises(RefusedError, match="nobody would see"):
        access.end(state, actor=GRACE, handle="grace", reason="x")
    with pytest.raises(RefusedError, match="already"):
        access.restrict(state, actor=GRACE, reason="x")
    reopened = state_of(
        h.OPENED, *access.restrict(state_of(h.OPENED), actor=GRACE, reason="r"), made(e.AccessOpened)
    )
    assert not reopened.restricted


def test_naming_and_taking_off() -> None:
    state = state_of(h.OPENED)
    with pytest.raises(BadInputError, match="agreement"):
        access.grant(state, actor=GRACE, handle="cleo", outside=True, agreement=" ", reason="advice")
    with pytest.raises(RefusedError, match="role"):
        access.grant(state, actor=ADA, handle="cleo", outside=True, agreement="E-1", reason="advice")
    with pytest.raises(NotFoundError):
        access.end(state, actor=GRACE, handle="cleo", reason="x")
    (granted,) = access.grant(
        state, actor=GRACE, handle="cleo", outside=True, agreement="E-1", reason="advice"
    )
    assert state_of(h.OPENED, granted).granted["cleo"].agreement == "E-1"
