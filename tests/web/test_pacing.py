"""How often pages may be asked for: per account, per address, with 429, `Retry-After` and a page that says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from incident.settings.console import ConsoleSettings
from incident.web.pacing import REMEMBERED, Bucket, Pace, TooOftenError, line_of
from tests.builders.consoles import Console, console

AT = datetime(2026, 3, 10, 5, tzinfo=UTC)


def after(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def test_a_bucket_drains_steadily() -> None:
    bucket = Bucket(60)
    assert [bucket.take("a", AT) for _ in range(61)] == [0] * 60 + [1]
    assert bucket.take("b", AT) == 0, "another key has a bucket of its own"
    assert bucket.take("a", after(0.5)) == 1
    assert bucket.take("a", after(2)) == 0
    assert bucket.take("a", after(2)) == 0, "two drained in two seconds"
    assert bucket.take("a", after(2)) == 1
    assert all(bucket.take("a", after(100 + n)) == 0 for n in range(300)), "one a second is for ever"


def test_what_is_refused_does_not_make_the_wait_longer() -> None:
    bucket = Bucket(6)
    for _ in range(6):
        bucket.take("a", AT)
    assert {bucket.take("a", AT) for _ in range(1000)} == {10}
    assert bucket.take("a", after(10)) == 0


def test_a_clock_that_goes_back_opens_nothing_and_locks_nobody() -> None:
    bucket = Bucket(2)
    assert [bucket.take("a", after(-n)) for n in range(3)] == [0, 0, 30]
    assert bucket.take("a", after(60)) == 0


def test_none_is_no_limit_and_few_are_remembered() -> None:
    assert not any(Bucket(0).take("a", AT) for _ in range(1000))
    bucket = Bucket(1)
    for n in range(REMEMBERED + 10):
        bucket.take(str(n), AT)
    assert len(bucket._levels) == REMEMBERED


@pytest.mark.parametrize(
    ("address", "line"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_a_household_is_one_line(address: str, line: str) -> None:
    assert line_of(address) == line


def test_the_shipped_limits_leave_people_alone_and_stop_programs() -> None:
    pace, admitted = Pace(ConsoleSettings()), 0
    for n in range(2000):
        try:
            pace.admit("/", "grace", "192.0.2.1", after(n / 100))
        except TooOftenError:
            continue
        admitted += 1
    assert 300 < admitted < 450
    for path in ("/assets/console.css", "/healthz"):
        for _ in range(2000):
            pace.admit(path, "grace", "192.0.2.1", AT)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    changes = {
        "\nrequests_per_minute = 0": "\nrequests_per_minute = 4",
        "requests_per_minute_of_an_address = 0": "requests_per_minute_of_an_address = 5",
    }
    with console(tmp_path_factory.mktemp("pacing") / "w", changes) as found:
        yield found


def test_one_too_many_is_told_when_to_come_back(desk: Console) -> None:
    ada, grace = desk.browser("ada"), desk.browser("grace")
    answers = [ada.get("/", headers={"accept-language": "de"}) for _ in range(5)]
    assert [one.status_code for one in answers] == [200] * 4 + [429]
    assert 0 < int(answers[4].headers["retry-after"]) <= 16
    assert "Zu viele Anfragen" in answers[4].text
    assert "warten Sie " in answers[4].text
    assert answers[4].headers["content-security-policy"]
    assert ada.post("/language", {"language": "en"}).status_code == 429, "a post counts as well"
    assert ada.get("/assets/console.css").status_code == 200
    assert grace.get("/").status_code == 200, "somebody else is not held up"


def test_strangers_of_one_address_share_a_limit_and_signed_in_people_do_not(desk: Console) -> None:
    stranger = desk.stranger()
    statuses = [stranger.get("/sign-in").status_code for _ in range(6)]
    assert statuses[-1] == 429
    assert stranger.get("/healthz").status_code == 200
    assert desk.browser("paul").get("/").status_code == 200
