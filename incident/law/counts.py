"""The numbers that README and CHANGELOG state about the law, made from the law files.

`python -m incident.law.counts` prints README's line; with `--write`, README.md and CHANGELOG.md of the present
directory are brought up to date between their marks. A test holds both to the files.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from incident.core.law_index import count, present
from incident.core.rules import LawBook, Regime
from incident.errors import BadInputError
from incident.law.loader import load_book

README_MARK, CHANGELOG_MARK = "law-count", "law-list"
ALWAYS = date(2000, 1, 1)


def readme_line(book: LawBook) -> str:
    """Say how many duties, jurisdictions, laws and offices there are; the same on every day."""
    found = count(book, day=ALWAYS)
    return (
        f"The catalogue holds **{found.duties} duties in {found.jurisdictions} jurisdictions** "
        f"({found.regimes} laws, {found.versions} dated versions, {found.authorities} offices)."
    )


def changelog_table(book: LawBook) -> str:
    """Write every law as a row: name, file, newest text in force from, who is told, source."""
    head = "| regime | file | newest text in force from | who is told | source |\n|---|---|---|---|---|"
    return "\n".join([head, *(changelog_row(regime) for regime in book.regimes)])


def changelog_row(regime: Regime) -> str:
    """Write one law as a row of the CHANGELOG."""
    newest = max(version.in_force_from for rule in regime.rules for version in rule.versions)
    told = dict.fromkeys(
        rule.recipient.value.replace("_", " ")
        for rule in regime.rules
        if present(rule, newest).no_duty is None
    )
    cells = (
        regime.name,
        f"`{regime.file}`",
        newest.isoformat(),
        ", ".join(told) or "nobody",
        regime.citation,
    )
    return f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |"


def between(text: str, mark: str) -> str:
    """Return what stands between the two marks; BadInputError when one is missing."""
    opening, closing = f"<!-- {mark} -->\n", f"\n<!-- /{mark} -->"
    _, found, rest = text.partition(opening)
    inside, ended, _ = rest.partition(closing)
    if not (found and ended):
        raise BadInputError(f"lacks the marks {opening.strip()} and {closing.strip()}")
    return inside


def replaced(text: str, mark: str, inside: str) -> str:
    """Return the text with something else between the two marks."""
    opening, closing = f"<!-- {mark} -->\n", f"\n<!-- /{mark} -->"
    return text.replace(f"{opening}{between(text, mark)}{closing}", f"{opening}{inside}{closing}")


def main(arguments: list[str]) -> None:
    """Print README's line; with `--write`, bring the pages of the present directory up to date."""
    book = load_book()
    sys.stdout.write(readme_line(book) + "\n")
    if arguments == ["--write"]:
        for name, mark, inside in (
            ("README.md", README_MARK, readme_line(book)),
            ("CHANGELOG.md", CHANGELOG_MARK, changelog_table(book)),
        ):
            page = Path(name)
            page.write_text(replaced(page.read_text(encoding="utf-8"), mark, inside), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
