"""Clocks and ids, real and fake."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from incident.adapters.clock import DrillClock, SystemClock
from incident.adapters.ids import CROCKFORD, RandomIds
from incident.errors import BadInputError
from incident.ports import Ids
from tests.fakes.clock import START, FakeClock
from tests.fakes.ids import FakeIds


@pytest.fixture(params=["drill", "fake"])
def clock(request: pytest.FixtureRequest, tmp_path: Path) -> DrillClock | FakeClock:
    return DrillClock(tmp_path / "new" / "clock.json") if request.param == "drill" else FakeClock()


def test_the_system_clock_tells_utc() -> None:
    before, told, after = datetime.now(UTC), SystemClock().now(), datetime.now(UTC)  # noqa: TID251
    assert before <= told <= after
    assert told.tzinfo is UTC


def test_time_moves_by_a_duration_and_to_an_instant(clock: DrillClock | FakeClock) -> None:
    start = clock.now()
    assert start.tzinfo is UTC
    assert clock.advance(by=timedelta(hours=3)) - start >= timedelta(hours=3)
    target = (start + timedelta(days=30)).astimezone(timezone(timedelta(hours=14)))
    told = clock.advance(to=target)
    assert told.tzinfo is UTC
    assert timedelta() <= told - target < timedelta(minutes=1)


def test_time_never_goes_backwards(clock: DrillClock | FakeClock) -> None:
    start = clock.now()
    with pytest.raises(BadInputError):
        clock.advance(by=timedelta(microseconds=-1))
    with pytest.raises(BadInputError):
        clock.advance(to=start - timedelta(seconds=1))
    assert clock.now() >= start


@pytest.mark.parametrize("said", [{}, {"to": START, "by": timedelta(1)}, {"to": START.replace(tzinfo=None)}])
def test_a_move_is_said_in_one_way(clock: DrillClock | FakeClock, said: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        clock.advance(**said)  # type: ignore[arg-type]


def test_a_drill_does_not_move_the_machine_s_time(tmp_path: Path) -> None:
    clock = DrillClock(tmp_path / "clock.json")
    clock.advance(by=timedelta(days=3))
    assert abs(clock.real_now() - SystemClock().real_now()) < timedelta(minutes=1)
    assert clock.now() - clock.real_now() > timedelta(days=2)


def test_every_process_of_a_drill_sees_one_time(tmp_path: Path) -> None:
    one, other = DrillClock(tmp_path / "clock.json"), DrillClock(tmp_path / "clock.json")
    with ThreadPoolExecutor(4) as pool:
        list(
            pool.map(lambda _: DrillClock(tmp_path / "clock.json").advance(by=timedelta(hours=1)), range(20))
        )
    ahead = one.now() - SystemClock().now()
    assert timedelta(hours=20, seconds=-1) < ahead <= timedelta(hours=20)
    assert abs(other.now() - one.now()) < timedelta(seconds=1)
    assert oct((tmp_path / "clock.json").stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize(
    "kept", ["", "{}", "[]", '{"offset_microseconds": "1 h"}', '{"offset_microseconds": 1e300}']
)
def test_a_broken_clock_file_is_said_so(tmp_path: Path, kept: str) -> None:
    (tmp_path / "clock.json").write_text(kept)
    with pytest.raises(BadInputError) as refused:
        DrillClock(tmp_path / "clock.json").now()
    assert refused.value.source == "clock.json"


@pytest.mark.parametrize("ids", [RandomIds(), FakeIds()], ids=["random", "fake"])
def test_ids_are_of_one_form_and_never_repeat(ids: Ids) -> None:
    names = [ids.new("INC") for _ in range(2000)]
    assert len(set(names)) == 2000
    assert all(re.fullmatch(f"INC-[{CROCKFORD}]{{8}}", name) for name in names)
    keys = {ids.key() for _ in range(100)}
    assert len(keys) == 100
    assert {len(key) for key in keys} == {32}


def test_fake_ids_can_be_said_beforehand() -> None:
    ids = FakeIds()
    assert [ids.new("INC"), ids.new("EV")] == ["INC-00000001", "EV-00000002"]


def test_crockford_has_no_letter_to_misread() -> None:
    assert len(CROCKFORD) == 32
    assert not set("ILOU") & set(CROCKFORD)
