"""Which letters an incident needs, what goes into each, and what it is once rendered.

A letter is one variant: regime x language x data exposed. Everything in it is the same for everyone who gets
it but the placeholders. What goes into a letter is left to
`incident.core.letter_values`, rendering to an adapter, judging to `incident.core.letter_lint`.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incident.core import events as e
from incident.core import wording
from incident.core.documents import canonical
from incident.errors import BadInputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PROMISE = "promise"
FALLBACK_LANGUAGE = "en"
LETTER_LANGUAGES: dict[str, tuple[str, ...]] = {
    "promise": ("en", "de"),
    "eu_gdpr": ("en", "de"),
    "uk_gdpr": ("en",),
    "ch_fadp": ("en", "de"),
    "us_ca": ("en",),
}
TAGS_TEXT = ("%name%", "%reference%")
TAGS_HTML = ("%name_html%", "%reference_html%")
PLACEHOLDERS = ("name", "reference")
TOLD_LEVELS = ("confirmed", "probable", "possible")
Exposure = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Variant:
    """One letter to be written: for whom under which regime, in which language, about which data."""

    letter_id: str
    regime: str
    language: str
    exposure: Exposure
    people: int = 0

    def template(self, part: str) -> str:
        """Return the name of a template: `subject.txt`, `body.txt` or `body.html`."""
        return f"notices/{self.regime}/{self.language}/{part}"


@dataclass(frozen=True, slots=True)
class Letter:
    """A rendered variant."""

    letter_id: str
    regime: str
    language: str
    exposure: Exposure
    subject: str
    text: str
    html: str

    def document(self) -> bytes:
        """Return the canonical JSON that is kept: sorted keys, UTF-8, no blanks."""
        content = {
            "exposure": exposure_text(self.exposure),
            "html": self.html,
            "language": self.language,
            "letter_id": self.letter_id,
            "placeholders": list(PLACEHOLDERS),
            "regime": self.regime,
            "subject": self.subject,
            "text": self.text,
        }
        return canonical(content)

    @property
    def sha256(self) -> str:
        """Return sha256 (hex) over the document."""
        return hashlib.sha256(self.document()).hexdigest()


def letter_from(document: bytes) -> Letter:
    """Read a kept letter back."""
    content = json.loads(document)
    content.pop("placeholders")
    return Letter(**{**content, "exposure": parse_exposure(content["exposure"])})


def exposure_text(pairs: Iterable[tuple[str, str]]) -> str:
    """Write an exposure profile: `category:certainty` pairs, sorted, joined by `;`."""
    return ";".join(f"{category}:{certainty}" for category, certainty in sorted(set(pairs)))


def parse_exposure(text: str) -> Exposure:
    """Read an exposure profile; a malformed one is refused."""
    pairs = [tuple(part.split(":")) for part in text.split(";") if part]
    if any(len(pair) != 2 or not all(pair) for pair in pairs):  # noqa: PLR2004
        raise BadInputError("is not a list of category:certainty pairs", field="exposure")
    return tuple(sorted((category, certainty) for category, certainty in pairs))


def regime_of(jurisdiction: str, regimes: Mapping[str, str]) -> str:
    """Return the letter regime of a jurisdiction: its own entry, its country's, else the promise."""
    country = jurisdiction.partition("-")[0]
    regime = regimes.get(jurisdiction) or regimes.get(country) or PROMISE
    if regime not in LETTER_LANGUAGES:
        raise SettingsError(f"there are no letters for the regime {regime!r}")
    return regime


def language_of(language: str | None, regime: str) -> str:
    """Return the language of the letter: the person's own where the regime has it, else English."""
    own = (language or "").lower().replace("_", "-").partition("-")[0]
    return own if own in LETTER_LANGUAGES[regime] else FALLBACK_LANGUAGE


def variant_key(regime: str, language: str, exposure: Exposure) -> str:
    """Return the letter id: readable, and the same for the same regime, language and data."""
    digest = hashlib.sha256(exposure_text(exposure).encode()).hexdigest()[:10]
    return f"{regime}-{language}-{digest}"


def variant_of(
    *, jurisdiction: str, language: str | None, exposure: str, regimes: Mapping[str, str]
) -> Variant:
    """Return the variant that a person gets; `exposure` is the person's profile as text."""
    regime = regime_of(jurisdiction, regimes)
    spoken = language_of(language, regime)
    pairs = told(parse_exposure(exposure))
    return Variant(variant_key(regime, spoken, pairs), regime, spoken, pairs)


def variants(
    people: Mapping[tuple[str, str, str], int], *, regimes: Mapping[str, str]
) -> tuple[Variant, ...]:
    """Group people, counted by (jurisdiction, language, exposure), into variants in order of letter id."""
    found: dict[str, Variant] = {}
    totals: Counter[str] = Counter()
    for (jurisdiction, language, exposure), number in people.items():
        one = variant_of(jurisdiction=jurisdiction, language=language, exposure=exposure, regimes=regimes)
        found[one.letter_id] = one
        totals[one.letter_id] += number
    return tuple(
        Variant(v.letter_id, v.regime, v.language, v.exposure, totals[i]) for i, v in sorted(found.items())
    )


def told(exposure: Exposure) -> Exposure:
    """Leave out what is excluded; every other level must be known."""
    for _, certainty in exposure:
        wording.certainty(certainty, FALLBACK_LANGUAGE)
    return tuple(pair for pair in exposure if pair[1] in TOLD_LEVELS)


def drafted(
    letter: Letter, *, cohort_id: str, people: int, template_version: str, findings: Sequence[str]
) -> e.LetterDrafted:
    """Return the event that records a rendered letter."""
    return e.LetterDrafted(
        letter_id=letter.letter_id,
        cohort_id=cohort_id,
        regime=letter.regime,
        language=letter.language,
        exposure=exposure_text(letter.exposure),
        sha256=letter.sha256,
        people=people,
        template_version=template_version,
        findings=tuple(findings),
    )
