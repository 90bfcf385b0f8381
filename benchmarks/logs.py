"""The logs of a fictional company: mostly other people's requests, and among them the attacker's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks.company import ATTACKER, END, EVERY, PLANS, START, STOLEN, Company, Member

_AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/134.0 Safari/537.36"
_STEP_MS = 17


def victims(company: Company, *plans: str) -> Iterator[tuple[str, Member]]:
    """Yield the people of some plans, each with the plan."""
    for number in range(company.accounts):
        rest = number % EVERY
        for plan in plans:
            if rest == PLANS[plan]:
                yield plan, company.member(number)


def bunny(company: Company, lines: int) -> Iterator[str]:
    """CDN lines, v1: the attacker's stand among the others at even distances."""
    theirs = [
        _theirs(company, plan, member)
        for plan, member in victims(company, "read", "partly", "denied", "late")
    ]
    gap = max(1, lines // (len(theirs) + 1))
    uids = [
        company.digest("uid", number)[:28]
        for number in range(0, company.accounts, max(1, company.accounts // 2000))
    ]
    start = int(START.timestamp() * 1000) - 3_600_000
    for number in range(lines):
        if number % gap == gap - 1 and theirs:
            yield theirs.pop()
            continue
        yield (
            f"HIT|200|{start + number * _STEP_MS // 10}|412345|60367|198.{18 + number % 2}.{number % 251}.{number % 249 + 1}|"
            f"https://imajinn.example/gallery|https://imajinn-cdn.b-cdn.net/g/{uids[number % len(uids)]}/{number:x}.png|DE|"
            f"{_AGENT}|{number:032x}|PL\n"
        )
    yield from theirs


def _theirs(company: Company, plan: str, member: Member) -> str:
    status = {"read": 200, "partly": 206, "denied": 403, "late": 200}[plan]
    at = int((END if plan == "late" else START).timestamp() * 1000) + 60_000 + member.number % 1000
    return (
        f"MISS|{status}|{at}|412345|60367|{ATTACKER}|-|https://imajinn-cdn.b-cdn.net/u/{member.uid}/{member.number:x}.jpg|RO|"
        f"python-requests/2.32.3|{company.digest('request', member.number)[:32]}|RO\n"
    )


def google_cloud(company: Company, entries: int) -> Iterator[str]:
    """Audit entries as a sink writes them."""
    theirs = [_object_read(member) for _, member in victims(company, "object")]
    gap = max(1, entries // (len(theirs) + 1))
    for number in range(entries):
        if number % gap == gap - 1 and theirs:
            yield theirs.pop()
            continue
        path = f"projects/_/buckets/imajinn-user-uploads/objects/u/{company.digest('uid', number % 977)[:28]}/{number}.jpg"
        yield _entry(
            "web-backend@imajinn-demo.iam.gserviceaccount.com",
            "private",
            path,
            number,
            "2026-03-10T02:30:00Z",
        )
    yield from theirs


def _object_read(member: Member) -> str:
    path = f"projects/_/buckets/imajinn-user-uploads/objects/u/{member.uid}/{member.number:x}.jpg"
    return _entry(STOLEN, ATTACKER, path, 10**9 + member.number, "2026-03-10T02:40:00Z")


def _entry(who: str, ip: str, path: str, number: int, at: str) -> str:
    return json.dumps({
        "protoPayload": {
            "@type": "type.googleapis.com/google.cloud.audit.AuditLog", "status": {},
            "authenticationInfo": {"principalEmail": who},
            "requestMetadata": {"callerIp": ip, "callerSuppliedUserAgent": _AGENT, "requestAttributes": {"time": at}},
            "serviceName": "storage.googleapis.com", "methodName": "storage.objects.get",
            "authorizationInfo": [{"resource": path, "permission": "storage.objects.get", "granted": True}],
            "resourceName": path, "resourceLocation": {"currentLocations": ["us"]},
        },
        "insertId": f"{number:x}", "resource": {"type": "gcs_bucket", "labels": {"project_id": "imajinn-demo"}},
        "timestamp": at, "severity": "INFO",
        "logName": "projects/imajinn-demo/logs/cloudaudit.googleapis.com%2Fdata_access", "receiveTimestamp": at,
    }, separators=(",", ":")) + "\n"  # fmt: skip


def gcs_usage(company: Company, rows: int) -> Iterator[str]:
    """Storage usage, hourly CSV; nothing of the attacker's that the audit log does not have."""
    yield (
        '"time_micros","c_ip","c_ip_type","c_ip_region","cs_method","cs_uri","sc_status","cs_bytes","sc_bytes",'
        '"time_taken_micros","cs_host","cs_referer","cs_user_agent","s_request_id","cs_operation","cs_bucket","cs_object"\n'
    )
    start = int(START.timestamp() * 1_000_000)
    for number in range(rows):
        name = f"u/{company.digest('uid', number % 977)[:28]}/{number}.jpg"
        yield (
            f'"{start + number * 1000}","198.18.{number % 250}.7","1","","GET","/storage/v1/b/x/o/x","200","0","412345",'
            f'"67000","storage.googleapis.com","","gcloud","{number:040x}","storage.objects.get","imajinn-user-uploads","{name}"\n'
        )


def drain(company: Company, rows: int) -> Iterator[str]:
    """Write requests to the site, as a log drain sends them."""
    start = int(START.timestamp() * 1000)
    for number in range(rows):
        uid = company.digest("uid", number % max(1, company.accounts))[:28]
        yield json.dumps({
            "id": f"{number:029d}", "deploymentId": "dpl_1", "source": "lambda", "host": "imajinn.example",
            "timestamp": start + number, "projectId": "prj_1", "level": "info", "message": f"uid={uid} profile",
            "requestId": f"v{number:x}",
            "proxy": {"timestamp": start + number, "method": "GET", "host": "imajinn.example", "path": "/api/me",
                      "userAgent": [_AGENT], "region": "iad1", "clientIp": f"198.18.{number % 250}.9", "statusCode": 200},
        }, separators=(",", ":")) + "\n"  # fmt: skip


def analytics(company: Company, rows: int) -> Iterator[str]:
    """Page views, anonymous but for one in fifty, whose address names somebody."""
    start = int(datetime(2026, 3, 10, tzinfo=UTC).timestamp() * 1000)
    for number in range(rows):
        named = number % 50 == 0
        uid = company.digest("uid", number % max(1, company.accounts))[:28]
        yield json.dumps({
            "schema": "vercel.analytics.v1", "eventType": "pageview", "timestamp": start + number, "projectId": "prj_1",
            "sessionId": number, "deviceId": number, "origin": "https://imajinn.example",
            "path": f"/g/{uid}/view" if named else "/pricing", "referrer": "", "queryParams": "", "country": "PL",
        }, separators=(",", ":")) + "\n"  # fmt: skip


def workspace(rows: int) -> Iterator[str]:
    """Sign-ins of staff, in the API's shape."""
    yield '{"kind":"admin#reports#activities","items":[\n'
    for number in range(rows):
        yield (",\n" if number else "") + json.dumps({
            "kind": "admin#reports#activity",
            "id": {"time": "2026-03-10T03:00:00.000Z", "uniqueQualifier": str(number), "applicationName": "login"},
            "actor": {"callerType": "USER", "email": f"staff.{number % 20}@imajinn.example"}, "ipAddress": "198.18.0.1",
            "events": [{"type": "login", "name": "login_success", "parameters": []}],
        }, separators=(",", ":"))  # fmt: skip
    yield "\n]}\n"
