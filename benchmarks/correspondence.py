"""What a company's people wrote, and the CDN's other two shapes: copied and named people, masked lines, the newer API.

Whoever is copied, or named in a text, is in no other export: the known answer counts them apart.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.company import ATTACKER, START, Company, Member
from benchmarks.logs import victims

SUPPORT = "support@imajinn.example"
_MASKED = ATTACKER.rpartition(".")[0] + ".0"
_AT = int(START.timestamp() * 1000) + 120_000


def conversations(company: Company) -> Iterator[dict[str, object]]:
    """Support conversations: a customer, somebody copied openly, a member copied blindly, somebody named in a thread."""
    for number in range(company.conversations):
        asker = {"id": 501_000_000 + company.accounts + number, "type": "customer", "first": "Asker",
                 "last": f"Nr {number}", "email": f"asker.{number}@example.net"}  # fmt: skip
        member = _mentioned(company, number)
        body = f"<p>Please write to my sister <a href='mailto:friend.{number}@example.net'>here</a>, thank you.</p>"
        yield {
            "id": 9_000_000 + number, "number": number, "type": "email", "status": "closed", "subject": "A question",
            "createdAt": "2025-02-11T09:10:00Z", "primaryCustomer": asker, "createdBy": asker,
            "source": {"type": "email", "via": "customer"}, "cc": [f"cc.{number}@example.net"],
            "bcc": [member.email] if member else [], "customFields": [],
            "_embedded": {"threads": [{"id": number, "type": "customer", "body": body, "customer": asker,
                                       "createdBy": asker, "to": [SUPPORT], "cc": [], "bcc": []}]},
        }  # fmt: skip


def mailbox(company: Company) -> Iterator[str]:
    """Mail to support in mbox form: every other body is encoded, every one names a member."""
    for number in range(company.mails):
        member = _mentioned(company, number)
        text = f"The account is {member.email if member else 'not mine'}.\n\nFrom here on I sign nothing.\n"
        coded = base64.encodebytes(text.encode()).decode() if number % 2 else text
        coding = "base64" if number % 2 else "8bit"
        yield (
            f"From {10**15 + number}@xxx Tue Mar 03 02:00:00 +0000 2026\nFrom: Asker <asker.{number}@example.net>\n"
            f"To: {SUPPORT}\nCc: =?utf-8?q?Copi=C3=A9?= <copied.{number}@example.net>\nSubject: account\n"
            f"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: {coding}\n\n{coded}\n"
        )


def masked(company: Company, lines: int) -> Iterator[str]:
    """CDN lines with masked addresses: some of requests that the whole log shows too, some of requests it lacks."""
    theirs = [
        _masked(company, member, f"u/{member.uid}/{member.number:x}.jpg")
        for _, member in victims(company, "read")
    ]
    alone = [_masked(company, member, f"u/{member.uid}/masked.jpg") for _, member in victims(company, "masked")
             if not member.is_late]  # fmt: skip
    yield from theirs[::2]
    for number in range(lines):
        name = f"g/{company.digest('uid', number % 977)[:28]}/{number:x}.png"
        yield _line(f"198.18.{number % 251}.0", name, f"{10**20 + number:032x}", number)
    yield from alone


def newer(company: Company) -> Iterator[dict[str, object]]:
    """Show some of the attacker's requests as the newer API does, with fingerprint and network operator."""
    for _, member in list(victims(company, "read"))[: company.accounts // 200]:
        at = datetime.fromtimestamp((_AT + member.number % 1000) / 1000, UTC).isoformat()
        yield {
            "timestamp": at, "statusCode": 200, "cacheStatus": "MISS", "bytesSent": 412345, "pullZoneId": 60367,
            "remoteIp": ATTACKER, "url": f"https://imajinn-cdn.b-cdn.net/u/{member.uid}/{member.number:x}.jpg",
            "path": f"/u/{member.uid}/{member.number:x}.jpg", "edgeLocation": "RO", "countryCode": "RO",
            "userAgent": "python-requests/2.32.3", "requestId": company.digest("request", member.number)[:32],
            "ja4Fingerprint": "t13d1517h2_8daaf6152771_b0da82dd1658", "asn": 9009,
        }  # fmt: skip


def _mentioned(company: Company, number: int) -> Member | None:
    """Return a member with a mailbox of their own, or nobody."""
    at = number * 7 % company.accounts
    member = company.member(at)
    return member if member.email and at % 1000 not in {3, 4} else None


def _masked(company: Company, member: Member, path: str) -> str:
    request = company.digest("request" if "masked" not in path else "masked", member.number)[:32]
    return _line(_MASKED, path, request, member.number % 1000)


def _line(ip: str, path: str, request: str, later_ms: int) -> str:
    return (
        f"MISS|200|{_AT + later_ms}|412345|60367|{ip}|-|https://imajinn-cdn.b-cdn.net/{path}|RO|"
        f"python-requests/2.32.3|{request}|RO\n"
    )
