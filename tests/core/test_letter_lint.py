"""The judge of letters: silent on ours, loud on every bad one."""

from __future__ import annotations

import inspect
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from incident.core import letter_lint
from incident.core.letter_lint import Finding, Severity, blocks, lint
from tests.core.letter_cases import EVERY_LETTER, EXPOSURES, SETTINGS, incident, rendered, variant

if TYPE_CHECKING:
    from incident.core.letters import Letter

CONTACT = "support@imajinn.ai"


def findings(letter: Letter, *, drill: bool = False, missing: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    return lint(letter, contact_email=CONTACT, drill=drill, missing=missing)


def good(regime: str = "eu_gdpr", language: str = "en") -> Letter:
    return rendered(variant(regime, language, EXPOSURES["account and images"]), incident())


def both(letter: Letter, old: str, new: str) -> Letter:
    """Change a sentence in both parts, so that only the change itself can be found."""
    assert old in letter.text
    assert old in letter.html
    return replace(letter, text=letter.text.replace(old, new, 1), html=letter.html.replace(old, new, 1))


@pytest.mark.parametrize("drill", [False, True])
@pytest.mark.parametrize(("regime", "language", "exposure"), EVERY_LETTER)
def test_our_own_letters_are_clean(regime, language, exposure, drill):
    letter = rendered(variant(regime, language, EXPOSURES[exposure]), incident(drill=drill))
    assert findings(letter, drill=drill) == ()


SENTENCE = "A person will answer you."
LONG = "word " * 36 + "end."
BAD = [
    ("hole", Severity.ERROR, lambda x: both(x, SENTENCE, "TODO: write this.")),
    ("hole", Severity.ERROR, lambda x: both(x, SENTENCE, "It was {{ when }}.")),
    ("hole", Severity.ERROR, lambda x: both(x, SENTENCE, "It was None.")),
    ("unknown_tag", Severity.ERROR, lambda x: both(x, SENTENCE, "Hello %first_name%.")),
    ("unknown_tag", Severity.ERROR, lambda x: replace(x, html=x.html.replace("%name_html%", "%name%"))),
    ("unknown_tag", Severity.ERROR, lambda x: replace(x, text=x.text.replace("%name%", "%name_html%"))),
    ("unknown_tag", Severity.ERROR, lambda x: replace(x, subject=x.subject + " %name%")),
    ("privacy_shield", Severity.ERROR, lambda x: both(x, SENTENCE, "We adhere to the Privacy Shield.")),
    ("typo_address", Severity.ERROR, lambda x: both(x, SENTENCE, "Or write to support@imajinn.aid now.")),
    ("marketing", Severity.ERROR, lambda x: both(x, SENTENCE, "As an apology, have a discount.")),
    ("marketing", Severity.ERROR, lambda x: both(x, SENTENCE, "Hier ist ein Gutschein.")),
    ("shouting", Severity.WARNING, lambda x: both(x, SENTENCE, "URGENT: read this.")),
    ("shouting", Severity.WARNING, lambda x: both(x, SENTENCE, "Act now!!")),
    ("insecure_link", Severity.ERROR, lambda x: replace(x, html=x.html.replace('href="https://', 'href="http://', 1))),
    ("insecure_link", Severity.ERROR, lambda x: both(x, SENTENCE, "See http://example.org/page now.")),
    ("tracking", Severity.ERROR, lambda x: replace(x, html=x.html.replace('members_en"', 'members_en?utm_source=mail"', 1))),
    ("external_content", Severity.ERROR, lambda x: replace(x, html=x.html.replace("</main>", "<img src='https://x.example/p.gif'></main>"))),
    ("external_content", Severity.ERROR, lambda x: replace(x, html=x.html.replace("</head>", "<script></script></head>"))),
    ("external_content", Severity.ERROR, lambda x: replace(x, html=x.html.replace("color:#1a1a1a", "background:url(https://x.example/p.gif)"))),
    ("contact", Severity.ERROR, lambda x: replace(x, text=x.text.replace(CONTACT, "help@elsewhere.example"))),
    ("missing_section", Severity.ERROR, lambda x: replace(x, html=x.html.replace('data-section="consequences"', 'data-section="other"'))),
    ("missing_section", Severity.ERROR, lambda x: replace(x, text=x.text.replace("What could follow from it", "More"))),
    ("parts_differ", Severity.ERROR, lambda x: replace(x, text=x.text.replace(SENTENCE, ""))),
    ("language", Severity.ERROR, lambda x: replace(x, html=x.html.replace('<html lang="en">', "<html>"))),
    ("date_without_zone", Severity.ERROR, lambda x: both(x, SENTENCE, "It ended on 10 March 2026 in the evening hours of that day.")),
    ("date_without_zone", Severity.ERROR, lambda x: both(x, SENTENCE, "It ended at 04:40 in the morning of that long winter day.")),
    ("date_without_zone", Severity.ERROR, lambda x: both(x, SENTENCE, "Es endete am 10. März 2026 am Abend dieses Tages bei uns.")),
    ("date_without_zone", Severity.ERROR, lambda x: both(x, SENTENCE, "It ended on 2026-03-10 in the evening hours of that day.")),
    ("long_sentence", Severity.WARNING, lambda x: both(x, SENTENCE, LONG)),
    ("hard_to_read", Severity.WARNING, lambda x: both(x, SENTENCE, LONG * 60)),
    ("subject", Severity.WARNING, lambda x: replace(x, subject="x" * 91)),
    ("drill", Severity.ERROR, lambda x: replace(x, subject=f"[DRILL] {x.subject}")),
    ("unknown_regime", Severity.ERROR, lambda x: replace(x, regime="mars_law")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "severity", "spoil"), BAD, ids=[f"{c}-{i}" for i, (c, _, _) in enumerate(BAD)]
)
def test_every_rule_fires(code, severity, spoil):
    found = findings(spoil(good()))
    assert (code, severity) in {(f.code, f.severity) for f in found}
    assert blocks(found) is (Severity.ERROR in {f.severity for f in found})


def test_missing_facts_block_and_missing_translations_warn():
    found = findings(good(language="de"), missing=("what_happened", "measures_taken_de"))
    assert [(f.code, f.severity) for f in found] == [
        ("missing_fact", Severity.ERROR),
        ("untranslated", Severity.WARNING),
    ]
    assert blocks(found)
    assert not blocks(found[1:])


def test_a_drill_must_say_so_in_every_part():
    assert sum(f.code == "drill" for f in findings(good(), drill=True)) == 3


@pytest.mark.parametrize("heading", ["Notice of Data Breach", "What Happened", "What Information Was Involved", "What We Are Doing", "What You Can Do", "For More Information"])  # fmt: skip
def test_california_prescribes_its_headings(heading):
    ours = good("us_ca")
    letter = replace(ours, text=ours.text.replace(heading, "Other"), html=ours.html.replace(heading, "Other"))
    assert sum(f.code == "prescribed_headings" for f in findings(letter)) == 2


def test_california_owes_the_credit_agencies_when_identity_numbers_are_exposed():
    letter = rendered(
        variant("us_ca", "en", "ssn:confirmed"), incident(), {**SETTINGS, "credit_agencies": ()}
    )
    assert [f.code for f in findings(letter)] == ["credit_agencies"]


def test_law_may_ask_for_more_sections():
    found = lint(good(), contact_email=CONTACT, drill=False, required={"eu_gdpr": ("nature", "dispute")})
    assert [f.code for f in found] == ["missing_section"]
    assert str(found[0]) == "error: missing_section: the section 'dispute' is missing or says next to nothing"


def test_every_rule_is_tried_by_a_bad_letter():
    tried = {c for c, _, _ in BAD} | {
        "missing_fact",
        "untranslated",
        "prescribed_headings",
        "credit_agencies",
    }
    assert tried == set(re.findall(r'_(?:error|warning)\(\s*"(\w+)"', inspect.getsource(letter_lint)))
