"""Pulls from live accounts, against stand-ins over real sockets: paging, keys, patience, kills, and vendors that misbehave."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from incident.adapters.pulls.opening import Account, LivePulls
from incident.core.scoping.reader import ReadReport
from incident.core.scoping.records import EvidenceRef
from incident.errors import (
    BadInputError,
    NotFoundError,
    PermanentError,
    RefusedError,
    SettingsError,
    TransientError,
)
from incident.service.house import House
from incident.service.pulling import Pulled, pull
from incident.settings import secret
from incident.settings.pulls import VARIABLES
from tests.adapters.vendor_stand_in import KEYS, Odd, Reply, Vendors, said, serving
from tests.builders.house import Scene

WHOLE = {
    "stripe": {"customers": 12, "payment_methods": 9, "charges": 12},
    "helpscout": {"customers": 10, "conversations": 10},
    "mailchimp": {"members": 12, "archived_members": 0},
    "replicate": {"predictions": 9},
}


@contextmanager
def desk(
    scene: Scene, odd: Odd = lambda _path, _visit: None, **changes
) -> Iterator[tuple[House, Vendors, list[float]]]:
    """Open a house whose accounts all lie at one stand-in; what it would have slept is listed."""
    waits: list[float] = []
    with serving(Vendors(odd=odd)) as vendors:
        accounts = {
            name: Account(partial(str, KEYS[name]), changes.get("host") or vendors.url) for name in VARIABLES
        }
        accounts |= {name: Account(key, vendors.url) for name, key in changes.get("keys", {}).items()}
        spools = scene.folder / "pulls"
        pulls = LivePulls(accounts, spools, drill=changes.get("drill", True), sleep=waits.append)
        yield replace(scene.house, pulls=pulls), vendors, waits


def go(scene: Scene, house: House, system: str, **options) -> dict[str, Pulled]:
    return {each.stream: each for each in pull(house, scene.incident_id, system, actor=scene.ada, **options)}


def read(house: House, pulled: Pulled) -> tuple[int, ReadReport]:
    """Read the frozen evidence with the house's own reader."""
    item = pulled.evidence
    with house.vault.open(item.sha256) as stream:
        reader, form = house.readers.reader_of(stream, system=item.system)
    report = ReadReport(EvidenceRef(item.evidence_id, item.system, item.sha256, item.taken_at), format=form)
    with house.vault.open(item.sha256) as stream:
        return sum(1 for _ in reader.read(stream, report.ref, report)), report


@pytest.mark.parametrize("system", WHOLE)
def test_every_page_is_pulled_frozen_and_read(fresh, system):
    scene = fresh.open()
    with desk(scene) as (house, vendors, _):
        found = go(scene, house, system)
        assert {stream: read(house, each)[1].rows for stream, each in found.items()} == WHOLE[system]
        assert all(each.complete and not read(house, each)[1].incomplete for each in found.values())
    assert {each.evidence.evidence_id for each in found.values()} == set(scene.state.evidence)
    for each in found.values():
        assert "tocsin evidence pull: " in each.evidence.command
        assert "starting_after" not in each.evidence.command
        assert not any(key in each.evidence.command for key in KEYS.values())
    assert not (scene.folder / "pulls" / scene.incident_id / system).exists()
    assert not any(key in path for path in vendors.asked for key in KEYS.values())


@pytest.mark.parametrize("system", WHOLE)
def test_a_wrong_key_is_said_and_nothing_is_frozen(fresh, system):
    scene = fresh.open()
    with (
        desk(scene, keys={system: partial(str, "wrong:key-us21")}) as (house, _, _),
        pytest.raises(SettingsError) as refused,
    ):
        go(scene, house, system)
    assert "wrong" not in str(refused.value)
    assert scene.state.evidence == {}


@pytest.mark.parametrize(
    ("reply", "waited"),
    [
        (said({}, 429, Retry_After="7"), 7.0),
        (said({}, 429, X_RateLimit_Retry_After="9"), 9.0),
        (
            said({}, 503, Retry_After="Sat, 28 Nov 2026 17:00:30 GMT", Date="Sat, 28 Nov 2026 17:00:00 GMT"),
            30.0,
        ),
        (said({}, 500), 1.0),
        ((0, {}, b""), 1.0),
    ],
    ids=["seconds", "own header", "a date", "an error", "a cut line"],
)
def test_patience(fresh, reply: Reply, waited: float):
    scene = fresh.open()
    with desk(scene, lambda path, visit: reply if "after" in path and not visit else None) as (
        house,
        _,
        waits,
    ):
        assert read(house, go(scene, house, "stripe")["customers"])[1].rows == 12
    assert waited in waits


