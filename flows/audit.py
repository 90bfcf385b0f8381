"""Audit the ledger: verify it against its tree, checkpoints and the rows beside it, then sign its head."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from prefect import flow
from prefect.states import Completed, Failed

from flows.steps import no_details
from incident.bootstrap import open_house
from incident.service import signing, verifying

if TYPE_CHECKING:
    from prefect.client.schemas.objects import State


@flow(name="audit", flow_run_name="audit", retries=0, persist_result=False)
async def audit() -> State[Any]:
    """Verify the whole ledger; sign a checkpoint when entries are newer than the last one.

    Ends as Failed, named NotVerified, when anything is not as it was recorded; nothing is signed then.
    """
    with open_house() as house, no_details():
        found = await asyncio.to_thread(verifying.verify, house)
        if not found.ok:
            return Failed(name="NotVerified", message=f"not as recorded: {_problems(found)}")
        signed = await asyncio.to_thread(signing.checkpoint_if_due, house)
    checked = f"{found.people_checked} rows about people, {found.evidence_checked} pieces of evidence"
    return Completed(message=f"verified, with {checked}{'; checkpoint signed' if signed else ''}")


def _problems(found: verifying.Verification) -> str:
    where = "the ledger" if not found.log.ok else "what lies beside it"
    return f"{where}, {len(found.problems)} rows or files; run `tocsin verify`"
