"""Single sign-on against a real provider on loopback: who is known comes in with the roles of the settings, nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from incident.errors import SettingsError
from incident.service import signing_in
from incident.settings.model import load
from incident.web import sessions
from incident.web.api.sign_on import BACK, FAILURES, NAME
from tests.builders.consoles import PEOPLE, Browser, Console, running, served
from tests.builders.house import workspace
from tests.builders.openid import CLIENT, SECRET, Provider

SETTINGS = """
[sign_on]
issuer = "{issuer}"
client_id = "{client}"
trust_second_factor = {trust}

[sign_on.handles]
u-1 = "ada"
u-2 = "nobody-here"

[mail]
"""


@pytest.fixture
def provider() -> Iterator[Provider]:
    there = Provider()
    with served(there.app()) as server:
        there.url = server.url
        yield there


def settings_of(folder: Path, provider: Provider, *, trust: bool = True) -> Path:
    mine = SETTINGS.format(issuer=provider.url, client=CLIENT, trust=str(trust).lower())
    return workspace(folder, changes={"\n[mail]\n": PEOPLE.replace("\n[mail]\n", mine)})


@pytest.fixture
def desk(tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[Console]:
    FAILURES._seen.clear()
    monkeypatch.setenv("TOCSIN_SIGN_ON_SECRET", SECRET)
    with running(settings_of(tmp_path / "w", provider)) as found:
        yield found


def cookies(answer: Any) -> dict[str, str]:
    return dict(line.partition(";")[0].split("=", 1) for line in answer.headers.get_list("set-cookie"))


def out(desk: Console) -> tuple[str, str]:
    """Go to the provider; return the address that it sends back to, and the cookie that the browser keeps."""
    left = desk.stranger().get("/sign-in/sso")
    assert left.status_code == 303
    assert "SameSite=lax" in left.headers["set-cookie"]
    back = httpx.get(left.headers["location"], follow_redirects=False, trust_env=False).headers["location"]
    return back.removeprefix(desk.client.url), cookies(left)[NAME]


def back(desk: Console, path: str, cookie: str) -> Any:
    headers = {"cookie": f"{NAME}={cookie}", "sec-fetch-site": "cross-site"}
    return desk.client.request("GET", path, headers=headers, follow_redirects=False)


def sign_in(desk: Console) -> Any:
    return back(desk, *out(desk))


def test_somebody_known_comes_in_with_the_roles_of_the_settings(desk: Console, provider: Provider) -> None:
    provider.claims = {"sub": "u-1", "amr": ["pwd", "mfa"], "roles": ["admin"], "groups": ["officer"]}
    answer = sign_in(desk)
    assert answer.status_code == 200
    assert 'http-equiv="refresh" content="0;url=/"' in answer.text
    browser = Browser(desk.client, cookies(answer)[sessions.NAME])
    assert "Ada (on call)" in browser.get("/").text
    assert browser.post("/incidents/INC-X/do/restrict").status_code == 403
    assert "SameSite=strict" in answer.headers["set-cookie"]


def test_without_a_second_factor_there_our_code_is_asked(desk: Console, provider: Provider) -> None:
    assert sign_in(desk).status_code == 401
    codes = desk.enrol("ada")
    answer = sign_in(desk)
    assert 'url=/sign-in/code"' in answer.text
    half = Browser(desk.client, cookies(answer)[sessions.NAME])
    assert half.get("/").status_code == 303
    assert half.post("/sign-in/code", {"code": codes.now()}).status_code == 303


def test_a_provider_that_is_not_trusted_with_it_cannot_vouch(
    tmp_path: Path, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOCSIN_SIGN_ON_SECRET", SECRET)
    provider.claims = {"sub": "u-1", "amr": ["mfa"]}
    with running(settings_of(tmp_path / "other", provider, trust=False)) as desk:
        assert sign_in(desk).status_code == 401


@pytest.mark.parametrize(
    "wrong",
    [
        {"sub": "u-3"},
        {"sub": "u-2"},
        {"sub": None},
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody-else"},
        {"aud": [CLIENT, "somebody-else"]},
        {"azp": "somebody-else"},
        {"iss": "https://evil.example"},
        {"exp": 1},
        {"iat": 4102444800},
    ],
    ids=str,
)
def test_a_wrong_answer_lets_nobody_in(desk: Console, provider: Provider, wrong: dict[str, Any]) -> None:
    provider.claims, provider.wrong = {"sub": "u-1", "amr": ["mfa"]}, wrong
    answer = sign_in(desk)
    assert answer.status_code == 401
    assert sessions.NAME not in cookies(answer)


def test_an_answer_that_the_provider_did_not_sign_lets_nobody_in(desk: Console, provider: Provider) -> None:
    provider.claims, provider.forge = {"sub": "u-1", "amr": ["mfa"]}, True
    assert sign_in(desk).status_code == 401


def test_the_answer_belongs_to_the_browser_that_went_out(desk: Console, provider: Provider) -> None:
    provider.claims = {"sub": "u-1", "amr": ["mfa"]}
    path, cookie = out(desk)
    _, other = out(desk)
    assert back(desk, path, other).status_code == 401
    assert back(desk, path, "").status_code == 401
    assert back(desk, f"{path}&iss=https://evil.example", cookie).status_code == 401
    state, nonce, _ = cookie.split(".")
    assert back(desk, path, f"{state}.{nonce}.another-verifier").status_code == 401


def test_an_answer_is_taken_once(desk: Console, provider: Provider) -> None:
    provider.claims = {"sub": "u-1", "amr": ["mfa"]}
    path, cookie = out(desk)
    assert back(desk, path, cookie).status_code == 200
    assert back(desk, path, cookie).status_code == 401


def test_a_shut_account_stays_shut(desk: Console, provider: Provider) -> None:
    provider.claims = {"sub": "u-1", "amr": ["mfa"]}
    browser = Browser(desk.client, cookies(sign_in(desk))[sessions.NAME])
    signing_in.set_disabled(desk.reception.desk, "ada", disabled=True)
    assert browser.get("/").status_code == 303
    assert sign_in(desk).status_code == 401


def test_local_accounts_still_work_and_the_page_offers_both(desk: Console) -> None:
    page = desk.stranger().get("/sign-in").text
    assert 'href="/sign-in/sso"' in page
    assert 'name="password"' in page
    desk.enrol("ada")
    assert signing_in.sign_in(desk.reception.desk, "ada", "seven small ships sail south", address="a")


def test_where_it_is_not_set_up_there_is_none(tmp_path: Path) -> None:
    with running(workspace(tmp_path / "w")) as desk:
        for path in ("/sign-in/sso", BACK):
            assert desk.stranger().get(path).status_code == 404
        assert "/sign-in/sso" not in desk.stranger().get("/sign-in").text


def test_a_provider_without_tls_is_refused(tmp_path: Path) -> None:
    fake = Provider(url="http://idp.example.org")
    with pytest.raises(SettingsError, match=r"sign_on\.issuer"):
        load(settings_of(tmp_path / "w", fake))