def test_the_pace_stays_below_the_vendors_limit(fresh):
    scene = fresh.open()
    with desk(scene) as (house, vendors, waits):
        go(scene, house, "helpscout")
        assert len([wait for wait in waits if wait > 0.2]) >= len(vendors.asked) - 3


@pytest.mark.parametrize(
    ("bad", "error", "words"),
    [
        (said({}, 429, Retry_After="3600"), TransientError, "wait 3600 seconds"),
        (said({}, 503), TransientError, "6 times"),
        (said({}, 302, Location="http://example.invalid/"), PermanentError, "not followed"),
        ((200, {}, b"<html>sign in</html>"), PermanentError, "something else than a JSON object"),
        ((200, {}, b'{"object":"list","has_more":true,"data":[1]}'), PermanentError, "not what it documents"),
        (said({"object": "list", "data": []}), PermanentError, "not what it documents"),
        (
            said({"object": "list", "has_more": True, "data": [{"name": "no id"}]}),
            PermanentError,
            "not what it documents",
        ),
        (said({"error": "gone"}, 404), PermanentError, "answered 404"),
        ((200, {"Content-Length": "5000"}, b'{"object":'), TransientError, "IncompleteRead"),
    ],
)
def test_a_page_that_is_wrong_stops_the_pull_and_the_earlier_ones_stay(fresh, bad: Reply, error, words):
    """Then the vendor is well again: the next run goes on, asks for no page twice, and the result is whole."""
    scene = fresh.open()
    ill = [True]
    with desk(scene, lambda path, _: bad if ill and "customers?" in path and "after" in path else None) as (
        house,
        vendors,
        _,
    ):
        with pytest.raises(error, match=words):
            go(scene, house, "stripe")
        assert scene.state.evidence == {}
        ill.clear()
        vendors.asked.clear()
        count, report = read(house, go(scene, house, "stripe")["customers"])
        assert (count, report.rows, report.incomplete) == (12, 12, [])
        assert "starting_after" in vendors.asked[0], "the first page was not asked for again"


def test_what_an_ill_vendor_gave_can_be_frozen_as_a_part(fresh):
    scene = fresh.open()
    with desk(scene, lambda path, _: said({}, 404) if "customers?" in path and "after" in path else None) as (
        house,
        vendors,
        _,
    ):
        with pytest.raises(PermanentError):
            go(scene, house, "stripe")
        vendors.asked.clear()
        (part,) = go(scene, house, "stripe", partial=True).values()
        assert vendors.asked == []
        assert (part.stream, part.pages, part.complete) == ("customers", 1, False)
        count, report = read(house, part)
        assert (count, report.incomplete) == (3, ["the pull says that pages are missing"])
        with pytest.raises(NotFoundError, match="no page"):
            go(scene, house, "stripe", partial=True)


@pytest.mark.parametrize(
    ("following", "words"),
    [
        ("https://example.invalid/v1/predictions", "another host"),
        ("/v1/predictions?cursor=3", "twice"),
        (7, "not what it documents"),
    ],
)
def test_a_next_page_that_leads_astray_is_not_asked(fresh, following, words):
    scene = fresh.open()
    page = {"next": following, "previous": None, "results": []}
    with desk(scene, lambda path, _: said(page) if "cursor=3" in path else None) as (house, vendors, _):
        with pytest.raises(PermanentError, match=words):
            go(scene, house, "replicate")
        assert len(vendors.asked) <= 3


def test_a_count_that_changes_meanwhile_is_told_and_the_evidence_is_not_called_whole(fresh):
    scene = fresh.open()

    def shrink(path: str, _visit: int) -> None:
        if "customers" in path and "page=2" in path:
            del vendors.people[9:]

    with desk(scene, shrink) as (house, vendors, _):
        found = go(scene, house, "helpscout")["customers"]
        assert (found.complete, found.notes) == (False, ("the vendor's count went from 10 to 9 meanwhile",))
        assert read(house, found)[1].incomplete


def test_an_empty_account_is_evidence_too(fresh):
    scene = fresh.open()
    with desk(scene) as (house, vendors, _):
        vendors.customers = vendors.charges = vendors.people = vendors.talks = vendors.predictions = []
        for system in ("stripe", "helpscout", "replicate"):
            for each in go(scene, house, system).values():
                assert each.complete, each.stream


