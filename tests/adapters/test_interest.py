"""The interest never loses a row of the actor's, however an address or a name is spelled."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from ipaddress import IPv6Address, ip_network

from hypothesis import given, settings
from hypothesis import strategies as st

from incident.adapters.systems.bunny import LINES, BunnyReader
from incident.adapters.systems.gcs_usage import USAGE_CSV, GcsUsageReader
from incident.adapters.systems.google_cloud import LINES as AUDIT
from incident.adapters.systems.google_cloud import GoogleCloudAuditReader
from incident.adapters.systems.vercel import LINES as DRAIN
from incident.adapters.systems.vercel import VercelReader
from incident.core.scoping.judging import judge, suspects_of
from incident.core.scoping.question import Actors, interest_of
from incident.core.scoping.reader import ReadReport
from incident.core.scoping.records import EvidenceRef
from tests.adapters.example_evidence import QUESTION
from tests.builders.house import TAKEN_AT

REQUEST = "HIT|200|1507167062421|412|390|{}|-|https://cdn.example/u/uid/1.jpg|WA|curl|322b688bd63fb63f|US"
HALF = (1 << 64) - 1
PRINCIPAL, TOKEN = "Thief@p.iam.gserviceaccount.com", "//iam.googleapis.com/projects/p/keys/0aB"
HEXTETS = st.sampled_from([0, 1, 0xA, 0xB0, 0xDB8, 0x2001, 0xFFFF])


@st.composite
def addresses(draw):
    return IPv6Address(sum(draw(HEXTETS) << (16 * place) for place in range(8)))


@st.composite
def spellings(draw, address):
    number = int(address)
    text = draw(st.sampled_from([address.compressed, address.exploded]))
    if draw(st.booleans()):
        head = f"{number >> 32:024x}"
        tail = ".".join(str(byte) for byte in (number & 0xFFFFFFFF).to_bytes(4, "big"))
        text = ":".join(head[place : place + 4] for place in range(0, 24, 4)) + ":" + tail
    elif draw(st.booleans()):
        text = ":".join(f"{int(group, 16):x}" for group in address.exploded.split(":"))
    return draw(st.sampled_from([text, text.upper()]))


def found(reader, form, content, actors, *, with_interest):
    ref = EvidenceRef("EV", reader.system, "0" * 64, TAKEN_AT)
    interest = interest_of(replace(QUESTION, actors=actors)) if with_interest else None
    records = reader.read(io.BytesIO(content), ref, ReadReport(ref, format=form), interest=interest)
    suspects = suspects_of(actors)
    return [(each, verdict) for each in records if (verdict := judge(each, suspects))]


def audit(address, principal="web@p.iam.gserviceaccount.com", token=None):
    who = {"principalEmail": principal} | ({"serviceAccountKeyName": token} if token else {})
    return json.dumps({"timestamp": "2026-03-10T02:30:00Z", "logName": "x%2Fdata_access", "insertId": "1", "protoPayload": {
        "authenticationInfo": who, "requestMetadata": {"callerIp": address}, "methodName": "storage.objects.get",
        "serviceName": "storage.googleapis.com", "resourceName": "buckets/b/objects/u/uid/1.jpg"}})  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_spelling_of_an_address_is_lost(data):
    draw = data.draw
    address, length = draw(addresses()), draw(st.sampled_from([16, 20, 32, 48, 56, 64, 80, 128]))
    network = ip_network((address, length), strict=False)
    actors = Actors(networks=(str(network),))
    inside = IPv6Address(int(network.network_address) | int(draw(addresses())) & int(network.hostmask))
    masked, other = IPv6Address(int(inside) & ~HALF), draw(addresses())
    shown = [draw(spellings(each)) for each in (inside, masked, other, other, inside)]
    cdn = "\n".join(REQUEST.format(each) for each in shown).encode()
    log = "\n".join(map(audit, shown)).encode()
    for reader, form, content in ((BunnyReader(), LINES, cdn), (GoogleCloudAuditReader(), AUDIT, log)):
        whole = found(reader, form, content, actors, with_interest=False)
        assert found(reader, form, content, actors, with_interest=True) == whole
        assert (
            not int(inside)
            or inside.ipv4_mapped
            or {1, 5} <= {each.row for each, _ in whole}
            or form == AUDIT
        )


def test_strangers_are_passed_over():
    actors = Actors(networks=("2001:db8::66",))
    ref = EvidenceRef("EV", "bunny_cdn", "0" * 64, TAKEN_AT)
    report = ReadReport(ref, format=LINES)
    shown = ["2001:DB8::66", "2a00:1450::66", "198.51.100.7", "2001:0db8:0:0::", "-"]
    content = "\n".join(map(REQUEST.format, shown)).encode()
    interest = interest_of(replace(QUESTION, actors=actors))
    records = list(BunnyReader().read(io.BytesIO(content), ref, report, interest=interest))
    assert [each.row for each in records] == [1, 4, 5]
    assert report.passed_over == 2


@given(
    st.sampled_from([PRINCIPAL, PRINCIPAL.upper(), "K\u212aelvin@p", "other@p"]), st.booleans(), st.booleans()
)
def test_the_audit_log_is_asked_by_name_alone(principal, has_token, is_escaped):
    actors = Actors(principals=(PRINCIPAL, "kkelvin@p"), tokens=(TOKEN,))
    line = audit("198.51.100.7", principal, TOKEN if has_token else None)
    if is_escaped:
        line = line.replace("/", "\\/")
    content = f"{line}\n{audit('198.51.100.7')}\n".encode()
    reader = GoogleCloudAuditReader()
    whole = found(reader, AUDIT, content, actors, with_interest=False)
    assert found(reader, AUDIT, content, actors, with_interest=True) == whole
    assert len(whole) == (has_token or principal != "other@p")


QUADS = st.sampled_from([
    "203.0.113.66", "203.0.113.0", "203.0.113.9", "198.51.100.7", "0.0.0.0", "010.1.1.1", "300.1.1.1", "1.2.3", "",
    "private", "::ffff:203.0.113.66", "::FFFF:cb00:7142", "2001:db8::7", " 203.0.113.66", "1203.0.113.66", "203.0.113.660",
])  # fmt: skip


def drained(number, address):
    proxy = {"timestamp": 1773108000000, "method": "GET", "path": "/api/users/" + "u" * 28, "statusCode": 200}
    return {"id": str(number), "deploymentId": "d", "source": "lambda", "host": "h", "projectId": "p", "level": "info",
            "timestamp": 1773108000000, "message": '{"proxy":{"clientIp":"198.51.100.7"}}',
            "proxy": proxy if address is None else proxy | {"clientIp": address}}  # fmt: skip


@given(
    st.lists(QUADS | st.none(), min_size=1, max_size=8),
    st.sampled_from(["", "\\u0050", "twice", "elsewhere"]),
)
def test_who_is_told_apart_by_address_alone_is_never_lost(shown, trick):
    lines = [json.dumps(drained(number, each)) for number, each in enumerate(shown)]
    if trick == "\\u0050":
        lines = [line.replace("clientIp", "client\\u0049p") for line in lines]
    if trick == "twice":
        lines = [
            line.replace('"proxy": {', '"proxy": {"clientIp": "198.51.100.7"}, "proxy": {') for line in lines
        ]
    if trick == "elsewhere":
        lines = [line.replace('"id"', '"x": {"proxy": {"clientIp": "198.51.100.7"}}, "id"') for line in lines]
    columns = "time_micros,c_ip,cs_method,sc_status,cs_operation,cs_bucket,cs_object"
    rows = [f"1773108000000000,{each or ''},GET,200,storage.objects.get,b,u/uid/1.jpg" for each in shown]
    logs = (VercelReader(), DRAIN, lines), (GcsUsageReader(), USAGE_CSV, [columns, *rows])
    actors = Actors(networks=("203.0.113.64/26",))
    for reader, form, content in logs:
        text = "\n".join(content).encode()
        whole = found(reader, form, text, actors, with_interest=False)
        assert found(reader, form, text, actors, with_interest=True) == whole


def test_a_line_of_a_stranger_that_is_cut_off_is_set_aside():
    line = json.dumps(drained(1, "198.51.100.7")).encode()
    ref = EvidenceRef("EV", "vercel", "0" * 64, TAKEN_AT)
    report = ReadReport(ref, format=DRAIN)
    interest = interest_of(replace(QUESTION, actors=Actors(networks=("203.0.113.66",))))
    content = line + b"\r\n" + line[:-1] + b"\n"
    assert list(VercelReader().read(io.BytesIO(content), ref, report, interest=interest)) == []
    assert (report.rows, report.passed_over, report.quarantined) == (2, 1, 1)
