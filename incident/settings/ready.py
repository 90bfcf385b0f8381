"""What only a person can say about readiness: days on which something was last done. Absent means unknown."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, ConfigDict

WHY = {
    "ledger_key_backed_up_on": "Without the key a lost disk ends the ledger.",
    "verifier_key_given_outside_on": "Only somebody outside who holds it can prove that the ledger was not rewritten.",
    "backup_restored_on": "A backup that was never read back is a hope.",
    "approvers_reached_on": "A telephone number that nobody has tried is a guess.",
    "drill_on": "The first time should not be the real one.",
    "policies_signed_on": "The policy promises a yearly agreement in writing by all staff (O5).",
}


class Ready(BaseModel):
    """The days."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ledger_key_backed_up_on: date | None = None
    verifier_key_given_outside_on: date | None = None
    backup_restored_on: date | None = None
    approvers_reached_on: date | None = None
    drill_on: date | None = None
    policies_signed_on: date | None = None
