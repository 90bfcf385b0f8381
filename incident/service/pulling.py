"""Pull a live account into evidence: page by page into the spool, then frozen as one file a stream.

A kill at any point loses at most the page that was on its way; the next run goes on where the journal ends. The ledger
gets the request without its cursors, which are people's ids; the evidence itself ends with every page's request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from incident.core import events as e
from incident.core.actors import RESPONDERS, Actor
from incident.core.pulling import KeptPage, Puller, Pulls, Spool, notes_on
from incident.errors import NotFoundError, PermanentError, SettingsError
from incident.service.evidence import freeze
from incident.service.house import House, view

Tell = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one stream became; `notes` say what changed meanwhile, `complete` whether all pages are there."""

    stream: str
    evidence: e.EvidenceFrozen
    pages: int
    complete: bool
    notes: tuple[str, ...]


def pull(
    house: House,
    incident_id: str,
    system: str,
    *,
    actor: Actor,
    since: datetime | None = None,
    partial: bool = False,
    tell: Tell = lambda _stream, _page: None,
) -> tuple[Pulled, ...]:
    """Pull every stream of a system and freeze each; with `partial` ask nobody and freeze what was kept so far."""
    actor.must_be(*RESPONDERS, to="pull evidence")
    view(house, incident_id)
    if house.pulls is None:
        raise SettingsError("no live account is configured")
    pulls = house.pulls
    with closing(pulls.puller(system, since=since)) as puller:
        found = [
            _freeze(house, pulls, incident_id, (system, stream), spool, actor)
            for stream in puller.streams
            if (spool := _fetched(house, pulls, incident_id, puller, stream, partial=partial, tell=tell))
        ]
    if partial and not found:
        raise NotFoundError(f"no page of {system} was kept")
    pulls.clear(incident_id, system)
    return tuple(found)


def _fetched(
    house: House,
    pulls: Pulls,
    incident_id: str,
    puller: Puller,
    stream: str,
    *,
    partial: bool,
    tell: Tell,
) -> Spool | None:
    """Return the spool of a stream whose pages are to be frozen now, or None when there is nothing to freeze."""
    spool = pulls.spool(incident_id, puller.system, stream)
    if spool.finished() is not None:
        return None
    if not partial:
        _fetch(house, puller, stream, spool, tell)
    return spool if spool.pages() else None


def _fetch(house: House, puller: Puller, stream: str, spool: Spool, tell: Tell) -> None:
    """Fetch pages until the last; a cursor that comes again would go on for ever and is refused."""
    pages = spool.pages()
    seen = {page.cursor for page in pages}
    cursor = pages[-1].cursor if pages else None
    if pages and cursor is None:
        return
    while True:
        page = puller.page(stream, cursor)
        if page.cursor is not None and page.cursor in seen:
            raise PermanentError(
                f"{puller.system} names one page of {stream} twice; --partial freezes what is kept"
            )
        kept = spool.keep(page, at=house.clock.now())
        house.points.reach("pull:page")
        tell(stream, kept.number)
        seen.add(page.cursor)
        cursor = page.cursor
        if cursor is None:
            return


def _freeze(
    house: House, pulls: Pulls, incident_id: str, of: tuple[str, str], spool: Spool, actor: Actor
) -> Pulled:
    system, stream = of
    pages = spool.pages()
    notes = notes_on(pages)
    complete = pages[-1].cursor is None and not notes
    with spool.whole(pulls.last_line(pages, notes, complete=complete)) as content:
        stored = house.vault.put(content)
    taken_at = pages[-1].taken_at
    frozen = e.EvidenceFrozen(
        evidence_id=f"ev-{stored.sha256[:12]}",
        system=system,
        file_name=f"{system}-{stream}-{taken_at:%Y%m%dT%H%M%S%fZ}.json",
        sha256=stored.sha256,
        size_bytes=stored.size_bytes,
        taken_at=taken_at,
        taken_by=actor.handle,
        command="; ".join(_asked(pages)),
    )
    kept = freeze(house, incident_id, frozen, actor=actor)
    house.points.reach("pull:frozen")
    spool.finish(kept.evidence_id)
    return Pulled(stream, kept, len(pages), complete, notes)


def _asked(pages: Sequence[KeptPage]) -> Iterator[str]:
    counted: dict[str, int] = {}
    for page in pages:
        counted[page.asked] = counted.get(page.asked, 0) + 1
    for asked, times in counted.items():
        yield f"tocsin evidence pull: {asked} ({times} {'page' if times == 1 else 'pages'})"
