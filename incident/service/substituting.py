"""Write the substitute notices: one for each approved letter of which somebody stands on the last rung."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from incident.core.further import present_letter
from incident.core.ladder import Channel
from incident.core.letters import letter_from
from incident.core.substitute import Publisher, as_text, substitute_notice
from incident.errors import RefusedError
from incident.service import ladder
from incident.service.house import House, view


@dataclass(frozen=True, slots=True)
class Written:
    """One notice as a file: for how many people, by which regime and in which language."""

    file: Path
    letter_id: str
    regime: str
    language: str
    people: int


def write_out(house: House, incident_id: str, folder: Path) -> tuple[Written, ...]:
    """Write each notice into the folder; RefusedError when nobody is on the last rung. No person's data is in them."""
    state = view(house, incident_id)
    wanted: Counter[tuple[str, str]] = Counter()
    for notice_id, letter_id in ladder.on_rung(house, state, Channel.SUBSTITUTE):
        wanted[notice_id, letter_id] += 1
    if not wanted:
        raise RefusedError("nobody is on the rung substitute now")
    profile = house.profile
    publisher = Publisher(profile.name, profile.service, profile.privacy_contact)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for (notice_id, letter_id), people in sorted(wanted.items()):
        letter = letter_from(
            house.vault.read(present_letter(state, state.notices[notice_id], letter_id).sha256)
        )
        file = folder / f"substitute-{notice_id.rpartition('-')[2]}-{letter_id}.txt"
        file.write_text(as_text(substitute_notice(letter, publisher, drill=state.drill)), encoding="utf-8")
        written.append(Written(file, letter_id, letter.regime, letter.language, people))
    return tuple(written)
