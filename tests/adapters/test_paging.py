"""Pages over real channels on loopback: an HTTP service through Apprise, a real SMTP server, a file; and the heartbeat."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from aiosmtpd.controller import Controller

from incident.adapters.heartbeat import Heartbeat, alive
from incident.adapters.mail.secrecy import SealedText
from incident.adapters.paging.apprise_urls import AppriseChannel, urls_for
from incident.adapters.paging.channels import Pager
from incident.adapters.paging.file import FileChannel
from incident.adapters.paging.mail import MailChannel, PageRelay
from incident.errors import BadInputError, SettingsError
from tests.builders_mail import free_port
from tests.fakes.clock import FakeClock

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


@contextmanager
def web(status: int = 200) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Serve on loopback; give out the address and what came in: (path, body)."""
    came: list[tuple[str, str]] = []

    class Taking(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
            came.append((self.path, body))
            self.send_response(status)
            self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Taking)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", came
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Inbox:
    """Keeps what a real SMTP server takes; refuses one recipient."""

    def __init__(self) -> None:
        self.mails: list[tuple[list[str], str]] = []

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if address.startswith("gone"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.mails.append((list(envelope.rcpt_tos), envelope.content.decode()))
        return "250 OK"


@pytest.fixture
def inbox() -> Iterator[tuple[int, Inbox]]:
    taking = Inbox()
    controller = Controller(taking, hostname="127.0.0.1", port=free_port())
    controller.start()
    try:
        yield controller.port, taking
    finally:
        controller.stop()


def mail_channel(port: int, **addresses: list[str]) -> MailChannel:
    return MailChannel(PageRelay("127.0.0.1", port, "pages@example.org", start_tls=False), addresses)


def test_a_page_goes_through_apprise_to_the_services_of_its_tier():
    with web() as (low, came_low), web() as (high, came_high):
        channel = AppriseChannel(SealedText(f"# on call\njson://{low}/low\nofficer=json://{high}/high\n"))
        pager = Pager([channel])
        assert pager.page("INC-1 promise:24h", "24 h 00 min left", to="on_call").taken == ("apprise",)
        assert (len(came_low), len(came_high)) == (1, 0)
        assert pager.page("INC-1 promise:12h", "12 h 00 min left", to="officer").taken == ("apprise",)
        assert (len(came_low), len(came_high)) == (2, 1)
    body = json.loads(came_low[0][1])
    assert (body["title"], body["message"]) == ("INC-1 promise:24h", "24 h 00 min left")


def test_a_service_that_fails_is_named_and_its_secret_is_not(caplog):
    caplog.set_level(logging.DEBUG)
    with web(500) as (host, _came):
        found = Pager([AppriseChannel(SealedText(f"json://user:s3cr3t@{host}/t0ken"))]).page(
            "s", "b", to="all"
        )
    assert (found.taken, found.failed) == ((), ("apprise",))
    bad = Pager([AppriseChannel(SealedText("json://user:s3cr3t@"))]).page("s", "b", to="all")
    assert bad.failed == ("apprise",)
    assert "s3cr3t" not in caplog.text
    assert "t0ken" not in caplog.text
    assert "not taken by apprise: ChannelFailedError" in caplog.text


@pytest.mark.parametrize("text", ["boss=json://x/", "not a url", "on_call=nowhere"])
def test_a_line_that_is_no_service_is_refused_without_saying_it(text):
    with pytest.raises(SettingsError, match="line 2") as refused:
        list(urls_for(f"json://good/\n{text}", "all"))
    assert text not in str(refused.value)


def test_a_url_with_an_equals_sign_needs_no_tier():
    assert list(urls_for("json://host/?format=text", "on_call")) == ["json://host/?format=text"]


def test_a_page_is_mailed_to_everybody_of_its_tier(inbox):
    port, box = inbox
    channel = mail_channel(port, on_call=["ada@example.org"], all=["ada@example.org", "grace@example.org"])
    found = Pager([channel]).page("INC-1 promise:24h\nand 1 more", "line one\nline two", to="all")
    assert found.taken == ("email",)
    ((to, content),) = box.mails
    assert to == ["ada@example.org", "grace@example.org"]
    assert "Subject: INC-1 promise:24h and 1 more" in content
    assert "line one" in content
    assert "Auto-Submitted: auto-generated" in content


@pytest.mark.parametrize(
    ("to", "addresses"), [("officer", {"on_call": ["a@example.org"]}), ("all", {"all": ["gone@example.org"]})]
)
def test_mail_that_reaches_nobody_is_not_taken(inbox, to, addresses):
    port, box = inbox
    assert Pager([mail_channel(port, **addresses)]).page("s", "b", to=to).failed == ("email",)
    assert box.mails == []


def test_a_broken_channel_does_not_silence_the_others(tmp_path):
    pages = FileChannel(tmp_path / "deep" / "pages.ndjson", FakeClock(NOW))
    found = Pager([mail_channel(1, all=["ada@example.org"]), pages]).page("s", "b", to="all")
    assert (found.taken, found.failed) == (("file",), ("email",))
    line = json.loads((tmp_path / "deep" / "pages.ndjson").read_text())
    assert line == {"at": "2026-03-10T12:00:00+00:00", "to": "all", "subject": "s", "sentence": "b"}


def test_a_page_with_a_person_in_it_is_refused():
    with pytest.raises(BadInputError, match="e-mail address"):
        Pager([]).page("s", "call zoe@example.org", to="all")


def test_without_a_channel_nobody_is_reached():
    found = Pager([]).page("s", "b", to="all")
    assert (found.taken, found.failed) == ((), ())


# ---------------------------------------------------------------- the dead-man
def test_the_heartbeat_is_a_file_and_a_ping(tmp_path):
    file = tmp_path / "heartbeat.json"
    with web() as (host, came):
        Heartbeat(file, SealedText(f"http://{host}/ping/t0ken")).beat(NOW, incidents=2, failed=0)
        Heartbeat(file, SealedText(f"http://{host}/ping/t0ken")).beat(NOW, incidents=2, failed=1)
    assert [path for path, _body in came] == ["/ping/t0ken"], "a round that failed is no sign of life"
    assert json.loads(file.read_text()) == {"at": "2026-03-10T12:00:00+00:00", "incidents": 2, "failed": 1}
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("content", "age", "why"),
    [
        (None, 0, "has never run here"),
        ('{"at": "2026-03-10T12:00:00+00:00", "incidents": 1, "failed": 0}', 299, None),
        ('{"at": "2026-03-10T12:00:00+00:00", "incidents": 1, "failed": 0}', 301, "last ran 301 seconds ago"),
        ('{"at": "2026-03-10T12:00:00+00:00", "incidents": 3, "failed": 2}', 5, "fails for 2 incidents"),
        ("{", 0, "cannot be read"),
        ('{"at": "yesterday", "failed": 0}', 0, "cannot be read"),
        ("[]", 0, "cannot be read"),
    ],
)
def test_whether_the_watch_is_alive(tmp_path, content, age, why):
    file = tmp_path / "heartbeat.json"
    if content is not None:
        file.write_text(content)
    found = alive(file, NOW + timedelta(seconds=age), timedelta(seconds=300))
    assert (found is None) if why is None else (found is not None and why in found)


def test_a_ping_that_fails_is_said_without_the_address(tmp_path, caplog):
    Heartbeat(tmp_path / "h.json", SealedText("http://127.0.0.1:1/t0ken")).beat(NOW, incidents=0, failed=0)
    assert "heartbeat was not taken" in caplog.text
    assert "t0ken" not in caplog.text
    with pytest.raises(SettingsError) as refused:
        Heartbeat(tmp_path / "h.json", SealedText("file:///etc/passwd")).beat(NOW, incidents=0, failed=0)
    assert "passwd" not in str(refused.value)


def test_the_file_is_whole_or_the_old_one(tmp_path: Path):
    file = tmp_path / "heartbeat.json"
    Heartbeat(file).beat(NOW, incidents=1, failed=0)
    Heartbeat(file).beat(NOW + timedelta(minutes=1), incidents=1, failed=0)
    assert alive(file, NOW + timedelta(minutes=2), timedelta(minutes=1)) is None
