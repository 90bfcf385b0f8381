"""A copy of an incident that newer entries can be applied to, while what was handed out stays as it was."""

from __future__ import annotations

from copy import copy
from dataclasses import fields
from typing import TypeVar

from incident.core.state import Incident, Notice

Copied = TypeVar("Copied", Incident, Notice)


def copy_of(state: Incident) -> Incident:
    """Copy the state as deep as entries change it: its own containers, and the notices' own."""
    fresh = _apart(state)
    fresh.notices = {i: _apart(notice) for i, notice in state.notices.items()}
    return fresh


def _apart(value: Copied) -> Copied:
    """Return a copy with containers of its own."""
    fresh = copy(value)
    for one in fields(fresh):
        held = getattr(fresh, one.name)
        if isinstance(held, dict | list | set):
            setattr(fresh, one.name, copy(held))
    return fresh
