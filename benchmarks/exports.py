"""Exports of a fictional company in the real formats of every system, of any size, with their traps.

`python -m benchmarks.exports FOLDER --accounts 200000 --lines 5000000 --entries 500000`. The same numbers give the
same bytes. `write` returns system and path of each file; `benchmarks.company.expected` says what must be found.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.company import STAFF, STATES, Company, Member
from benchmarks.correspondence import conversations, mailbox, masked, newer
from benchmarks.logs import analytics, bunny, drain, gcs_usage, google_cloud, workspace

ROWS_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much there is of everything; the rest is in proportion to the accounts."""

    accounts: int = 200_000
    lines: int = 5_000_000
    entries: int = 500_000
    seed: int = 1


def write(folder: Path, sizes: Sizes, *, gzipped: bool = False) -> list[tuple[str, Path]]:
    """Write every export and return (system, path)."""
    folder.mkdir(parents=True, exist_ok=True)
    company = Company(sizes.accounts, sizes.seed)
    tenth = sizes.accounts // 10
    files: list[tuple[str, str, Iterable[str]]] = [
        ("firebase_auth", "firebase.json", _page('{"users":[', map(partial(_account, company), _all(company)), "]}")),
        ("stripe", "customers.json", _page(_LIST % "customers", _customers(company), "]}")),
        ("stripe", "methods.json", _page(_LIST % "payment_methods", _methods(company), "]}")),
        ("mailchimp", "subscribed_members_export_1.csv", _audience(company)),
        ("helpscout", "customers.json.hs", _page('{"_embedded":{"customers":[', _contacts(company), _END_HAL)),
        ("gravatar", "avatars.txt", _avatars(company)),
        ("replicate", "predictions.json", _page('{"previous":null,"next":null,"results":[', _predictions(company), "]}")),
        ("google_cloud", "generations.ndjson", _generations(company)),
        ("google_cloud", "audit.ndjson", google_cloud(company, sizes.entries)),
        ("google_cloud", "usage.csv", gcs_usage(company, tenth * 5)),
        ("vercel", "drain.ndjson", drain(company, sizes.accounts)),
        ("vercel_analytics", "analytics.ndjson", analytics(company, sizes.accounts)),
        ("google_workspace", "activities.json", workspace(tenth)),
        ("google_workspace", "users.json", _page('{"kind":"admin#directory#users","users":[', _staff(), "]}")),
        ("helpscout", "conversations.json", _page('{"_embedded":{"conversations":[', conversations(company), _END_HAL)),
        ("google_workspace", "support.mbox", mailbox(company)),
        ("bunny_cdn", "cdn_masked.log", masked(company, sizes.lines // 100)),
        ("bunny_cdn", "cdn_v2.json", _page('{"data":[', newer(company), '],"query":{"pullZoneId":60367},"hasMore":false}')),
        ("bunny_cdn", "cdn.log.gz" if gzipped else "cdn.log", bunny(company, sizes.lines)),
    ]  # fmt: skip
    return [(system, _write(folder / name, rows)) for system, name, rows in files]


def _write(path: Path, rows: Iterable[str]) -> Path:
    open_it: Callable[..., object] = partial(gzip.GzipFile, mtime=0) if path.suffix == ".gz" else open
    waiting: list[str] = []
    with open_it(path, "wb") as out:  # type: ignore[attr-defined]
        for row in rows:
            waiting.append(row)
            if len(waiting) == ROWS_AT_ONCE:
                out.write("".join(waiting).encode())
                waiting = []
        out.write("".join(waiting).encode())
    return path


_LIST = '{"object":"list","url":"/v1/%s","has_more":false,"data":['
_END_HAL = (
    ']},"_links":{"self":{"href":"https://api.helpscout.net/v2/customers?page=1"}},'
    '"page":{"size":50,"totalElements":1,"totalPages":1,"number":1}}'
)


def _page(start: str, items: Iterable[object], end: str) -> Iterator[str]:
    yield start
    for place, item in enumerate(items):
        yield (",\n" if place else "\n") + json.dumps(item, ensure_ascii=False, separators=(",", ":"))
    yield f"\n{end}\n"


def _all(company: Company) -> Iterator[Member]:
    return map(company.member, range(company.accounts))


def _account(company: Company, member: Member) -> dict[str, object]:
    made = str(int(member.created.timestamp() * 1000))
    found: dict[str, object] = {
        "localId": member.uid, "emailVerified": member.number % 5 > 0, "displayName": member.name,
        "createdAt": made, "lastSignedInAt": made, "disabled": member.number % 400 == 0, "providerUserInfo": [],
    }  # fmt: skip
    if member.email:
        found["email"] = member.email
        if member.number % 7:
            found |= {
                "passwordHash": company.digest("hash", member.number) + "==",
                "salt": "bLnLCQB2z1eKZg==",
            }
    if member.phone:
        found["phoneNumber"] = member.phone
    return found


def _customers(company: Company) -> Iterator[dict[str, object]]:
    for member in _all(company):
        if not company.is_customer(member.number):
            continue
        email = member.email and (member.email.upper() if member.number % 4 == 0 else member.email)
        uid = {"firebase_uid": member.uid} if member.number % 6 == 0 or not email else {}
        yield _customer(company, member.number, email, uid, member.country)
    for number in range(company.erased):
        yield _customer(company, company.accounts + number, f"erased.{number}@example.net", {}, "DE")


def _customer(
    company: Company, number: int, email: str | None, metadata: dict[str, str], country: str
) -> dict[str, object]:
    return {
        "id": f"cus_{company.digest('customer', number)[:14]}", "object": "customer",
        "address": {"city": None, "country": None, "line1": None, "postal_code": None, "state": None},
        "created": 1_713_571_200 + number, "currency": "usd", "delinquent": False, "description": None,
        "email": email, "livemode": True, "metadata": metadata, "name": f"Customer {number}", "phone": None,
        "preferred_locales": [country.lower()] if number % 2 else [],
    }  # fmt: skip


def _methods(company: Company) -> Iterator[dict[str, object]]:
    for member in _all(company):
        if not company.is_customer(member.number):
            continue
        state = STATES[member.number % len(STATES)] if member.country == "US" else None
        yield {
            "id": f"pm_{company.digest('method', member.number)[:24]}", "object": "payment_method",
            "billing_details": {
                "address": {"city": "Town", "country": member.country, "line1": None, "postal_code": "10000",
                            "state": state},
                "email": member.email, "name": member.name, "phone": None,
            },
            "card": {"brand": "visa", "country": member.country, "exp_month": 8, "exp_year": 2028,
                     "fingerprint": company.digest("card", member.number)[:16], "funding": "debit", "last4": "4242"},
            "created": 1_704_067_260, "customer": f"cus_{company.digest('customer', member.number)[:14]}",
            "livemode": True, "metadata": {}, "type": "card",
        }  # fmt: skip


def _audience(company: Company) -> Iterator[str]:
    yield (
        "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,"
        "LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS\n"
    )
    for member in _all(company):
        if member.number % 2 == 0 and member.email:
            yield _contact(member.number, member.email, member.country)
    for number in range(7, company.accounts, 500):
        local, _, domain = company.email(number).partition("@")
        yield _contact(number, f"{local}+news@{domain}", "FR")
    for number in range(company.readers):
        yield _contact(number, f"reader.{number}@example.net", "IT")


def _contact(number: int, email: str, country: str) -> str:
    at, ip = "2025-01-14 09:12:10", f"198.51.100.{number % 250}"
    return (
        f'{email},Reader,"Last, {number}",2,{at},{ip},{at},{ip},,,,,,{country},,{at},{number},e{number:x},,\n'
    )


def _contacts(company: Company) -> Iterator[dict[str, object]]:
    for member in _all(company):
        if member.number % 10 == 0 and member.email:
            yield _asker(member.number, member.email)
    for number in range(company.askers):
        yield _asker(company.accounts + number, f"asker.{number}@example.net")


def _asker(number: int, email: str) -> dict[str, object]:
    held: dict[str, list[object]] = {
        name: [] for name in ("phones", "chats", "social_profiles", "websites", "properties")
    }
    return {
        "id": 501_000_000 + number, "firstName": "Asker", "lastName": f"Nr {number}", "location": "",
        "conversationCount": 1, "createdAt": "2025-01-11T09:10:00Z", "updatedAt": "2025-01-11T09:10:00Z",
        "_embedded": {"emails": [{"id": number, "value": email, "type": "work"}], **held},
    }  # fmt: skip


def _avatars(company: Company) -> Iterator[str]:
    for member in _all(company):
        if member.number % 4 == 0 and member.email:
            raw = member.email.lower().encode()
            old = hashlib.md5(raw, usedforsecurity=False).hexdigest()
            digest = old if member.number % 8 else hashlib.sha256(raw).hexdigest()
            yield f"https://www.gravatar.com/avatar/{digest}?s=80&d=identicon\n"


def _generations(company: Company) -> Iterator[str]:
    for member in _all(company):
        if member.is_late:
            continue
        for turn in range(2):
            number = member.number * 2 + turn
            yield json.dumps({
                "generation_id": company.digest("generation", number)[:20], "uid": member.uid,
                "prediction_id": company.digest("prediction", number)[:26], "prompt": "portrait, studio light",
                "style": "studio", "arguments": {"width": 1024},
                "uploaded_image": f"u/{member.uid}/{number}.jpg" if turn else "",
                "generated_images": [f"g/{member.uid}/{number}.png"], "client_ip": f"198.51.100.{number % 250}",
                "created_at": f"2026-03-{1 + number % 9:02d}T02:16:40.360785Z",
            }) + "\n"  # fmt: skip


def _predictions(company: Company) -> Iterator[dict[str, object]]:
    for member in _all(company):
        if member.number % 5 == 0 and not member.is_late:
            name = company.digest("prediction", member.number * 2)[:26]
            yield {
                "id": name, "model": "stability-ai/sdxl", "version": "hidden", "input": _input(member),
                "logs": "", "output": None, "data_removed": member.number % 2 == 0, "error": None, "source": "api",
                "status": "succeeded", "created_at": "2026-03-10T01:50:00.360785Z",
                "urls": {"get": f"https://api.replicate.com/v1/predictions/{name}"},
            }  # fmt: skip


def _input(member: Member) -> dict[str, object]:
    """Return what a model was given: words, for some an uploaded image by its address, for a few the image itself."""
    given: dict[str, object] = {"prompt": "poster"}
    if member.number % 3 == 0:
        given["image"] = f"https://imajinn-cdn.b-cdn.net/u/{member.uid}/{member.number:x}.jpg"
    elif member.number % 7 == 0:
        given["image"] = "data:image/jpeg;base64,/9j/4AAQSkZJRgABAQ=="
    return given


def _staff() -> Iterator[dict[str, object]]:
    for number in range(STAFF):
        yield {
            "kind": "admin#directory#user", "id": str(number), "primaryEmail": f"staff.{number}@imajinn.example",
            "name": {"fullName": f"Staff {number}"}, "suspended": False, "aliases": [], "isEnrolledIn2Sv": True,
        }  # fmt: skip


def main() -> None:
    """Write the exports."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", type=Path)
    for name, size in (("accounts", 200_000), ("lines", 5_000_000), ("entries", 500_000), ("seed", 1)):
        options.add_argument(f"--{name}", type=int, default=size)
    options.add_argument("--gzip", action="store_true")
    chosen = options.parse_args()
    sizes = Sizes(chosen.accounts, chosen.lines, chosen.entries, chosen.seed)
    for system, path in write(chosen.folder, sizes, gzipped=chosen.gzip):
        print(f"{system}\t{path}\t{path.stat().st_size}")


if __name__ == "__main__":
    main()
