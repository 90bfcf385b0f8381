"""What the loader takes, and how it names what it does not take."""

from __future__ import annotations

from datetime import date

import pytest

from incident.core.rules import Status
from incident.errors import LawFileError
from incident.law.loader import book_of, load_book, read_regime

GOOD = """
id = "xx-law"
name = "A law"
citation = "Art. 1"
home = "XX"
zone = "Europe/Berlin"
[jurisdictions]
XX = "Europe/Berlin"
[authorities.XX]
name = "An office"
channel = "form"
source = "https://example.org"
checked_on = 2026-11-23
[[definitions.protected.limbs]]
label = "a name"
groups = [["name"]]
[[rules]]
id = "tell"
title = "Tell"
recipient = "authority"
stage = "initial"
authorities = ["XX"]
[[rules.versions]]
status = "in_force"
in_force_from = 2020-01-01
review_by = 2027-01-01
[rules.versions.condition]
data = "protected"
thresholds = [{ operator = ">", count = 5, of = "residents" }]
[rules.versions.deadline]
clock = "became_aware_at"
qualifier = "within 3 days"
period = { value = 3, unit = "days", clock = "became_aware_at" }
[[rules.versions.sources]]
citation = "Art. 1"
url = "https://example.org"
quote = "within 3 days"
kind = "statute"
checked_on = 2026-11-23
"""
SECOND = """
[[rules.versions]]
status = "pending"
in_force_from = 2020-06-01
review_by = 2027-01-01
[rules.versions.deadline]
clock = "became_aware_at"
qualifier = "at once"
[[rules.versions.sources]]
citation = "Art. 1"
url = "https://example.org"
quote = "at once"
kind = "statute"
checked_on = 2026-11-23
"""