def test_since_is_asked_of_replicate_only(fresh):
    scene = fresh.open()
    with desk(scene) as (house, vendors, _):
        go(scene, house, "replicate", since=scene.state.became_aware_at - timedelta(hours=3))
        assert vendors.asked[0] == "/v1/predictions?created_after=2026-03-10T02%3A00%3A00%2B00%3A00"
        with pytest.raises(BadInputError, match="since"):
            go(scene, house, "stripe", since=scene.state.became_aware_at)


def test_a_drill_asks_nobody_outside(fresh):
    scene = fresh.open()
    with (
        desk(scene, host="https://api.stripe.com") as (house, _, _),
        pytest.raises(RefusedError, match="drill"),
    ):
        go(scene, house, "stripe")


def test_who_may_not_respond_may_not_pull(fresh):
    scene = fresh.open()
    with desk(scene) as (house, vendors, _):
        with pytest.raises(RefusedError, match="pull evidence"):
            pull(house, scene.incident_id, "stripe", actor=replace(scene.ada, roles=frozenset()))
        assert vendors.asked == []


@pytest.mark.parametrize("host", ["http://api.stripe.com", "ftp://127.0.0.1", "api.stripe.com", "https://"])
def test_an_address_that_would_show_the_key_is_refused(fresh, host):
    scene = fresh.open()
    with desk(scene, host=host, drill=False) as (house, _, _), pytest.raises(SettingsError, match="https"):
        go(scene, house, "stripe")


def test_pages_in_the_spool_are_private_and_a_changed_one_is_found(fresh):
    scene = fresh.open()
    with desk(scene, lambda path, _: said({}, 404) if "after" in path else None) as (house, _, _):
        with pytest.raises(PermanentError):
            go(scene, house, "stripe")
        folder = scene.folder / "pulls" / scene.incident_id / "stripe" / "customers"
        assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o600"}
        assert oct(folder.stat().st_mode & 0o777) == "0o700"
        (folder / "000001").write_bytes(b"{}")
        with pytest.raises(Exception, match="not what was kept") as found:
            go(scene, house, "stripe")
        assert found.value.exit_code == 9


KILLER = """
import sys
from pathlib import Path
from incident.cli.main import main
main(["evidence", "pull", sys.argv[1], "stripe", "--as", "ada", "--settings", sys.argv[2]])
"""


@pytest.mark.slow
@pytest.mark.parametrize("where", ["pull:page#2", "evidence:frozen:before#2", "pull:frozen"])
def test_killed_anywhere_a_pull_goes_on_and_ends_the_same(fresh, where):
    """The command itself, its key from a file, killed with SIGKILL; then run again until it is done."""
    scene = fresh.open()
    run: Callable[..., subprocess.CompletedProcess[str]]
    with serving(Vendors()) as vendors:
        key = scene.folder / "stripe.key"
        key.write_text(KEYS["stripe"])
        settings = scene.folder / "tocsin.toml"
        with settings.open("a") as out:
            out.write(f'\n[pull.stripe]\nhost = "{vendors.url}"\nkey_file = "stripe.key"\n')

        def run(**more: str) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-c", KILLER, scene.incident_id, str(settings)]
            return subprocess.run(
                command, env=os.environ | more, capture_output=True, text=True, timeout=60, check=False
            )

        assert run(TOCSIN_KILL_AT=where).returncode == -signal.SIGKILL
        asked = len(vendors.asked)
        ended = run()
    assert ended.returncode == 0, ended.stderr
    assert KEYS["stripe"] not in ended.stdout + ended.stderr
    assert vendors.asked[asked] != "/v1/customers?limit=100" or where == "pull:frozen"
    frozen = scene.state.evidence.values()
    assert sorted(each.file_name.split("-")[1] for each in frozen) == [
        "charges",
        "customers",
        "payment_methods",
    ]
    assert scene.kinds.count("evidence:frozen") == 3


def test_a_key_comes_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "key").write_text("from-a-file\n")
    monkeypatch.setenv("TOCSIN_STRIPE_KEY_FILE", str(tmp_path / "key"))
    assert secret("TOCSIN_STRIPE_KEY", None) == "from-a-file"
    monkeypatch.setenv("TOCSIN_STRIPE_KEY", "from-the-environment")
    assert secret("TOCSIN_STRIPE_KEY", tmp_path / "key") == "from-the-environment"
