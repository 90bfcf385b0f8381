"""All readers, the choice among them by content, and a set of evidence opened for one scoping.

Adding a system: docs/adding-a-system.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO, cast

from incident.adapters.systems.bunny import BunnyReader
from incident.adapters.systems.firebase_auth import FirebaseAuthReader
from incident.adapters.systems.gcs_usage import GcsUsageReader
from incident.adapters.systems.google_cloud import GoogleCloudAuditReader
from incident.adapters.systems.gravatar import GravatarReader
from incident.adapters.systems.helpscout import HelpScoutReader
from incident.adapters.systems.mailbox import MailboxReader
from incident.adapters.systems.mailchimp import MailchimpReader
from incident.adapters.systems.object_paths import EXAMPLE_LAYOUT, PathLayout
from incident.adapters.systems.own_records import OwnRecordReader, OwnRecordSchema
from incident.adapters.systems.raw import HEAD_BYTES, Rewound, plain_head, source_of
from incident.adapters.systems.replicate import ReplicateReader
from incident.adapters.systems.stripe import StripeReader
from incident.adapters.systems.vercel import VercelReader
from incident.adapters.systems.vercel_analytics import VercelAnalyticsReader
from incident.adapters.systems.workspace import WorkspaceActivityReader, WorkspaceUserReader
from incident.core.scoping.reader import Holds, Reader, ReadReport
from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from incident.core.scoping.reader import Interest
    from incident.core.scoping.records import (
        AccessRecord,
        AccountRecord,
        EvidenceRef,
        GenerationRecord,
        Record,
    )


def readers(
    schema: OwnRecordSchema | None = None,
    *,
    layout: PathLayout = EXAMPLE_LAYOUT,
    uid_keys: tuple[str, ...] = ("firebase_uid",),
) -> tuple[Reader, ...]:
    """Return every reader, set to the company's record schema, object layout and Stripe user id keys."""
    return (
        FirebaseAuthReader(),
        StripeReader(uid_keys),
        BunnyReader(layout),
        GoogleCloudAuditReader(layout),
        GcsUsageReader(layout),
        OwnRecordReader(schema),
        VercelReader(),
        VercelAnalyticsReader(layout),
        WorkspaceActivityReader(),
        WorkspaceUserReader(),
        MailboxReader(),
        ReplicateReader(),
        HelpScoutReader(),
        MailchimpReader(),
        GravatarReader(),
    )


def recognise(head: bytes, known: Sequence[Reader]) -> list[tuple[Reader, str]]:
    """Return every reader that knows a file which begins so, with the format; gzip is looked through."""
    plain = plain_head(head)
    found = ((reader, reader.recognise(plain)) for reader in known)
    return [(reader, form) for reader, form in found if form]


@dataclass(frozen=True, slots=True)
class OpenedEvidence:
    """One snapshot with the reader that understands it, ready to be streamed once."""

    reader: Reader
    report: ReadReport
    stream: BinaryIO


class EvidenceSet:
    """Snapshots opened for one scoping; the three streams are lazy and can be consumed once, in any order."""

    def __init__(
        self,
        sources: Iterable[tuple[EvidenceRef, BinaryIO]],
        known: Sequence[Reader],
        *,
        interest: Interest | None = None,
    ) -> None:
        self.opened = tuple(open_evidence(ref, stream, known) for ref, stream in sources)
        self.interest = interest

    @property
    def reports(self) -> tuple[ReadReport, ...]:
        """The counters, complete once the streams are consumed."""
        return tuple(each.report for each in self.opened)

    def accounts(self) -> Iterator[AccountRecord]:
        """Stream accounts of all systems."""
        return cast("Iterator[AccountRecord]", self._records(Holds.ACCOUNTS))

    def accesses(self) -> Iterator[AccessRecord]:
        """Stream accesses of all logs."""
        return cast("Iterator[AccessRecord]", self._records(Holds.ACCESSES))

    def own_records(self) -> Iterator[GenerationRecord]:
        """Stream the company's own records."""
        return cast("Iterator[GenerationRecord]", self._records(Holds.OWN_RECORDS))

    def _records(self, holds: Holds) -> Iterator[Record]:
        return chain.from_iterable(
            each.reader.read(each.stream, each.report.ref, each.report, interest=self.interest)
            for each in self.opened
            if each.reader.holds is holds
        )


def open_evidence(ref: EvidenceRef, stream: BinaryIO, known: Sequence[Reader]) -> OpenedEvidence:
    """Choose the reader by content.

    Raises BadInputError: empty, unknown, ambiguous, or of another system than declared.
    """
    head = stream.read(HEAD_BYTES)
    source = source_of(ref)
    if not head:
        raise BadInputError("the file is empty", source=source)
    found = recognise(head, known)
    if not found:
        raise BadInputError("no reader knows this content", source=source)
    if len(found) > 1:
        forms = ", ".join(sorted(form for _, form in found))
        raise BadInputError(f"the content fits several formats: {forms}", source=source)
    reader, form = found[0]
    if reader.system != ref.system:
        raise BadInputError(
            f"is declared as {ref.system} and reads as {reader.system} ({form})", source=source
        )
    report = ReadReport(ref, reader=type(reader).__name__, reader_version=reader.version, format=form)
    return OpenedEvidence(reader, report, cast("BinaryIO", Rewound(head, stream)))
