"""The public page that says whether a letter is genuine: name it, build it from the approved letters, write it out.

It is made from the ledger and the kept letters alone. No person's data goes in, and no visitor leaves a trace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from incident.core import events as e
from incident.core import genuine as core
from incident.core.actors import TOCSIN
from incident.core.letter_text import read as read_html
from incident.core.letters import FALLBACK_LANGUAGE, letter_from
from incident.core.spoken_times import when
from incident.core.state import Incident
from incident.errors import RefusedError
from incident.service.house import House, record, recorded, view

STYLE = "public/genuine.css"
BLANKS: Mapping[str, Mapping[str, str]] = {
    "en": {"name": "your name", "reference": "your reference"},
    "de": {"name": "Ihr Name", "reference": "Ihr Zeichen"},
}
NAMES = {"en": "English", "de": "Deutsch"}


@dataclass(frozen=True, slots=True)
class SaidLetter:
    """One letter as a stranger may read it."""

    letter_id: str
    language: str
    subject: str
    blocks: tuple[core.Block, ...]
    advice: tuple[core.Block, ...]


def named(house: House, incident_id: str) -> str:
    """Return the code of the incident's page; it gets one at the first asking."""
    state = view(house, incident_id)
    if state.genuine_code:
        return state.genuine_code
    fresh = e.GenuinePageNamed(core.code_from(house.ids.key()))
    after = record(
        house,
        incident_id,
        actor=TOCSIN,
        decide=lambda present, _now: () if present.genuine_code else (fresh,),
    )
    return after.genuine_code


def address(house: House, incident_id: str) -> str | None:
    """Return the page's address for the letters, or None where the settings name no public place."""
    base = house.profile.genuine_url
    return f"{base.rstrip('/')}/{named(house, incident_id)}" if base else None


def letters(house: House, state: Incident) -> tuple[SaidLetter, ...]:
    """Return the letters that were sent, as they were approved; RefusedError before any was."""
    with house.store.reading() as tx:
        found = core.sent_letters(state, recorded(tx.entries(state.incident_id, kinds=core.KINDS)))
    if not found:
        raise RefusedError("no letter was approved and sent yet; until then there is nothing to vouch for")
    return tuple(_said(house, drafted) for drafted in found)


def languages(found: Sequence[SaidLetter]) -> tuple[str, ...]:
    """Return every language that has a letter, English first."""
    return tuple(sorted({one.language for one in found}, key=lambda lang: (lang != FALLBACK_LANGUAGE, lang)))


def page(
    house: House,
    state: Incident,
    found: Sequence[SaidLetter],
    language: str,
    *,
    links: Mapping[str, str],
    style: str,
) -> str:
    """Write the page in one language; `links` leads to each language's page, `style` to the style sheet."""
    mine = [one for one in found if one.language == language]
    first, last = core.sent_between(state)
    profile = house.profile
    values: dict[str, Any] = {
        "drill": state.drill,
        "code": state.genuine_code,
        "company": profile,
        "language": language,
        "links": [(lang, NAMES.get(lang, lang), links[lang]) for lang in languages(found)],
        "style": style,
        "letters": mine,
        "first": when(first, _spoken(language)) if first else None,
        "last": when(last, _spoken(language)) if last else None,
        "done": state.closed_at is not None,
    }
    return house.renderer.html(f"public/{_spoken(language)}.html", values)


def unknown(house: House, *, style: str) -> str:
    """Write the page for every code that is not known, misspelt, or of a letter that was not sent."""
    return house.renderer.html("public/unknown.html", {"company": house.profile, "style": style})


def write_out(house: House, incident_id: str, folder: Path) -> tuple[str, tuple[Path, ...]]:
    """Write the page as static files into `folder`/CODE, to be put under the public address; returns the code."""
    code = named(house, incident_id)
    state = view(house, incident_id)
    found = letters(house, state)
    target = folder / code
    target.mkdir(parents=True, exist_ok=True)
    spoken = languages(found)
    links = {lang: "index.html" if lang == spoken[0] else f"{lang}.html" for lang in spoken}
    written = [target / "style.css"]
    written[0].write_bytes(house.renderer.source(STYLE))
    for language, name in links.items():
        html = page(house, state, found, language, links=links, style="style.css")
        written.append(target / name)
        written[-1].write_text(html, encoding="utf-8")
    return code, tuple(written)


def _said(house: House, drafted: e.LetterDrafted) -> SaidLetter:
    letter = letter_from(house.vault.read(drafted.sha256))
    blocks = core.blocks(letter, BLANKS[_spoken(letter.language)])
    marked = read_html(letter.html).sections.get("advice")
    advice = core.section(blocks, marked.heading) if marked is not None else ()
    return SaidLetter(letter.letter_id, letter.language, letter.subject, blocks, advice)


def _spoken(language: str) -> str:
    """Return the language of the page around a letter: the letter's own where we have the words, else English."""
    return language if language in BLANKS else FALLBACK_LANGUAGE
