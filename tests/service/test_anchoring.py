"""Checkpoints known outside: each anchor for real on loopback, and a database that was put back is refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from incident.bootstrap import glance
from incident.cli.ledger_line import ledger_seen
from incident.core.anchors import AnchorStanding, Publication
from incident.errors import NewerKnownError, RefusedError, TamperError
from incident.ledger.checkpoint import Checkpoint, open_note, sign_note
from incident.ledger.cosignature import CosignatureSigner
from incident.readying import readiness
from incident.service import keeping, planning, sending
from incident.service.anchoring import overdue, standing, tend
from incident.service.signing import checkpoint_if_due
from incident.service.verifying import verify
from tests.builders.house import Scene, change_settings, reopened
from tests.builders.witness import Authority, Witness, serving_authority, serving_witness

SAW = CosignatureSigner("example.org/witness", bytes(range(5, 37)), 1_773_118_800)


def anchored(scene: Scene, section: str) -> None:
    """Add a section [anchors] to the settings."""
    change_settings(scene.settings, {"[storage]\n": f"[anchors]\n{section}\n[storage]\n"})


@pytest.fixture
def witness(played) -> Iterator[tuple[Scene, Witness]]:
    """An incident, and a witness that knows the ledger's key."""
    scene = played("to_cohort")
    origin = scene.house.keys.origin()
    with serving_witness(Witness(SAW, {origin: list(scene.house.keys.verifiers())})) as served:
        anchored(scene, f'witnesses = [{{ url = "{served.url}", key = "{SAW.verifier().vkey}" }}]')
        with reopened(scene.settings, scene.incident_id) as opened:
            yield opened, served


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Authority]:
    """A time-stamping authority of this machine."""
    with serving_authority(tmp_path_factory.mktemp("tsa")) as served:
        yield served


def back_in_time(scene: Scene) -> Path:
    """Keep a copy of the database as it is."""
    with scene.house.store.begin():  # nobody writes meanwhile; the file and its log belong together
        copy = scene.folder / "backup"
        copy.mkdir()
        for path in scene.folder.glob("tocsin.db*"):
            shutil.copy(path, copy)
    return copy


def put_back(scene: Scene, copy: Path) -> None:
    """Put the copy in place of the database."""
    scene.house.store.close()
    for path in scene.folder.glob("tocsin.db*"):
        path.unlink()
    for path in copy.iterdir():
        shutil.copy(path, scene.folder)


# ---------------------------------------------------------------- the mark beside the keys


def test_a_restored_backup_is_refused_at_the_next_write_with_the_way_out(played):
    scene = played("to_cohort")
    copy = back_in_time(scene)
    scene.run()
    checkpoint_if_due(scene.house)
    newer = scene.house.store.head().size
    put_back(scene, copy)
    with reopened(scene.settings, scene.incident_id) as old:
        assert old.house.store.head().size < newer
        with pytest.raises(TamperError, match=rf"{newer} kept in keys/high-water.*tocsin ledger recover"):
            old.follow_up()
        with pytest.raises(TamperError, match="older copy"):
            checkpoint_if_due(old.house)
        assert old.house.store.head().size < newer, "nothing was recorded"


def test_every_send_refuses_on_a_database_that_was_put_back(played):
    scene = played("to_approved")
    copy = back_in_time(scene)
    scene.run()
    put_back(scene, copy)
    with reopened(scene.settings, scene.incident_id) as old:
        with pytest.raises(TamperError, match="older copy"):
            old.run()
        with pytest.raises(TamperError, match="older copy"):
            sending.send(old.house, old.incident_id, progress=lambda _d, _a: None)


def test_a_clone_that_went_its_own_way_is_another_history(played):
    scene = played("to_cohort")
    copy = back_in_time(scene)
    scene.follow_up()
    scene.turn(3)
    scene.follow_up()
    checkpoint_if_due(scene.house)
    mark = scene.house.outside.known(scene.house.keys.origin())[0][1]
    put_back(scene, copy)
    shutil.rmtree(scene.folder / "keys" / "high-water")  # the clone's own machine never saw the mark
    with reopened(scene.settings, scene.incident_id) as clone:
        for _ in range(4):
            clone.follow_up()
        clone.house.outside.raise_to(clone.house.keys.origin(), mark)
        with pytest.raises(TamperError, match="another history"):
            clone.follow_up()


