"""The substitute notice: an approved letter as a public text, for those whom no letter reaches.

It says what the letter says and names nobody: the greeting and the reference are left out. Where it is to be
published (press, website, for how long) each law says for itself, and a person decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from incident.core.genuine import Block, blocks
from incident.core.letters import FALLBACK_LANGUAGE, PLACEHOLDERS, Letter

MARK = "\x00"
"""Stands where a letter names a person; no letter holds it."""
TITLE = {
    "en": "Public notice: security incident at {service}",
    "de": "Öffentliche Bekanntmachung: Sicherheitsvorfall bei {service}",
}
WHOM = {
    "en": "This notice is for people whom {name} could not reach personally. It may be about you if you have or had an"
    " account with {service}, have paid, written to us, or received our newsletter.",
    "de": "Diese Bekanntmachung richtet sich an alle, die {name} nicht persönlich erreichen konnte. Sie kann Sie"
    " betreffen, wenn Sie ein Konto bei {service} haben oder hatten, bezahlt, uns geschrieben"
    " oder den Newsletter bezogen haben.",
}
ASK = {
    "en": "Write to {contact} to learn whether it is. We tell you what we have found about you, and ask for no more"
    " than is needed to find it.",
    "de": "Schreiben Sie an {contact}, um das zu erfahren. Wir sagen Ihnen, was wir über Sie gefunden haben, und fragen"
    " nur, was dafür nötig ist.",
}
DRILL = {"en": "DRILL: an exercise. Do not publish.", "de": "ÜBUNG: nicht veröffentlichen."}


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes the notice: the company, its service, and where it can be asked."""

    name: str
    service: str
    contact: str


def substitute_notice(letter: Letter, publisher: Publisher, *, drill: bool = False) -> tuple[Block, ...]:
    """Return the notice, block by block: our own opening, then the letter from where it stops greeting."""
    language = letter.language if letter.language in TITLE else FALLBACK_LANGUAGE
    values = {"name": publisher.name, "service": publisher.service, "contact": publisher.contact}
    title, whom, ask = (texts[language].format(**values) for texts in (TITLE, WHOM, ASK))
    said = [one for one in blocks(letter, dict.fromkeys(PLACEHOLDERS, MARK)) if one.kind != "title"]
    kept = [one for one in said if not any(MARK in line for line in one.lines)]
    warning = (Block("paragraph", (DRILL[language],)),) if drill else ()
    return (
        Block("title", (title,)),
        *warning,
        Block("paragraph", (whom,)),
        Block("paragraph", (ask,)),
        *kept,
    )


def as_text(found: Iterable[Block]) -> str:
    """Write the blocks as plain text."""
    parts = []
    for block in found:
        match block.kind:
            case "title" | "heading":
                line = block.lines[0]
                parts.append(f"{line}\n{('=' if block.kind == 'title' else '-') * len(line)}")
            case "list":
                parts.append("\n".join(f"- {line}" for line in block.lines))
            case _:
                parts.append("\n".join(block.lines))
    return "\n\n".join(parts) + "\n"
