"""`ports.Readers`: every reader of the house, chosen by content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, BinaryIO

from incident.adapters.systems.own_records import OwnRecordSchema
from incident.adapters.systems.raw import HEAD_BYTES
from incident.adapters.systems.registry import readers, recognise
from incident.core.scoping.reader import Reader
from incident.errors import BadInputError


class SystemReaders:
    """Chooses among all readers; the company's own records are read with the schema of the settings."""

    def __init__(self, schema: Mapping[str, Any] | None = None) -> None:
        self._readers = readers(OwnRecordSchema(**schema) if schema else None)

    def reader_of(self, stream: BinaryIO, *, system: str | None = None) -> tuple[Reader, str]:
        """Return the reader that knows the content, and the format; BadInputError when none or several do."""
        head = stream.read(HEAD_BYTES)
        if not head:
            raise BadInputError("the file is empty")
        known = [r for r in self._readers if system is None or r.system == system]
        found = recognise(head, known)
        if not found:
            raise BadInputError("no reader knows this content")
        if len({reader.system for reader, _form in found}) > 1 or len(found) > 1:
            raise BadInputError(
                f"the content fits several formats: {', '.join(sorted(form for _r, form in found))}"
            )
        return found[0]
