"""What the services need from the world, one Protocol each; adapters provide it, fakes mirror it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol, TypeVar

from incident.core.anchors import Anchor as Anchor  # noqa: PLC0414 - a port, beside its rows
from incident.core.anchors import Failure, Receipt
from incident.core.anchors import Outside as Outside  # noqa: PLC0414 - a port, beside its rows
from incident.core.batches import Batches, Looking
from incident.core.erasure import Erasing
from incident.core.people import People as People  # noqa: PLC0414 - a port, beside its rows
from incident.core.projections import BoardRow, ClockRow, TimelineRow
from incident.core.rules import LawBook
from incident.core.scoping.reader import Part, Reader
from incident.core.signals import Report
from incident.ledger.entry import Draft, Entry
from incident.ledger.keys import Keys as Keys  # noqa: PLC0414 - a port, beside its values
from incident.ledger.merkle import CompactRange, Upper
from incident.ledger.proving import Tree
from incident.ledger.verify import Row

Job = TypeVar("Job")
Done = TypeVar("Done")


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the incident's present instant, aware, in UTC; in a drill, the drill's."""
        ...

    def real_now(self) -> datetime:
        """Return the machine's present instant: for leases, never for the ledger."""
        ...

    def pause(self, seconds: float) -> None:
        """Let real time pass: between calls to a provider, never to meet a deadline."""
        ...


class Ids(Protocol):
    """Makes names and keys that nobody can guess or repeat."""

    def new(self, prefix: str) -> str:
        """Return a fresh id such as `INC-7K2M9QXW`."""
        ...

    def key(self) -> bytes:
        """Return 32 random bytes."""
        ...


class Transaction(Protocol):
    """One atomic piece of work: entries, rows about people, projections, all or nothing.

    Beginning one takes the writer's lock, so what is read inside it is what is decided on.
    """

    @property
    def people(self) -> People:
        """The rows about people."""
        ...

    @property
    def erasing(self) -> Erasing:
        """What destroys rows about people."""
        ...

    @property
    def batches(self) -> Batches:
        """The rows of batches."""
        ...

    def entries(self, incident_id: str, *, after: int = -1, kinds: Sequence[str] = ()) -> Iterator[Entry]:
        """Stream an incident's entries in order: those after a seq, of some kinds; without kinds, of all."""
        ...

    def bodies(self, incident_id: str) -> Iterator[bytes]:
        """Stream the bytes of an incident's entries in order, as they are kept, whatever they are."""
        ...

    def entry_count(self, incident_id: str) -> int: ...
    def append(self, drafts: Sequence[Draft], *, recorded_at: datetime) -> Sequence[Entry]:
        """Append entries and move the tree head; seq is taken from the head row, without gaps."""
        ...

    def head(self) -> CompactRange: ...
    def tree(self) -> Tree:
        """Return the tree as it stands; its hashes are looked up, not computed."""
        ...

    def when_committed(self, work: Callable[[], None]) -> None:
        """Do something once this transaction is committed, and not at all if it is not."""
        ...

    def add_checkpoint(self, note: str, *, size: int, at: datetime) -> None: ...
    def last_checkpoint(self) -> tuple[int, datetime] | None:
        """Return size and time of the newest checkpoint."""
        ...

    def newest_checkpoint(self) -> str | None: ...
    def checkpoint_columns(self) -> Sequence[tuple[int, int]]:
        """Return number and size of every checkpoint as they stand beside its note, in order of number."""
        ...

    def anchor_took(self, receipt: Receipt) -> None: ...
    def anchor_failed(self, name: str, reason: str, at: datetime) -> None:
        """Keep what failed; since when it fails stays."""
        ...

    def anchor_mended(self, name: str) -> None: ...
    def put_projection(
        self, board: BoardRow, clocks: Sequence[ClockRow] | None, timeline: Sequence[TimelineRow]
    ) -> None:
        """Replace the board line and (unless None) the clocks of one incident, and add timeline lines."""
        ...

    def clear_projections(self) -> None: ...


