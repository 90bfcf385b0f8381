"""Bunny.net access logs: v1 lines (12 fields, 15 when extended, also by syslog) and v2 JSON pages.

Addresses are masked by default; a zeroed tail is taken as a mask. v1 forwarded or stored logs are not
guaranteed complete, and nothing in a file says which way it came, so no v1 log is called complete.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import parse_qs

from incident.adapters.systems.json_rows import json_items, outline
from incident.adapters.systems.object_paths import EXAMPLE_LAYOUT, PathLayout, classify_path
from incident.adapters.systems.raw import PlainFile, blocks, is_clean, plain_chunks, source_of
from incident.adapters.systems.scalars import (
    convert_rows,
    epoch_instant,
    iso_instant,
    seen_address,
    text,
    whole_number,
)
from incident.adapters.systems.statuses import http_outcome
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import AccessRecord, Actor
from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef

LINES, V2_JSON = "bunny-v1-lines", "bunny-v2-json"
_WIDTHS = frozenset({12, 15})
_MARK = b"\xef\xbb\xbf"
_CACHE_WORDS = ("HIT", "MISS", "BYPASS", "EXPIRED", "STALE", "UPDATING", "REVALIDATED", "-")
_PLAIN_STARTS = tuple(word.encode() + b"|" for word in _CACHE_WORDS)
_ADDRESS_CELL = 5
_HIDDEN = frozenset({b"", b"-", b"0.0.0.0", b"::"})
_LOOKED_AT = 20


class BunnyReader:
    """Read requests to the CDN; `layout` says whose an object is."""

    system = "bunny_cdn"
    version = "2"
    holds = Holds.ACCESSES

    def __init__(self, layout: PathLayout = EXAMPLE_LAYOUT) -> None:
        self.layout = layout

    def recognise(self, head: bytes) -> str | None:
        """Return the format of a log that begins so."""
        if any(_looks_like_line(line) for line in head.split(b"\n")[:_LOOKED_AT]):
            return LINES
        seen = outline(head)
        names = {"data.item.pullZoneId", "data.item.cacheStatus", "data.item.edgeLocation"}
        is_page = len(names & seen.paths) > 1 or ("data" in seen.paths and "query.pullZoneId" in seen.paths)
        return V2_JSON if seen.top == "start_map" and is_page else None

    def read(
        self, stream: BinaryIO, ref: EvidenceRef, report: ReadReport, *, interest: Interest | None = None
    ) -> Iterator[AccessRecord]:
        """Yield one record per request."""
        source = source_of(ref)
        chunks = plain_chunks(stream, source, first_row=report.first_row)

        if report.format == LINES:
            report.complete = False
            rows = _requests(chunks, report, interest)
            yield from convert_rows(rows, lambda row, line: self._line(row, line, ref), report)
            return
        file = PlainFile(chunks, source)
        rows_v2 = json_items(file, "data.item", report)
        yield from convert_rows(rows_v2, lambda row, item: self._item(row, item, ref), report)
        if any(b'"hasMore":true' in end.replace(b" ", b"") for end in (file.first, file.last)):
            report.lacks("the page says that more lines follow, and they are not in the file")

    def _line(self, row: int, line: bytes, ref: EvidenceRef) -> AccessRecord:
        try:
            words = line.decode().split("|")
        except UnicodeDecodeError:
            raise BadInputError("line is not UTF-8") from None
        if len(words) not in _WIDTHS:
            raise BadInputError(f"line has {len(words)} fields instead of 12 or 15")
        address, precision = seen_address(words[_ADDRESS_CELL])
        if address is None and words[_ADDRESS_CELL].encode() not in _HIDDEN:
            raise BadInputError("is neither an address nor withheld", field="address")
        _, _, rest = words[7].partition("://")
        path = "/" + rest.partition("/")[2]
        return self._access(
            (row, ref), epoch_instant(words[2], "timestamp", per_second=1000), path,
            whole_number(words[1], "status"), Actor(address, precision, token=_token(path)),
            request_id=words[10], complete=False,
        )  # fmt: skip

    def _item(self, row: int, item: Mapping[str, Any], ref: EvidenceRef) -> AccessRecord:
        address, precision = seen_address(text(item, "remoteIp"))
        asn = item.get("asn")
        path = text(item, "path") or "/" + (text(item, "url") or "").partition("://")[2].partition("/")[2]
        actor = Actor(
            address, precision, token=_token(path), ja4=text(item, "ja4Fingerprint"),
            asn=whole_number(asn, "asn") if asn is not None else None,
        )  # fmt: skip
        return self._access(
            (row, ref), iso_instant(item.get("timestamp"), "timestamp"), path,
            _status(item), actor,
            request_id=text(item, "requestId"), complete=True,
        )  # fmt: skip

    def _access(
        self,
        where: tuple[int, EvidenceRef],
        at: datetime,
        path: str,
        status: int,
        actor: Actor,
        *,
        request_id: str | None,
        complete: bool,
    ) -> AccessRecord:
        owned = classify_path(path, self.layout)
        return AccessRecord(
            system=self.system, evidence_id=where[1].evidence_id, row=where[0], at=at, actor=actor,
            subjects=owned.subjects,
            resource=path.partition("?")[0], categories=owned.categories, outcome=http_outcome(status),
            collection=owned.collection, items_unresolved=owned.unresolved, request_id=request_id or None,
            detail=f"status {status}", complete=complete,
        )  # fmt: skip


def _status(item: Mapping[str, Any]) -> int:
    """Return the status of a v2 line; null fields are omitted there, and without one the end is not known."""
    said = item.get("statusCode")
    return whole_number(said, "statusCode") if said is not None else 0


def _requests(
    chunks: Iterator[bytes], report: ReadReport, interest: Interest | None
) -> Iterator[tuple[int, bytes]]:
    """Yield lines without what forwarding put before them.

    With an interest, pass over lines whose shown address is not of interest and holds no wanted name.
    """
    wanted = _Wanted(interest) if interest and (interest.addresses or interest.hextets) else None
    for first, block in blocks(chunks, report.first_row):
        chosen = wanted.in_block(first, block, report) if wanted else None
        for row, line in enumerate(block, first) if chosen is None else chosen:
            if is_clean(row, line, report) and line is not None:
                if chosen is None and wanted and not wanted.is_wanted(line):
                    report.passed_over += 1
                    continue
                yield row, _without_syslog_head(line.removesuffix(b"\r"))


class _Wanted:
    """Tells lines that can be the actor's: by the shown address, a hidden one, or a wanted name."""

    def __init__(self, interest: Interest) -> None:
        starts = tuple(address.encode() for address in interest.addresses)
        self.starts = (*starts, b"::ffff:", b"::FFFF:", b"0:0:0:0:0:", b"0000:")  # IPv4 in IPv6
        self.hextets = [tuple(each.encode() for each in groups) for groups in interest.hextets]
        self.names = tuple(name.encode() for name in interest.names)
        hidden = b"|".join(re.escape(cell) for cell in sorted(_HIDDEN))
        self.pattern = re.compile(b"\n(?:%s|(?:%s)(?=\n))" % (b"|".join(map(re.escape, self.starts)), hidden))

    def is_wanted(self, line: bytes) -> bool:
        """Tell whether a line matters."""
        shown = line.split(b"|", _ADDRESS_CELL + 1)[_ADDRESS_CELL : _ADDRESS_CELL + 1]
        hidden = not shown or shown[0] in _HIDDEN
        return hidden or self._is_shown(shown[0]) or any(name in line for name in self.names)

    def _is_shown(self, cell: bytes) -> bool:
        if cell.startswith(self.starts):
            return True
        if b":" not in cell:
            return False
        low = cell.lower()
        return any(all(each in low for each in groups) for groups in self.hextets)

    def _places(self, cells: list[bytes]) -> Iterator[int]:
        """Say which cells can be the actor's: one search over all of them, where addresses have one spelling."""
        if self.hextets:
            yield from (place for place, cell in enumerate(cells) if cell in _HIDDEN or self._is_shown(cell))
            return
        text = b"\n%s\n" % b"\n".join(cells)
        place = end = 0
        for found in self.pattern.finditer(text):
            place += text.count(b"\n", end, found.start())
            end = found.start()
            yield place

    def in_block(
        self, first: int, block: list[bytes | None], report: ReadReport
    ) -> list[tuple[int, bytes | None]] | None:
        """Return the lines of a block that matter and count the others; None when it must be read line by line."""
        last = _ADDRESS_CELL + 1
        try:
            joined = b"".join(block)  # type: ignore[arg-type]
            if b"\0" in joined or any(name in joined for name in self.names):
                return None
            cells = [line.split(b"|", last)[_ADDRESS_CELL] for line in block]  # type: ignore[union-attr]
        except (AttributeError, IndexError, TypeError):  # a huge line, a blank one, or one that is no request
            return None
        chosen = [(first + place, block[place]) for place in self._places(cells)]
        passed = len(block) - len(chosen)
        report.rows += passed
        report.passed_over += passed
        return chosen


def _without_syslog_head(line: bytes) -> bytes:
    """Drop what forwarding puts before a line: an RFC 5424 header up to its mark, or the word BOM."""
    if line.startswith(_PLAIN_STARTS):
        return line
    line = line.rpartition(_MARK)[2]
    bare = line.removeprefix(b"BOM")
    return bare if bare.partition(b"|")[0].decode("ascii", "replace") in _CACHE_WORDS else line


def _looks_like_line(line: bytes) -> bool:
    cells = _without_syslog_head(line.rstrip(b"\r")).split(b"|")
    return (
        len(cells) in _WIDTHS
        and cells[1].lstrip(b"-").isdigit()
        and cells[2].isdigit()
        and cells[4].isdigit()
        and b"://" in cells[7]
    )


def _token(path: str) -> str | None:
    """Return the signed-URL token of a query, when there is one."""
    return next(iter(parse_qs(path.partition("?")[2]).get("token", ())), None) if "token=" in path else None
