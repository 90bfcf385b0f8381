"""In which order the authorities ask: field codes of `incident.core.filings` with the labels of each form.

Orders may also come from law files; these are the ones a pack falls back to.
"""

from __future__ import annotations

from collections.abc import Sequence

Order = Sequence[tuple[str, str]]

ASKED_AS = {
    "what_happened": "nature",
    "organization": "controller",
    "number_of_people": "people_here",
    "number_of_records": "records_total",
    "categories_of_people": "people_kinds",
    "categories_of_records": "data_categories",
    "reasons_for_delay": "delay_reason",
    "likelihood": "risk",
    "individuals_notified_at": "people_told_at",
    "discovered_at": "detected_at",
    "how_found": "awareness_reason",
    "cyber_incident": "loss",
    "told_people": "people_told",
    "told_others": "others_told",
}
"""Field codes of law files that ask for a fact under another name."""
COVERS = {
    "occurred_at": ("occurred_from", "occurred_to"),
    "time_and_duration": ("occurred_from", "occurred_to"),
    "measures": ("measures_taken", "measures_planned"),
    "sample_notice": ("sample_letter",),
}
"""Field codes of law files that answer several usual fields at once."""

# Art. 33(3)(a)-(d) and 33(1) GDPR
GDPR_ORDER: Order = (
    ("controller", "Controller"),
    ("contact", "Contact point for more information (Art. 33(3)(b))"),
    ("incident", "Our reference"),
    ("nature", "Nature of the breach (Art. 33(3)(a))"),
    ("loss", "What was lost: confidentiality, integrity, availability"),
    ("occurred_from", "Began"),
    ("occurred_to", "Ended"),
    ("detected_at", "Detected"),
    ("became_aware_at", "We became aware"),
    ("awareness_reason", "Why this is the moment of awareness"),
    ("data_categories", "Categories of data"),
    ("people_kinds", "Categories of people"),
    ("people_total", "Approximate number of people, in total"),
    ("people_here", "Approximate number of people in this jurisdiction"),
    ("people_by_place", "Approximate number of people by country"),
    ("records_total", "Approximate number of records (Art. 33(3)(a))"),
    ("consequences", "Likely consequences (Art. 33(3)(c))"),
    ("risk", "Risk to people"),
    ("measures_taken", "Measures taken (Art. 33(3)(d))"),
    ("measures_planned", "Measures proposed (Art. 33(3)(d))"),
    ("people_told", "Have the people been told"),
    ("others_told", "Other authorities told"),
    ("delay_reason", "Reason for a report later than 72 hours (Art. 33(1))"),
)
# the order of the ICO's report form for personal data breaches
ICO_ORDER: Order = (
    ("nature", "What happened"),
    ("cause", "How it happened"),
    ("awareness_reason", "How the breach was found"),
    ("occurred_from", "When it happened"),
    ("detected_at", "When it was discovered"),
    ("became_aware_at", "When you became aware"),
    ("data_categories", "Categories of personal data"),
    ("records_total", "Number of records"),
    ("people_total", "Number of people, in total"),
    ("people_here", "Number of people in the United Kingdom"),
    ("people_kinds", "Kinds of people"),
    ("consequences", "Possible consequences for people"),
    ("loss", "Effect on confidentiality, integrity, availability"),
    ("recovery", "Recovery"),
    ("training", "Staff training in the last two years"),
    ("measures_before", "Measures in place before the breach"),
    ("measures_taken", "Measures taken since"),
    ("measures_planned", "Measures planned"),
    ("people_told", "Have you told the people"),
    ("others_told", "Who else was told"),
    ("delay_reason", "Reason for any delay"),
    ("controller", "Organization"),
    ("contact", "Contact"),
    ("incident", "Your reference"),
)
# Art. 15(1)(a)-(g) of the Swiss data protection ordinance
FDPIC_ORDER: Order = (
    ("nature", "Nature of the breach (a)"),
    ("loss", "What was lost: confidentiality, integrity, availability"),
    ("occurred_from", "Time: began (b)"),
    ("occurred_to", "Duration: ended (b)"),
    ("became_aware_at", "We became aware"),
    ("data_categories", "Categories of data (c)"),
    ("records_total", "Approximate amount of data (c)"),
    ("people_kinds", "Categories of people (d)"),
    ("people_total", "Approximate number of people (d)"),
    ("people_here", "Approximate number of people in Switzerland (d)"),
    ("consequences", "Consequences and risks for the people (e)"),
    ("risk", "Risk to people"),
    ("measures_taken", "Measures taken (f)"),
    ("measures_planned", "Measures planned (f)"),
    ("people_told", "Have the people been told"),
    ("contact", "Contact person (g)"),
    ("controller", "Controller"),
    ("incident", "Our reference"),
)
# Cal. Civ. Code 1798.82(f): a sample of the letter goes with it; the rest is what the online form asks
CALIFORNIA_ORDER: Order = (
    ("controller", "Organization name"),
    ("contact", "Contact"),
    ("occurred_from", "Date of the breach, from"),
    ("occurred_to", "Date of the breach, to"),
    ("detected_at", "Date of discovery"),
    ("people_told_at", "Date on which residents were notified"),
    ("nature", "Description"),
    ("data_categories", "Personal information involved"),
    ("people_here", "Number of California residents"),
    ("people_total", "Number of people, in total"),
    ("sample_letter", "Sample of the letter (sha256 of the attached copy)"),
    ("law_enforcement", "Was the notice delayed by law enforcement"),
    ("incident", "Our reference"),
)


def order_of(jurisdiction: str) -> Order:
    """Return the order of fields to fall back to for a jurisdiction."""
    country = jurisdiction.partition("-")[0]
    return {"GB": ICO_ORDER, "CH": FDPIC_ORDER, "US": CALIFORNIA_ORDER}.get(country, GDPR_ORDER)


def whole_order(law: Order, jurisdiction: str) -> Order:
    """Return the authority's own order from the law file, then what its form usually asks beyond that."""
    usual = order_of(jurisdiction)
    if not law:
        return usual
    asked = {ASKED_AS.get(code, code) for code, _label in law}
    asked |= {part for code, _label in law for part in COVERS.get(code, ())}
    return (*law, *((code, label) for code, label in usual if code not in asked))
