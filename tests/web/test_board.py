"""The board: buckets by the tightest clock, a thousand incidents a page at a time, drills apart, search, history."""

from __future__ import annotations

import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from incident.core.board import Bucket, bucket, lines
from incident.core.projections import BoardRow
from incident.web.saying import Saying
from incident.web.texts import texts_in
from tests.builders.consoles import console
from tests.core.histories import AWARE, hours

ROW = BoardRow(
    incident_id="INC-1", title="t", drill=False, stage="assessing", opened_at=AWARE, became_aware_at=AWARE,
    promise_due_at=hours(48), closed_at=None, outcome=None, people=None, told=None, last_seq=1,
)  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "at", "expected"),
    [
        ({"tightest_due_at": hours(48)}, 49, Bucket.LATE),
        ({"tightest_due_at": hours(48), "latest_safe_at": hours(40)}, 41, Bucket.PAST_SAFE_SEND),
        ({"tightest_due_at": hours(48), "latest_safe_at": hours(40)}, 39, Bucket.DUE_TODAY),
        ({"tightest_due_at": hours(48)}, 24, Bucket.DUE_TODAY),
        ({"tightest_due_at": hours(48)}, 23, Bucket.LATER),
        ({"no_number": 2}, 1, Bucket.NO_NUMBER),
        ({"waiting": 1}, 1, Bucket.WAITING),
        ({"became_aware_at": None}, 1, Bucket.WAITING),
        ({}, 1, Bucket.QUIET),
        ({"closed_at": hours(3), "tightest_due_at": hours(2)}, 4, Bucket.CLOSED),
    ],
)
def test_the_bucket_of_an_incident(changes: dict[str, object], at: int, expected: Bucket) -> None:
    assert bucket(replace(ROW, **changes), hours(at)) is expected


def test_the_order_is_by_urgency_and_the_closed_ones_by_newness() -> None:
    rows = [
        replace(ROW, incident_id="late", tightest_due_at=hours(1)),
        replace(ROW, incident_id="later", tightest_due_at=hours(90)),
        replace(ROW, incident_id="sooner", tightest_due_at=hours(80)),
        replace(ROW, incident_id="old", closed_at=hours(1)),
        replace(ROW, incident_id="new", closed_at=hours(2)),
    ]
    ordered = [line.row.incident_id for line in lines(reversed(rows), hours(3))]
    assert ordered == ["late", "sooner", "later", "new", "old"]


def test_without_a_clock_what_is_known_longest_stands_first() -> None:
    rows = [
        replace(ROW, incident_id="a", became_aware_at=None, opened_at=hours(5)),
        replace(ROW, incident_id="b", became_aware_at=None, opened_at=hours(2)),
        replace(ROW, incident_id="c", waiting=1, became_aware_at=hours(1), opened_at=hours(6)),
        replace(ROW, incident_id="d", waiting=1, became_aware_at=None, opened_at=None),
        replace(ROW, incident_id="e", no_number=1, became_aware_at=hours(4)),
        replace(ROW, incident_id="f", no_number=1, became_aware_at=hours(3)),
    ]
    assert [line.row.incident_id for line in lines(rows, hours(7))] == ["f", "e", "c", "b", "a", "d"]


def test_a_thousand_open_incidents(tmp_path: Path) -> None:
    with console(tmp_path / "w") as desk:
        with desk.scene.house.store.begin() as tx:
            for n in range(1000):
                due = hours(-5 + n * 0.1) if n % 5 else None
                row = replace(
                    ROW, incident_id=f"INC-{n:08}", title=f"Leak <{n}>", drill=n % 2 == 0, tightest="promise",
                    tightest_due_at=due, no_number=n % 2, waiting=1,
                )  # fmt: skip
                tx.put_projection(row, [], [])
        browser, seen, path = desk.browser("grace"), [], "/"
        start = time.perf_counter()
        while path:
            page = browser.get(path).text
            seen += re.findall(r'href="/incidents/(INC-\d+)"', page)
            more = re.search(r'<a href="(\?[^"]*after=[^"]+)"', page)
            path = "/" + more.group(1).replace("&amp;", "&") if more else ""
        assert len(seen) == len(set(seen)) == 1000
        assert time.perf_counter() - start < 20
        assert "1,000 of 1,000 incidents" in browser.get("/").text
        drills = browser.get("/?kind=drill&q=leak+998").text
        assert re.findall(r'href="/incidents/(INC-\d+)"', drills) == ["INC-00000998"]
        assert "Leak &lt;998&gt;" in drills
        late = browser.get("/?bucket=late").text
        assert "Waiting for a trigger</h2>" not in late
        assert browser.get("/?after=<script>&bucket=nonsense&kind=x").status_code == 200


@pytest.mark.parametrize(
    ("obligation_id", "said"),
    [
        ("promise", "Promise to customers"),
        ("eu-gdpr/art-33@DE#DE", "Germany, eu-gdpr/art-33"),
        ("us-ca/attorney-general@US-CA", "California (US), us-ca/attorney-general"),
        ("contract:acme", "contract:acme"),
    ],
)
def test_the_board_names_a_duty_by_its_place(obligation_id: str, said: str) -> None:
    assert Saying(texts_in("en"), AWARE, "UTC").duty(obligation_id) == said
