"""Judge a rendered letter: is everything in it that must be, and nothing that must not be.

Works on the letter as a person gets it, whoever wrote it. An error blocks approval, a warning is shown. What
must be in a letter comes as data; section markers are the `data-section` attributes of its HTML.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from incident.core import letter_text as lt
from incident.core.letters import TAGS_HTML, TAGS_TEXT, Letter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


class Severity(StrEnum):
    """Whether a finding blocks approval."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a letter."""

    code: str
    severity: Severity
    sentence: str

    def __str__(self) -> str:
        """Return the finding as one line for the ledger and for people."""
        return f"{self.severity.value}: {self.code}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Case:
    """A letter with what its judge has to know."""

    letter: Letter
    page: lt.Page
    contact_email: str
    drill: bool
    missing: tuple[str, ...]
    required: Mapping[str, tuple[str, ...]]


# Art. 34(2) with 33(3)(b)-(d) GDPR and UK GDPR; Art. 15(3) with (1)(a), (e)-(g) Swiss DPO; the promise:
# the policy's "Data Breach Procedures" (next steps) and "Your Rights"
REQUIRED: dict[str, tuple[str, ...]] = {
    "promise": ("nature", "data", "advice", "measures", "next_steps", "contact", "rights"),
    "eu_gdpr": ("nature", "data", "advice", "consequences", "measures", "next_steps", "contact", "rights"),
    "uk_gdpr": ("nature", "data", "advice", "consequences", "measures", "next_steps", "contact", "rights"),
    "ch_fadp": ("nature", "data", "advice", "consequences", "measures", "next_steps", "contact", "rights"),
    "us_ca": ("nature", "data", "measures", "advice", "contact"),
}
# Cal. Civ. Code 1798.82(d)(1): title and headings, in this order
PRESCRIBED: dict[str, tuple[str, ...]] = {
    "us_ca": (
        "Notice of Data Breach",
        "What Happened",
        "What Information Was Involved",
        "What We Are Doing",
        "What You Can Do",
        "For More Information",
    ),
}
# Cal. Civ. Code 1798.82(d)(2)(E)
AGENCIES_OWED = frozenset({"ssn", "drivers_license", "state_id"})
LONG_SENTENCE_WORDS = 35
LONG_AVERAGE_WORDS = 20
LONG_SUBJECT_CHARACTERS = 90
SECTION_CHARACTERS = 25

TRACKING = re.compile(r"[?&](utm_\w+|mc_[ce]id|fbclid|gclid|msclkid|_hsenc|vero_id|trk)=", re.IGNORECASE)
LOADED = re.compile(r"<(img|script|iframe|object|embed|link|video|audio|form)\b|url\(|@import", re.IGNORECASE)
MARKETING = re.compile(
    r"\b(discounts?|special offers?|limited[- ]time|upgrade (?:now|today)|buy now|free trial|promo code|"
    r"vouchers?|black friday|refer a friend|Rabatte?|Sonderangebote?|jetzt kaufen|Gutscheine?|Aktionscode|"
    r"kostenlos testen)\b",
    re.IGNORECASE,
)
HOLE = re.compile(
    r"\{\{|\{%|\}\}|%\}|\b(TODO|TBD|FIXME|XXX+|undefined|None|NaN|Lorem ipsum)\b|\[(?:insert|einfügen)"
)
TAG = re.compile(r"%[A-Za-z_]+%")
SHOUT = re.compile(
    r"\b[A-ZÄÖÜ]{4,}(?:\s+[A-ZÄÖÜ]{2,})*\s+[A-ZÄÖÜ]{4,}\b|!{2,}|\b(?:URGENT|WARNING|IMPORTANT|ACHTUNG|WICHTIG)\b"
)


def lint(
    letter: Letter,
    *,
    contact_email: str,
    drill: bool,
    missing: tuple[str, ...] = (),
    required: Mapping[str, tuple[str, ...]] | None = None,
) -> tuple[Finding, ...]:
    """Return what is wrong with a letter, errors first.

    `missing` are the facts that `letters.missing_facts` names; `required` maps a regime to the section
    markers that it must have, `REQUIRED` unless law says otherwise.
    """
    case = Case(letter, lt.read(letter.html), contact_email, drill, missing, required or REQUIRED)
    findings = {finding for check in CHECKS for finding in check(case)}
    return tuple(sorted(findings, key=lambda f: (f.severity.value, f.code, f.sentence)))


def blocks(findings: tuple[Finding, ...]) -> bool:
    """Whether approval is blocked."""
    return any(f.severity is Severity.ERROR for f in findings)


def _error(code: str, sentence: str) -> Finding:
    return Finding(code, Severity.ERROR, sentence)


def _warning(code: str, sentence: str) -> Finding:
    return Finding(code, Severity.WARNING, sentence)


def _facts(case: Case) -> Iterator[Finding]:
    for name in case.missing:
        if name.endswith(f"_{case.letter.language}"):
            yield _warning(
                "untranslated", f"the fact {name} is missing; the letter falls back to English there"
            )
        else:
            yield _error(
                "missing_fact", f"the fact {name} is missing; say what is known, or that it is not known"
            )


