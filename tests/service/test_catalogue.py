"""Questions to the catalogue through the services, and what a change of it means for open incidents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from incident.adapters.holidays import PublicHolidays
from incident.cli import law_text
from incident.cli.main import main
from incident.core.rules import LawBook, Regime, Unit
from incident.errors import BadInputError, NotFoundError
from incident.law.catalogue import Catalogue
from incident.service import catalogue
from incident.service.asking_law import LawDesk, answer_each, assess_facts, read_cases
from incident.service.law_effects import open_effects
from tests.builders.house import Scene

TODAY = date(2026, 11, 23)
REAL = Catalogue()
# Tue 10 March 2026: 05:00 in London, 00:00 in Texas
FACTS = {
    "became_aware_at": "2026-03-10T05:00:00+00:00",
    "role": "controller",
    "people": {"US-TX": 300, "GB": 4},
    "data": ["name", "ssn"],
    "medium": "electronic",
    "loss": ["confidentiality"],
    "encrypted": False,
    "risk": "high",
}


@dataclass(frozen=True)
class ChangedLaw:
    """The catalogue with another book: `LawSource` for tests."""

    changed: LawBook

    def book(self) -> LawBook:
        return self.changed

    def digest(self) -> str:
        return "changed"

    def letter_regimes(self) -> Mapping[str, str]:
        return REAL.letter_regimes()

    def complaint_offices(self) -> Mapping[str, Mapping[str, str]]:
        return REAL.complaint_offices()


@pytest.fixture
def desk() -> LawDesk:
    return LawDesk(REAL, PublicHolidays(), TODAY)


def book_with(change: Callable[[Regime], Regime | None]) -> LawBook:
    """Return the real book with each regime changed, or left out."""
    regimes = tuple(changed for regime in REAL.book().regimes if (changed := change(regime)) is not None)
    index: dict[str, tuple[Regime, ...]] = {}
    for regime in regimes:
        for code in regime.jurisdictions:
            index[code] = (*index.get(code, ()), regime)
    return LawBook(regimes, index)


def hours_of(regime_id: str, rule_id: str, hours: int) -> Callable[[Regime], Regime]:
    """Return a change that gives one rule another number of hours."""

    def change(regime: Regime) -> Regime:
        if regime.id != regime_id:
            return regime
        rules = []
        for rule in regime.rules:
            versions = []
            for version in rule.versions:
                period = version.deadline.period
                if rule.id == rule_id and period is not None and period.unit is Unit.HOURS:
                    deadline = replace(version.deadline, period=replace(period, value=hours))
                    versions.append(replace(version, deadline=deadline))
                else:
                    versions.append(version)
            rules.append(replace(rule, versions=tuple(versions)))
        return replace(regime, rules=tuple(rules))

    return change


class TestReading:
    def test_every_law_can_be_shown_and_printed(
        self, desk: LawDesk, capsys: pytest.CaptureFixture[str]
    ) -> None:
        for regime in desk.law.book().regimes:
            found = catalogue.shown(desk, regime.id)
            json.dumps(found)
            law_text.print_rule(found)
            printed = capsys.readouterr().out
            for rule in regime.rules:
                assert rule.id in printed
                for version in rule.versions:
                    assert version.sources[0].citation in printed
                    assert (version.no_duty or version.deadline.qualifier) in printed

    def test_every_law_is_found_by_its_name(self, desk: LawDesk) -> None:
        for regime in desk.law.book().regimes:
            found = catalogue.found_by(desk, (regime.name,))
            assert regime.id in {one["regime"] for one in found}, regime.name

    def test_a_list_holds_every_duty_once(self, desk: LawDesk) -> None:
        rows = catalogue.listed(desk, catalogue.Wanted())
        rules = [rule.id for regime in desk.law.book().regimes for rule in regime.rules]
        assert [row["rule"] for row in rows] == rules
        assert catalogue.counted(desk)["duties"] == len(rules)
        assert not any(row["stale"] for row in rows)
        later = replace(desk, today=date(2040, 1, 1))
        assert all(row["stale"] for row in catalogue.listed(later, catalogue.Wanted()))

    def test_every_version_has_its_standing(self, desk: LawDesk) -> None:
        statuses = ("in_force", "pending", "proposed", "voluntary", "repealed", "ended")
        found = [catalogue.listed(desk, catalogue.Wanted(status=status)) for status in statuses]
        assert sum(map(len, found)) == catalogue.counted(desk)["versions"]

    def test_the_whole_of_time_starts_every_version_once(self, desk: LawDesk) -> None:
        found = catalogue.differences(desk, date(1900, 1, 1), date(2100, 1, 1))
        starts = [one for one in found if one["change"] == "starts"]
        real = [
            version
            for regime in desk.law.book().regimes
            for rule in regime.rules
            for version in rule.versions
            if version.status.value in {"in_force", "pending"}
        ]
        assert len(starts) == len(real)
        assert [one["day"] for one in found] == sorted(one["day"] for one in found)

    def test_two_stretches_make_the_whole(self, desk: LawDesk) -> None:
        first, middle, last = date(2024, 1, 1), date(2025, 12, 31), date(2027, 1, 1)
        parts = catalogue.differences(desk, first, middle) + catalogue.differences(desk, middle, last)
        assert parts == catalogue.differences(desk, first, last)

    def test_what_is_not_there(self, desk: LawDesk) -> None:
        with pytest.raises(NotFoundError, match="tocsin law list"):
            catalogue.shown(desk, "????")
        with pytest.raises(BadInputError, match="no_duty"):
            catalogue.listed(desk, catalogue.Wanted(status="gone"))


class TestAsking:
    def test_explain_agrees_with_assess(self, desk: LawDesk) -> None:
        found = assess_facts(desk, FACTS)
        for one in found.obligations:
            explained = catalogue.explain(desk, one.rule, FACTS)
            assert explained["considered"]
            assert explained["required"] is any(o.required for o in found.obligations if o.rule == one.rule)
            assert one.because in explained["because"]
            assert one.to_json() in explained["obligations"]

    def test_a_sector_duty_is_not_considered_for_others(self, desk: LawDesk) -> None:
        sector_rules = [
            (rule, regime)
            for regime in desk.law.book().regimes
            for rule in regime.rules
            if rule.versions[-1].condition.sectors and "DE" in regime.jurisdictions
        ]
        for rule, _ in sector_rules:
            explained = catalogue.explain(desk, rule.id, {**FACTS, "people": {"DE": 5}})
            assert not explained["considered"]
            assert explained["because"].startswith("not considered")

    def test_an_answer_comes_before_the_next_line_is_read(self, desk: LawDesk) -> None:
        read: list[int] = []

        def lines() -> Iterator[str]:
            for number in range(3):
                read.append(number)
                yield json.dumps(FACTS) + "\n"

        several, cases = read_cases(lines())
        assert several
        answers = answer_each(cases, lambda value: len(value["people"]))
        assert (next(answers).found, read) == (2, [0])
        assert (next(answers).found, read) == (2, [0, 1])


class TestOpenIncidents:
    def test_the_same_catalogue_changes_nothing(self, played: Callable[..., Scene]) -> None:
        scene = played("to_request")
        found = open_effects(scene.house)
        assert found.compared == (scene.incident_id,)
        assert found.effects == ()
        assert found.catalogue == scene.house.law.digest()

    def test_a_shorter_period_moves_a_deadline(self, played: Callable[..., Scene]) -> None:
        scene = played("to_request")
        changed = scene.using(law=ChangedLaw(book_with(hours_of("eu-gdpr", "eu-gdpr/art-33", 48))))
        found = open_effects(changed.house)
        moved = [one for one in found.effects if one.obligation.startswith("eu-gdpr/art-33@")]
        assert moved
        for one in moved:
            assert one.change == "moves"
            assert one.due_before is not None
            assert one.due_now is not None
            assert one.due_before - one.due_now == timedelta(hours=24)
            assert "48 hours" in one.because
        assert {one.obligation.split("@")[0] for one in found.effects} == {"eu-gdpr/art-33"}

    def test_a_law_that_is_gone_or_new(self, played: Callable[..., Scene]) -> None:
        scene = played("to_request")
        known = {o.arose.regime for o in scene.state.obligations.values() if o.open and o.arose.checked_on}
        gone = min(known)
        without = scene.using(law=ChangedLaw(book_with(lambda regime: None if regime.id == gone else regime)))
        lapsing = open_effects(without.house).effects
        assert lapsing
        assert {one.change for one in lapsing} == {"lapses"}
        assert all(one.obligation.startswith(f"{gone}/") for one in lapsing)
        from incident.service.obligations import determine

        determine(without.house, scene.incident_id)
        arising = open_effects(scene.house).effects
        assert {one.obligation for one in arising} == {one.obligation for one in lapsing}
        assert {one.change for one in arising} == {"arises"}
        assert open_effects(without.house).effects == ()

    def test_it_only_looks(self, played: Callable[..., Scene]) -> None:
        scene = played("to_request")
        before = len(scene.kinds)
        open_effects(scene.using(law=ChangedLaw(book_with(lambda regime: regime))).house)
        assert len(scene.kinds) == before

    def test_on_the_command_line(
        self, played: Callable[..., Scene], capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        scene = played("to_request")

        def said(*words: str) -> str:
            with pytest.raises(SystemExit) as stopped:
                main(["law", "diff", "--open", "--settings", str(scene.settings), *words])
            assert not stopped.value.code
            return capsys.readouterr().out

        assert "0 changes for 1 open incidents" in said()
        answer: Any = json.loads(said("--json"))
        assert answer["compared"] == [scene.incident_id]

    def test_an_incident_without_awareness_is_named(self, fresh: Scene) -> None:
        from incident.service.opening import open_incident

        state = open_incident(fresh.house, actor=fresh.ada, title="Something odd", aware_because="")
        found = open_effects(fresh.house)
        assert found.compared == ()
        assert "became aware" in found.not_compared[state.incident_id]
