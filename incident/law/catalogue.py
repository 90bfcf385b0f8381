"""The catalogue as the services ask for it: the book, its digest, and which letters go with which law."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property

from incident.core.rules import LawBook
from incident.law.loader import law_files, load_book

LETTERS = {"eu-gdpr": "eu_gdpr", "gb-uk-gdpr": "uk_gdpr", "ch-fadp": "ch_fadp", "us-ca": "us_ca"}
"""Which regime's people get which family of letters; everybody else gets the promise's letter."""


class Catalogue:
    """The law files of the package, read once."""

    @cached_property
    def _book(self) -> LawBook:
        return load_book()

    @cached_property
    def _digest(self) -> str:
        total = hashlib.sha256()
        for name, content in law_files():
            total.update(name.encode() + b"\0" + content)
        return total.hexdigest()

    def book(self) -> LawBook:
        """Return all regimes."""
        return self._book

    def digest(self) -> str:
        """Return sha256 (hex) over the names and bytes of all law files."""
        return self._digest

    def letter_regimes(self) -> Mapping[str, str]:
        """Return the letter family by jurisdiction."""
        found = {}
        for regime in self._book.regimes:
            family = LETTERS.get(regime.id)
            if family is not None:
                found.update(dict.fromkeys(regime.jurisdictions, family))
        return found

    def complaint_offices(self) -> Mapping[str, Mapping[str, str]]:
        """Return the office that takes complaints, for letter families that have exactly one."""
        offices = {}
        for regime in self._book.regimes:
            family = LETTERS.get(regime.id)
            if family is not None and len(regime.authorities) == 1:
                office = next(iter(regime.authorities.values()))
                if office.url:
                    offices[family] = {"name": office.name, "url": office.url}
        return offices
