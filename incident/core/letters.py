"""Which letters an incident needs, what goes into each, and what it is once rendered.

A letter is one variant: regime x language x data exposed. Everything in it is the same for everyone who gets it
but the substitution tags. Rendering is an adapter's work, wording is in templates and `incident.core.wording`,
judging a letter is `incident.core.letter_lint`'s.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from incident.core import events as e
from incident.core import wording
from incident.core.state import Incident
from incident.errors import BadInputError, SettingsError

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
TAGS_HTML = ("%name_html%", "%reference%")
TOLD_LEVELS = ("confirmed", "probable", "possible")
NEEDED_SETTINGS = ("organization", "registered", "service", "contact_email", "site_url")
OPTIONAL_SETTINGS = ("registered_de", "contact_address", "officer", "representative", "genuine_url", "signatory")

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
            "regime": self.regime,
            "subject": self.subject,
            "text": self.text,
        }
        return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()

    @property
    def sha256(self) -> str:
        """Return sha256 (hex) over the document."""
        return hashlib.sha256(self.document()).hexdigest()


def letter_from(document: bytes) -> Letter:
    """Read a kept letter back."""
    content = json.loads(document)
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


def variants(people: Iterable[tuple[str, str | None, str]], *, regimes: Mapping[str, str]) -> tuple[Variant, ...]:
    """Group people, given as (jurisdiction, language, exposure), into variants in order of letter id."""
    counts: Counter[tuple[str, str | None, str]] = Counter(people)
    found: dict[str, Variant] = {}
    totals: Counter[str] = Counter()
    for (jurisdiction, language, exposure), number in counts.items():
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


def letter_values(state: Incident, settings: Mapping[str, Any], variant: Variant) -> dict[str, Any]:
    """Return everything the templates of one variant need.

    `settings` holds `NEEDED_SETTINGS` (text), may hold `OPTIONAL_SETTINGS` (text or None), `passwords_hashed` and
    `cards_partial` (booleans, how data is stored), `complaints` (regime to {name, url}, perhaps name_de), `dispute_body`
    (one such, or None) and `zones` (regime to tzinfo). Facts read: `what_happened`, `measures_taken`,
    `likely_consequences` (each also with the suffix `_de`), `nature`, `occurred_from`, `occurred_to`. What nobody
    knows is None; what the letter cannot do without is named by `missing_facts`.
    """
    _check(state, settings)
    vouched = frozenset(k for k in (wording.HASHED, wording.PARTIAL_CARD) if settings.get(k) is True)
    zone = (settings.get("zones") or {}).get(variant.regime)
    happened, happened_language = _localized(state, "what_happened", variant.language)
    measures, measures_language = _localized(state, "measures_taken", variant.language)
    consequences, consequences_language = _localized(state, "likely_consequences", variant.language)
    values: dict[str, Any] = {
        **{key: settings[key] for key in NEEDED_SETTINGS},
        **{key: settings.get(key) for key in OPTIONAL_SETTINGS},
        "drill": state.drill,
        "what_happened": " ".join(happened) or None,
        "what_happened_language": happened_language,
        "natures": _natures(state, variant.language),
        "occurred_from": _when(state, "occurred_from", variant.language, zone),
        "occurred_to": _when(state, "occurred_to", variant.language, zone),
        "became_aware_at": wording.when(_aware(state), variant.language, zone),
        "data_levels": data_levels(variant.exposure, variant.language, vouched),
        "groups": sorted({wording.group(category) for category, _ in variant.exposure}),
        "measures": measures,
        "measures_language": measures_language,
        "consequences_text": " ".join(consequences) or None,
        "consequences_language": consequences_language,
        "cards_partial": wording.PARTIAL_CARD in vouched,
        "complaint": _body((settings.get("complaints") or {}).get(variant.regime), variant.language),
        "dispute_body": _body(settings.get("dispute_body"), variant.language),
    }
    _refuse_tags(values)
    return values


def missing_facts(state: Incident, language: str = FALLBACK_LANGUAGE) -> tuple[str, ...]:
    """Name the facts without which no letter may go out, and those not yet said in its language."""
    missing = []
    for name in ("what_happened", "measures_taken"):
        said, spoken = _localized(state, name, language)
        if not said:
            missing.append(name)
        elif spoken != language:
            missing.append(f"{name}_{language}")
    return tuple(missing)


def data_levels(exposure: Exposure, language: str, vouched: frozenset[str]) -> list[dict[str, Any]]:
    """Return the data of a profile by certainty, the most certain first, each category in words, once."""
    levels = []
    for code in TOLD_LEVELS:
        words = [wording.category(c, language, vouched) for c, certainty in exposure if certainty == code]
        if words:
            levels.append(
                {"code": code, "certainty": wording.certainty(code, language), "categories": list(dict.fromkeys(words))}
            )
    return levels


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


def _body(body: Mapping[str, str] | None, language: str) -> dict[str, str] | None:
    if body is None:
        return None
    return {"name": body.get(f"name_{language}") or body["name"], "url": body["url"]}


def _check(state: Incident, settings: Mapping[str, Any]) -> None:
    missing = [key for key in NEEDED_SETTINGS if not settings.get(key)]
    if missing:
        raise SettingsError(f"letters need the settings {', '.join(missing)}")
    _aware(state)


def _aware(state: Incident) -> datetime:
    if state.became_aware_at is None:
        raise BadInputError("letters say when the team became aware; decide it first", field="became_aware_at")
    return state.became_aware_at


def _localized(state: Incident, name: str, language: str) -> tuple[list[str], str | None]:
    for key, spoken in ((f"{name}_{language}", language), (name, FALLBACK_LANGUAGE)):
        fact = state.facts.get(key)
        if fact is not None and fact.value not in (None, "", []):
            value = fact.value
            return ([str(v) for v in value] if isinstance(value, list | tuple) else [str(value)]), spoken
    return [], None


def _natures(state: Incident, language: str) -> list[str]:
    fact = state.facts.get("nature")
    if fact is None or fact.value is None:
        return []
    codes = fact.value if isinstance(fact.value, list | tuple) else [fact.value]
    unknown = [code for code in codes if code not in wording.NATURES]
    if unknown:
        raise BadInputError(f"{unknown[0]!r} is not one of {', '.join(wording.NATURES)}", field="nature")
    return [wording.NATURES[code].in_(language) for code in codes]


def _when(state: Incident, name: str, language: str, zone: tzinfo | None) -> str | None:
    at = fact_instant(state, name)
    return None if at is None else wording.when(at, language, zone)


def fact_instant(state: Incident, name: str) -> datetime | None:
    """Return a fact that is an instant, or None when it is unknown; anything else is refused."""
    fact = state.facts.get(name)
    if fact is None or fact.value is None:
        return None
    try:
        at = fact.value if isinstance(fact.value, datetime) else datetime.fromisoformat(str(fact.value))
    except ValueError as error:
        raise BadInputError("is not a time; write it like 2026-03-10T05:00:00+00:00", field=name) from error
    if at.utcoffset() is None:
        raise BadInputError("the time has no offset; write it like 2026-03-10T05:00:00+00:00", field=name)
    return at


def _refuse_tags(values: Mapping[str, Any]) -> None:
    texts = json.dumps(values, default=str, ensure_ascii=False)
    for tag in {*TAGS_TEXT, *TAGS_HTML}:
        if tag in texts:
            raise BadInputError(f"what goes into a letter may not contain the tag {tag}", field="facts")
