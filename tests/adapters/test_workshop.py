"""The spill on disk answers as its twin in memory does, and a workshop leaves nothing behind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incident.adapters.workshop import disk_spill, runs
from incident.adapters.workshop.disk_spill import DiskSpill
from incident.adapters.workshop.local import LocalWorkshops
from incident.core.scoping.laying import ranges
from incident.core.scoping.spill import MemorySpill

LINES = st.lists(st.binary(max_size=12).map(lambda raw: raw.replace(b"\n", b"") + b"\n"), max_size=40)


@pytest.fixture
def spill(tmp_path):
    return DiskSpill(tmp_path)


@pytest.mark.parametrize("run_bytes", [0, 300, 1 << 20])
@pytest.mark.parametrize("at_once", [2, 96])
def test_lines_come_back_in_order_however_many_runs(spill, monkeypatch, run_bytes, at_once):
    monkeypatch.setattr(disk_spill, "RUN_BYTES", run_bytes)
    monkeypatch.setattr(disk_spill, "RUNS_AT_ONCE", at_once)
    lines = [f"{number * 7919 % 101}\n".encode() for number in range(300)]
    sorter, twin = spill.sorter(), MemorySpill().sorter()
    for line in lines:
        sorter.add(line)
        twin.add(line)
    runs = sorter.done()
    assert (len(runs) > 1) == (run_bytes < 1000)
    assert list(spill.merged(runs)) == list(MemorySpill().merged(twin.done())) == sorted(lines)
    assert list(spill.merged(runs)) == sorted(lines)  # and again
    assert list(spill.merged([])) == []


@given(LINES, LINES)
def test_two_sorters_merge_as_one(one, two):
    memory = MemorySpill()
    sorters = [memory.sorter(), memory.sorter()]
    for sorter, lines in zip(sorters, (one, two), strict=True):
        for line in lines:
            sorter.add(line)
    assert list(memory.merged([run for sorter in sorters for run in sorter.done()])) == sorted(one + two)


@settings(max_examples=60, deadline=None)
@given(
    LINES, LINES, st.binary(max_size=3), st.none() | st.binary(max_size=3), st.sampled_from([2, 16, 1 << 14])
)
def test_a_range_of_lines_is_what_lies_in_it(one, two, start, end, block_bytes):
    with tempfile.TemporaryDirectory() as place, pytest.MonkeyPatch.context() as patched:
        patched.setattr(runs, "BLOCK_BYTES", block_bytes)
        spills = DiskSpill(Path(place)), MemorySpill()
        for spill in spills:
            sorters = [spill.sorter(), spill.sorter()]
            for sorter, lines in zip(sorters, (one, two), strict=True):
                for line in lines:
                    sorter.add(line)
            held = [run for sorter in sorters for run in sorter.done()]
            wanted = sorted(line for line in one + two if start <= line and (end is None or line < end))
            assert list(spill.merged(held, start, end)) == wanted
            some = spill.samples(held, 7)
            assert some == sorted(some)
            assert set(some) <= {*one, *two}
            cuts = ranges(some, 5, lambda line: line[:2])
            assert [line for cut in cuts for line in spill.merged(held, *cut)] == sorted(one + two)


def test_records_come_back_by_number_across_pages(spill):
    records = [os.urandom(number % 5) + str(number).encode() for number in range(2 * disk_spill.PAGE + 3)]
    shelf = spill.shelf()
    assert [shelf.put(record) for record in records] == list(range(len(records)))
    opened = spill.opened(shelf.done())
    for number in (0, 1, disk_spill.PAGE - 2, disk_spill.PAGE - 1, disk_spill.PAGE, len(records) - 1, 5):
        assert opened.get(number) == records[number]
    empty = spill.shelf()
    assert spill.opened(empty.done())


def test_numbers_survive_more_pages_than_are_held(spill, monkeypatch):
    monkeypatch.setattr(disk_spill, "PAGES_HELD", 2)
    numbers, twin = spill.numbers(), MemorySpill().numbers()
    places = [place * 2500 for place in range(20)]
    for turn in (1, 2**32 - 1):
        for place in places:
            assert numbers.get(place) == twin.get(place)
            numbers.set(place, turn)
            twin.set(place, turn)
    assert [numbers.get(place) for place in (*places, 7)] == [twin.get(place) for place in (*places, 7)]


def double(number: int) -> int:
    return number * 2


def fail(number: int) -> int:
    raise ValueError(number)


@pytest.mark.parametrize("work_bytes", [0, 1 << 40])
def test_jobs_are_answered_in_order_and_nothing_is_left(tmp_path, work_bytes):
    shops = LocalWorkshops(tmp_path / "scratch", hands=2)
    with shops.open(work_bytes) as shop:
        assert list(shop.each(double, range(20))) == [2 * number for number in range(20)]
        sorter = shop.spill.sorter()
        sorter.add(b"x\n")
        assert sorter.done()
        (place,) = (tmp_path / "scratch").iterdir()
        assert place.stat().st_mode & 0o777 == 0o700
        assert {each.stat().st_mode & 0o777 for each in place.iterdir() if each.name.startswith("run")} == {
            0o600
        }
        with pytest.raises(ValueError, match="0"):
            list(shop.each(fail, range(3)))
    assert list((tmp_path / "scratch").iterdir()) == []


def test_what_a_killed_process_left_is_removed_and_what_is_used_is_not(tmp_path):
    left = tmp_path / "scratch" / "left"
    left.mkdir(parents=True)
    (left / "lock").touch()
    (left / "run-1-1").write_text("somebody")
    shops = LocalWorkshops(tmp_path / "scratch", hands=1)
    with shops.open(0) as one:
        assert not left.exists()
        with shops.open(0):
            sorter = one.spill.sorter()
            sorter.add(b"still here\n")
            assert list(one.spill.merged(sorter.done())) == [b"still here\n"]
    assert list(Path(tmp_path / "scratch").iterdir()) == []
