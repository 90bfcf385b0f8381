"""A second wave frozen while the first is being sent: each person of both is written to once, or is listed."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from incident.core import events as e
from incident.core.lifecycle import everyone_told
from incident.core.mailing import Accepted, Stop, Uncertain
from incident.errors import BadInputError, PermanentError
from incident.service import accounting, ladder, letting_go, settling
from incident.service.house import history
from incident.service.told_text import told_text
from tests.builders.house import AWARE_AT
from tests.fakes.mailer import FakeMailer
from tests.service.test_waves import WIDER, again, asked

WRONG_KEY = Stop("the key is wrong")


def stopped(played, *answers):
    """Return a first wave in batches of two that stopped after these answers."""
    mailer = FakeMailer(*answers, WRONG_KEY)
    scene = played("to_approved_for_fake").using(mailer=mailer)
    scene = scene.using(profile=replace(scene.house.profile, batch_people=2))
    scene.turn(4.5)
    with pytest.raises(PermanentError):
        scene.run()
    return scene, mailer


def wider(scene):
    document = asked(scene)
    document["systems"] = [*document["systems"], WIDER]
    return document


def narrower(scene):
    document = asked(scene)
    document["systems"] = [entry for entry in document["systems"] if entry["system"] == "bunny_cdn"]
    return document


def states(scene):
    lines = settling.deliveries(scene.house, scene.incident_id)
    return {(line.notice_id, line.position): line.state for line in lines}


@pytest.mark.parametrize("taken", [0, 3])
@pytest.mark.parametrize("question", [wider, narrower], ids=["wider", "narrower"])
@pytest.mark.parametrize("end", ["resume", "stop"])
def test_nobody_of_the_first_wave_is_stranded_or_written_to_twice(played, taken, question, end):
    scene, mailer = stopped(played, *([Accepted("m")] * taken), Uncertain("no answer"))
    (first,) = scene.state.notices.values()
    approved = {i: letter.sha256 for i, letter in first.letters.items()}
    again(scene, question(scene))
    assert scene.state.approvals[first.plan.approval_id].granted
    (doubted,) = (n for n, batch in first.batches.items() if batch.state == "uncertain")
    settling.resolve(
        scene.house, scene.incident_id, actor=scene.ada, batch=doubted, accepted=False, how="not in the log"
    )
    act = letting_go.resume if end == "resume" else letting_go.halt
    act(scene.house, scene.incident_id, actor=scene.ada, reason="looked into")
    scene.turn(5)
    scene.run()
    if scene.state.cohort.told:
        scene.approve()
        scene.run()
    assert max(Counter(mailer.accepted).values(), default=0) <= 1
    listed = {(line.notice_id, line.position) for line in ladder.lines(scene.house, scene.incident_id)}
    for (notice_id, position), state in states(scene).items():
        written_to = f"{notice_id}-{position}" in mailer.accepted
        assert written_to != ((notice_id, position) in listed), (notice_id, position, state)
    sent = [x.event for x in history(scene.house, scene.incident_id) if isinstance(x.event, e.BatchIntended)]
    of_first = [one for one in sent if one.notice_id == first.plan.notice_id]
    assert {one.body_sha256 for one in of_first} <= set(approved.values())
    assert not everyone_told(scene.state)


def test_each_notice_is_worked_on_by_its_name(played):
    scene, _mailer = stopped(played, Accepted("m"))
    again(scene, wider(scene))
    letting_go.halt(scene.house, scene.incident_id, actor=scene.ada, reason="the key is gone")
    scene.turn(5)
    scene.run()
    scene.approve()
    scene.run()
    first, second = scene.state.notices
    left = [line.position for line in ladder.lines(scene.house, scene.incident_id) if line.notice_id == first]
    assert left
    said = accounting.Account("told", "phone", AWARE_AT, "called")
    with pytest.raises(BadInputError, match="say which"):
        accounting.account(
            scene.house, scene.incident_id, actor=scene.ada, accounts={(None, left[0]): (None, said)}
        )
    accounts = {("N1", position): (None, said) for position in left}
    accounting.account(scene.house, scene.incident_id, actor=scene.ada, accounts=accounts)
    assert {states(scene)[first, position] for position in left} == {"told_otherwise"}
    texts = [
        told_text(scene.house, scene.incident_id, 0, actor=scene.ada, notice=name).text
        for name in (first, second)
    ]
    assert "update" not in texts[0]
    assert texts[0] != texts[1]
