"""Nobody left: rungs by position, private lists without formulas, letters on paper, accounts in bulk with row errors."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from stat import S_IMODE

import pytest
from pypdf import PdfReader

from incident.core import events as e
from incident.core.ladder import Channel
from incident.errors import BadInputError, RefusedError
from incident.service import accounting, ladder, substituting
from tests.builders.blocks import reheld
from tests.builders.house import AWARE_AT, Scene
from tests.fakes.mailer import FakeMailer

AT = (AWARE_AT + timedelta(hours=5)).isoformat()
HEAD = "position,outcome,channel,at,note\n"


@pytest.fixture
def bounced(played) -> Scene:
    """Everybody was sent a letter, and all of them came back."""
    from incident.core.signals import Reported, Signal
    from incident.service.reporting import take_in

    scene = played("to_approved_for_fake").using(mailer=FakeMailer())
    scene.turn(4.5)
    scene.run()
    notice_id = scene.state.notice.plan.notice_id
    now = scene.house.clock.now()
    events = [Reported(f"ev-{p}", f"{notice_id}-{p}", Signal.BOUNCED, now, "550", b"{}") for p in range(12)]
    take_in(scene.house, events, source_sha256="0" * 64)
    scene.turn(6)
    return scene


def listed(scene: Scene, *rows: str) -> dict:
    file = scene.folder / "accounts.csv"
    file.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return accounting.read_list(file)


def account(scene: Scene, *rows: str) -> None:
    accounting.account(scene.house, scene.incident_id, actor=scene.ada, accounts=listed(scene, *rows))


def states(scene: Scene) -> dict[int, tuple[str, str | None]]:
    return {line.position: (line.state, line.next) for line in ladder.lines(scene.house, scene.incident_id)}


def test_everybody_who_bounced_is_on_a_rung_inside_the_deadline(bounced):
    found = ladder.lines(bounced.house, bounced.incident_id)
    assert [line.position for line in sorted(found, key=lambda one: one.position)] == list(range(12))
    assert all(line.state == "bounced" and line.next and not line.late for line in found)
    assert all(line.start_by < AWARE_AT + timedelta(hours=48) for line in found)
    assert [line.start_by for line in found] == sorted(line.start_by for line in found)
    assert len({line.next for line in found}) > 1


def test_what_was_tried_in_vain_goes_one_rung_on_and_is_no_end(bounced):
    before = states(bounced)
    position = next(p for p, (_s, rung) in before.items() if rung == "letter")
    account(bounced, f"{position},tried,letter,{AT},came back")
    assert states(bounced)[position] == ("other_channel_planned", "substitute")


def test_a_substitute_notice_is_written_for_the_last_rung_alone(bounced, tmp_path):
    with pytest.raises(RefusedError, match="nobody is on the rung substitute"):
        substituting.write_out(bounced.house, bounced.incident_id, tmp_path)
    position = next(p for p, (_s, rung) in states(bounced).items() if rung == "letter")
    account(bounced, f"{position},tried,letter,{AT},came back")
    (written,) = substituting.write_out(bounced.house, bounced.incident_id, tmp_path)
    assert written.people == 1
    assert written.file.read_text(encoding="utf-8").startswith("Public notice: ")
    account(bounced, f"{position},tried,substitute,{AT},no page to put it on")
    assert states(bounced)[position] == ("other_channel_planned", None)
    assert bounced.state.notice.tally["other_channel_planned"] == 1
    account(bounced, f"{position},not_reachable,other,{AT},nothing is left")
    assert position not in states(bounced)
    with pytest.raises(RefusedError):
        account(bounced, f"{position},not_reachable,other,{AT},again")


def test_a_list_that_came_back_is_recorded_as_a_whole(bounced):
    rows = [f"{p},told,phone,{AT},reached" for p in range(6)] + [
        f"{p},tried,phone,{AT},no answer" for p in (6, 7)
    ]
    account(bounced, *rows, "8,,,,", "9,,phone,,later")
    tally = {state: n for state, n in bounced.state.notice.tally.items() if n}
    assert tally == {"told_otherwise": 6, "other_channel_planned": 2, "bounced": 4}
    assert bounced.kinds.count("deliveries:accounted") == 1
    assert bounced.kinds.count("deliveries:tried") == 1


@pytest.mark.parametrize(
    ("rows", "row", "field", "words"),
    [
        (["zwölf,told,phone,{at},x"], 2, "position", "not a position"),
        (["1,told,phone,{at},x", "1,told,phone,{at},x"], 3, "position", "twice"),
        (["1,told,phone,{at},x", "2,reached,phone,{at},x"], 3, "outcome", "none of told"),
        (["1,told,pigeon,{at},x"], 2, "channel", "none of"),
        (["1,told,phone,2026-03-10T10:00,x"], 2, "at", "offset"),
        (["1,told,phone,soon,x", "2,told,phone,{at},"], 2, "at", "1 more rows"),
        (["1,told,phone,{at},"], 2, "note", "empty"),
        (["1,,,,"], None, None, "no row has an outcome"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_recorded(bounced, rows, row, field, words):
    before = bounced.state.version
    with pytest.raises(BadInputError, match=words) as refused:
        account(bounced, *(one.format(at=AT) for one in rows))
    assert (refused.value.row, refused.value.field, refused.value.source) == (row, field, "accounts.csv")
    assert bounced.state.version == before


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["1,told,phone,{at},x", "999,told,phone,{at},x"], "nobody at position 999"),
        (["1,told,phone,2030-01-01T00:00:00+00:00,x"], "future"),
        (["1,told,phone,{at},call me at zoe@example.org"], "e-mail address"),
    ],
)
def test_what_only_the_house_can_know_stops_the_whole_list(bounced, rows, words):
    before = bounced.state.version
    with pytest.raises(BadInputError, match=words):
        account(bounced, *(one.format(at=AT) for one in rows))
    assert bounced.state.version == before


@pytest.mark.parametrize("channel", [Channel.PHONE, Channel.SMS, Channel.SUBSTITUTE, Channel.SECOND_ADDRESS])
def test_a_list_is_private_recorded_and_holds_no_formula(bounced, channel):
    rename(bounced, "=HYPERLINK(0)")
    on_it = [line for line in ladder.lines(bounced.house, bounced.incident_id) if line.next == channel.value]
    out = bounced.folder / "lists" / "list.csv"
    if not on_it:
        with pytest.raises(RefusedError, match="nobody is on the rung"):
            ladder.export(bounced.house, bounced.incident_id, actor=bounced.ada, channel=channel, out=out)
        return
    people = ladder.export(bounced.house, bounced.incident_id, actor=bounced.ada, channel=channel, out=out)
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8-sig"))))
    assert people == len(rows) == len(on_it)
    assert S_IMODE(out.stat().st_mode) == 0o600
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert bounced.last(e.DeliveriesExported).people == people


def rename(scene: Scene, name: str) -> None:
    """Give everybody this name, as a hostile export might."""
    reheld(name=name)(scene)


@pytest.mark.parametrize("cell", ["=1+1", "+49 30", "-1", "@SUM(A1)", "\tx", "\rx", "|cmd", "%x"])
def test_a_cell_is_never_a_formula(cell):
    assert ladder.neutral(cell) == f"'{cell}"
    assert ladder.neutral("Zoë") == "Zoë"


def test_letters_are_ready_to_post(bounced):
    out = bounced.folder / "letters.pdf"
    people = ladder.export(
        bounced.house, bounced.incident_id, actor=bounced.ada, channel=Channel.LETTER, out=out
    )
    pages = [page.extract_text() for page in PdfReader(out).pages]
    first = [page for page in pages if "______" in page]
    assert len(first) == people
    notice_id = bounced.state.notice.plan.notice_id
    references = [f"{notice_id}-{line.position}" for line in ladder.lines(bounced.house, bounced.incident_id) if line.next == "letter"]  # fmt: skip
    whole = "\n".join(pages)
    assert all(reference in whole for reference in references)
    assert "%name%" not in whole
    assert all("DRILL" in page for page in first)


def test_a_second_address_is_one_that_the_evidence_proves_and_another_one():
    class Person:
        email = "zoe@example.org"
        record = json.dumps(
            {
                "identities": [
                    ["email", "ZOE@example.org"],
                    ["phone", "+1"],
                    ["provider_email", "z@example.net"],
                ]
            }
        ).encode()

    assert ladder.second_address(Person()) == "z@example.net"
    Person.record = b"{}"
    assert ladder.second_address(Person()) is None
