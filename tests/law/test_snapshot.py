"""The checked copy of the book: the same book, and never one that cannot be believed."""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from incident.core.rules import LawBook
from incident.law import snapshot
from incident.law.catalogue import Catalogue
from incident.law.loader import book_of, law_files, load_book, read_regime
from incident.law.pool import read_pool, write_pool

FILES = law_files()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache directory; returns where the copies are."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "tocsin"


@pytest.fixture
def few(tmp_path: Path) -> Path:
    """A directory with three of the law files."""
    folder = tmp_path / "law"
    folder.mkdir()
    for name, content in FILES:
        if name in {"eu_gdpr.toml", "us_ca.toml", "us_tx.toml"}:
            (folder / name).write_bytes(content)
    return folder


def read_from(directory: Path | None) -> LawBook:
    return book_of(read_regime(content.decode(), name) for name, content in law_files(directory))


def test_the_copy_holds_the_same_book(cache: Path) -> None:
    first = load_book()
    assert [file.suffix for file in cache.iterdir()] == [".json"]
    second = load_book()
    assert second is not first
    assert second == first == read_from(None)
    for code, regimes in second.by_jurisdiction.items():
        assert all(regime is second.regime(regime.id) for regime in regimes), code


def test_the_copy_is_quick(cache: Path) -> None:
    load_book()
    start = time.process_time()
    load_book()
    assert time.process_time() - start < 0.5, "the bar is 0.1 s, measured by benchmarks/law.py"


def digested(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest().encode() + b"\n" + body


def altered(change: Callable[[dict], None]) -> Callable[[bytes], bytes]:
    """Return a way to alter a copy and to make its digest anew, as somebody who means it would."""

    def of(content: bytes) -> bytes:
        document = json.loads(content.partition(b"\n")[2])
        change(document)
        return digested(json.dumps(document).encode())

    return of


def other_module(document: dict) -> None:
    document["classes"][0][0] = "subprocess"


def other_class(document: dict) -> None:
    document["classes"][0][:2] = ["incident.core.assessment_facts", "Mapping"]


def fewer_fields(document: dict) -> None:
    next(entry for entry in document["classes"] if entry[1] == "Source")[2].pop()


def nothing_left(document: dict) -> None:
    document["rows"] = []


def another_thing(document: dict) -> None:
    document["rows"].append("not a book")


def a_place_ahead(document: dict) -> None:
    document["rows"][-1] = [document["rows"][-1][0], 10**9, 10**9]


SPOILED = {
    "torn": lambda content: content[: len(content) // 2],
    "empty": lambda _: b"",
    "a byte turned": lambda content: content.replace(b"72 hours", b"99 hours", 1),
    "not JSON, but digested": lambda _: digested(b"{"),
    "no object": lambda _: digested(b"[1]"),
    "a class from elsewhere": altered(other_module),
    "a thing that is no record": altered(other_class),
    "a class with other fields": altered(fewer_fields),
    "no rows": altered(nothing_left),
    "no book": altered(another_thing),
    "a place that is not there": altered(a_place_ahead),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_spoiled_copy_is_not_used_and_made_anew(
    cache: Path, few: Path, spoil: Callable[[bytes], bytes]
) -> None:
    book, files = load_book(few), law_files(few)
    (copy,) = cache.iterdir()
    good = copy.read_bytes()
    copy.write_bytes(spoil(good))
    assert copy.read_bytes() != good
    assert snapshot.restore(snapshot.key_of(files), files) is None
    assert load_book(few) == book
    assert copy.read_bytes() == good


def test_a_copy_that_others_may_write_or_a_link_is_not_used(cache: Path, few: Path, tmp_path: Path) -> None:
    load_book(few)
    files = law_files(few)
    key = snapshot.key_of(files)
    (copy,) = cache.iterdir()
    copy.chmod(0o666)
    assert snapshot.restore(key, files) is None
    copy.chmod(0o600)
    assert snapshot.restore(key, files) is not None
    moved = copy.rename(tmp_path / "elsewhere.json")
    copy.symlink_to(moved)
    assert snapshot.restore(key, files) is None


def test_other_files_have_another_copy(cache: Path, few: Path) -> None:
    name, content = law_files(few)[0]
    before = load_book(few)
    (few / name).write_bytes(content.replace(b"\nname = ", b"\nname = 'Changed' # ", 1))
    after = load_book(few)
    assert before.regimes[0].name != after.regimes[0].name == "Changed"
    assert len(list(cache.iterdir())) == 2


def test_only_the_last_few_copies_are_kept(cache: Path, few: Path) -> None:
    book = load_book(few)
    for number in range(6):
        assert snapshot.keep(f"{number}", book)
    assert len(list(cache.iterdir())) == snapshot.KEPT


def test_a_place_that_cannot_be_written_harms_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert load_book(few) == read_from(few)


def test_it_can_be_turned_off(cache: Path, few: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOCSIN_LAW_CACHE", "off")
    assert load_book(few) == read_from(few)
    assert not cache.exists()


def test_what_no_law_file_holds_cannot_be_written() -> None:
    @dataclass(frozen=True)
    class Foreign:
        name: str

    for value in (1.5, datetime(2026, 3, 10, tzinfo=UTC), Foreign("x"), b"bytes"):
        with pytest.raises(TypeError):
            write_pool((value,))
    with pytest.raises(ValueError, match="not of the core"):
        read_pool({"classes": [["os", "system", []]], "rows": []})


def test_true_and_one_stay_apart() -> None:
    assert read_pool(write_pool((True, 1, False, 0, None, "1"))) == (True, 1, False, 0, None, "1")
    assert [type(each) for each in read_pool(write_pool((True, 1, False, 0)))] == [bool, int, bool, int]


def test_the_catalogue_tells_its_digest() -> None:
    catalogue = Catalogue()
    assert len(catalogue.digest()) == 64
    assert catalogue.digest() == Catalogue().digest()
    assert catalogue.book() is catalogue.book()
