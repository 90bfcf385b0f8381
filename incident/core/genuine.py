"""The public page of an incident: its code, which letters were really sent, and what they say to a stranger.

Only letters of a notice that was planned under a granted approval are genuine; a drill's are not public. Nothing here
knows a person: the places where a letter names one stay empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from incident.core import events as e
from incident.core.approvals import letters_hash
from incident.core.letters import PLACEHOLDERS, Letter
from incident.core.state import Incident, Recorded

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
GROUPS, GROUP = 3, 4
BITS = 5
MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1"})
KINDS = ("letter:drafted", "letter:withdrawn", "approval:requested")
UNDERLINE = re.compile(r"[=-]{2,}")
HEADINGS = {"=": "title", "-": "heading"}


def code_from(key: bytes) -> str:
    """Write 60 bits of a random key so that they can be read aloud and typed: `7K2M-9QXW-4T3B`."""
    number = int.from_bytes(key[:8], "big")
    signs = [ALPHABET[(number >> (BITS * place)) % len(ALPHABET)] for place in range(GROUPS * GROUP)]
    return "-".join("".join(signs[start : start + GROUP]) for start in range(0, len(signs), GROUP))


def read_code(typed: str) -> str | None:
    """Return the code that somebody typed, with its hyphens; None when it cannot be one."""
    signs = typed.upper().replace("-", "").replace(" ", "").translate(MISREAD)
    if len(signs) != GROUPS * GROUP or not set(signs) <= set(ALPHABET):
        return None
    return "-".join(signs[start : start + GROUP] for start in range(0, len(signs), GROUP))


def public(state: Incident) -> bool:
    """Whether strangers may see the page: letters are being sent or were, and it is no drill."""
    return bool(state.notices) and bool(state.genuine_code) and not state.drill


def sent_letters(state: Incident, entries: Iterable[Recorded]) -> tuple[e.LetterDrafted, ...]:
    """Return the letters as they were approved for every notice that was planned, each once; entries of `KINDS`."""
    wanted = {notice.plan.approval_id for notice in state.notices.values()}
    letters: dict[str, e.LetterDrafted] = {}
    found: dict[str, e.LetterDrafted] = {}
    for entry in entries:
        match entry.event:
            case e.LetterDrafted() as drafted:
                letters[drafted.letter_id] = drafted
            case e.LetterWithdrawn() as withdrawn:
                letters.pop(withdrawn.letter_id, None)
            case e.ApprovalRequested() as request if request.approval_id in wanted:
                if letters_hash({i: one.sha256 for i, one in letters.items()}) == request.letters_sha256:
                    found |= {one.sha256: one for one in letters.values()}
            case _:
                pass
    further = (n.letters for n in state.notices.values() if n.plan.approval_id in state.further)
    found |= {one.sha256: one for letters in further for one in letters.values()}
    return tuple(sorted(found.values(), key=lambda one: (one.language, one.letter_id, one.sha256)))


def sent_between(state: Incident) -> tuple[datetime | None, datetime | None]:
    """Return when the first letter was taken by the provider, and the last; None while none was."""
    first = [n.first_accepted_at for n in state.notices.values() if n.first_accepted_at]
    last = [n.last_accepted_at for n in state.notices.values() if n.last_accepted_at]
    return min(first, default=None), max(last, default=None)


@dataclass(frozen=True, slots=True)
class Block:
    """One block of a letter: a title, a heading, a paragraph, or a list of items."""

    kind: str
    lines: tuple[str, ...]


def blocks(letter: Letter, blanks: Mapping[str, str]) -> tuple[Block, ...]:
    """Take the letter's text apart for a page; what stands for a person is replaced by `blanks`, by placeholder."""
    text = letter.text
    for name in PLACEHOLDERS:
        text = text.replace(f"%{name}%", f"[{blanks[name]}]")
    lines = [line.strip() for line in text.splitlines()]
    found: list[Block] = []
    for line, below in zip(lines, [*lines[1:], ""], strict=True):
        if not line or UNDERLINE.fullmatch(line):
            continue
        if UNDERLINE.fullmatch(below):
            found.append(Block(HEADINGS[below[0]], (line,)))
        elif not line.startswith("- "):
            found.append(Block("paragraph", (line,)))
        elif found and found[-1].kind == "list":
            found[-1] = Block("list", (*found[-1].lines, line[2:]))
        else:
            found.append(Block("list", (line[2:],)))
    return tuple(found)


def section(found: Iterable[Block], heading: str) -> tuple[Block, ...]:
    """Return what stands under a heading of the letter, without the heading."""
    inside, kept = False, []
    for block in found:
        if block.kind in HEADINGS.values():
            inside = block.lines[0] == heading
        elif inside:
            kept.append(block)
    return tuple(kept)
