"""Who is one person, and who is reached otherwise: listed by position, decided on question pages, never by name."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from incident.core import events as e
from incident.core.signals import Reported, Signal
from incident.service import ladder
from incident.service.reporting import take_in
from tests.builders.consoles import Console, console
from tests.fakes.mailer import FakeMailer
from tests.web.test_decisions import confirm, path


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with console(tmp_path_factory.mktemp("joining") / "w") as found:
        scene = found.scene.to_approved_for_fake().using(mailer=FakeMailer())
        scene.turn(4.5)
        scene.run()
        notice_id, now = scene.state.notice.plan.notice_id, scene.house.clock.now()
        came_back = [
            Reported(f"ev-{p}", f"{notice_id}-{p}", Signal.BOUNCED, now, "550", b"{}") for p in range(12)
        ]
        take_in(scene.house, came_back, source_sha256="0" * 64)
        found.scene = scene
        yield found


def test_a_merge_is_confirmed_once_shown_and_taken_back(desk: Console) -> None:
    ada, page = desk.browser("ada"), f"/incidents/{desk.scene.incident_id}/merges"
    assert "0 decided" in ada.get(page).text
    said = {"left": "3", "right": "1", "reason": "the same invoice number"}
    assert confirm(ada, path(desk, "confirm-merge"), said).status_code == 303
    merge_id, decided = next(iter(desk.scene.state.joinings.items()))
    assert isinstance(decided, e.MergeConfirmed)
    assert (decided.left, decided.right) == (1, 3)
    shown = ada.get(page).text
    assert "1 decided" in shown
    assert "1 and 3 are one person" in shown
    answer = confirm_refused(desk, said)
    assert "that is decided already" in answer
    assert (
        confirm(ada, path(desk, "undo-merge"), {"merge": merge_id, "reason": "two sisters"}).status_code
        == 303
    )
    assert not desk.scene.state.joinings
    assert "0 decided" in ada.get(page).text


def confirm_refused(desk: Console, said: dict[str, str]) -> str:
    answer = confirm(desk.browser("ada"), path(desk, "confirm-merge"), said)
    assert answer.status_code == 409
    return str(answer.text)


def test_what_joined_somebody_is_said_to_be_shared(desk: Console) -> None:
    said = {"position": "2", "by": "email", "reason": "an office address"}
    assert confirm(desk.browser("grace"), path(desk, "split"), said).status_code == 303
    found = next(iter(desk.scene.state.joinings.values()))
    assert isinstance(found, e.SetApart)
    assert (
        "what joined 2 (e-mail address) is shared"
        in desk.browser("grace").get(f"/incidents/{desk.scene.incident_id}/merges").text
    )


def test_a_position_that_nobody_has_is_refused(desk: Console) -> None:
    said = {"left": "3", "right": "999999", "reason": "a slip"}
    assert "nobody at one of these positions" in confirm_refused(desk, said)


def test_everybody_who_bounced_stands_on_a_rung_with_its_start(desk: Console) -> None:
    scene = desk.scene
    waiting = ladder.lines(scene.house, scene.incident_id)
    assert len(waiting) == 12
    notice_id = scene.state.notice.plan.notice_id
    paged = [
        ladder.page(scene.house, scene.state, notice_id=notice_id, after=after, limit=5)
        for after in (-1, 4, 9, 11)
    ]
    assert [len(one) for one in paged] == [5, 5, 2, 0]
    assert {line for one in paged for line in one} == set(waiting)
    shown = desk.browser("ada").get(f"/incidents/{scene.incident_id}/ladder").text
    for line in waiting:
        assert f"/do/account?positions={line.position}" in shown
    assert "@" not in shown
    assert "/ladder" in desk.browser("ada").get(f"/incidents/{scene.incident_id}/deliveries").text


def test_a_reader_is_offered_no_decision(desk: Console) -> None:
    shown = desk.browser("ivan").get(f"/incidents/{desk.scene.incident_id}/ladder")
    assert shown.status_code == 200
    assert "/do/" not in shown.text
