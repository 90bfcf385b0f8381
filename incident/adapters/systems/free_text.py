"""Who is named in free text: e-mail addresses, labelled user ids, and paths that belong to somebody.

Reads what people and programs write: paths, log messages, mail. What is found is an identifier and no more than that;
whose exposure it is, and how sure that is, is judged elsewhere.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote

from incident.adapters.systems.object_paths import classify_path
from incident.core.scoping.identity import email_identity, uid_identity
from incident.core.scoping.records import IdentityKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from incident.adapters.systems.object_paths import PathLayout
    from incident.core.scoping.records import Identity

_EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)*\.(?:xn--[\w-]+|[^\W\d_]{2,}(?!\w))")
_UID = re.compile(r"(?:uid|user|user_?id|local_?id)[\"'=:/ ]{1,4}([A-Za-z0-9_-]{20,128})", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")  # no tag holds another: each letter is looked at once
_LINKED = re.compile(r"mailto:([^\"'>?\s]+)", re.IGNORECASE)
_CATEGORIES = {IdentityKind.UID: "user_id", IdentityKind.EMAIL: "email"}
_TEXTS_KEPT = 4096
_LONGEST_KEPT = 512


def named_in(words: str, field: str, layout: PathLayout | None = None) -> tuple[Identity, ...]:
    """Return who is named, once each and in order; with a layout, whose a path is too."""
    return (_kept if len(words) <= _LONGEST_KEPT else _named)(words, field, layout)


def plain_of_html(text: str) -> str:
    """Return the text of a page of mail, the addresses of its links included."""
    linked = unquote(" ".join(_LINKED.findall(text)))
    return html.unescape(f"{_TAG.sub(' ', text)} {linked}")


def categories_of(identities: Iterable[Identity]) -> tuple[str, ...]:
    """Return the data that identifiers are."""
    return tuple(sorted({_CATEGORIES[each.kind] for each in identities if each.kind in _CATEGORIES}))


def _named(words: str, field: str, layout: PathLayout | None) -> tuple[Identity, ...]:
    found = [
        *(classify_path(words, layout).subjects if layout else ()),
        *(uid_identity(each[1], field) for each in _UID.finditer(words)),
    ]
    if "@" in words:
        found += [one for each in _EMAIL.finditer(words) for one in email_identity(each[0], field)]
    return tuple(dict.fromkeys(found))


_kept = lru_cache(maxsize=_TEXTS_KEPT)(_named)