def test_recovery_records_the_gap_and_goes_on_under_a_new_name(played):
    scene = played("to_cohort")
    with pytest.raises(RefusedError, match="no gap"):
        keeping.recover(scene.house, actor=scene.ada, reason="nothing happened")
    copy = back_in_time(scene)
    scene.run()
    checkpoint_if_due(scene.house)
    lost = scene.house.store.head().size
    put_back(scene, copy)
    with reopened(scene.settings, scene.incident_id) as old:
        kept = old.house.store.head()
        origin = keeping.recover(old.house, actor=old.ada, reason="the disk of the database died")
        assert origin == "imajinn.example/tocsin-2"
        with old.house.store.reading() as tx:
            entry = next(iter(tx.entries("")))
        assert entry.kind == "origin:started"
        assert entry.data["last"] == {
            "origin": "imajinn.example/tocsin", "size": kept.size, "root": kept.root().hex(),
        }  # fmt: skip
        assert entry.data["lost"]["size"] == lost
        old.follow_up()
        result = verify(old.house)
        assert result.ok, result.problems
        assert any("are lost" in line for line in result.remarks)
        with pytest.raises(RefusedError, match="no gap"):
            keeping.recover(old.house, actor=old.ada, reason="again")


# ---------------------------------------------------------------- keys


def test_a_missing_key_does_not_stop_recording_and_is_loud(played):
    scene = played("to_cohort")
    key = scene.folder / "keys" / "log.key"
    seed = key.read_bytes()
    key.unlink()
    before = scene.house.store.head().size
    scene.turn(3)
    scene.follow_up()
    assert scene.house.store.head().size == before + 1
    assert tend(scene.house) == ("signing: FAILED, no key signs: there is no key to sign the ledger with",)
    assert overdue(standing(scene.house)) == ("signing",)
    scene.turn(3.2)
    tend(scene.house)
    scene.turn(3.4)
    tend(scene.house)
    pages = (scene.folder / "pages.ndjson").read_text().splitlines()
    assert [line for line in pages if "no key signs" in line][1:] == [], "one page for one trouble"
    key.write_bytes(seed)
    key.chmod(0o600)
    assert tend(scene.house) == ("the ledger is signed again",)
    assert overdue(standing(scene.house)) == ()
    assert verify(scene.house).log.covered == before + 1


def test_a_key_that_cannot_be_read_among_good_ones_is_loud_everywhere(played):
    scene = played("to_cohort")
    keeping.rotate(scene.house, actor=scene.grace, reason="a new year")
    (scene.folder / "keys" / "log.key").chmod(0o644)
    scene.turn(3)
    scene.follow_up()
    said = tend(scene.house)
    assert standing(scene.house).signed == scene.house.store.head().size, "the other key signs"
    assert [line for line in said if line.startswith("keys: FAILED") and "log.key" in line]
    assert overdue(standing(scene.house)) == ("keys",)
    result = verify(scene.house)
    assert result.ok
    assert [line for line in result.remarks if "log.key" in line]
    with glance(scene.settings) as seen:
        line = ledger_seen(seen, scene.settings).line()
    assert "A KEY DOES NOT SIGN: log.key can be read by others" in line
    checks = [one for one in readiness(scene.settings) if one.name == "ledger key"]
    assert sorted(one.standing.value for one in checks) == ["missing", "ok"]
    (scene.folder / "keys" / "log.key").chmod(0o600)
    assert "every key signs again" in tend(scene.house)
    assert overdue(standing(scene.house)) == ()


