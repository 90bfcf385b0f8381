"""Who is named in what people and programs write: mail bodies, threads of support, messages of logs."""

from __future__ import annotations

import base64
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.adapters.systems.free_text import named_in, plain_of_html
from incident.adapters.systems.helpscout import CONVERSATIONS, HelpScoutReader
from incident.adapters.systems.mailbox import MBOX, MailboxReader
from incident.adapters.systems.mending import MARK, Mended
from incident.core.scoping.reader import ReadReport
from incident.core.scoping.records import EvidenceRef
from tests.builders.house import TAKEN_AT

UID = "h6Yc2PvMd8RxTq3LkGz5WnJb9Fs4"


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (f"uid={UID} email=Emi@Example.com", [UID, "emi@example.com"]),
        (f'{{"userId":"{UID}"}}', [UID]),
        ("ask emi@example.com, or jack@example.net.", ["emi@example.com", "jack@example.net"]),
        ("anna@пример.рф and x@sub.xn--e1afmkfd.xn--p1ai", ["anna@пример.рф", "x@sub.xn--e1afmkfd.xn--p1ai"]),
        ("<emi@example.com>;(emi@example.com)", ["emi@example.com"]),
        ("uid=short me@localhost 3@4.5 @nobody price@10.99", []),
        ("user: nobody of twenty letters", []),
    ],
)
def test_whom_a_text_names(words, named):
    assert [each.value for each in named_in(words, "message")] == named


def test_links_and_marks_of_a_page_are_text_too():
    page = '<p>Hi &lt;b@example.org&gt;<br><a href="mailto:a@example.org?subject=x">me</a>&nbsp;c@example<b>.org</b></p>'
    assert {each.value for each in named_in(plain_of_html(page), "body")} >= {
        "a@example.org",
        "b@example.org",
    }


def read(reader, form, content):
    ref = EvidenceRef("EV", reader.system, "0" * 64, TAKEN_AT)
    report = ReadReport(ref, format=form)
    return [
        (each.row, each.identities[0].value, each.attributes.categories, each.identities[0].source)
        for each in reader.read(io.BytesIO(content), ref, report)
    ], report


MAIL = """From 1@xxx Tue Mar 10 02:00:00 +0000 2026
From: Zoë <zoë@example.org>
To: emi@example.com
Subject: two parts
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=cut

--cut
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

{page}
--cut
Content-Type: text/plain; charset=nobody-knows

From here on: emi@example.com is known, quoted=40example.org is not decoded
--cut
Content-Type: text/plain
Content-Disposition: attachment; filename=list.csv

attached@example.org
--cut--

From 2@xxx Tue Mar 10 02:05:00 +0000 2026
From: second@example.org
Content-Transfer-Encoding: quoted-printable

third=40example.org

From here a line that separates nothing, fourth@example.org
"""


def test_a_mailbox_is_read_with_what_was_written():
    page = base64.b64encode(b"<a href='mailto:linked@example.org'>x</a> uid=" + UID.encode()).decode()
    found, report = read(MailboxReader(), MBOX, MAIL.format(page=page).encode())
    assert [(row, value, source) for row, value, _, source in found] == [
        (1, "zoë@example.org", "header"), (1, "emi@example.com", "header"),
        (1, UID, "body"), (1, "linked@example.org", "body"), (1, "attached@example.org", "attachment"),
        (24, "second@example.org", "header"), (24, "third@example.org", "body"), (24, "fourth@example.org", "body"),
    ]  # fmt: skip
    assert (report.rows, report.quarantined, report.incomplete) == (2, 0, [])
    assert {value: held for _, value, held, _ in found}["linked@example.org"] == ("email",)


@pytest.mark.parametrize(
    ("header", "reason", "left"),
    [
        (
            b"From: a@ex\xffmple.org\nTo: b@example.org",
            "an address in the message's header is not UTF-8",
            ["b"],
        ),
        (b"From: a@example\0.org\nTo: b@example.org", "the message's header holds a NUL byte", ["b"]),
        (b"From: Ren\xe9 <a@example.org>", None, ["a"]),
    ],
)
def test_a_broken_address_is_nobodys(header, reason, left):
    found, report = read(MailboxReader(), MBOX, b"From 1@x Tue Mar 10 02:00:00 2026\n" + header + b"\n\nhi\n")
    assert [each.reason for each in report.quarantine] == ([reason] if reason else [])
    assert [value for _, value, _, _ in found] == [f"{name}@example.org" for name in left]


def test_a_mailbox_that_ends_in_a_header_says_so():
    _, report = read(
        MailboxReader(), MBOX, MAIL.encode() + b"\nFrom 3@x Tue Mar 10 02:00:00 2026\nFrom: z@exam"
    )
    assert report.incomplete == ["the last message ends within its header"]


def test_threads_of_support_name_people_too():
    thread = {"id": 1, "type": "customer", "body": "<p>My sister sis@example.org</p>",
              "customer": {"id": 7, "type": "customer", "email": "emi@example.com"}}  # fmt: skip
    item = {
        "id": 5, "subject": f"about uid={UID}", "createdAt": "2026-03-01T00:00:00Z",
        "primaryCustomer": {"id": 7, "type": "customer", "email": "emi@example.com"},
        "customFields": [{"name": "second mail", "text": "other@example.org"}], "_embedded": {"threads": [thread]},
    }  # fmt: skip
    content = json.dumps({"_embedded": {"conversations": [item]}}).encode()
    found, report = read(HelpScoutReader(), CONVERSATIONS, content)
    assert [(value, held) for _, value, held, source in found if source == "thread"] == [
        (UID, ("user_id",)), ("sis@example.org", ("email",)), ("other@example.org", ("email",)),
    ]  # fmt: skip
    assert (report.rows, report.quarantined) == (1, 0)


# ---------------------------------------------------------------- bytes that are no UTF-8
@settings(deadline=None)
@given(st.lists(st.sampled_from([b"a", "é".encode(), "€".encode(), "😀".encode(), b"\xff", b"\xc3", b"\xe2\x82"])),
       st.integers(1, 7))  # fmt: skip
def test_mending_does_not_depend_on_where_chunks_end(pieces, size):
    whole = b"".join(pieces)
    mended = Mended(iter([whole[at : at + size] for at in range(0, len(whole), size)]))
    text = b"".join(mended).decode()
    letters = whole.decode("utf-8", "ignore")
    assert text.replace(MARK, "").rstrip(" ") == letters
    assert mended.bytes == text.count(MARK) == len(whole) - len(letters.encode())
