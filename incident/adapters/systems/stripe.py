"""Stripe: customers, payment methods and charges from the API, customers and payments from the dashboard.

The dashboard's CSV has no fixed columns and is read by header name; its times are UTC without a zone. Card
numbers are in no export, only brand, last four digits and expiry. A deleted customer is gone from the list
while payments keep the data.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from incident.adapters.systems.cards import card_of, card_of_row
from incident.adapters.systems.csv_rows import first_rows, headed_rows
from incident.adapters.systems.json_rows import json_items, outline
from incident.adapters.systems.places import address_hint, card_country_hint
from incident.adapters.systems.pulled import note_missing_pages
from incident.adapters.systems.raw import PlainFile, plain_chunks, source_of
from incident.adapters.systems.scalars import (
    convert_rows,
    epoch_instant,
    iso_instant,
    required_id,
    table_of,
    tables_of,
    text,
)
from incident.core.scoping.identity import customer_identity, email_identity, phone_identity, uid_identity
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import AccountRecord, Attributes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef, Identity, ResidenceHint

CUSTOMERS_JSON, METHODS_JSON = "stripe-customers-json", "stripe-payment-methods-json"
CHARGES_JSON = "stripe-charges-json"
CUSTOMERS_CSV, PAYMENTS_CSV = "stripe-customers-csv", "stripe-payments-csv"
_OBJECTS = {"customer": CUSTOMERS_JSON, "payment_method": METHODS_JSON, "charge": CHARGES_JSON}
_LISTS = frozenset({"list", "search_result"})
_CREATED = ("Created (UTC)", "Created date (UTC)")
_ADDRESS_FIELDS = ("city", "line1", "line2", "postal_code", "state", "country")
_CSV_ADDRESS = {
    "city": "Card Address City", "line1": "Card Address Line1", "line2": "Card Address Line2",
    "postal_code": "Card Address Zip", "state": "Card Address State", "country": "Card Address Country",
}  # fmt: skip
_METADATA = " (metadata)"
_TELLING = frozenset({"Card Last4", "Amount Refunded", "Seller Message", "Delinquent", "Total Spend"})


class StripeReader:
    """Read customers; `uid_keys` are the metadata keys in which the company keeps its own user id."""

    system = "stripe"
    version = "3"
    holds = Holds.ACCOUNTS

    def __init__(self, uid_keys: tuple[str, ...] = ("firebase_uid",)) -> None:
        self.uid_keys = uid_keys

    def recognise(self, head: bytes) -> str | None:
        """Return the format of an export that begins so."""
        seen = outline(head)
        if seen.top == "start_map" and seen.scalars.get("object") in _LISTS:
            ends = {"customers": CUSTOMERS_JSON, "payment_methods": METHODS_JSON, "charges": CHARGES_JSON}
            place = str(seen.scalars.get("url"))
            by_url = ends.get(place.removesuffix("/search").rpartition("/")[2]) if "/v1/" in place else None
            return _OBJECTS.get(str(seen.scalars.get("data.item.object"))) or by_url
        if seen.top:
            return None
        header = {name.strip() for name in next(iter(first_rows(head, 1)), [])}
        if "id" not in header or not header & {*_CREATED, *_TELLING}:
            return None
        if header & {"Customer ID", "Customer Email", "PaymentIntent ID"}:
            return PAYMENTS_CSV
        return CUSTOMERS_CSV if "Email" in header else None

    def read(
        self,
        stream: BinaryIO,
        ref: EvidenceRef,
        report: ReadReport,
        *,
        interest: Interest | None = None,  # noqa: ARG002 - every row matters here
    ) -> Iterator[AccountRecord]:
        """Yield one record per customer, payment method or payment; they share the customer id."""
        source = source_of(ref)
        chunks = plain_chunks(stream, source)
        convert = {
            CUSTOMERS_JSON: self._customer, METHODS_JSON: _payment_method, CHARGES_JSON: self._charge,
            CUSTOMERS_CSV: self._customer_row, PAYMENTS_CSV: _payment_row,
        }[report.format]  # fmt: skip

        def record(row: int, item: Mapping[str, Any]) -> AccountRecord:
            identities, attributes = convert(item)
            return AccountRecord(self.system, ref.evidence_id, row, identities, attributes)

        if report.format in {CUSTOMERS_CSV, PAYMENTS_CSV}:
            yield from convert_rows(headed_rows(chunks, report, source), record, report)
            return
        file = PlainFile(chunks, source)
        yield from convert_rows(json_items(file, "data.item", report), record, report)
        note_missing_pages(file, report, more=_says_more(file.last) or _says_more(file.first))

    def _uid(self, metadata: Mapping[str, Any], suffix: str = "") -> tuple[Identity, ...]:
        found = ((key, text(metadata, key + suffix)) for key in self.uid_keys)
        return tuple(uid_identity(value, f"metadata.{key}") for key, value in found if value)

    def _charge(self, item: Mapping[str, Any]) -> tuple[tuple[Identity, ...], Attributes]:
        """Return a charge; a customer that is written out in it tells who it is, too."""
        identities, attributes = _charge(item)
        customer = item.get("customer")
        told = customer if isinstance(customer, dict) else {}
        more = (*self._uid(table_of(told, "metadata")), *_contact(text(told, "email"), text(told, "phone")))
        return tuple(dict.fromkeys((*identities, *more))), attributes

    def _customer(self, item: Mapping[str, Any]) -> tuple[tuple[Identity, ...], Attributes]:
        email, phone, name = text(item, "email"), text(item, "phone"), text(item, "name")
        address, shipping = table_of(item, "address"), table_of(table_of(item, "shipping"), "address")
        sources = tables_of(table_of(item, "sources"), "data")
        default_method = table_of(item, "invoice_settings").get("default_payment_method")
        held = {
            "user_id": True, "email": email, "name": name, "phone": phone,
            "postal_address": _any_address(address) or _any_address(shipping),
            "payment_card_partial": default_method or item.get("default_source") or sources,
            "purchase_history": text(item, "currency"),
        }  # fmt: skip
        return (
            (*_own(item, "id"), *self._uid(table_of(item, "metadata")), *_contact(email, phone)),
            Attributes(
                display_name=name, phone=phone, email=email,
                residence=_hints(address_hint(address, "customer address"), address_hint(shipping,
                "shipping address")),
                language=_language(item),
                created_at=_created(item),
                categories=_held(held),
                cards=tuple(card for source in sources for card in card_of(source)),
            ),
        )  # fmt: skip

    def _customer_row(self, row: Mapping[str, str]) -> tuple[tuple[Identity, ...], Attributes]:
        email, name = text(row, "Email"), text(row, "Name")
        card = text(row, "Card Last4") or text(row, "Card ID")
        held = {
            "user_id": True, "email": email, "name": name, "purchase_history": _is_paying(row),
            "payment_card_partial": card,
        }  # fmt: skip
        return (
            (*_own(row, "id"), *self._uid(row, _METADATA), *_contact(email, None)),
            Attributes(
                display_name=name,
                email=email,
                created_at=_utc(row),
                categories=_held(held),
                cards=card_of_row(row),
            ),
        )


def _payment_method(item: Mapping[str, Any]) -> tuple[tuple[Identity, ...], Attributes]:
    billing, card = table_of(item, "billing_details"), table_of(item, "card")
    address = table_of(billing, "address")
    email, phone, name = text(billing, "email"), text(billing, "phone"), text(billing, "name")
    paid_by = table_of(item, text(item, "type") or "card")
    held = {
        "email": email, "name": name, "phone": phone, "postal_address": _any_address(address),
        "payment_card_partial": card or paid_by.get("last4"),  # the last digits of an account too
    }  # fmt: skip
    hints = _hints(address_hint(address, "billing address"), card_country_hint(text(card, "country")))
    return (
        (*(_own(item, "customer") if text(item, "customer") else ()), *_contact(email, phone)),
        Attributes(
            display_name=name, phone=phone, email=email, residence=hints,
            created_at=_created(item), categories=_held(held), cards=card_of(card),
        ),
    )  # fmt: skip


def _charge(item: Mapping[str, Any]) -> tuple[tuple[Identity, ...], Attributes]:
    billing, paid_with = table_of(item, "billing_details"), table_of(item, "payment_method_details")
    card = table_of(paid_with, "card") or table_of(item, "source")
    address, shipping = table_of(billing, "address"), table_of(item, "shipping")
    sent_to = table_of(shipping, "address")
    customer = item.get("customer")
    told = customer if isinstance(customer, dict) else {}  # written out, or only its id
    email = text(billing, "email") or text(item, "receipt_email") or text(told, "email")
    phone = text(billing, "phone") or text(shipping, "phone") or text(told, "phone")
    name = text(billing, "name") or text(told, "name")
    held = {
        "email": email, "name": name or text(shipping, "name"), "phone": phone, "purchase_history": True,
        "postal_address": _any_address(address) or _any_address(sent_to), "payment_card_partial": card,
    }  # fmt: skip
    hints = _hints(
        address_hint(address, "billing address"), address_hint(sent_to, "shipping address"),
        card_country_hint(text(card, "country")),
    )  # fmt: skip
    owner, field = (told, "id") if isinstance(customer, dict) else (item, "customer")
    return (
        (*(_own(owner, field) if text(owner, field) else ()), *_contact(email, phone)),
        Attributes(
            display_name=name, phone=phone, email=email, residence=hints,
            created_at=_created(item), categories=_held(held), cards=card_of(card),
        ),
    )  # fmt: skip


def _payment_row(row: Mapping[str, str]) -> tuple[tuple[Identity, ...], Attributes]:
    email, name = text(row, "Customer Email"), text(row, "Card Name")
    address = {field: row.get(column) or None for field, column in _CSV_ADDRESS.items()}
    held = {
        "email": email, "name": name, "postal_address": _any_address(address),
        "payment_card_partial": text(row, "Card Last4"), "purchase_history": True,
    }  # fmt: skip
    hints = _hints(
        address_hint(address, "billing address"), card_country_hint(text(row, "Card Issue Country"))
    )
    return (
        (*(_own(row, "Customer ID") if text(row, "Customer ID") else ()), *_contact(email, None)),
        Attributes(
            display_name=name,
            email=email,
            residence=hints,
            created_at=_utc(row),
            categories=_held(held),
            cards=card_of_row(row),
        ),
    )


def _own(item: Mapping[str, Any], name: str) -> tuple[Identity, ...]:
    return (customer_identity(StripeReader.system, required_id(item, name), name),)


def _contact(email: str | None, phone: str | None) -> tuple[Identity, ...]:
    return (*email_identity(email, "email"), *phone_identity(phone, "phone"))


def _held(held: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(sorted(name for name, value in held.items() if value))


def _hints(*hints: ResidenceHint | None) -> tuple[ResidenceHint, ...]:
    return tuple(hint for hint in hints if hint)


def _any_address(address: Mapping[str, Any]) -> bool:
    return any(address.get(name) for name in _ADDRESS_FIELDS)


def _is_paying(row: Mapping[str, str]) -> bool:
    return any((row.get(name) or "0").strip("0.") for name in ("Total Spend", "Payment Count"))


def _created(item: Mapping[str, Any]) -> datetime | None:
    created = item.get("created")
    return epoch_instant(created, "created") if created is not None else None


def _language(item: Mapping[str, Any]) -> str | None:
    locales = item.get("preferred_locales")
    first = locales[0] if isinstance(locales, list) and locales else None
    return first if isinstance(first, str) else None


def _utc(row: Mapping[str, str]) -> datetime | None:
    named = next((name for name in _CREATED if row.get(name)), None)
    return iso_instant(row[named], named, assume_utc=True) if named else None


def _says_more(end: bytes) -> bool:
    return b'"has_more":true' in end.replace(b" ", b"")
