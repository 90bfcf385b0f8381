"""Help Scout: customers and conversations of Mailbox API 2.0.

Everybody in a conversation is a data subject: the customer, who is copied, who wrote a thread, whom a thread names.
`_embedded` is absent when a page is empty. What is attached is only named, so it is counted as not looked into.
Who read a conversation is in no log of the vendor, so these are stores, never accesses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

from incident.adapters.systems.attached import images_within
from incident.adapters.systems.free_text import categories_of, named_in, plain_of_html
from incident.adapters.systems.json_rows import json_items, outline
from incident.adapters.systems.pulled import note_missing_pages
from incident.adapters.systems.raw import PlainFile, plain_chunks, source_of
from incident.adapters.systems.scalars import convert_rows, iso_instant, table_of, tables_of, text
from incident.core.scoping.identity import customer_identity, email_identity, phone_identity
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import AccountRecord, Attributes, Confidence, Identity, ResidenceHint
from incident.errors import BadInputError

if TYPE_CHECKING:
    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef

CUSTOMERS, CONVERSATIONS = "helpscout-customers", "helpscout-conversations"
_COUNTRY_LETTERS = 2


class HelpScoutReader:
    """Read customers, and everybody in conversations."""

    system = "helpscout"
    version = "3"
    holds = Holds.ACCOUNTS

    def recognise(self, head: bytes) -> str | None:
        """Return the format of a page that begins so; an empty page tells only its links."""
        seen = outline(head)
        if seen.top != "start_map":
            return None
        if any(path.startswith("_embedded.customers") for path in seen.paths):
            return CUSTOMERS
        if any(path.startswith("_embedded.conversations") for path in seen.paths):
            return CONVERSATIONS
        link = str(seen.scalars.get("_links.self.href", ""))
        if "api.helpscout.net/v2/customers" in link:
            return CUSTOMERS
        return CONVERSATIONS if "api.helpscout.net/v2/conversations" in link else None

    def read(
        self,
        stream: BinaryIO,
        ref: EvidenceRef,
        report: ReadReport,
        *,
        interest: Interest | None = None,  # noqa: ARG002 - every row matters here
    ) -> Iterator[AccountRecord]:
        """Yield one record per customer, or one per person and conversation."""
        source = source_of(ref)
        file = PlainFile(plain_chunks(stream, source), source)
        path = "_embedded.customers.item" if report.format == CUSTOMERS else "_embedded.conversations.item"
        convert = _customer if report.format == CUSTOMERS else _conversation

        def people(row: int, item: Mapping[str, Any]) -> tuple[AccountRecord, ...]:
            _state_unread(item, report)
            return tuple(
                AccountRecord(self.system, ref.evidence_id, row, identities, attributes)
                for identities, attributes in convert(item)
            )

        for found in convert_rows(json_items(file, path, report), people, report):
            yield from found
        more = any(b'"next":{"href"' in b"".join(end.split()) for end in (file.first, file.last))
        note_missing_pages(file, report, more=more)


Found = tuple[tuple[Identity, ...], Attributes]


def _state_unread(item: Mapping[str, Any], report: ReadReport) -> None:
    """Count what is attached to threads, and say when a conversation came without its threads."""
    inside = table_of(item, "_embedded")
    if item.get("threads") and "threads" not in inside:
        report.lacks("conversations came without their threads: export them with embed=threads")
    for thread in tables_of(inside, "threads"):
        for each in tables_of(table_of(thread, "_embedded"), "attachments"):
            report.not_looked_into[text(each, "mimeType") or "of unknown type"] += 1
        report.not_looked_into.update(images_within(text(thread, "body") or ""))


def _id(item: Mapping[str, Any]) -> str:
    """Return an id, which the vendor writes as a number; empty when there is none."""
    value = item.get("id")
    return str(value) if type(value) is int else text(item, "id") or ""


def _customer(item: Mapping[str, Any]) -> Iterator[Found]:
    inside, own = table_of(item, "_embedded"), _id(item)
    if not own:
        raise BadInputError("is missing", field="id")
    emails = [text(entry, "value") for entry in tables_of(inside, "emails")]
    phones = [text(entry, "value") for entry in tables_of(inside, "phones")]
    name = _name(text(item, "firstName"), text(item, "lastName"))
    held = {
        "user_id": True, "name": name, "email": any(emails), "phone": any(phones),
        "postal_address": table_of(inside, "address"), "message_content": item.get("conversationCount"),
    }  # fmt: skip
    identities = (
        customer_identity(HelpScoutReader.system, own, "id"),
        *(found for email in emails for found in email_identity(email, "emails")),
        *(found for phone in phones for found in phone_identity(phone, "phones")),
    )
    location = (text(item, "location") or "").upper()
    hints = (
        (ResidenceHint("location", location, None, Confidence.LOW),)
        if len(location) == _COUNTRY_LETTERS and location.isalpha()
        else ()
    )
    yield (
        identities,
        Attributes(
            display_name=name,
            phone=next((p for p in phones if p), None),
            email=next((e for e in emails if e), None),
            residence=hints,
            created_at=iso_instant(item["createdAt"], "createdAt") if item.get("createdAt") else None,
            categories=tuple(sorted(code for code, value in held.items() if value)),
        ),
    )


def _conversation(item: Mapping[str, Any]) -> Iterator[Found]:
    """Yield everybody in a conversation, once each."""
    parts = (item, *tables_of(table_of(item, "_embedded"), "threads"))
    seen: set[str] = set()
    created = iso_instant(item["createdAt"], "createdAt") if item.get("createdAt") else None
    with_ip = any("ip" in (text(f, "name") or "").lower().split() for f in tables_of(item, "customFields"))
    for person in _writers(item, parts):
        own, email = _id(person), text(person, "email")
        key = own or (email or "").lower()
        if not key or key in seen or person.get("type") == "user":
            continue
        seen |= {key, (email or "").lower()}
        identities = (
            *((customer_identity(HelpScoutReader.system, own, "customer.id"),) if own else ()),
            *email_identity(email, "email"),
        )
        yield (
            identities,
            _wrote(_name(text(person, "first"), text(person, "last")), email, created, with_ip=with_ip),
        )
    for address in _copied(parts):
        identities = email_identity(address, "cc")
        if identities and address.lower() not in seen:
            seen.add(address.lower())
            yield identities, _wrote(None, address, created, with_ip=False)
    for each in named_in(_written(item, parts), "thread"):
        if each.value not in seen:
            yield (each,), Attributes(created_at=created, categories=categories_of([each]))


def _written(item: Mapping[str, Any], parts: Parts) -> str:
    """Return what was written in a conversation: its subject, its threads and what was filled in."""
    bodies = [plain_of_html(body) for part in parts if isinstance(body := part.get("body"), str)]
    filled = [str(entry.get("text") or entry.get("value") or "") for entry in tables_of(item, "customFields")]
    return "\n".join([str(item.get("subject") or ""), *bodies, *filled])


Parts = tuple[Mapping[str, Any], ...]


def _writers(item: Mapping[str, Any], parts: Parts) -> list[Mapping[str, Any]]:
    """Return the customer and everybody who wrote, staff too."""
    others = (table_of(part, field) for part in parts for field in ("customer", "createdBy"))
    return [table_of(item, "primaryCustomer"), *others]


def _copied(parts: Parts) -> list[str]:
    """Return the addresses that a conversation went to, without the company's own people."""
    fields = ("createdBy", "assignee", "assignedTo", "closedByUser")
    people = [table_of(part, field) for part in parts for field in fields]
    staff = {(text(p, "email") or "").lower() for p in people if p.get("type") == "user"}
    found = [a for part in parts for field in _copied_fields(part) for a in _addresses(part, field)]
    return [address for address in found if address.lower() not in staff]


def _copied_fields(part: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the fields that name people; what a customer wrote goes to the company's own mailbox."""
    by_staff = table_of(part, "createdBy").get("type") == "user"
    return ("cc", "bcc", "to") if by_staff else ("cc", "bcc")


def _wrote(name: str | None, email: str | None, created: Any, *, with_ip: bool) -> Attributes:
    held = {"message_content": True, "name": name, "email": email, "ip_address": with_ip}
    categories = tuple(sorted(code for code, value in held.items() if value))
    return Attributes(display_name=name, email=email, created_at=created, categories=categories)


def _addresses(part: Mapping[str, Any], field: str) -> list[str]:
    value = part.get(field)
    return [entry for entry in value if isinstance(entry, str)] if isinstance(value, list) else []


def _name(first: str | None, last: str | None) -> str | None:
    return " ".join(word for word in (first, last) if word) or None
