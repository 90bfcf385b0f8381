"""The end of the demo: everything written out, one verdict, and a summary that a person understands."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

from incident.core.actors import Actor
from incident.core.events import instant_text
from incident.core.lifecycle import promise_due_at
from incident.core.standing import span
from incident.core.state import Incident
from incident.core.tiers import Tier
from incident.service import filing, letters, postmortem
from incident.service.exporting import Exported, export
from incident.service.house import House, view
from incident.service.verifying import Verification, rebuild, verify


class Curtain:
    """What is left when the play is over."""

    def __init__(self, house: House, folder: Path, incident_id: str, officer: Actor) -> None:
        self.house, self.folder, self.incident_id, self.officer = house, folder, incident_id, officer

    def fall(self, started: float) -> bool:
        """Write everything out, verify, and print the summary; returns whether all is well."""
        letters.write_out(self.house, self.incident_id, self.folder / "letters")
        filing.write_out(self.house, self.incident_id, self.folder / "filings")
        written = postmortem.report(self.house, self.incident_id)
        postmortem.write_out(written, self.folder / "report")
        pack = export(
            self.house,
            self.incident_id,
            actor=self.officer,
            tier=Tier.REGULATOR,
            out=self.folder / "pack",
            purpose="what a regulator would be handed",
        )
        stranger = self._as_a_stranger(pack)
        rebuilt = rebuild(self.house)
        result = verify(self.house)
        state = view(self.house, self.incident_id)
        same = rebuilt.before == rebuilt.after
        print()
        self._places()
        print()
        for label, value in self._summary(state, result):
            print(f"  {label:<24}{value}")
        print(f"  {'projections':<24}{'rebuilt to the same bytes' if same else 'REBUILT TO OTHER BYTES'}")
        print(f"  {'pack, by a stranger':<24}{stranger}")
        print(f"  {'took':<24}{time.monotonic() - started:.0f} s")
        return (
            result.ok
            and same
            and stranger.startswith("VERIFIED")
            and state.closed_at is not None
            and not self._late(state)
        )

    def _as_a_stranger(self, pack: Exported) -> str:
        """Check the pack with the program inside it, in a process that knows nothing of Tocsin; returns its verdict."""
        command = [sys.executable, "-I", str(pack.folder / "verify.py"), "--key", pack.verifier_keys[0]]
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        return (ended.stdout or ended.stderr).strip().splitlines()[-1].partition(":")[0]

    def _places(self) -> None:
        name = self.folder.name
        for what, where in (
            ("letters as approved", f"{name}/letters/*.html"),
            ("letters as people got them", f"{name}/provider/letters/*.html"),
            ("filing packs", f"{name}/filings/*.pdf"),
            ("evidence pack", f"{name}/pack/report.html, {name}/pack/README.txt"),
            ("post-mortem", f"{name}/report/post-mortem.html"),
            ("look yourself", f"cd {name} && ../.venv/bin/tocsin timeline {self.incident_id}"),
        ):
            print(f"  {what:<28}{where}")

    def _summary(self, state: Incident, result: Verification) -> list[tuple[str, str]]:
        notice = state.notice
        first = notice.first_accepted_at if notice else None
        last = notice.last_accepted_at if notice else None
        tally = notice.tally if notice else {}
        by_mail, otherwise = tally.get("delivered", 0), tally.get("told_otherwise", 0)
        due = promise_due_at(state)
        told_by = self._told_by(state)
        excluded = state.cohort.people - state.cohort.told if state.cohort else 0
        filed = sum(1 for f in state.filings.values() if f.submitted is not None)
        left = f"{span(due - told_by)} of {state.promise_hours} h" if due and told_by else "unknown"
        return [
            ("incident", f"{self.incident_id} (DRILL), {'closed' if state.closed_at else 'OPEN'}"),
            ("became aware", _when(state.became_aware_at)),
            ("first letter accepted", _when(first)),
            ("last letter accepted", _when(last)),
            ("last person told", f"{_when(told_by)}, {left}"),
            ("people", f"{by_mail} told by mail, {otherwise} told otherwise, {excluded} excluded"),
            ("filings", f"{filed} of {len(state.filings)} filed, each with a reference"),
            ("ledger", f"{result.log.size} entries, root {result.log.root.hex()[:16]}"),
            ("verdict", ("VERIFIED. " if result.ok else "NOT VERIFIED. ") + result.sentence()),
        ]  # fmt: skip

    def _told_by(self, state: Incident) -> datetime | None:
        notice = state.notice
        moments = [notice.last_accepted_at, notice.told_otherwise_at] if notice else []
        known = [moment for moment in moments if moment is not None]
        return max(known) if known else None

    def _late(self, state: Incident) -> bool:
        due, told_by = promise_due_at(state), self._told_by(state)
        return due is None or told_by is None or due - told_by < timedelta()


def _when(moment: datetime | None) -> str:
    return instant_text(moment)[:16].replace("T", " ") + " UTC" if moment else "unknown"
