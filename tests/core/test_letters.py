"""Which letter each person gets, and what stands in it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from incident.core import letters, spoken_times, wording
from incident.core.letter_values import letter_values, missing_facts
from incident.errors import BadInputError, SettingsError
from tests.core.letter_cases import AWARE, EVERY_LETTER, EXPOSURES, SETTINGS, incident, rendered, variant

REGIMES = {
    "DE": "eu_gdpr",
    "AT": "eu_gdpr",
    "FR": "eu_gdpr",
    "GB": "uk_gdpr",
    "CH": "ch_fadp",
    "US-CA": "us_ca",
}


@pytest.mark.parametrize(
    ("jurisdiction", "language", "regime", "spoken"),
    [
        ("DE", "de", "eu_gdpr", "de"),  # a German in Germany
        ("DE", "en-GB", "eu_gdpr", "en"),  # English speaker in Germany
        ("FR", "fr", "eu_gdpr", "en"),  # no French letters yet
        ("CH", "de_CH", "ch_fadp", "de"),  # Swiss German locale
        ("GB", "de", "uk_gdpr", "en"),  # German speaker in London: no German letter under UK law
        ("US-CA", "en", "us_ca", "en"),  # California has a letter of its own
        ("US-TX", "en", "promise", "en"),  # Texas has none: the promise holds
        ("BR", None, "promise", "en"),  # language unknown
        ("unknown", "de", "promise", "de"),  # residence unknown
    ],
)
def test_regime_and_language(jurisdiction, language, regime, spoken):
    one = letters.variant_of(
        jurisdiction=jurisdiction, language=language, exposure="email:possible", regimes=REGIMES
    )
    assert (one.regime, one.language) == (regime, spoken)
    assert one.template("body.txt") == f"notices/{regime}/{spoken}/body.txt"


def test_a_part_of_a_country_falls_back_to_the_country():
    assert letters.regime_of("DE-BY", REGIMES) == "eu_gdpr"


def test_a_regime_without_letters_is_refused():
    with pytest.raises(SettingsError, match="mars_law"):
        letters.regime_of("MA", {"MA": "mars_law"})


def test_people_are_grouped_in_any_order():
    people = {
        ("DE", "de", "email:confirmed"): 5,
        ("AT", "de", "email:confirmed"): 2,
        ("GB", "en", "name:possible"): 1,
    }
    forward = letters.variants(people, regimes=REGIMES)
    assert forward == letters.variants(dict(reversed(people.items())), regimes=REGIMES)
    assert [(v.regime, v.people) for v in forward] == [("eu_gdpr", 7), ("uk_gdpr", 1)]


PAIRS = st.lists(st.tuples(st.sampled_from(sorted(wording.CATEGORIES)), st.sampled_from(letters.TOLD_LEVELS)))


@given(PAIRS)
def test_exposure_text_round_trips_and_ignores_order(pairs):
    text = letters.exposure_text(pairs)
    assert letters.exposure_text(reversed(pairs)) == text
    assert letters.parse_exposure(text) == tuple(sorted(set(pairs)))
    key = letters.variant_key("promise", "en", letters.parse_exposure(text))
    assert key == letters.variant_key("promise", "en", tuple(sorted(set(pairs))))


@pytest.mark.parametrize("text", ["email", "email:", ":confirmed", "a:b:c"])
def test_a_malformed_exposure_is_refused(text):
    with pytest.raises(BadInputError, match="category:certainty"):
        letters.parse_exposure(text)


def test_what_is_excluded_is_not_in_the_letter_and_an_unknown_certainty_is_refused():
    assert letters.told((("email", "confirmed"), ("name", "excluded"))) == (("email", "confirmed"),)
    with pytest.raises(BadInputError, match="maybe"):
        letters.told((("email", "maybe"),))


@pytest.mark.parametrize(("regime", "language", "exposure"), EVERY_LETTER)
def test_every_letter_renders_and_says_its_data(regime, language, exposure):
    one = variant(regime, language, EXPOSURES[exposure])
    letter = rendered(one, incident())
    for category, certainty in one.exposure:
        assert wording.category(category, language) in letter.text
        assert wording.certainty(certainty, language) in letter.text
    assert "support@imajinn.ai" in letter.html
    assert "%name%" in letter.text
    assert "%name_html%" in letter.html
    assert "\n\n\n\n" not in letter.text
    assert not [line for line in letter.text.splitlines() if line != line.strip()]


def test_a_letter_is_kept_as_canonical_json_with_its_placeholders():
    letter = rendered(variant(), incident())
    content = json.loads(letter.document())
    assert list(content) == sorted(content)
    assert content["placeholders"] == ["name", "reference"]
    assert letters.letter_from(letter.document()) == letter
    assert letter.sha256 == rendered(variant(), incident()).sha256


def test_a_drafted_letter_carries_what_the_ledger_needs():
    letter = rendered(variant("eu_gdpr", "de", "email:confirmed;name:possible"), incident())
    event = letters.drafted(
        letter, cohort_id="C1", people=7, template_version="abc", findings=["warning: x: y"]
    )
    assert (event.regime, event.language, event.exposure) == (
        "eu_gdpr",
        "de",
        "email:confirmed;name:possible",
    )
    assert (event.sha256, event.people, event.findings) == (letter.sha256, 7, ("warning: x: y",))


def test_incident_text_is_a_value_and_never_markup():
    state = incident(what_happened="<script>alert(1)</script> {{ name }} & more")
    letter = rendered(variant(), state)
    assert "<script>" not in letter.html
    assert "&lt;script&gt;" in letter.html
    assert "{{ name }}" in letter.text


@pytest.mark.parametrize("tag", ["%name%", "%name_html%", "%reference%", "%reference_html%"])
def test_incident_text_may_not_hold_a_placeholder(tag):
    with pytest.raises(BadInputError, match=tag):
        letter_values(incident(what_happened=f"Ask {tag}"), SETTINGS, variant())


def test_missing_facts_and_settings_are_named():
    assert missing_facts(incident()) == ()
    assert missing_facts(incident(what_happened=None, what_happened_de=None)) == ("what_happened",)
    assert missing_facts(incident(measures_taken_de=None), "de") == ("measures_taken_de",)
    with pytest.raises(SettingsError, match="service, website"):
        letter_values(incident(), {**SETTINGS, "service": "", "website": ""}, variant())
    state = incident()
    state.awareness = None
    with pytest.raises(BadInputError, match="became_aware_at"):
        letter_values(state, SETTINGS, variant())


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"occurred_from": "2026-03-10T02:10:00"}, "occurred_from"),  # no offset
        ({"occurred_to": "yesterday"}, "occurred_to"),
        ({"loss": ["theft"]}, "loss"),
    ],
)
def test_bad_facts_are_named(facts, field):
    with pytest.raises(BadInputError) as caught:
        letter_values(incident(**facts), SETTINGS, variant())
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({}, "between 10 March 2026, 02:10 UTC and 10 March 2026, 04:40 UTC"),
        ({"occurred_to": None}, "We do not know yet when it ended."),
        ({"occurred_from": None}, "We do not know yet when it happened."),
    ],
)
def test_times_say_what_is_unknown(facts, sentence):
    assert sentence in rendered(variant(), incident(**facts)).text


def test_a_german_letter_says_when_a_part_is_only_there_in_english():
    letter = rendered(variant("promise", "de"), incident(measures_taken_de=None))
    assert "nur auf Englisch" in letter.text
    assert '<li style="margin:0 0 10px" lang="en">We blocked' in letter.html


@pytest.mark.parametrize(
    ("regime", "local"),
    [
        ("promise", "10 March 2026, 05:00 UTC"),
        ("eu_gdpr", "10 March 2026, 06:00 CET (05:00 UTC)"),
        ("uk_gdpr", "10 March 2026, 05:00 UTC"),  # GMT in March: the same
        ("us_ca", "9 March 2026, 22:00 PDT (10 March 2026, 05:00 UTC)"),  # the day before
    ],
)
def test_times_are_local_and_utc(regime, local):
    assert letter_values(incident(), SETTINGS, variant(regime))["became_aware_at"] == local


def test_complaint_routes_come_from_settings_only():
    assert "Information Commissioner" in rendered(variant("uk_gdpr"), incident()).text
    bare = rendered(variant("uk_gdpr"), incident(), {**SETTINGS, "complaints": {}}).text
    assert "Information Commissioner" not in bare
    assert "data protection authority of the United Kingdom" in bare
    bound = {
        **SETTINGS,
        "complaint_route": "You can also complain to JAMS: https://www.jamsadr.com/DPF-Dispute-Resolution",
    }
    assert "JAMS" in rendered(variant("eu_gdpr"), incident(), bound).text
    assert "JAMS" not in rendered(variant("eu_gdpr"), incident()).text


@pytest.mark.parametrize(
    ("exposure", "advice", "absent"),
    [
        ("password_hash:confirmed", "Set a new password", "card number was not exposed"),
        ("payment_card_partial:possible", "you need not replace your card", "Set a new password"),
        ("payment_card_number:possible", "Ask your bank whether your card", "need not replace"),
        ("photo:possible", "do your images show other people?", "Set a new password"),
        ("message_content:possible", "Think of what you have written to us", "images show other people"),
        ("ip_address:possible", "you need not do anything today", "Set a new password"),
    ],
)
def test_advice_fits_the_data(exposure, advice, absent):
    text = rendered(variant("eu_gdpr", "en", exposure), incident()).text
    assert advice in text
    assert absent not in text


def test_a_drill_is_marked_everywhere_and_nothing_else_is():
    drill, real = rendered(variant(), incident(drill=True)), rendered(variant(), incident())
    for part in (drill.subject, drill.text, drill.html):
        assert "drill" in part.lower()
    for part in (real.subject, real.text, real.html):
        assert "drill" not in part.lower()


def test_someone_without_a_name_is_addressed_all_the_same():
    assert wording.name_or(None, "en") == "customer"
    assert wording.name_or("  ", "de") == "liebe Kundin, lieber Kunde"
    assert wording.name_or(" Zoë ", "en") == "Zoë"


def test_who_is_only_possibly_affected_is_not_told_more():
    for language, words in (("en", "may have been affected"), ("de", "möglicherweise von einem")):
        assert words in rendered(variant("promise", language, "email:possible"), incident()).text
        assert words not in rendered(variant("promise", language, "email:probable"), incident()).text


def test_unknown_codes_are_refused_not_printed():
    with pytest.raises(BadInputError, match="shoe_size"):
        wording.category("shoe_size", "en")
    with pytest.raises(BadInputError, match="'fr'"):
        wording.category("email", "fr")
    assert spoken_times.day(AWARE.date(), "de") == "10. März 2026"
