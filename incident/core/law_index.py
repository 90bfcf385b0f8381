"""Questions to the catalogue itself: what it holds, what changed between two days, what is stale, how much.

Pure, over a `LawBook`. How an incident stands under it is left to `obligations`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from incident.core.law_words import Validity, validity_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from incident.core.rules import LawBook, Regime, Rule, Version
    from incident.core.vocabulary import Recipient, Sector


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of one duty, with its law."""

    regime: Regime
    rule: Rule
    version: Version


@dataclass(frozen=True, slots=True)
class Change:
    """A version that starts or ends on a day; `other` is the one before it, or after it."""

    day: date
    kind: str
    entry: Entry
    other: Version | None


@dataclass(frozen=True, slots=True)
class Count:
    """How much the catalogue holds: a duty is regime x recipient x stage, a jurisdiction a code covered."""

    duties: int
    jurisdictions: int
    regimes: int
    versions: int
    authorities: int
    no_duty: int
    pending: int
    proposed: int
    stale: int
    recipients: dict[str, int]


def entries(book: LawBook) -> Iterator[Entry]:
    """Yield every version of every duty, in the order of the files."""
    for regime in book.regimes:
        for rule in regime.rules:
            for version in rule.versions:
                yield Entry(regime, rule, version)


def present(rule: Rule, day: date) -> Version:
    """Return the version that counts on a day: the one whose dates include it, else the next, else the last."""
    later = (version for version in rule.versions if version.in_force_from > day)
    return rule.on(day) or next(later, rule.versions[-1])


def applies_in(regime: Regime, jurisdiction: str) -> bool:
    """Tell whether a law reaches a code: its own, its country's, or one of its parts."""
    country = jurisdiction.split("-", 1)[0]
    return any(
        code in {jurisdiction, country} or code.startswith(f"{jurisdiction}-")
        for code in regime.jurisdictions
    )


def select(
    book: LawBook,
    *,
    day: date,
    jurisdiction: str | None = None,
    recipient: Recipient | None = None,
    sector: Sector | None = None,
    validity: Validity | None = None,
    no_duty: bool = False,
) -> tuple[Entry, ...]:
    """List duties by their present version; asked for a standing, every version that stands so."""

    def wanted(entry: Entry) -> bool:
        stands = validity is None or validity_of(entry.version, day) is validity
        shown = stands and (validity is not None or entry.version is present(entry.rule, day))
        return (
            shown
            and (not no_duty or entry.version.no_duty is not None)
            and (jurisdiction is None or applies_in(entry.regime, jurisdiction))
            and (recipient is None or entry.rule.recipient is recipient)
            and (sector is None or sector in entry.version.condition.sectors)
        )

    return tuple(entry for entry in entries(book) if wanted(entry))


def search(book: LawBook, words: tuple[str, ...]) -> tuple[Entry, ...]:
    """Return the versions whose law, duty, offices or sources hold every word, most mentions first."""
    sought = tuple(word.casefold() for word in words)
    found: list[tuple[int, int, Entry]] = []
    for place, entry in enumerate(entries(book)):
        text = "\n".join(_texts(entry)).casefold()
        if all(word in text for word in sought):
            found.append((-sum(text.count(word) for word in sought), place, entry))
    return tuple(entry for _, _, entry in sorted(found, key=lambda each: each[:2]))


def _texts(entry: Entry) -> Iterator[str]:
    regime, rule, version = entry.regime, entry.rule, entry.version
    yield from (rule.id, rule.title, rule.recipient.value, regime.name, regime.citation)
    yield from regime.jurisdictions
    codes = rule.authorities or tuple(regime.authorities)
    yield from (regime.authorities[code].name for code in codes if code in regime.authorities)
    yield from (version.deadline.qualifier, version.no_duty or "", version.doubt or "")
    yield from (limb.label for limb in version.condition.data)
    for source in version.sources:
        yield from (source.citation, source.quote, source.url)
    for local in regime.local:
        yield from (local.law, local.question or "", local.source.citation, local.source.url)
    yield from regime.notes


def changes(book: LawBook, first: date, last: date) -> tuple[Change, ...]:
    """Return what starts or ends being in force after `first` and up to `last`, in order of day.

    A bill that was not enacted starts nothing; what is pending starts on its day.
    """
    found = [*_starts(book, first, last), *_ends(book, first, last)]
    return tuple(sorted(found, key=lambda change: (change.day, change.entry.rule.id)))


def _starts(book: LawBook, first: date, last: date) -> Iterator[Change]:
    for entry in entries(book):
        start = entry.version.in_force_from
        if first < start <= last and validity_of(entry.version, start) in _REAL:
            before = [v for v in entry.rule.versions if v.in_force_from < start]
            yield Change(start, "starts", entry, before[-1] if before else None)


def _ends(book: LawBook, first: date, last: date) -> Iterator[Change]:
    for entry in entries(book):
        end = entry.version.in_force_to
        if end is not None and first <= end < last and validity_of(entry.version, end) in _REAL:
            after = [v for v in entry.rule.versions if v.in_force_from > end]
            yield Change(end, "ends", entry, after[0] if after else None)


_REAL = {Validity.IN_FORCE, Validity.PENDING}


def stale(book: LawBook, day: date) -> tuple[Entry, ...]:
    """Return the versions that still matter on the day and whose review was due before it, longest overdue first."""
    found = [
        entry
        for entry in entries(book)
        if entry.version.review_by < day and validity_of(entry.version, day) is not Validity.ENDED
    ]
    return tuple(sorted(found, key=lambda entry: (entry.version.review_by, entry.rule.id)))


def count(book: LawBook, *, day: date) -> Count:
    """Count duties and jurisdictions from the data; `day` tells what is pending and what is stale."""
    rules = [rule for regime in book.regimes for rule in regime.rules]
    versions = tuple(entries(book))
    validities = Counter(validity_of(entry.version, day) for entry in versions)
    return Count(
        duties=len(rules),
        jurisdictions=len(book.by_jurisdiction),
        regimes=len(book.regimes),
        versions=len(versions),
        authorities=sum(len(regime.authorities) for regime in book.regimes),
        no_duty=sum(present(rule, day).no_duty is not None for rule in rules),
        pending=validities[Validity.PENDING],
        proposed=validities[Validity.PROPOSED],
        stale=len(stale(book, day)),
        recipients=dict(sorted(Counter(rule.recipient.value for rule in rules).items())),
    )