def _sections(case: Case) -> Iterator[Finding]:
    needed = case.required.get(case.letter.regime)
    if needed is None:
        yield _error("unknown_regime", f"nothing says what a letter under {case.letter.regime} must hold")
        return
    for marker in needed:
        section = case.page.sections.get(marker)
        if section is None or len(section.text) < SECTION_CHARACTERS:
            yield _error("missing_section", f"the section {marker!r} is missing or says next to nothing")
        elif section.heading not in case.letter.text:
            yield _error("missing_section", f"the text part lacks the heading {section.heading!r}")


def _prescribed(case: Case) -> Iterator[Finding]:
    headings = PRESCRIBED.get(case.letter.regime, ())
    for name, lines in (("HTML", case.page.headings), ("text", tuple(case.letter.text.splitlines()))):
        found = [line for line in lines if line in headings]
        if found != list(headings):
            yield _error("prescribed_headings", f"the {name} part lacks prescribed headings, or their order")


def _tags(case: Case) -> Iterator[Finding]:
    for name, content, allowed in (
        ("subject", case.letter.subject, ()),
        ("text", case.letter.text, TAGS_TEXT),
        ("HTML", case.letter.html, TAGS_HTML),
    ):
        for tag in sorted(set(TAG.findall(content)) - set(allowed)):
            yield _error("unknown_tag", f"the {name} part holds {tag}, which nothing replaces")
        if hole := HOLE.search(content):
            yield _error("hole", f"the {name} part holds {hole.group()!r}")


def _parts(case: Case) -> Iterator[Finding]:
    if lt.words(case.letter.text) != lt.words(case.page.letter):
        yield _error("parts_differ", "the text part and the HTML part do not say the same")
    if case.page.language != case.letter.language:
        yield _error("language", "the HTML part does not name the language of the letter")


def _wrong_words(case: Case) -> Iterator[Finding]:
    whole = f"{case.letter.subject}\n{case.letter.text}\n{case.letter.html}"
    if "privacy shield" in whole.lower() or "privacy-shield" in whole.lower():
        yield _error("privacy_shield", "the Privacy Shield is invalid since 16 July 2020; do not name it")
    if re.search(r"\.aid\b", whole, re.IGNORECASE):
        yield _error("typo_address", "an address ends in .aid, a known slip for .ai")
    if found := MARKETING.search(whole):
        yield _error("marketing", f"{found.group()!r} is advertising; a breach letter carries none")
    if found := SHOUT.search(f"{case.letter.subject}\n{case.letter.text}"):
        yield _warning("shouting", f"{found.group()!r} frightens without telling anything")


def _links(case: Case) -> Iterator[Finding]:
    links = {*case.page.links, *re.findall(r"\bhttps?://[^\s<>\"]+", case.letter.text)}
    for link in sorted(links):
        if not link.startswith(("https://", "mailto:")):
            yield _error("insecure_link", f"{link} is not https")
        if TRACKING.search(link):
            yield _error("tracking", f"{link} carries a tracking parameter")
    if found := LOADED.search(case.letter.html):
        yield _error("external_content", f"the HTML part holds {found.group()!r}; a letter loads nothing")


def _contact(case: Case) -> Iterator[Finding]:
    for name, content in (("text", case.letter.text), ("HTML", case.letter.html)):
        if case.contact_email not in content:
            yield _error("contact", f"the {name} part does not name {case.contact_email}")


def _drill(case: Case) -> Iterator[Finding]:
    for name, content in (
        ("subject", case.letter.subject),
        ("text", case.letter.text),
        ("HTML", case.letter.html),
    ):
        if ("drill" in content.lower()) is not case.drill:
            fault = "is not marked as a drill" if case.drill else "is marked as a drill, and this is none"
            yield _error("drill", f"the {name} part {fault}")


def _dates(case: Case) -> Iterator[Finding]:
    for content in (case.letter.subject, case.letter.text, case.page.letter):
        for date in lt.dates_without_zone(content):
            yield _error("date_without_zone", f"{date!r} has no time zone")


def _readable(case: Case) -> Iterator[Finding]:
    if "\n" in case.letter.subject or len(case.letter.subject) > LONG_SUBJECT_CHARACTERS:
        yield _warning(
            "subject", f"the subject is longer than {LONG_SUBJECT_CHARACTERS} characters or one line"
        )
    lengths = {s: len(s.split()) for s in lt.sentences(case.letter.text)}
    for sentence, length in lengths.items():
        if length > LONG_SENTENCE_WORDS:
            yield _warning("long_sentence", f"{length} words: {sentence[:60]}...")
    if lengths and sum(lengths.values()) / len(lengths) > LONG_AVERAGE_WORDS:
        yield _warning("hard_to_read", f"sentences have more than {LONG_AVERAGE_WORDS} words on average")


def _services(case: Case) -> Iterator[Finding]:
    owed = {category for category, _ in case.letter.exposure} & AGENCIES_OWED
    if case.letter.regime == "us_ca" and owed and "credit reporting" not in case.letter.text.lower():
        yield _error("credit_agencies", "identity numbers are exposed: name the credit reporting agencies")


CHECKS: tuple[Callable[[Case], Iterator[Finding]], ...] = (
    _facts, _sections, _prescribed, _tags, _parts, _wrong_words,
    _links, _contact, _drill, _dates, _readable, _services,
)  # fmt: skip
