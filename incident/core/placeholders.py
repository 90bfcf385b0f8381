"""Placeholders of letters: their two spellings, and how a person's values fill them without breaking out.

A letter says `%first_name%` in its subject and plain text and `%first_name_html%` in its HTML, so one set of
substitutions, applied blindly by a provider in any order and any number of times, is right in both. A value
can never become markup, nor another placeholder: HTML is escaped, and no value keeps a percent sign (U+FF05,
the fullwidth one, stands for it in text; a character reference in HTML).
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from incident.core.mailing import LetterContent

# Three letters at least and no digits: percent-encoded links ("%20a%") are not placeholders.
_TAG = re.compile(r"%([a-z][a-z_]{2,})%")
# A provider may replace blindly: percent signs of two placeholders, or a loose one, must not form a third.
_TOO_CLOSE = re.compile(r"[%\0][a-z_]*\0|\0[a-z_]*%")
_IN_MARKUP = re.compile(r"<[^<>]*%[a-z][a-z_]{2,}%[^<>]*>")
_SPECIAL = re.compile("[&<>\"'%]")
"""What has to be escaped in one of the two places; most names hold none of it."""
HTML_SUFFIX = "_html"
TEMPLATES_REMEMBERED = 64
_FULLWIDTH_PERCENT = "％"


def names_in(letter: LetterContent) -> frozenset[str]:
    """Return the bare names of all placeholders that the letter uses."""
    plain = _TAG.findall(letter.subject) + _TAG.findall(letter.text)
    rich = (name.removesuffix(HTML_SUFFIX) for name in _TAG.findall(letter.html))
    return frozenset(plain) | frozenset(rich)


def flaws_of_letter(letter: LetterContent) -> Iterator[str]:
    """Say, one sentence each, what is wrong with a letter's placeholders."""
    undeclared = names_in(letter) - letter.placeholders
    for name in sorted(undeclared):
        yield f"the letter uses the placeholder {name!r} without declaring it"
    for name in sorted(
        n for n in letter.placeholders if n.endswith(HTML_SUFFIX) or not _TAG.fullmatch(f"%{n}%")
    ):
        yield f"{name!r} cannot name a placeholder: lower case letters and underscores, three at least"
    if any(n.endswith(HTML_SUFFIX) for n in _TAG.findall(letter.subject + "\n" + letter.text)):
        yield "a placeholder for HTML stands in the subject or in the plain text"
    if any(not n.endswith(HTML_SUFFIX) for n in _TAG.findall(letter.html)):
        yield "a placeholder for plain text stands in the HTML; there it ends in _html"
    if any(_TOO_CLOSE.search(_TAG.sub("\0", part)) for part in (letter.subject, letter.text, letter.html)):
        yield "a placeholder stands too close to another percent sign; put a space between"
    if _IN_MARKUP.search(letter.html):
        yield "a placeholder stands inside an HTML tag; values belong between tags"


def encoded(values: Mapping[str, str]) -> dict[str, str]:
    """Return the substitutions that travel: both spellings of every name, each escaped for its place."""
    pairs: dict[str, str] = {}
    for name, value in values.items():
        if _SPECIAL.search(value) is None:
            pairs[f"%{name}%"] = pairs[f"%{name}{HTML_SUFFIX}%"] = value
            continue
        pairs[f"%{name}%"] = value.replace("%", _FULLWIDTH_PERCENT)
        pairs[f"%{name}{HTML_SUFFIX}%"] = html.escape(value, quote=True).replace("%", "&#37;")
    return pairs


def fill(template: str, substitutions: Mapping[str, str]) -> str:
    """Return the template with its placeholders replaced, once; what is not given stays as it is."""
    return "".join([substitutions.get(part, part) if tag else part for tag, part in parts(template)])


@lru_cache(TEMPLATES_REMEMBERED)
def parts(template: str) -> tuple[tuple[bool, str], ...]:
    """Cut a template at its placeholders; there are few templates, and each is filled for many people."""
    between = _TAG.split(template)
    return tuple(
        (bool(n % 2), f"%{part}%" if n % 2 else part) for n, part in enumerate(between) if n % 2 or part
    )
