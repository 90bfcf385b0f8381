"""Four eyes: what an approval is bound to, and who may give it. Leaves the wording of refusals to nobody else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping

from incident.core.actors import APPROVERS, Actor
from incident.core.events import LetterDrafted
from incident.core.said import Joined, Said, Term, say
from incident.core.state import Approval, Incident

ERROR = "error"
"""How a finding of the letter check begins that nobody can approve."""


def blocks(letter: LetterDrafted) -> bool:
    """Whether the letter check found an error, which nobody can approve."""
    return any(finding.startswith(ERROR) for finding in letter.findings)


def letters_hash(letters: Mapping[str, str]) -> str:
    """Hash letter ids with the hash of each letter; sha256, hex."""
    return _hash(sorted(letters.items()))


def triple_hash(*, cohort_commitment: str, letters_sha256: str, send_sha256: str) -> str:
    """Hash what is approved together: cohort x letters x send; sha256, hex."""
    return _hash([cohort_commitment, letters_sha256, send_sha256])


def send_hash(*, transport: str, settles_on: str, sender: str, options: Mapping[str, str]) -> str:
    """Hash how letters are to be sent; sha256, hex. Options are opaque pairs, for instance bypass flags."""
    return _hash([transport, settles_on, sender, sorted(options.items())])


def why_not(state: Incident, approval: Approval, actor: Actor) -> Said | None:
    """Return why this actor may not approve, or None."""
    who = actor.handle
    if not actor.roles & set(APPROVERS):
        roles = Joined((Term("role", role.value, role.value) for role in APPROVERS), " / ")
        return say(
            "approve.role", "{who} is not an approver: this needs the role {roles}", who=who, roles=roles
        )
    if actor.handle in state.scoped_by:
        return say("approve.scoped", "{who} scoped the cohort, and nobody approves their own work", who=who)
    if actor.handle in state.letter_authors or actor.handle == approval.requested_by:
        return say(
            "approve.wrote",
            "{who} drafted the letters or asked for approval, and nobody approves their own work",
            who=who,
        )
    return None


def differences(approval: Approval, current: Mapping[str, str]) -> Iterable[str]:
    """Name what has changed since approval was asked for; `current` has the keys cohort, letters, send."""
    then = {
        "cohort": approval.request.cohort_commitment,
        "letters": approval.request.letters_sha256,
        "send": approval.request.send_sha256,
    }
    return [name for name, value in current.items() if then[name] != value]


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()).hexdigest()
