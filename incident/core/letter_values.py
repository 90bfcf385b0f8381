"""What the templates of one letter need: the incident's facts and the company's settings, in words.

Takes nothing from a person: everyone who gets the letter gets the same values. A fact that nobody knows is
None, and the templates say so.
"""

from __future__ import annotations

import json
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from incident.core import spoken_times, wording
from incident.core.letters import FALLBACK_LANGUAGE, TAGS_HTML, TAGS_TEXT, TOLD_LEVELS, Exposure, Variant
from incident.errors import BadInputError, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from incident.core.state import Incident

NEEDED_SETTINGS = ("name", "service", "privacy_contact", "website")
OPTIONAL_SETTINGS = (
    "registered",
    "postal_address",
    "phone",
    "dpo",
    "representative",
    "genuine_url",
    "signatory",
)
# local time beside UTC; the EU spans three zones, so its letters name the one that most of it keeps
ZONES: dict[str, str] = {
    "eu_gdpr": "Europe/Brussels",
    "uk_gdpr": "Europe/London",
    "ch_fadp": "Europe/Zurich",
    "us_ca": "America/Los_Angeles",
}


def letter_values(state: Incident, settings: Mapping[str, Any], variant: Variant) -> dict[str, Any]:
    """Return everything the templates of one variant need.

    `settings` has the names of the profile (`core/profile.py`): text for `NEEDED_SETTINGS`, text or nothing
    for `OPTIONAL_SETTINGS`, `complaint_route` (a sentence; also `complaint_route_de`), `complaints` (regime
    to {name, url}, perhaps name_de) and `credit_agencies` (lines). Facts read: `what_happened`,
    `measures_taken`, `likely_consequences` (each also with the suffix `_de`), `loss`, `occurred_from`,
    `occurred_to`. What nobody knows is None; what no letter can do without is named by `missing_facts`.
    """
    _check(state, settings)
    zone = ZoneInfo(ZONES.get(variant.regime, "UTC"))
    happened, happened_language = _localized(state, "what_happened", variant.language)
    measures, measures_language = _localized(state, "measures_taken", variant.language)
    consequences, consequences_language = _localized(state, "likely_consequences", variant.language)
    values: dict[str, Any] = {
        **{key: settings[key] for key in NEEDED_SETTINGS},
        **{key: settings.get(key) or None for key in OPTIONAL_SETTINGS},
        **_occasion(state),
        "what_happened": " ".join(happened) or None,
        "what_happened_language": happened_language,
        "losses": _losses(state, variant.language),
        "occurred_from": _when(state, "occurred_from", variant.language, zone),
        "occurred_to": _when(state, "occurred_to", variant.language, zone),
        "became_aware_at": spoken_times.when(_aware(state), variant.language, zone),
        "data_levels": data_levels(variant.exposure, variant.language),
        "only_possible": {certainty for _, certainty in variant.exposure} <= {"possible"},
        "groups": sorted({wording.group(category) for category, _ in variant.exposure}),
        "measures": measures,
        "measures_language": measures_language,
        "consequences_text": " ".join(consequences) or None,
        "consequences_language": consequences_language,
        "complaint": _body((settings.get("complaints") or {}).get(variant.regime), variant.language),
        "complaint_route": settings.get(f"complaint_route_{variant.language}")
        or settings.get("complaint_route")
        or None,
        "credit_agencies": list(settings.get("credit_agencies") or ()),
    }
    _refuse_tags(values)
    return values


def _occasion(state: Incident) -> dict[str, bool]:
    """Say why the letter is written: in a drill, as an update of an earlier wave, as a correction."""
    update = state.cohort is not None and bool(state.cohort.follows)
    return {"drill": state.drill, "update": update, "correction": False}


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


def data_levels(exposure: Exposure, language: str) -> list[dict[str, Any]]:
    """Return the data of a profile by certainty, the most certain first, each category in words, once."""
    levels = []
    for code in TOLD_LEVELS:
        words = [wording.category(c, language) for c, certainty in exposure if certainty == code]
        if words:
            levels.append(
                {
                    "code": code,
                    "certainty": wording.certainty(code, language),
                    "categories": list(dict.fromkeys(words)),
                }
            )
    return levels


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
        raise BadInputError(
            "letters say when the team became aware; decide it first", field="became_aware_at"
        )
    return state.became_aware_at


def _localized(state: Incident, name: str, language: str) -> tuple[list[str], str | None]:
    for key, spoken in ((f"{name}_{language}", language), (name, FALLBACK_LANGUAGE)):
        fact = state.facts.get(key)
        if fact is not None and fact.value not in (None, "", []):
            value = fact.value
            return ([str(v) for v in value] if isinstance(value, list | tuple) else [str(value)]), spoken
    return [], None


def _losses(state: Incident, language: str) -> list[str]:
    fact = state.facts.get("loss")
    if fact is None or fact.value is None:
        return []
    codes = fact.value if isinstance(fact.value, list | tuple) else [fact.value]
    unknown = [code for code in codes if code not in wording.LOSSES]
    if unknown:
        raise BadInputError(f"{unknown[0]!r} is not one of {', '.join(wording.LOSSES)}", field="loss")
    return [wording.LOSSES[code].in_(language) for code in codes]


def _when(state: Incident, name: str, language: str, zone: tzinfo) -> str | None:
    at = fact_instant(state, name)
    return None if at is None else spoken_times.when(at, language, zone)


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
