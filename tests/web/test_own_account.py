"""One's own password and second factor: the present ones are asked, a code counts once, every other session ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest

from incident.service import signing_in
from incident.web import sessions
from tests.builders.consoles import PASSWORD, Browser, Console, console, hidden

NEW = "eight large boats anchor north"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Console]:
    with console(tmp_path / "w") as found:
        yield found


def new_session(desk: Console, answer) -> Browser:
    assert (answer.status_code, answer.headers["location"]) == (303, "/me?changed=1")
    return Browser(desk.client, re.search(rf"{sessions.NAME}=([^;]+)", answer.headers["set-cookie"]).group(1))


def asked(right: str, **changes: str) -> dict[str, str]:
    return {"old": PASSWORD, "code": right, "new": NEW, "again": NEW, **changes}


def test_a_password_is_changed_with_the_old_one_and_a_code(desk: Console) -> None:
    codes = desk.enrol("ada")
    here, elsewhere = desk.browser("ada"), desk.browser("ada")
    assert 'autocomplete="new-password"' in here.get("/me/password").text
    now = new_session(desk, here.post("/me/password", asked(codes.now())))
    assert "Your other sessions have ended" in now.get("/me?changed=1").text
    assert [one.get("/me").status_code for one in (here, elsewhere, now)] == [303, 303, 200]
    with pytest.raises(signing_in.SignInError):
        signing_in.sign_in(desk.reception.desk, "ada", PASSWORD, address="x")
    assert signing_in.sign_in(desk.reception.desk, "ada", NEW, address="x")


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"old": "not the password at all"}, 422, "Password or code is wrong"),
        ({"code": "000000"}, 422, "Password or code is wrong"),
        ({"again": "eight large boats anchor south"}, 422, "The two are not the same"),
        ({"new": "short", "again": "short"}, 422, "too short or too easy"),
        ({"new": "ada and more words", "again": "ada and more words"}, 422, "too short or too easy"),
    ],
)
def test_what_is_wrong_changes_nothing(
    desk: Console, changes: dict[str, str], status: int, said: str
) -> None:
    codes, browser = desk.enrol("ada"), desk.browser("ada")
    answer = browser.post("/me/password", asked(codes.now(), **changes))
    assert answer.status_code == status
    assert said in answer.text
    assert PASSWORD not in answer.text
    assert NEW not in answer.text
    assert browser.get("/me").status_code == 200
    assert signing_in.sign_in(desk.reception.desk, "ada", PASSWORD, address="x")


def test_guesses_at_the_present_password_are_counted(desk: Console) -> None:
    codes, browser = desk.enrol("ada"), desk.browser("ada")
    wrong = asked("000000", old="not the password at all")
    assert [browser.post("/me/password", wrong).status_code for _ in range(6)] == [422] * 5 + [429]
    assert browser.post("/me/password", asked(codes.now())).status_code == 429


def test_a_second_factor_is_changed_with_the_old_one(desk: Console) -> None:
    old, browser = desk.enrol("ada"), desk.browser("ada")
    page = browser.get("/me/factor").text
    assert "style=" not in page
    fresh = pyotp.TOTP(re.search(r"<code>([A-Z2-7]{32})</code>", page).group(1))
    given = {"sealed": hidden(page, "sealed"), "seal": hidden(page, "seal"), "old": PASSWORD}
    wrong = browser.post("/me/factor", {**given, "code": old.now(), "fresh_code": "000000"})
    assert wrong.status_code == 422
    assert fresh.secret in wrong.text, "the same entry is shown again, not another one"
    assert (
        browser.post("/me/factor", {**given, "code": "000000", "fresh_code": fresh.now()}).status_code == 422
    )
    moved = {**given, "sealed": given["sealed"][:-4] + "AAAA"}
    assert (
        browser.post("/me/factor", {**moved, "code": old.now(), "fresh_code": fresh.now()}).status_code == 422
    )
    other = desk.browser("ada")
    assert (
        other.post("/me/factor", {**given, "code": old.now(), "fresh_code": fresh.now()}).status_code == 422
    )
    now = new_session(
        desk, browser.post("/me/factor", {**given, "code": old.now(), "fresh_code": fresh.now()})
    )
    assert now.get("/").status_code == 200
    half = signing_in.sign_in(desk.reception.desk, "ada", PASSWORD, address="x")
    for code in (old.now(), fresh.now()):  # the old one is nothing any more, the new one was used just now
        with pytest.raises(signing_in.SignInError):
            signing_in.second_factor(desk.reception.desk, half, code, address="y")
