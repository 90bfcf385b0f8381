"""An incident for tests of letters, filings and the report, and the settings of its company."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from incident.adapters.render import JinjaRenderer
from incident.core import events as e
from incident.core.letter_values import letter_values
from incident.core.letters import LETTER_LANGUAGES, Letter, Variant, parse_exposure, variant_key
from incident.core.state import Fact, Incident

AWARE = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)
SETTINGS: dict[str, Any] = {
    "name": "UglyRobot, LLC",
    "registered": "registered in Delaware, USA",
    "service": "Imajinn AI",
    "privacy_contact": "support@imajinn.ai",
    "website": "https://imajinn.ai",
    "postal_address": "",
    "complaints": {
        "eu_gdpr": {
            "name": "The authorities of all countries",
            "name_de": "Die Behörden aller Länder",
            "url": "https://www.edpb.europa.eu/about-edpb/about-edpb/members_en",
        },
        "uk_gdpr": {
            "name": "Information Commissioner's Office",
            "url": "https://ico.org.uk/make-a-complaint/",
        },
    },
    "credit_agencies": ("Example Bureau, credit reporting agency, 1-800-555-0100",),
}
EXPOSURES = {
    "account and images": "email:confirmed;name:confirmed;password_hash:confirmed;photo:probable;payment_card_partial:possible",
    "newsletter only": "email:possible",
    "support only": "email:confirmed;message_content:possible;ip_address:possible",
    "technical only": "ip_address:probable;device:probable",
    "money": "payment_card_number:confirmed;card_security_code:possible;bank_account:possible",
    "identity": "ssn:confirmed;drivers_license:probable",
    "health": "medical:possible;name:confirmed",
}
EVERY_LETTER = [
    (r, lang, name) for r, langs in LETTER_LANGUAGES.items() for lang in langs for name in EXPOSURES
]
FACTS = {
    "what_happened": "An intruder used the stolen access of an employee to read data from our systems.",
    "what_happened_de": "Ein Angreifer hat mit einem gestohlenen Zugang Daten aus unseren Systemen gelesen.",
    "measures_taken": ["We blocked the stolen access.", "We replaced every key."],
    "measures_taken_de": ["Wir haben den gestohlenen Zugang gesperrt.", "Wir haben alle Schlüssel ersetzt."],
    "loss": ["confidentiality"],
    "occurred_from": "2026-03-10T02:10:00.000000Z",
    "occurred_to": "2026-03-10T04:40:00+00:00",
}


def incident(*, drill: bool = False, **facts: Any) -> Incident:
    """An incident of which the usual facts are known; a fact given as None is not known."""
    state = Incident("INC-1", drill=drill, title="Stolen access", promise_hours=48)
    state.detected_at = AWARE - timedelta(minutes=20)
    state.awareness = e.AwarenessDecided(AWARE, "the alert was confirmed", "ada")
    for name, value in {**FACTS, **facts}.items():
        if value is not None:
            state.facts[name] = Fact(value, e.Label.FACT, "ada", AWARE)
    return state


def variant(regime: str = "promise", language: str = "en", exposure: str = "email:confirmed") -> Variant:
    pairs = parse_exposure(exposure)
    return Variant(variant_key(regime, language, pairs), regime, language, pairs)


def rendered(one: Variant, state: Incident, settings: dict[str, Any] | None = None) -> Letter:
    renderer = JinjaRenderer()
    values = letter_values(state, SETTINGS if settings is None else settings, one)
    return Letter(
        letter_id=one.letter_id,
        regime=one.regime,
        language=one.language,
        exposure=one.exposure,
        subject=renderer.text(one.template("subject.txt"), values).strip(),
        text=renderer.text(one.template("body.txt"), values),
        html=renderer.html(one.template("body.html"), values),
    )
