"""The systems that hold the data, as `systems.toml` lists them: what each holds, and how long its traces live."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Snapshot(_Section):
    """One export or log worth taking; no hours means that no end is known."""

    what: str
    formats: tuple[str, ...] = ()
    evidence_hours: int | None = Field(default=None, gt=0)
    commands: tuple[str, ...] = ()
    lost_otherwise: str = ""


class System(_Section):
    """One system; one that lists no snapshots is one snapshot by itself."""

    name: str
    vendor: str
    subjects: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    evidence_hours: int | None = Field(default=None, gt=0)
    commands: tuple[str, ...] = ()
    lost_otherwise: str = ""
    breach_contact: str = ""
    snapshots: tuple[Snapshot, ...] = ()

    def all_snapshots(self) -> tuple[Snapshot, ...]:
        """Return what is worth taking of this system."""
        if self.snapshots:
            return self.snapshots
        whole = Snapshot(
            what=self.name,
            evidence_hours=self.evidence_hours,
            commands=self.commands,
            lost_otherwise=self.lost_otherwise,
        )
        return (whole,)
