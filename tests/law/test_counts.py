"""README and CHANGELOG state the law as the files have it. `python -m incident.law.counts --write` makes it so."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from incident.core.law_index import count
from incident.errors import BadInputError
from incident.law import counts
from incident.law.loader import load_book
from tests.architecture.tree import CHECKOUT

BOOK = load_book()
README = (CHECKOUT / "README.md").read_text(encoding="utf-8")
CHANGELOG = (CHECKOUT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_readme_states_the_numbers_of_the_catalogue() -> None:
    assert counts.between(README, counts.README_MARK) == counts.readme_line(BOOK)


def test_the_changelog_lists_every_law_with_its_source() -> None:
    table = counts.between(CHANGELOG, counts.CHANGELOG_MARK)
    assert table == counts.changelog_table(BOOK)
    assert CHANGELOG.index("## Law") < CHANGELOG.index(counts.CHANGELOG_MARK)


def test_the_numbers_are_those_of_the_data() -> None:
    found = count(BOOK, day=date(2026, 11, 23))
    rules = [rule for regime in BOOK.regimes for rule in regime.rules]
    assert found.duties == len({rule.id for rule in rules}) == sum(found.recipients.values())
    assert found.jurisdictions == len({code for regime in BOOK.regimes for code in regime.jurisdictions})
    assert found.versions == sum(len(rule.versions) for rule in rules)
    assert f"{found.duties} duties in {found.jurisdictions} jurisdictions" in counts.readme_line(BOOK)


def test_writing_changes_only_what_stands_between_the_marks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in (("README.md", README), ("CHANGELOG.md", CHANGELOG)):
        inside = counts.between(text, counts.README_MARK if name == "README.md" else counts.CHANGELOG_MARK)
        (tmp_path / name).write_text(text.replace(inside, "old"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    counts.main(["--write"])
    assert (tmp_path / "README.md").read_text(encoding="utf-8") == README
    assert (tmp_path / "CHANGELOG.md").read_text(encoding="utf-8") == CHANGELOG
    assert capsys.readouterr().out == counts.readme_line(BOOK) + "\n"


@pytest.mark.parametrize("text", ["", "<!-- law-count -->\nopen", "<!-- /law-count -->"])
def test_a_page_without_marks_is_refused(text: str) -> None:
    with pytest.raises(BadInputError, match="lacks the marks"):
        counts.replaced(text, counts.README_MARK, "x")
