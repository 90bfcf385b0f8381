"""The interest never loses a row of the actor's, however an address or a name is spelled."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from ipaddress import IPv6Address, ip_network

from hypothesis import given, settings
from hypothesis import strategies as st

from incident.adapters.systems.bunny import LINES, BunnyReader
from incident.adapters.systems.google_cloud import LINES as AUDIT
from incident.adapters.systems.google_cloud import GoogleCloudAuditReader
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
