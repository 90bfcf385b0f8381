"""Letters: draft the few variants that the cohort needs, check them, ask for approval, write them out to be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from incident.core import approvals
from incident.core import events as e
from incident.core import letter_lint as lint
from incident.core import letter_values as values_of
from incident.core import letters as core
from incident.core.actors import TOCSIN, Actor
from incident.core.decide import notice as decide
from incident.core.people import PersonRow
from incident.core.state import Approval, Incident
from incident.core.stretches import counted
from incident.errors import RefusedError
from incident.service import genuine
from incident.service.house import House, record, view

Key = tuple[str, str, str]


def draft(house: House, incident_id: str, *, actor: Actor = TOCSIN) -> str:
    """Render one letter for each regime, language and kind of exposure in the cohort, and check each."""
    state = view(house, incident_id)
    if state.cohort is None:
        raise RefusedError("letters need a frozen cohort")
    regimes = house.law.letter_regimes()
    with house.store.reading() as tx:
        kinds = counted(tx.people.stretches(state.cohort.cohort_id), told=state.cohort.told)
    wanted = core.variants(kinds, regimes=regimes)
    settings = letter_settings(house) | {"genuine_url": genuine.address(house, incident_id)}
    drafts = [render(house, state, variant, settings) for variant in wanted]
    record(
        house,
        incident_id,
        actor=actor,
        decide=lambda present, _now: decide.draft_letters(present, drafts, actor=actor),
    )
    findings = sum(len(d.findings) for d in drafts)
    return f"{len(drafts)} letters for {state.cohort.told} people, {findings} findings of the letter check"


def request_approval(house: House, incident_id: str) -> str:
    """Ask a second person for the yes to cohort x letters x send, as they are now."""
    send = send_sha256(house)
    approval_id = house.ids.new("APR")
    after = record(
        house,
        incident_id,
        actor=TOCSIN,
        decide=lambda state, _now: decide.request_approval(
            state,
            approval_id=approval_id,
            send_sha256=send,
            transport=house.mailer.name,
            options=house.profile.send_options,
        ),
    )
    triple = after.approval.request.triple if after.approval else ""
    return f"cohort x letters x send {triple[:16]} waits for a second person"


def send_sha256(house: House) -> str:
    """Hash how letters would be sent now."""
    return approvals.send_hash(
        transport=house.mailer.name,
        settles_on=house.mailer.settles_on,
        sender=house.profile.from_address,
        options=house.profile.send_options,
    )


def current(house: House, incident_id: str) -> tuple[tuple[e.LetterDrafted, ...], Approval | None]:
    """Return the letters as they are, and the approval that is asked for or stands."""
    state = view(house, incident_id)
    return tuple(state.letters[i] for i in sorted(state.letters)), state.approval


def write_out(house: House, incident_id: str, folder: Path) -> tuple[Path, ...]:
    """Write every letter as text and HTML into a folder, to be opened and read; placeholders stay visible."""
    folder.mkdir(parents=True, exist_ok=True)
    return write_letters(house, view(house, incident_id).letters.values(), folder)


def write_letters(house: House, letters: Iterable[e.LetterDrafted], folder: Path) -> tuple[Path, ...]:
    """Write letters as text and HTML; placeholders stay visible."""
    return tuple(_files(house, letters, folder))


def letter_of(person: PersonRow, letters: Mapping[Key, str], regimes: Mapping[str, str]) -> str:
    """Return the letter id for one person; RefusedError when no letter was drafted for such a person."""
    variant = core.variant_of(
        jurisdiction=person.jurisdiction, language=person.language, exposure=person.exposure, regimes=regimes
    )
    letter_id = letters.get((variant.regime, variant.language, core.exposure_text(variant.exposure)))
    if letter_id is None:
        raise RefusedError(
            f"no letter is drafted for the person at position {person.position}; draft them anew"
        )
    return letter_id


def letter_settings(house: House) -> dict[str, Any]:
    """Return what the letters say about the company."""
    profile = house.profile
    return {
        "name": profile.name,
        "registered": profile.registered,
        "service": profile.service,
        "privacy_contact": profile.privacy_contact,
        "website": profile.website,
        "postal_address": profile.postal_address,
        "phone": profile.phone,
        "dpo": profile.dpo,
        "complaint_route": profile.complaint_route,
        "complaints": house.law.complaint_offices(),
    }


def render(
    house: House,
    state: Incident,
    variant: core.Variant,
    settings: Mapping[str, Any],
    *,
    correction: bool = False,
) -> e.LetterDrafted:
    """Render one variant, check it, keep it; a correction says that it corrects an earlier letter."""
    values = values_of.letter_values(state, settings, variant) | {"correction": correction}
    letter = core.Letter(
        letter_id=variant.letter_id,
        regime=variant.regime,
        language=variant.language,
        exposure=variant.exposure,
        subject=house.renderer.text(variant.template("subject.txt"), values).strip(),
        text=house.renderer.text(variant.template("body.txt"), values),
        html=house.renderer.html(variant.template("body.html"), values),
    )
    findings = lint.lint(
        letter,
        contact_email=house.profile.privacy_contact,
        drill=state.drill,
        missing=values_of.missing_facts(state, variant.language),
    )
    house.vault.put_bytes(letter.document())
    return core.drafted(
        letter,
        cohort_id=state.cohort.cohort_id if state.cohort else "",
        people=variant.people,
        template_version=house.renderer.version(variant.template("body.html")),
        findings=[str(finding) for finding in findings],
    )


def _files(house: House, letters: Iterable[e.LetterDrafted], folder: Path) -> Iterator[Path]:
    for drafted in sorted(letters, key=lambda one: one.letter_id):
        letter_id, letter = drafted.letter_id, core.letter_from(house.vault.read(drafted.sha256))
        text = folder / f"{letter_id}.txt"
        text.write_text(f"Subject: {letter.subject}\n\n{letter.text}", encoding="utf-8")
        page = folder / f"{letter_id}.html"
        page.write_text(letter.html, encoding="utf-8")
        yield text
        yield page
