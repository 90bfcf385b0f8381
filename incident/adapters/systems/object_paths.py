"""Whose is an object, by its path, and what does it hold: the layout that the company chose for its stores.

The default is the layout of the example company: `u/<uid>/` uploads, `g/<uid>/` generated images, documents
by id.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from incident.core.scoping.identity import uid_identity

if TYPE_CHECKING:
    from incident.core.scoping.records import Identity

_UID = r"[A-Za-z0-9_-]{1,128}"


@dataclass(frozen=True, slots=True)
class PathRule:
    """Paths that name a user id in the group `uid`, and the data categories of what lies there."""

    pattern: re.Pattern[str]
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PathLayout:
    """The company's object names.

    Paths that match `public` concern nobody, other unknown paths somebody unknown.
    """

    rules: tuple[PathRule, ...]
    public: re.Pattern[str]
    unknown: tuple[str, ...] = ("user_content",)


@dataclass(frozen=True, slots=True)
class Owned:
    """What a path tells: the owner if named, the categories, and the items whose owner it hides."""

    subjects: tuple[Identity, ...]
    categories: tuple[str, ...]
    unresolved: int
    collection: str


EXAMPLE_LAYOUT = PathLayout(
    rules=(
        PathRule(re.compile(rf"(?:^|/)u/(?P<uid>{_UID})/[^/]"), ("photo", "user_id")),
        PathRule(re.compile(rf"(?:^|/)g/(?P<uid>{_UID})/[^/]"), ("user_content", "user_id")),
        PathRule(re.compile(rf"/documents/users/(?P<uid>{_UID})(?:/|$)"), ("name", "email", "user_id")),
    ),
    public=re.compile(r"^/?(?:robots\.txt|favicon\.ico|sitemap\.xml|\.well-known/.*|assets/.*|static/.*)?$"),
)


def classify_path(path: str, layout: PathLayout) -> Owned:
    """Say whose object a path names; the query is not looked at."""
    plain = unquote(path.partition("?")[0])
    for rule in layout.rules:
        if found := rule.pattern.search(plain):
            subject = uid_identity(found["uid"], "object path")
            return Owned((subject,), rule.categories, 0, "")
    if layout.public.match(plain):
        return Owned((), (), 0, "")
    return Owned((), layout.unknown, 1, plain.strip("/").partition("/")[0])