def test_two_keys_sign_until_the_old_one_is_retired(played):
    scene = played("to_cohort")
    old = scene.house.keys.signers()[0].verifier()
    fresh = keeping.rotate(scene.house, actor=scene.grace, reason="a year has passed")
    with scene.house.store.reading() as tx:
        note = tx.newest_checkpoint()
    assert {one.key_id for one in open_note(note, [old, fresh]).verified} == {old.key_id, fresh.key_id}
    assert (
        keeping.retire(scene.house, old.key_id.hex(), actor=scene.grace, reason="everyone has the new line")
        == old
    )
    scene.turn(3)
    scene.follow_up()
    with scene.house.store.reading() as tx:
        note = tx.newest_checkpoint()
    assert [one.key_id for one in open_note(note, [old, fresh]).verified] == [fresh.key_id]
    assert verify(scene.house).ok
    lines = keeping.keys(scene.house)
    assert [(one.verifier, one.signs) for one in lines] == [(old, False), (fresh, True)]
    assert lines[0].retired == lines[1].since + 1
    assert not (scene.folder / "keys" / "log.key").exists()
    with pytest.raises(RefusedError, match="only key"):
        keeping.retire(scene.house, fresh.key_id.hex(), actor=scene.grace, reason="oops")


def test_lost_keys_start_a_new_name_that_says_where_the_old_one_ended(played):
    scene = played("to_cohort")
    with pytest.raises(RefusedError, match="rotate"):
        keeping.begin_anew_without_keys(scene.house, actor=scene.ada, reason="nothing is lost")
    (scene.folder / "keys" / "log.key").unlink()
    scene.follow_up()
    head = scene.house.store.head()
    origin = keeping.begin_anew_without_keys(scene.house, actor=scene.ada, reason="the key's disk died")
    with scene.house.store.reading() as tx:
        entry = next(iter(tx.entries("")))
        note = tx.newest_checkpoint()
    assert (entry.data["because"], entry.data["last"]["root"]) == ("keys_lost", head.root().hex())
    assert note.startswith(f"{origin}\n{head.size + 1}\n")
    assert verify(scene.house).ok
    with reopened(scene.settings, scene.incident_id) as again:
        assert again.house.keys.origin() == origin
        again.follow_up()
        assert verify(again.house).ok


def test_a_reason_may_not_name_a_person(played):
    scene = played("to_cohort")
    with pytest.raises(Exception, match="e-mail"):
        keeping.rotate(scene.house, actor=scene.ada, reason="asked by someone@example.org")


# ---------------------------------------------------------------- anchors


def test_a_folder_keeps_each_checkpoint_as_a_file_of_its_own(played):
    scene = played("to_cohort")
    outside = scene.folder / "mounted"
    anchored(scene, f'folders = ["{outside}"]')
    with reopened(scene.settings, scene.incident_id) as opened:
        assert tend(opened.house)[-1] == f"folder:{outside}: FAILED, the folder is not there; is it mounted?"
        outside.mkdir()
        tend(opened.house)
        opened.turn(4)
        opened.follow_up()
        tend(opened.house)
        files = sorted((outside / "imajinn.example_tocsin").iterdir())
        assert [int(path.stem) for path in files] == sorted({int(path.stem) for path in files})
        assert len(files) == 2
        (face,) = standing(opened.house).anchors
        assert (face.standing, face.failure) == (AnchorStanding.FRESH, None)
        assert tend(opened.house) == ()
    shutil.rmtree(scene.folder / "keys" / "high-water")
    for path in scene.folder.glob("tocsin.db*"):
        path.unlink()
    shutil.copytree(scene.folder / "mounted", scene.folder / "kept")


def test_an_anchor_that_gets_nothing_becomes_overdue(played):
    scene = played("to_cohort")
    outside = scene.folder / "mounted"
    anchored(scene, f'every_minutes = 10\nfolders = ["{outside}"]')
    outside.mkdir()
    with reopened(scene.settings, scene.incident_id) as opened:
        tend(opened.house)
        outside.rename(scene.folder / "unmounted")
        opened.turn(4)
        opened.follow_up()
        opened.turn(4.5)
        tend(opened.house)
        (face,) = standing(opened.house).anchors
        assert face.standing is AnchorStanding.OVERDUE
        assert "mounted" in face.failure.reason
        assert overdue(standing(opened.house)) == (f"folder:{outside}",)


