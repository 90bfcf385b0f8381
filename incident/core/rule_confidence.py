"""How sure a version of a duty can be from what was read for it.

High is earned by the law's or a regulator's own words, or by two independent others who say the same; and so is
every number in it. What was not read counts for nothing, and carries nothing by itself: low. A file may claim
less, never more.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from incident.core.rules import SourceKind
from incident.core.vocabulary import Confidence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from incident.core.rules import Condition, Source, Version

INDEPENDENT = 2
_NOT_READ = re.compile(r"\bnot (?:been )?read\b", re.IGNORECASE)
_SMALL = (
    *(
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
    ),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def earned(version: Version) -> Confidence:
    """Return the most that a version's sources can carry."""
    return earned_by(version.sources, numbers_of(version), version.deadline.qualifier)


def earned_by(sources: Iterable[Source], numbers: Iterable[int] = (), qualifier: str = "") -> Confidence:
    """Return the most that sources can carry for an answer with these numbers.

    The qualifier is the law's own wording; it counts as quoted where the law's own text was read.
    """
    read = [source for source in sources if not _NOT_READ.search(source.quote)]
    if not read:
        return Confidence.LOW
    own = qualifier if any(source.kind is not SourceKind.COMMENTARY for source in read) else ""
    held = _carried(read) and all(
        says(number, own) or _carried(source for source in read if says(number, source.quote))
        for number in numbers
    )
    return Confidence.HIGH if held else Confidence.MEDIUM


def _carried(sources: Iterable[Source]) -> bool:
    read = list(sources)
    own = any(source.kind is not SourceKind.COMMENTARY for source in read)
    return own or len({_publisher(source.url) for source in read}) >= INDEPENDENT


def _publisher(url: str) -> str:
    return ".".join((urlsplit(url).hostname or url).split(".")[-2:])


def numbers_of(version: Version) -> frozenset[int]:
    """Return the numbers a version's answer rests on: of its periods, and of people."""
    periods = (version.deadline.period, version.deadline.cap)
    counts = (period.value for period in periods if period is not None)
    return frozenset((*counts, *_thresholds(version.condition)))


def _thresholds(condition: Condition) -> Iterator[int]:
    yield from (threshold.count for threshold in condition.thresholds)
    for limb in condition.any_of:
        yield from _thresholds(limb)


def says(number: int, text: str) -> bool:
    """Tell whether a text holds a number, in digits or in words."""
    return bool(_pattern(number).search(text))


@cache
def _pattern(number: int) -> re.Pattern[str]:
    digits = re.escape(f"{number:,}").replace(",", "[,.\u00a0\u202f ]?")
    words = re.sub(r"[- ]", r"[-\\s]+(?:and\\s+)?", in_words(number))
    return re.compile(rf"(?<![\d.,]){digits}(?![.,]?\d)|(?<![\w-]){words}\b", re.IGNORECASE)


def in_words(number: int) -> str:
    """Write a whole number below a million in English words."""
    for unit, word in ((1000, "thousand"), (100, "hundred")):
        if number >= unit:
            rest = number % unit
            return f"{in_words(number // unit)} {word}" + (f" {in_words(rest)}" if rest else "")
    if number < len(_SMALL):
        return _SMALL[number]
    ten, one = divmod(number, 10)
    return _TENS[ten - 2] + (f"-{_SMALL[one]}" if one else "")