WRONG = [
    # what is wrong, replaced text, its replacement, rule, key, reason
    ("unknown key at the top", 'home = "XX"', 'home = "XX"\ncolor = 1', None, "color", "not a known key"),
    ("unknown key in a rule", 'title = "Tell"', 'title = "Tell"\ncolor = 1', "xx-law/tell", "rules[0].color", "not a known key"),
    ("unknown key in a source", 'quote = "', 'said = "x"\nquote = "', "xx-law/tell", "rules[0].versions[0].sources[0].said", "not a known key"),
    ("unknown data code", '[["name"]]', '[["nmae"]]', None, "definitions.protected.limbs[0].groups", "unknown code 'nmae'"),
    ("unknown definition", 'data = "protected"', 'data = "other"', "xx-law/tell", "rules[0].versions[0].condition.data", "unknown code"),
    ("unknown clock", 'clock = "became_aware_at"\nq', 'clock = "noon"\nq', "xx-law/tell", "rules[0].versions[0].deadline.clock", "unknown code"),
    ("unknown recipient", 'recipient = "authority"', 'recipient = "king"', "xx-law/tell", "rules[0].recipient", "unknown code"),
    ("unknown authority", 'authorities = ["XX"]', 'authorities = ["YY"]', "xx-law/tell", "rules[0].authorities", "no such authority"),
    ("unknown zone", 'zone = "Europe/Berlin"', 'zone = "Europe/Nowhere"', None, "zone", "unknown time zone"),
    ("operator", 'operator = ">"', 'operator = "="', "xx-law/tell", "rules[0].versions[0].condition.thresholds[0].operator", "must be >, >= or <"),
    ("zero people", "count = 5", "count = 0", "xx-law/tell", "rules[0].versions[0].condition.thresholds[0].count", "above zero"),
    ("text for a number", "value = 3", 'value = "3"', "xx-law/tell", "rules[0].versions[0].deadline.period.value", "must be a whole number"),
    ("no source", "[[rules.versions.sources]]", "[[rules.versions.elsewhere]]", "xx-law/tell", "rules[0].versions[0].sources", "is missing"),
    ("a source without its words", 'quote = "within 3 days"\n', "", "xx-law/tell", "rules[0].versions[0].sources[0].quote", "is missing"),
    ("no day checked", 'kind = "statute"\nchecked_on = 2026-11-23', 'kind = "statute"', "xx-law/tell", "rules[0].versions[0].sources[0].checked_on", "is missing"),
    ("no review", "review_by = 2027-01-01", "", "xx-law/tell", "rules[0].versions[0].review_by", "is missing"),
    ("a time for a day", "review_by = 2027-01-01", "review_by = 2027-01-01T00:00:00Z", "xx-law/tell", "rules[0].versions[0].review_by", "without time"),
    ("ends before it starts", "in_force_from = 2020-01-01", "in_force_from = 2020-01-01\nin_force_to = 2019-01-01", "xx-law/tell", "rules[0].versions[0].in_force_to", "before in_force_from"),
    ("no such rule", 'qualifier = "within 3 days"\n', 'qualifier = "within 3 days"\nrelation = { kind = "before", rule = "other" }\n', "xx-law/tell", "deadline.relation.rule", "no such rule"),
    ("an unknown status", 'status = "in_force"', 'status = "on"', "xx-law/tell", "rules[0].versions[0].status", "unknown code 'on'"),
    ("an unknown kind of source", 'kind = "statute"', 'kind = "rumor"', "xx-law/tell", "rules[0].versions[0].sources[0].kind", "unknown code 'rumor'"),
    ("an unknown unit", 'unit = "days"', 'unit = "weeks"', "xx-law/tell", "rules[0].versions[0].deadline.period.unit", "unknown code 'weeks'"),
    ("an empty quote", 'quote = "within 3 days"', 'quote = " "', "xx-law/tell", "rules[0].versions[0].sources[0].quote", "is empty"),
    ("an empty list of sources", "[[rules.versions.sources]]", "[rules.versions.x]", "xx-law/tell", "rules[0].versions[0].sources", "is missing"),
    ("an authority without a source", 'source = "https://example.org"', "", None, "authorities.XX.source", "is missing"),
    ("a threshold of nobody", 'of = "residents"', 'of = "cows"', "xx-law/tell", "rules[0].versions[0].condition.thresholds[0].of", "must be residents or people"),
    ("a cap alone", "period = {", "cap = {", "xx-law/tell", "rules[0].versions[0].deadline.cap", "needs a period"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new", "rule", "key", "reason"), [row[1:] for row in WRONG], ids=[r[0] for r in WRONG]
)
def test_a_wrong_file_is_named_with_rule_and_key(
    old: str, new: str, rule: str | None, key: str, reason: str
) -> None:
    assert old in GOOD
    with pytest.raises(LawFileError, match=r"xx\.toml") as caught:
        read_regime(GOOD.replace(old, new, 1), "xx.toml")
    assert (caught.value.file, caught.value.rule, caught.value.key) == ("xx.toml", rule, key)
    assert reason in caught.value.reason


def test_overlapping_versions_are_refused() -> None:
    with pytest.raises(LawFileError, match="overlaps with the version from 2020-06-01") as caught:
        read_regime(GOOD + SECOND, "xx.toml")
    assert caught.value.rule == "xx-law/tell"
    closed = GOOD.replace(
        "in_force_from = 2020-01-01", "in_force_from = 2020-01-01\nin_force_to = 2020-05-31"
    )
    rule = read_regime(closed + SECOND, "xx.toml").rules[0]
    assert [version.status for version in rule.versions] == [Status.IN_FORCE, Status.PENDING]
    day_before = rule.on(date(2020, 5, 31))
    assert day_before is not None
    assert day_before.status is Status.IN_FORCE
    assert rule.on(date(2019, 12, 31)) is None


def test_two_regimes_with_one_id_and_text_that_is_not_toml_are_refused() -> None:
    with pytest.raises(LawFileError, match=r"is taken by a\.toml"):
        book_of([read_regime(GOOD, "a.toml"), read_regime(GOOD, "b.toml")])
    with pytest.raises(LawFileError, match="is not TOML"):
        read_regime("id = ", "a.toml")


def test_a_directory_of_ones_own(tmp_path) -> None:
    with pytest.raises(LawFileError, match="no regime file"):
        load_book(tmp_path)
    (tmp_path / "xx.toml").write_text(GOOD, encoding="utf-8")
    book = load_book(tmp_path)
    assert [regime.id for regime in book.regimes] == ["xx-law"]
    assert book.by_jurisdiction["XX"] == book.regimes
    assert book.rule("xx-law/tell") is book.regimes[0].rules[0]
    assert book.rule("xx-law/other") is None
    assert book.regime("other") is None


def test_bytes_that_are_no_text_are_named(tmp_path) -> None:
    (tmp_path / "xx.toml").write_bytes(GOOD.encode().replace(b"A law", b"A \xff law"))
    with pytest.raises(LawFileError, match=r"xx\.toml: is not UTF-8") as caught:
        load_book(tmp_path)
    assert caught.value.file == "xx.toml"


def test_a_part_where_another_law_stands_must_lie_in_the_law_s_own_place() -> None:
    zoned = GOOD.replace('zone = "Europe/Berlin"', 'zone = "Europe/Berlin"\ndisplaced_in = ["XX-ZONE"]', 1)
    assert read_regime(zoned, "xx.toml").displaced_in == {"XX-ZONE"}
    for wrong in ("YY-ZONE", "XX"):
        with pytest.raises(LawFileError, match="displaced_in"):
            read_regime(zoned.replace("XX-ZONE", wrong), "xx.toml")


LOCAL = """
[[local]]
law = "A national act"
jurisdictions = ["XX"]
in_force_from = 2021-01-01
source = { citation = "Act 1", url = "https://example.org", quote = "from 2021", kind = "statute", checked_on = 2026-11-23 }
"""


def test_what_national_law_adds_is_read_and_wrong_codes_are_refused() -> None:
    (local,) = read_regime(GOOD + LOCAL, "xx.toml").local
    assert (local.law, local.in_force_from, local.question) == ("A national act", date(2021, 1, 1), None)
    for old, new in (
        ('["XX"]', '["YY"]'),
        ('["XX"]', '["XX"]\nrules = ["other"]'),
        ('["XX"]', "[]"),
        ("in_force_from = 2021-01-01\n", ""),
    ):
        with pytest.raises(LawFileError):
            read_regime(GOOD + LOCAL.replace(old, new), "xx.toml")
