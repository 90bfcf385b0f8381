"""A doubt about one person of a batch, ended by somebody who knows; the others stay in doubt, and nobody is told twice."""

from __future__ import annotations

import pytest

from incident.core.mailing import Uncertain
from incident.core.outcomes import Outcomes
from incident.errors import BadInputError, RefusedError
from incident.service import resolving_people, settling
from incident.service.house import history
from incident.service.verifying import verify
from tests.builders.playing import fresh, played
from tests.service.test_sending import doubted, tally, told_by

__all__ = ["fresh", "played"]


def in_doubt(played):
    """Return a scene whose first batch of several people is in doubt, taken or not, and who is in it."""
    scene, mailer = told_by(played, *[Uncertain("timed out")] * 12)
    scene.run()
    number = max(doubted(scene), key=lambda n: scene.state.notice.batches[n].people)
    with scene.house.store.reading() as tx:
        people = [r.position for r in tx.people.deliveries(scene.state.notice.plan.notice_id, batch=number)]
    assert len(people) > 1
    return scene, mailer, number, people


def settle(scene, *positions, accepted, how="they answered our call"):
    return resolving_people.resolve_people(
        scene.house, scene.incident_id, actor=scene.ada, positions=positions, accepted=accepted, how=how
    )


def test_one_who_has_the_letter_is_told_and_the_others_stay_in_doubt(played):
    scene, mailer, number, (first, *others) = in_doubt(played)
    before = tally(scene)["uncertain"]
    settle(scene, first, accepted=True)
    assert tally(scene) == {"accepted": 1, "uncertain": before - 1}
    assert scene.state.notice.batches[number].people == len(others)
    scene.run()
    assert tally(scene) == {"accepted": 1, "uncertain": before - 1}
    assert len(mailer.calls) == len(set(mailer.calls))
    agrees(scene)


def test_one_who_certainly_has_none_is_written_to_again_and_nobody_else(played):
    scene, mailer, _number, (first, *_others) = in_doubt(played)
    before = tally(scene)["uncertain"]
    mailer.script.clear()
    settle(scene, first, accepted=False, how="the provider's log shows it was never there")
    assert tally(scene) == {"planned": 1, "uncertain": before - 1}
    scene.run()
    assert tally(scene) == {"accepted": 1, "uncertain": before - 1}
    assert mailer.accepted == [f"{scene.state.notice.plan.notice_id}-{first}"]
    agrees(scene)


def test_when_everybody_of_a_batch_is_resolved_one_by_one_nothing_of_it_is_in_doubt(played):
    scene, _mailer, number, people = in_doubt(played)
    for position in people:
        settle(scene, position, accepted=True)
    assert scene.state.notice.batches[number].state == "split"
    assert number not in doubted(scene)
    agrees(scene)


def test_who_is_not_in_doubt_is_refused_and_nothing_is_written(played):
    scene, _mailer, number, (first, *_others) = in_doubt(played)
    settle(scene, first, accepted=True)
    kinds = scene.kinds
    with pytest.raises(RefusedError, match="accepted, not in doubt"):
        settle(scene, first, accepted=False)
    with pytest.raises(BadInputError, match="nobody at position 99"):
        settle(scene, 99, accepted=True)
    assert scene.kinds == kinds
    settling.resolve(
        scene.house, scene.incident_id, actor=scene.ada, batch=number, accepted=True, how="its events came"
    )
    agrees(scene)


def agrees(scene) -> None:
    """The rows, the ledger replayed, and the outcomes that an oracle is compared with say the same of everybody."""
    notice_id = scene.state.notice.plan.notice_id
    said = Outcomes(notice_id).read(one.event for one in history(scene.house, scene.incident_id)).states()
    with scene.house.store.reading() as tx:
        rows = {r.position: r.state for r in tx.people.deliveries(notice_id)}
    assert {p: said.get(p, "planned") for p in rows} == rows
    verdict = verify(scene.house)
    assert not verdict.problems, verdict