def test_a_file_kept_outside_shows_a_database_that_was_put_back(played):
    scene = played("to_cohort")
    outside = scene.folder / "mounted"
    outside.mkdir()
    anchored(scene, f'folders = ["{outside}"]')
    copy = back_in_time(scene)
    with reopened(scene.settings, scene.incident_id) as opened:
        opened.follow_up()
        tend(opened.house, at_once=True)
    put_back(scene, copy)
    shutil.rmtree(scene.folder / "keys" / "high-water")  # whoever put it back took the mark away too
    with reopened(scene.settings, scene.incident_id) as old:
        with pytest.raises(TamperError, match="kept in folder:"):
            old.follow_up()
        result = verify(old.house)
        assert not result.ok
        assert "LOG_ROLLED_BACK" in {finding.code.name for finding in result.log.findings}


def test_the_officer_gets_the_checkpoint_by_mail(played):
    scene = played("to_cohort")
    anchored(scene, 'mail_to = "dpo@example.org"')
    with reopened(scene.settings, scene.incident_id) as opened:
        opened.follow_up()
        said = tend(opened.house)
        size = opened.house.store.head().size
        assert said[-1] == f"mail: checkpoint of {size} entries given"
        (letter,) = (opened.folder / "outbox" / f"CHECKPOINT-{size}").glob("*.eml")
        text = letter.read_text()
        assert "To: dpo@example.org" in text
        assert f"imajinn.example/tocsin\n{size}\n" in text


def test_an_authority_says_when(played, authority: Authority):
    scene = played("to_cohort")
    anchored(
        scene, f'timestamps = [{{ url = "{authority.url}", certificates = "{authority.certificates}" }}]'
    )
    with reopened(scene.settings, scene.incident_id) as opened:
        tend(opened.house)
        (receipt,) = opened.house.store.receipts()
        (anchor,) = opened.house.anchors
        assert anchor.check(receipt) is None
        assert "does not stand" in anchor.check(replace(receipt, note=receipt.note.replace("\n", "\n\n", 1)))
        assert "does not stand" in anchor.check(replace(receipt, token=receipt.token[:-9] + bytes(9)))
        assert anchor.check(replace(receipt, token=None)) == "the token is gone"
        assert verify(opened.house).ok


def test_a_token_of_another_root_is_refused(played, authority: Authority, tmp_path: Path):
    from tests.builders.witness import make_authority

    make_authority(tmp_path)
    scene = played("to_cohort")
    anchored(scene, f'timestamps = [{{ url = "{authority.url}", certificates = "{tmp_path / "root.pem"}" }}]')
    with reopened(scene.settings, scene.incident_id) as opened:
        assert "token does not stand" in tend(opened.house)[-1]
        assert opened.house.store.receipts() == []


def test_a_witness_cosigns_what_grows(witness):
    scene, served = witness
    origin = scene.house.keys.origin()
    tend(scene.house)
    scene.turn(4)
    scene.follow_up()
    tend(scene.house)
    assert served.asked == 2, "from the size that it knows, without asking first"
    first, second = scene.house.store.receipts()
    assert first.size < second.size == served.seen[origin][0]
    (anchor,) = scene.house.anchors
    assert anchor.check(second) is None
    assert "does not stand" in anchor.check(replace(second, token=first.token))
    assert anchor.newest(origin) == served.seen[origin][2]
    assert verify(scene.house).ok


def test_a_witness_that_knows_another_size_is_asked_again_from_there(witness):
    scene, served = witness
    tend(scene.house)
    with scene.house.store.begin() as tx:
        tx.anchor_took(replace(scene.house.store.receipts()[0], size=1, note="lost"))
    scene.turn(4)
    scene.follow_up()
    served.seen = {origin: (size, root, note) for origin, (size, root, note) in served.seen.items()}
    assert "FAILED" not in tend(scene.house)[-1]


def test_a_forged_cosignature_is_not_taken(witness):
    scene, served = witness
    served.forges = True
    assert tend(scene.house)[-1].endswith("the witness answered with no cosignature of its own")
    assert scene.house.store.receipts() == []


