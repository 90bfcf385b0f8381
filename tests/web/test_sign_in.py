"""Signing in: a password and a code, wrong ones all alike, few attempts, sessions that rotate, end and run out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from incident.core.accounts import IDLE, LONGEST
from incident.errors import BadInputError
from incident.reception import CODES_KEY
from incident.service import signing_in
from incident.service.verifying import verify
from incident.web import sessions
from tests.builders.consoles import PASSWORD, Browser, Console, console, hidden

NEXT = "/history"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Console]:
    with console(tmp_path / "w") as found:
        yield found


def cookies(answer) -> dict[str, str]:
    return dict(line.partition(";")[0].split("=", 1) for line in answer.headers.get_list("set-cookie"))


def try_password(where: Console, handle: str, password: str = PASSWORD):
    page = where.stranger().get("/sign-in")
    door = cookies(page)[sessions.DOOR]
    return where.client.post(
        "/sign-in",
        data={"csrf": hidden(page.text, "csrf"), "handle": handle, "password": password, "next": NEXT},
        headers={"sec-fetch-site": "same-origin", "cookie": f"{sessions.DOOR}={door}"},
        follow_redirects=False,
    )


def test_password_then_code_and_the_session_is_a_new_one(desk: Console) -> None:
    codes = desk.enrol("ada")
    answer = try_password(desk, "ada")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/sign-in/code?next={NEXT}")
    half = cookies(answer)[sessions.NAME]
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "SameSite=strict" in answer.headers["set-cookie"]
    assert Browser(desk.client, half).get("/").headers["location"].startswith("/sign-in?next=")
    answer = Browser(desk.client, half).post("/sign-in/code", {"code": codes.now(), "next": NEXT})
    assert (answer.status_code, answer.headers["location"]) == (303, NEXT)
    whole = cookies(answer)[sessions.NAME]
    assert whole != half
    assert Browser(desk.client, half).get("/").status_code == 303
    signed_in = Browser(desk.client, whole)
    assert "Ada (on call)" in signed_in.get("/").text
    assert signed_in.post("/sign-out").headers["location"] == "/sign-in?out=1"
    assert signed_in.get("/").status_code == 303


def test_a_code_is_taken_once(desk: Console) -> None:
    codes = desk.enrol("ada")
    code = codes.now()
    for expected in (303, 401):
        half = cookies(try_password(desk, "ada"))[sessions.NAME]
        assert Browser(desk.client, half).post("/sign-in/code", {"code": code}).status_code == expected


@pytest.mark.parametrize("handle", ["ada", "grace", "paul", "nobody"])
def test_what_is_wrong_is_not_said(desk: Console, handle: str) -> None:
    desk.enrol("ada")
    signing_in.add_account(desk.reception.desk, "grace", PASSWORD)
    answer = try_password(desk, handle, "a wrong password of some length")
    assert answer.status_code == 401
    expected = try_password(desk, "nobody at all", "x").text
    assert answer.text.replace(handle, "").count("<li>") == expected.count("<li>")
    assert "Handle, password or code is wrong" in answer.text


def test_refusals_are_logged_without_what_was_typed(desk: Console, caplog: pytest.LogCaptureFixture) -> None:
    desk.enrol("ada")
    try_password(desk, "ada", "a wrong password of some length")
    try_password(desk, "my secret typed as a name", "x")
    half = cookies(try_password(desk, "ada"))[sessions.NAME]
    Browser(desk.client, half).post("/sign-in/code", {"code": "000000"})
    assert [one.message for one in caplog.records if "sign-in" in one.message] == [
        "sign-in refused: ada, password or account",
        "sign-in refused: a handle that is nobody's, password or account",
        "sign-in refused: ada, code",
    ]
    assert "secret" not in caplog.text
    assert "wrong password" not in caplog.text


def test_without_a_second_factor_nobody_signs_in(desk: Console) -> None:
    signing_in.add_account(desk.reception.desk, "ada", PASSWORD)
    assert try_password(desk, "ada").status_code == 401


def test_after_five_failures_even_the_right_password_waits(desk: Console) -> None:
    desk.enrol("ada")
    for _ in range(signing_in.FAILURES_OF_A_HANDLE_FROM_AN_ADDRESS):
        assert try_password(desk, "ada", "wrong wrong wrong").status_code == 401
    assert try_password(desk, "ada").status_code == 429


def test_a_disabled_account_is_out_at_once(desk: Console) -> None:
    browser = desk.browser("ada")
    assert browser.get("/").status_code == 200
    accounts = desk.reception.desk
    signing_in.set_disabled(accounts, "ada", disabled=True)
    assert browser.get("/").status_code == 303


@pytest.mark.parametrize("after", [IDLE, LONGEST])
def test_a_session_runs_out(desk: Console, after: timedelta) -> None:
    from dataclasses import replace

    desk.browser("ada")
    accounts = desk.reception.desk.accounts
    (session,) = accounts.sessions("ada")
    later = replace(desk.reception.desk, now=lambda: session.started_at + after)
    accounts.put_session(
        replace(session, token_hash=signing_in.token_hash("t"), ends_at=session.started_at + LONGEST)
    )
    assert signing_in.session_of(later, "t") is None
    assert accounts.session(signing_in.token_hash("t")) is None


def test_a_token_is_kept_only_as_its_hash(desk: Console) -> None:
    browser = desk.browser("ada")
    raw = b"".join(p.read_bytes() for p in desk.scene.folder.glob("tocsin.db*"))
    assert browser.token.encode() not in raw
    assert PASSWORD.encode() not in raw


def test_one_ends_the_other_sessions(desk: Console) -> None:
    first, second = desk.browser("ada"), desk.browser("ada")
    assert second.post("/me/end-others").status_code == 303
    assert first.get("/me").status_code == 303
    assert second.get("/me").status_code == 200


@pytest.mark.parametrize(
    "password", ["short", "aaaaaaaaaaaaaaaa", "ada ada ada ada ada", "passwordpassword", "x" * 129]
)
def test_a_weak_password_is_refused(desk: Console, password: str) -> None:
    with pytest.raises(BadInputError, match="password"):
        signing_in.add_account(desk.reception.desk, "ada", password)


@pytest.mark.parametrize(
    "wanted", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_site(desk: Console, wanted: str) -> None:
    page = desk.stranger().get("/sign-in", params={"next": wanted})
    assert hidden(page.text, "next") == "/"


@pytest.mark.parametrize("site", ["cross-site", "same-site", None])
def test_a_foreign_page_cannot_post(desk: Console, site: str | None) -> None:
    browser = desk.browser("ada")
    assert browser.post("/sign-out", site=site).status_code == 403
    assert browser.post("/sign-out", csrf="0" * 64).status_code == 403
    assert browser.get("/").status_code == 200


def test_enrolling_leaves_the_keys_of_the_ledger_alone(desk: Console) -> None:
    before = [one.vkey for one in desk.scene.house.keys.verifiers()]
    desk.enrol("ada")
    assert (desk.scene.folder / "keys" / CODES_KEY).is_file()
    assert [one.verifier().vkey for one in desk.scene.house.keys.signers()] == before
    scene = desk.scene.open()
    page = f"/incidents/{scene.incident_id}/ledger"
    shown = desk.browser("ada").get(page)
    assert shown.status_code == 200
    assert "A key does not sign" not in shown.text
    assert verify(scene.house).ok
    (desk.scene.folder / "keys" / "log.key").chmod(0o644)
    shown = desk.browser("ada").get(page)
    assert shown.status_code == 200, "also when no key signs any more"
    assert "A key does not sign" in shown.text
    assert "log.key can be read by others" in shown.text
