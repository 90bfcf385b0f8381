"""The section [anchors] of tocsin.toml: where checkpoints are given to, out of our own reach. Each is optional."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Timestamp(_Section):
    """An RFC 3161 authority, and a PEM file with the root certificates that vouch for it."""

    url: str
    certificates: Path


class Witness(_Section):
    """A C2SP witness: the prefix of its interface, and its verifier key."""

    url: str
    key: str


class Anchors(_Section):
    """Where checkpoints go, and how often at most."""

    every_minutes: int = Field(default=60, ge=1)
    folders: tuple[Path, ...] = ()
    mail_to: str = ""
    timestamps: tuple[Timestamp, ...] = ()
    witnesses: tuple[Witness, ...] = ()

    def names(self) -> tuple[str, ...]:
        """Name the anchors as `status` shows them, without asking any."""
        return (
            *(f"folder:{folder}" for folder in self.folders),
            *(["mail"] if self.mail_to else []),
            *(f"timestamp:{one.url}" for one in self.timestamps),
            *(f"witness:{one.key.split('+')[0]}" for one in self.witnesses),
        )
