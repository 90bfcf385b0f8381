"""`ports.Readers`: every reader of the house, chosen by content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

from incident.adapters.systems import bunny, google_cloud, vercel
from incident.adapters.systems.own_records import OWN_LINES, OwnRecordSchema
from incident.adapters.systems.raw import HEAD_BYTES, is_plain
from incident.adapters.systems.registry import readers, recognise
from incident.core.scoping.reader import Reader
from incident.errors import BadInputError

_LOOKED_AT = 512
_IN_LINES = frozenset({bunny.LINES, google_cloud.LINES, vercel.LINES, OWN_LINES})
_STARTS = {
    b"PK\x03\x04": "it is a ZIP archive of another kind; unpack it",
    b"\x1f\x8b": "it is compressed, and what comes out is unknown or broken",
    b"%PDF": "it is a PDF; export the data instead of printing it",
    b"<": "it is a web page or XML; perhaps the sign-in page was saved instead of the export",
}


class SystemReaders:
    """Chooses among all readers; the company's own records and user ids are read as its settings say."""

    def __init__(
        self, schema: Mapping[str, Any] | None = None, uid_keys: tuple[str, ...] = ("firebase_uid",)
    ) -> None:
        self._readers = readers(OwnRecordSchema(**schema) if schema else None, uid_keys=uid_keys)

    def reader_of(self, stream: BinaryIO, *, system: str | None = None) -> tuple[Reader, str]:
        """Return the reader that knows the content, and the format; BadInputError when none or several do."""
        head = stream.read(HEAD_BYTES)
        if not head:
            raise BadInputError("the file is empty")
        known = [r for r in self._readers if system is None or r.system == system]
        found = recognise(head, known)
        if not found:
            raise BadInputError(self._reason(head, system))
        if len({reader.system for reader, _form in found}) > 1 or len(found) > 1:
            raise BadInputError(
                f"the content fits several formats: {', '.join(sorted(form for _r, form in found))}"
            )
        return found[0]

    def lies_in_lines(self, stream: BinaryIO, form: str) -> bool:
        """Tell whether a file of this format can be read in parts: a row is a line, and nothing lies around it."""
        return form in _IN_LINES and is_plain(stream.read(HEAD_BYTES))

    def _reason(self, head: bytes, system: str | None) -> str:
        """Say why a content is not known, as far as its first bytes tell."""
        others = {reader.system for reader, _form in recognise(head, self._readers)}
        if system is not None and others:
            return f"is declared as {system} and reads as {' or '.join(sorted(others))}"
        known = next((said for start, said in _STARTS.items() if head.startswith(start)), None)
        if known is None and b"\0" in head[:_LOOKED_AT]:
            known = "it holds NUL bytes: it is binary, or UTF-16 without its mark"
        return f"no reader knows this content: {known}" if known else "no reader knows this content"
