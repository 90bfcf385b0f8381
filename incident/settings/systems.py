"""The systems that hold the data, as `systems.toml` lists them: what each holds, and how long its traces live."""

from __future__ import annotations

from typing import Any

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


class Question(_Section):
    """One question about a system's logs, masks or retention; without an answer it is unknown."""

    key: str
    ask: str
    want: bool | int
    otherwise: str
    answer: bool | int | None = None


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
    questions: tuple[Question, ...] = ()

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


class Duty(_Section):
    """One duty that the company's own policy states, its words, and where it has its place in the program."""

    quote: str
    place: str
    by: tuple[str, ...] = ()


class Policy(_Section):
    """What is known of the published policy itself: addresses in it that are typing errors, and are never used."""

    known_typos: tuple[str, ...] = ()


def split(data: dict[str, Any]) -> dict[str, Any]:
    """Split a systems file into systems, duties and policy, as the settings name them."""
    duties, policy = data.pop("duties", {}), data.pop("policy", {})
    return {"systems": data, "duties": duties, "policy": policy}
