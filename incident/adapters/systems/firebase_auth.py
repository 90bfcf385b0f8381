"""Firebase Authentication: the CLI's JSON and CSV exports and the API's account pages.

The CLI drops hashes that are not of the project's own algorithm, so a missing hash is not "none stored"
unless the account can only sign in through a provider. Its CSV writes escaped quotes in claims wrongly:
such rows have 54 cells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

from incident.adapters.systems.csv_rows import csv_rows, first_rows
from incident.adapters.systems.json_rows import json_items, outline
from incident.adapters.systems.pulled import NEXT_PAGE, note_missing_pages
from incident.adapters.systems.raw import PlainFile, plain_chunks, source_of
from incident.adapters.systems.scalars import convert_rows, epoch_instant, required_id, tables_of, text, truth
from incident.core.scoping.identity import (
    email_identity,
    phone_identity,
    provider_email_identity,
    uid_identity,
)
from incident.core.scoping.reader import Holds
from incident.core.scoping.records import AccountRecord, Attributes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from incident.core.scoping.reader import Interest, ReadReport
    from incident.core.scoping.records import EvidenceRef, Identity

CLI_JSON, CLI_CSV, BATCH_GET = "firebase-cli-json", "firebase-cli-csv", "identitytoolkit-batchget"
CSV_CELLS = 53  # 52 columns and a trailing comma, firebase-tools accountExporter.ts
_PROVIDER_CELLS = {
    "google.com": 7, "facebook.com": 11, "twitter.com": 15, "github.com": 19, "apple.com": 28,
    "microsoft.com": 32,
    "gc.apple.com": 36, "playgames.google.com": 40, "linkedin.com": 44, "yahoo.com": 48,
}  # fmt: skip
_CELLS = {
    "localId": 0, "email": 1, "emailVerified": 2, "passwordHash": 3, "salt": 4, "displayName": 5,
    "photoUrl": 6,
    "createdAt": 23, "lastSignedInAt": 24, "phoneNumber": 25, "disabled": 26, "customAttributes": 27,
}  # fmt: skip
_PROVIDER_FIELDS = ("rawId", "email", "displayName", "photoUrl")


class FirebaseAuthReader:
    """Read accounts."""

    system = "firebase_auth"
    version = "1"
    holds = Holds.ACCOUNTS

    def recognise(self, head: bytes) -> str | None:
        """Return the format of an export that begins so."""
        seen = outline(head)
        if seen.top == "start_map" and "users" in seen.paths:
            kind = str(seen.scalars.get("kind", ""))
            if kind.startswith("identitytoolkit#"):
                return BATCH_GET
            is_cli = "users.item.localId" in seen.paths or (not kind and "users.item" not in seen.paths)
            return CLI_JSON if is_cli else None
        return CLI_CSV if not seen.top and any(map(_is_account_row, first_rows(head))) else None

    def read(
        self,
        stream: BinaryIO,
        ref: EvidenceRef,
        report: ReadReport,
        *,
        interest: Interest | None = None,  # noqa: ARG002 - every row matters here
    ) -> Iterator[AccountRecord]:
        """Yield one record per account; the interest does not apply to accounts."""
        source = source_of(ref)
        chunks = plain_chunks(stream, source)

        def convert(row: int, user: Mapping[str, Any]) -> AccountRecord:
            return _account(user, row, ref.evidence_id)

        if report.format == CLI_CSV:
            rows = ((row, _user_of_cells(cells)) for row, cells in csv_rows(chunks, report, width=CSV_CELLS))
            yield from convert_rows(rows, convert, report)
            return
        file = PlainFile(chunks, source)
        yield from convert_rows(json_items(file, "users.item", report), convert, report)
        more = any(NEXT_PAGE.search(end) for end in (file.first, file.last))
        note_missing_pages(file, report, more=more)


def _is_account_row(cells: list[str]) -> bool:
    return len(cells) == CSV_CELLS and cells[2] in {"true", "false"} and cells[26] in {"true", "false", ""}


def _user_of_cells(cells: list[str]) -> dict[str, Any]:
    user: dict[str, Any] = {name: cells[place] or None for name, place in _CELLS.items()}
    user["providerUserInfo"] = [
        {"providerId": provider} | dict(zip(_PROVIDER_FIELDS, cells[place : place + 4], strict=True))
        for provider, place in _PROVIDER_CELLS.items()
        if cells[place]
    ]
    return user


def _account(user: Mapping[str, Any], row: int, evidence_id: str) -> AccountRecord:
    uid = required_id(user, "localId")
    providers = tables_of(user, "providerUserInfo")
    created = user.get("createdAt")
    email, phone = text(user, "email"), text(user, "phoneNumber")
    held, unseen = _categories(user, providers)
    return AccountRecord(
        FirebaseAuthReader.system, evidence_id, row, _identities(uid, email, phone, providers),
        Attributes(
            display_name=text(user, "displayName"), phone=phone, email=email,
            email_verified=truth(user, "emailVerified"),
            created_at=epoch_instant(created, "createdAt", per_second=1000) if created else None,
            disabled=truth(user, "disabled"), categories=held, unseen=unseen,
        ),
    )  # fmt: skip


def _identities(
    uid: str, email: str | None, phone: str | None, providers: list[Mapping[str, Any]]
) -> tuple[Identity, ...]:
    own = email_identity(email, "email")
    known = {each.value for each in own}
    linked = [
        each
        for provider in providers
        for each in provider_email_identity(
            text(provider, "email"), f"providerUserInfo.{text(provider, 'providerId')}"
        )
        if each.value not in known
    ]
    return (uid_identity(uid, "localId"), *own, *phone_identity(phone, "phoneNumber"), *linked)


def _categories(
    user: Mapping[str, Any], providers: list[Mapping[str, Any]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what the account holds, and what this export cannot show."""
    linked = {text(provider, "providerId") for provider in providers} - {"password", "phone", None}
    people = (user, *providers)
    second_factors = tables_of(user, "mfaInfo")
    held = {
        "user_id": True,
        "email": any(text(each, "email") for each in people),
        "name": any(text(each, "displayName") for each in people),
        "photo": any(text(each, "photoUrl") for each in people),
        "phone": bool(text(user, "phoneNumber")) or any(text(each, "phoneInfo") for each in second_factors),
        "password_hash": bool(text(user, "passwordHash")),  # also when the value is redacted for the caller
    }
    may_have_password = bool(text(user, "email")) and not linked
    unseen = ("password_hash",) if may_have_password and not held["password_hash"] else ()
    return tuple(sorted(name for name, is_held in held.items() if is_held)), unseen