class Store(Protocol):
    """The database: the ledger, the rows beside it, the projections, the leases."""

    url_kind: str

    def begin(self, looking: Looking | None = None) -> AbstractContextManager[Transaction]:
        """Start a writing transaction, with a look; it commits at the end, or rolls back on any exception."""
        ...

    def reading(self) -> AbstractContextManager[Transaction]:
        """Start a consistent reading transaction; writing inside it is an error."""
        ...

    def at_one_moment(self) -> AbstractContextManager[Store]:
        """Return the store as it is now, for reading only; whatever others write meanwhile is not seen."""
        ...

    def rows(self) -> Iterator[Row]:
        """Stream every ledger row with its index columns, in order of seq."""
        ...

    def checkpoints(self) -> Iterator[str]: ...
    def uppers(self) -> Iterator[Upper]: ...
    def receipts(self, *, newest: bool = False) -> Sequence[Receipt]:
        """Return the receipts of anchors, by name and size; `newest` gives the last of each."""
        ...

    def anchor_failures(self) -> Sequence[Failure]: ...
    def missing_guards(self) -> Sequence[str]:
        """Name the triggers that keep the ledger append-only and are not there, or not armed."""
        ...

    def head(self) -> CompactRange: ...
    def incident_ids(self) -> Sequence[str]: ...
    def board(self) -> Sequence[BoardRow]: ...
    def clocks(self, incident_id: str | None = None) -> Sequence[ClockRow]: ...
    def timeline(
        self,
        incident_id: str,
        *,
        after: int = -1,
        limit: int = 1000,
        kinds: Sequence[str] = (),
        actor: str | None = None,
    ) -> Sequence[TimelineRow]: ...
    def projection_digest(self) -> str:
        """Return sha256 (hex) over every projection row in a fixed order: equal digests, equal bytes."""
        ...

    def claim(self, incident_id: str, owner: str, *, now: datetime, until: datetime) -> bool:
        """Take or renew the lease of an incident; one winner."""
        ...

    def release(self, incident_id: str, owner: str) -> None: ...
    def scrub(self) -> Sequence[str]:
        """Do what the database can so that erased bytes leave its files; returns what it cannot, as sentences."""
        ...

    def lease(self, incident_id: str) -> tuple[str, datetime] | None:
        """Return who holds a lease and until when, run out or not; None when nobody does."""
        ...

    def migrate(self) -> None:
        """Bring the schema to the newest numbered migration."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes in the vault."""

    sha256: str
    size_bytes: int


class Vault(Protocol):
    """Content-addressed bytes: evidence, letters, packs, receipts, reports. Checked as they are read."""

    def put(self, stream: BinaryIO) -> Stored: ...
    def put_bytes(self, content: bytes) -> Stored: ...
    def source(self, path: Path) -> AbstractContextManager[BinaryIO]:
        """Open a file that is to be stored; BadInputError for links, pipes, devices, and what changes meanwhile."""
        ...

    def open(self, sha256: str) -> BinaryIO:
        """Return a stream whose bytes were checked against the hash; TamperError if they differ."""
        ...

    def read(self, sha256: str) -> bytes: ...
    def cut(self, sha256: str, part_bytes: int) -> Sequence[Part]: ...
    def open_part(self, sha256: str, part: Part) -> BinaryIO: ...
    def erase(self, sha256: str) -> None:
        """Destroy bytes; nothing happens when they are gone already."""
        ...

    def check(self, sha256: str) -> None: ...


class Renderer(Protocol):
    """Fills a template strictly: a hole is an error, a value is never markup."""

    def text(self, template: str, values: Mapping[str, Any]) -> str: ...
    def html(self, template: str, values: Mapping[str, Any]) -> str: ...
    def has(self, template: str) -> bool: ...
    def source(self, template: str) -> bytes:
        """Return a shipped file as it stands, not rendered; TemplateError when there is none."""
        ...

    def version(self, template: str) -> str:
        """Return sha256 (hex, first 12) over the template and what it includes."""
        ...


class PdfMaker(Protocol):
    """Lays a filing pack or a report out on paper."""

    def pdf(self, document: Mapping[str, Any]) -> bytes: ...
    def letters(self, letters: Sequence[Mapping[str, Any]]) -> bytes:
        """Return letters ready to post, one after the other, in one file."""
        ...


class Signals(Protocol):
    """Reads what a provider reports, and believes only what is signed."""

    def read(self, raw: bytes, headers: Mapping[str, str], *, now: datetime) -> Report: ...


class Points(Protocol):
    """Named points of each step, at which tests may kill the process."""

    def reach(self, name: str) -> None: ...


class FlowStarter(Protocol):
    """Starts the flow of an incident, if the orchestrator is there."""

    def start(self, incident_id: str, *, reason: str) -> str | None:
        """Return the run's id, or None when there is no orchestrator to ask."""
        ...


class Readers(Protocol):
    """Knows every export format of every system."""

    def reader_of(self, stream: BinaryIO, *, system: str | None = None) -> tuple[Reader, str]:
        """Return the reader that knows the content, and the format; BadInputError when none or several do.

        With `system` only that system's readers are asked.
        """
        ...

    def lies_in_lines(self, stream: BinaryIO, form: str) -> bool: ...


class LawSource(Protocol):
    """Reads the law."""

    def book(self) -> LawBook: ...
    def digest(self) -> str:
        """Return sha256 (hex) over the files of the catalogue."""
        ...

    def letter_regimes(self) -> Mapping[str, str]:
        """Return the letter family (`eu_gdpr`, `us_ca` ...) by jurisdiction; others get the promise's letter."""
        ...

    def complaint_offices(self) -> Mapping[str, Mapping[str, str]]:
        """Return {name, url} of the office that takes complaints, by letter family, where there is one."""
        ...