def test_a_witness_shows_a_database_that_was_put_back(witness):
    scene, _ = witness
    copy = back_in_time(scene)
    scene.turn(4)
    scene.follow_up()
    tend(scene.house)
    put_back(scene, copy)
    shutil.rmtree(scene.folder / "keys" / "high-water")
    with reopened(scene.settings, scene.incident_id) as old:
        (anchor,) = old.house.anchors
        with pytest.raises(TamperError, match="kept in witness:"):
            old.follow_up()
        with old.house.store.reading() as tx:
            note = tx.newest_checkpoint()
        said = tend(old.house)
        assert "the witness has seen" in said[-1] or "older copy" in said[-1]
        assert note is not None
        with pytest.raises(NewerKnownError):
            anchor.publish(replace(publication(old), last_size=0))


def publication(scene: Scene):
    from incident.core.anchors import Publication
    from incident.ledger.checkpoint import checkpoint_of
    from incident.ledger.proving import consistency_proof

    with scene.house.store.reading() as tx:
        note = tx.newest_checkpoint()
    checkpoint = checkpoint_of(note)

    def prove(old: int) -> tuple[bytes, ...]:
        with scene.house.store.reading() as tx:
            return consistency_proof(tx.tree(), min(old, checkpoint.size), checkpoint.size)

    return Publication(checkpoint.origin, checkpoint.size, note, scene.house.clock.now(), 0, prove)


def test_an_anchor_that_is_away_stops_nothing(witness):
    scene, _ = witness
    scene.house.store.receipts()
    (anchor,) = scene.house.anchors
    anchor._url = "http://127.0.0.1:9"
    said = tend(scene.house)
    assert "no answer from 127.0.0.1" in said[-1]
    scene.follow_up()
    assert anchor.every == timedelta(hours=1)


def test_every_send_asks_the_anchors_again(played):
    scene = played("to_approved")
    outside = scene.folder / "mounted"
    outside.mkdir()
    anchored(scene, f'folders = ["{outside}"]')
    with reopened(scene.settings, scene.incident_id) as opened:
        checkpoint_if_due(opened.house)
        planning.plan(opened.house, opened.incident_id)
        checkpoint_if_due(opened.house)
        assert standing(opened.house).entries
        own = opened.house.outside.known(opened.house.keys.origin())
        assert [place for place, _ in own if place.startswith("folder:")] == [], (
            "asked, and remembered: nothing"
        )
        head = opened.house.store.head().append(b"x" * 32)
        newer = sign_note(
            Checkpoint(opened.house.keys.origin(), head.size, head.root()).text(), opened.house.keys.signers()
        )
        (anchor,) = opened.house.anchors
        anchor.publish(
            Publication(
                opened.house.keys.origin(), head.size, newer, opened.house.clock.now(), 0, lambda _old: ()
            )
        )
        before = opened.house.store.head().size
        with pytest.raises(TamperError, match="kept in folder:"):
            sending.send(opened.house, opened.incident_id, progress=lambda _d, _a: None)
        assert opened.house.store.head().size == before, "no intent was recorded"


@pytest.mark.parametrize("relative", [False, True])
def test_status_says_in_one_line_how_the_ledger_stands(played, relative):
    scene = played("to_cohort")
    outside = scene.folder / "mounted"
    outside.mkdir()
    anchored(scene, f'folders = ["{outside.name if relative else outside}"]')
    with reopened(scene.settings, scene.incident_id) as opened:
        tend(opened.house, at_once=True)
        entries = opened.house.store.head().size
    with glance(scene.settings) as seen:
        line = ledger_seen(seen, scene.settings).line()
    assert line.startswith(f"ledger {entries} entries, {entries} signed, last ")
    assert line.endswith("; anchors 1 of 1 fresh")
    with glance(scene.settings) as seen:
        seen.now += timedelta(hours=2)
        assert ledger_seen(seen, scene.settings).line().endswith("fresh"), "nothing is newer than what it has"
    shutil.rmtree(outside)
    with reopened(scene.settings, scene.incident_id) as opened:
        opened.follow_up()
        checkpoint_if_due(opened.house)
    with glance(scene.settings) as seen:
        seen.now += timedelta(hours=2)
        assert "OVERDUE folder:" in ledger_seen(seen, scene.settings).line()
