"""Take a letter apart for its judge: sections and links of the HTML; words, sentences, dates of the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING

from incident.core.spoken_times import MONTHS_DE, MONTHS_EN

if TYPE_CHECKING:
    from collections.abc import Iterator

BLOCKS = frozenset({"p", "li", "h1", "h2", "h3", "ul", "ol", "section", "div", "title", "br", "td", "tr"})
HEADINGS = frozenset({"h1", "h2", "h3"})
MONTHS = "|".join(dict.fromkeys([*MONTHS_EN, *MONTHS_DE]))
DATE = re.compile(
    rf"\b\d{{1,2}}\.? (?:{MONTHS}) \d{{4}}\b|\b(?:{MONTHS}) \d{{1,2}}, \d{{4}}\b|\b\d{{4}}-\d{{2}}-\d{{2}}\b"
    r"|\b\d{1,2}[./]\d{1,2}[./]\d{2,4}\b|(?<![+\-\d:])\b\d{1,2}:\d{2}\b"
)
ZONE = re.compile(r"\b(?:UTC|GMT|CES?T|BST|[ECMP][SD]T|MES?Z)\b|\dZ\b|[+\-]\d{2}:\d{2}")
ZONE_WITHIN_CHARACTERS = 32
URL = re.compile(r"https?://\S+|\S+@\S+")


@dataclass(frozen=True, slots=True)
class Section:
    """A marked section of a letter."""

    heading: str
    text: str


@dataclass(frozen=True, slots=True)
class Page:
    """What the HTML of a letter says, without its markup."""

    language: str | None
    headings: tuple[str, ...]
    sections: dict[str, Section]
    links: tuple[str, ...]
    letter: str


@dataclass
class _Reader(HTMLParser):
    language: str | None = None
    headings: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    found: dict[str, tuple[list[str], list[str]]] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    marker: str | None = None
    heading: bool = False
    body: bool = False

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "html":
            self.language = values.get("lang")
        self.body = self.body or tag in {"h1", "body"}
        if tag in HEADINGS:
            self.heading = True
            self.headings.append("")
        if marker := values.get("data-section"):
            self.marker = marker
            self.found[marker] = ([], [])
        self.links.extend(link for key in ("href", "src") if (link := values.get(key)))
        if tag in BLOCKS:
            self.lines.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in HEADINGS:
            self.heading = False
        if tag == "section":
            self.marker = None
        if tag in BLOCKS:
            self.lines.append("\n")

    def handle_data(self, data: str) -> None:
        if self.heading:
            self.headings[-1] += data.strip()
        if self.marker is not None:
            self.found[self.marker][0 if self.heading else 1].append(data)
        if self.body:
            self.lines.append(data)


def read(html: str) -> Page:
    """Read the HTML of a letter."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    sections = {m: Section(_tidy(heading), _tidy(text)) for m, (heading, text) in reader.found.items()}
    return Page(reader.language, tuple(reader.headings), sections, tuple(reader.links), "".join(reader.lines))


def words(text: str) -> list[str]:
    """Return the words of a letter, to compare its two parts; both spellings of a tag count as one."""
    return re.findall(r"[^\W_]+", text.replace("_html%", "%").lower())


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences of a plain text, links and addresses left out."""
    for line in text.splitlines():
        for sentence in re.split(r"(?<=[.!?:;])\s+", URL.sub("", line)):
            if re.search(r"\w", sentence):
                yield sentence.strip(" -")


def dates_without_zone(text: str) -> Iterator[str]:
    """Yield dates and clock times that no time zone follows closely."""
    for match in DATE.finditer(text):
        if not ZONE.search(text[match.end() - 1 : match.end() + ZONE_WITHIN_CHARACTERS]):
            yield match.group()


def _tidy(parts: list[str]) -> str:
    return " ".join("".join(parts).split())
