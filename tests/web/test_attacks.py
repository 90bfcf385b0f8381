"""What an attacker sends: bodies of strangers, bombs, odd numbers and names, many guesses at once, pages left open."""

from __future__ import annotations

import gzip
import html
import io
import os
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest

from incident.core.accounts import IDLE
from incident.service import signing_in
from incident.web import sessions
from incident.web.forms import uploads
from incident.web.headers import FORM_BYTES, POLICY
from incident.web.pages import board
from tests.builders.consoles import PASSWORD, Console, hidden, played

MIB = 1024 * 1024
CARRIED = ("file_kept", "file_name", "file_seal")


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with played(tmp_path_factory, "to_request") as found:
        yield found


def sent(desk: Console, path: str, content: Any, kind: str, token: str = "") -> httpx.Response:
    headers = {"content-type": kind, "sec-fetch-site": "same-origin", "cookie": f"{sessions.NAME}={token}"}
    with httpx.Client(trust_env=False, timeout=30) as client:
        return client.post(desk.client.url + path, content=content, headers=headers)


def multipart(size: int) -> bytes:
    head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    return head + b"\0" * size + b"\r\n--x--\r\n"


def test_a_strangers_upload_is_not_read(desk: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    from starlette.requests import Request

    read = []
    form = Request.form
    monkeypatch.setattr(
        Request, "form", lambda self, **given: read.append(self.url.path) or form(self, **given)
    )
    here = f"/incidents/{desk.scene.incident_id}/do/evidence"
    kind = "multipart/form-data; boundary=x"
    assert sent(desk, here, multipart(MIB), kind).status_code == 403
    assert sent(desk, here, multipart(MIB), kind, desk.browser("ivan").token).status_code == 403
    assert read == []
    assert (
        sent(desk, here, multipart(MIB), kind, desk.browser("ada").token).status_code == 403
    )  # no form token
    assert read == [here]


@pytest.mark.parametrize("path", ["/sign-in", "/language", "/open", "/me/password"])
def test_only_two_forms_take_files(desk: Console, path: str) -> None:
    token = desk.browser("ada").token
    assert (
        sent(desk, path, multipart(FORM_BYTES), "multipart/form-data; boundary=x", token).status_code == 413
    )


def test_a_length_that_is_not_said_is_counted(desk: Console) -> None:
    parts = (b"a" * 65536 for _ in range(12))
    answer = sent(desk, "/language", parts, "application/x-www-form-urlencoded", desk.browser("ada").token)
    assert answer.status_code == 413
    assert answer.headers["content-security-policy"] == POLICY


@pytest.mark.parametrize(
    "path",
    ["/entries/1" + "0" * 30, "/done/1" + "0" * 30, "/done/99999", "/timeline?actor=%00", "/people?place=%00",
     "/letters/%00", "/filings/F01/..%2f..%2fpdf", "/letters/..%2f..%2fx", "/entries/-1"],
)  # fmt: skip
def test_odd_addresses_are_no_pages(desk: Console, path: str) -> None:
    assert desk.browser("ada").get(f"/incidents/{desk.scene.incident_id}{path}").status_code == 404


@pytest.mark.parametrize("language", ["漢字", "\r\nX: y", "xx", "de; path=/x", ""])
def test_an_odd_language_is_the_usual_one(desk: Console, language: str) -> None:
    answer = desk.browser("ada").post("/language", {"language": language, "next": "/history"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/history")
    assert answer.headers["set-cookie"].startswith(f"{sessions.LANGUAGE}=en;")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("..", "file"),
        ("invoice\N{RIGHT-TO-LEFT OVERRIDE}fdp.exe", "invoicefdp.exe"),
        ("a\x00b\x1b[31m.txt", "ab[31m.txt"),
        ("x" * 400 + ".txt", "x" * 156 + ".txt"),
        ("\N{GRINNING FACE}" * 200 + ".txt", "\N{GRINNING FACE}" * 39 + ".txt"),
    ],
)
def test_a_files_name_is_only_a_name(name: str, kept: str) -> None:
    assert uploads.safe_name(name) == kept


def evidence(desk: Console, name: str, content: bytes) -> Any:
    browser, here = desk.browser("ada"), f"/incidents/{desk.scene.incident_id}/do/evidence"
    given = {"taken_at": "2026-03-10T05:20", "taken_at_zone": "UTC", "command": "x", "system": "google_cloud"}
    asked = browser.post(here, given, files={"file": (name, content)})
    assert asked.status_code == 200
    found = dict(
        re.findall(r'name="(file_[a-z]+)" aria-hidden="true" tabindex="-1">([^<]*)</textarea>', asked.text)
    )
    carried = {key: html.unescape(found[key]) for key in CARRIED}
    return browser.post(here, {**given, **carried, "press": "confirm", "mark": hidden(asked.text, "mark")})


def test_a_bomb_is_kept_as_it_is(desk: Console) -> None:
    bomb = io.BytesIO()
    with gzip.GzipFile(fileobj=bomb, mode="wb") as out:
        for _ in range(200):
            out.write(b'{"a":1}\n' * 131072)
    assert len(bomb.getvalue()) < MIB
    assert evidence(desk, "\N{GRINNING FACE}" * 90 + ".json.gz", bomb.getvalue()).status_code == 303
    answer = desk.browser("ada").get(f"/incidents/{desk.scene.incident_id}/evidence")
    assert answer.status_code == 200
    assert answer.elapsed < timedelta(seconds=5)


def test_what_nobody_confirmed_is_swept(desk: Console) -> None:
    browser, here = desk.browser("ada"), f"/incidents/{desk.scene.incident_id}/do/evidence"
    given = {"taken_at": "2026-03-10T05:20", "taken_at_zone": "UTC", "command": "x"}
    browser.post(here, given, files={"file": ("left.txt", b"left")})
    left = {
        folder for folder in desk.reception.spool.iterdir() if (folder / "content").read_bytes() == b"left"
    }
    assert len(left) == 1
    old = (desk.reception.desk.now() - uploads.KEPT - timedelta(minutes=1)).timestamp()
    for folder in left:
        os.utime(folder, (old, old))
    browser.post(here, given, files={"file": ("new.txt", b"new")})
    assert not left & set(desk.reception.spool.iterdir())


def test_what_breaks_shows_and_logs_nothing(
    desk: Console, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_visit: object) -> None:
        raise ValueError("the row of maria@example.org")

    monkeypatch.setattr(board, "visible", broken)
    answer = desk.browser("ada").get("/")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == POLICY
    assert "maria" not in answer.text + caplog.text
    assert "ValueError at test_attacks.py" in caplog.text
    assert desk.browser("ada").get("/history").status_code == 500, "the connection lives on"


def test_a_page_left_open_does_not_keep_its_session(desk: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    browser, accounts = desk.browser("ada"), desk.reception.desk.accounts
    mark = signing_in.token_hash(browser.token)
    polled = {"hx-request": "true"}
    present, start = accounts.session(mark), desk.reception.desk.now()
    accounts.put_session(replace(present, seen_at=start - timedelta(minutes=5)))
    before = accounts.session(mark).seen_at
    assert browser.get("/", headers=polled).status_code == 200
    assert accounts.session(mark).seen_at == before
    assert browser.get("/").status_code == 200
    assert accounts.session(mark).seen_at > before
    accounts.put_session(replace(present, seen_at=start - IDLE))
    answer = browser.get("/", headers=polled)
    assert (answer.status_code, answer.headers["hx-redirect"]) == (204, "/sign-in?next=/")


def test_many_guesses_at_once_are_no_way_around_the_limit(desk: Console) -> None:
    desk.enrol("paul")
    told: list[type] = []

    def guess() -> None:
        try:
            signing_in.sign_in(desk.reception.desk, "paul", "a wrong guess of some length", address="9.9.9.9")
        except signing_in.SignInError as error:
            told.append(type(error))
        except signing_in.TooManyError as error:
            told.append(type(error))

    threads = [threading.Thread(target=guess) for _ in range(16)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert told.count(signing_in.SignInError) <= signing_in.FAILURES_OF_A_HANDLE_FROM_AN_ADDRESS
    assert len(told) == 16
    # who was turned away is not counted
    while len(told) < 16 + signing_in.FAILURES_OF_A_HANDLE_FROM_AN_ADDRESS:
        guess()
    assert told.count(signing_in.SignInError) == signing_in.FAILURES_OF_A_HANDLE_FROM_AN_ADDRESS
    with pytest.raises(signing_in.TooManyError):
        signing_in.sign_in(desk.reception.desk, "paul", PASSWORD, address="9.9.9.9")
