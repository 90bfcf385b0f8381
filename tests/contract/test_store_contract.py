"""What every store promises, asked of the fake and of both databases alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest

from incident.adapters.store.store import SqlStore
from incident.core.batches import Look, Looking, Reading, people_sha256
from incident.core.pacing import PaceRow
from incident.core.stretches import counted
from incident.errors import BadInputError, NotFoundError, PermanentError
from incident.ledger.entry import decode, encode
from incident.ledger.merkle import CompactRange, leaf_hash, root_of
from incident.ledger.verify import verify_log
from incident.ports import Store
from tests.contract.store_rows import (
    AT,
    KIRITIMATI,
    batch,
    board,
    clock,
    delivery,
    draft,
    line,
    person,
    provider_event,
)
from tests.fakes.store import FakeStore


class StopError(Exception):
    """Something unforeseen inside a transaction."""


# ---------------------------------------------------------------- the ledger


def test_an_empty_store_says_so(store: Store) -> None:
    assert store.head() == CompactRange()
    assert list(store.rows()) == list(store.checkpoints()) == list(store.incident_ids()) == []
    assert list(store.board()) == list(store.clocks()) == list(store.timeline("INC-00000001")) == []
    with store.reading() as t:
        assert t.last_checkpoint() is None
        assert t.entry_count("INC-00000001") == 0


def test_entries_read_back_byte_for_byte(store: Store) -> None:
    drafts = [draft(n=n, text="ß„\u2028\U0001f514", deep={"list": [1, None, True]}) for n in range(2500)]
    with store.begin() as t:
        appended = list(t.append(drafts, recorded_at=AT))
    with store.reading() as t:
        entries = list(t.entries("INC-00000001"))
    bodies = [row.encoded for row in store.rows()]
    assert [encode(e) for e in appended] == [encode(e) for e in entries] == bodies
    assert [e.seq for e in entries] == list(range(2500))
    assert [e.data for e in entries] == [d.data for d in drafts]


def test_index_columns_are_those_of_the_bytes(store: Store) -> None:
    with store.begin() as t:
        t.append([draft(), draft("INC-00000002"), draft("", kind="ledger:begun")], recorded_at=AT)
    verdict = verify_log(store.rows(), [], [], head=(store.head().size, store.head().root()))
    assert verdict.size == 3
    assert [f.code.value for f in verdict.findings] == ["no_checkpoint"]
    for row in store.rows():
        entry = decode(row.encoded)
        assert (row.seq, row.incident, row.kind) == (entry.seq, entry.incident, entry.kind)
        assert row.leaf_hash == leaf_hash(row.encoded)


def test_the_head_is_the_root_over_the_rows(store: Store) -> None:
    for size in (1, 2, 3, 7, 1):
        with store.begin() as t:
            before = t.head().size
            t.append([draft(n=before + n) for n in range(size)], recorded_at=AT)
            assert t.head().size == before + size
        assert store.head().root() == root_of(row.leaf_hash for row in store.rows())
    assert store.head().size == 14


def test_incidents_are_told_apart_and_listed_in_order_of_their_first_entry(store: Store) -> None:
    with store.begin() as t:
        t.append(
            [draft("", kind="ledger:begun"), draft("INC-B"), draft("INC-A"), draft("INC-B")], recorded_at=AT
        )
        assert t.entry_count("INC-B") == 2
    with store.reading() as t:
        assert [e.seq for e in t.entries("INC-B")] == [1, 3]
        assert [e.seq for e in t.entries("")] == [0]
        assert t.entry_count("INC-C") == 0
    assert list(store.incident_ids()) == ["INC-B", "INC-A"]


@pytest.mark.parametrize(
    ("clock_says", "recorded"),
    [
        (AT + timedelta(microseconds=1), AT + timedelta(microseconds=1)),
        (AT, AT),
        (AT - timedelta(days=400), AT),  # the machine's clock was set back
        ((AT + timedelta(hours=1)).astimezone(KIRITIMATI), AT + timedelta(hours=1)),
    ],
)
def test_recording_time_never_goes_backwards(store: Store, clock_says: datetime, recorded: datetime) -> None:
    with store.begin() as t:
        t.append([draft()], recorded_at=AT)
    with store.begin() as t:
        (entry,) = t.append([draft()], recorded_at=clock_says)
    assert entry.recorded_at == recorded
    assert [decode(row.encoded).recorded_at for row in store.rows()] == [AT, recorded]


def tear(store: Store) -> None:
    with store.begin() as t:
        t.append([draft(n=1), draft(n=2)], recorded_at=AT)
        t.add_checkpoint("note", size=3, at=AT)
        t.put_projection(board("INC-00000001"), [clock("INC-00000001", "O-1")], [line("INC-00000001", 1)])
        t.people.save_cohort("INC-00000001", "COH-1", [person(0)], b"{}")
        raise StopError


def test_a_rollback_leaves_nothing_and_no_gap(store: Store) -> None:
    with store.begin() as t:
        t.append([draft(n=0)], recorded_at=AT)
    head = store.head()
    with pytest.raises(StopError):
        tear(store)
    assert store.head() == head
    assert list(store.board()) == list(store.checkpoints()) == []
    with store.reading() as t, pytest.raises(NotFoundError):
        t.people.cohort_document("COH-1")
    with store.begin() as t:
        (entry,) = t.append([draft(n=3)], recorded_at=AT)
    assert entry.seq == 1
    assert [row.seq for row in store.rows()] == [0, 1]


def test_four_writers_at_once_leave_no_gap(twin: Callable[[], Store]) -> None:
    def write(who: int) -> None:
        store = twin()
        for turn in range(10):
            with store.begin() as t:
                known = t.entry_count("INC-RACE")
                drafts = [
                    draft("INC-RACE", who=who, turn=turn, known=known),
                    draft("INC-RACE", who=who, turn=turn),
                ]
                t.append(drafts, recorded_at=AT)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    store = twin()
    with store.reading() as t:
        entries = list(t.entries("INC-RACE"))
    assert [e.seq for e in entries] == list(range(80))
    assert [e.data["known"] for e in entries[::2]] == list(
        range(0, 80, 2)
    )  # what was read is what was decided on
    assert store.head().root() == root_of(row.leaf_hash for row in store.rows())


def test_a_naive_time_is_refused(store: Store) -> None:
    naive = AT.replace(tzinfo=None)
    with store.begin() as t:
        with pytest.raises(BadInputError):
            t.append([draft()], recorded_at=naive)
        with pytest.raises(BadInputError):
            t.add_checkpoint("note", size=0, at=naive)
        with pytest.raises(BadInputError):
            t.people.set_apart([delivery(0, changed_at=naive)])
    assert store.head().size == 0


def test_appending_nothing_changes_nothing(store: Store) -> None:
    with store.begin() as t:
        assert list(t.append([], recorded_at=AT)) == []
    assert store.head() == CompactRange()


def test_checkpoints_are_kept_in_order_and_never_shrink(store: Store) -> None:
    with store.begin() as t:
        t.add_checkpoint("first\n\n— log sig\n", size=2, at=AT)
        t.add_checkpoint("again, by a second key", size=2, at=AT + timedelta(seconds=1))
    with store.begin() as t:
        t.add_checkpoint("third", size=5, at=AT + timedelta(seconds=2))
        assert t.last_checkpoint() == (5, AT + timedelta(seconds=2))
    with pytest.raises(PermanentError), store.begin() as t:
        t.add_checkpoint("rolled back", size=4, at=AT + timedelta(seconds=3))
    assert list(store.checkpoints()) == ["first\n\n— log sig\n", "again, by a second key", "third"]


# ---------------------------------------------------------------- reading


def test_reading_refuses_to_write(store: Store) -> None:
    writes: list[Callable[..., object]] = [
        lambda t: t.append([draft()], recorded_at=AT),
        lambda t: t.add_checkpoint("note", size=0, at=AT),
        lambda t: t.put_projection(board("INC-00000001"), [], []),
        lambda t: t.clear_projections(),
        lambda t: t.people.save_cohort("INC-00000001", "COH-1", [], b"{}"),
        lambda t: t.people.set_apart([delivery(0)]),
        lambda t: t.people.new_events([provider_event("e1")]),
    ]
    for write in writes:
        with pytest.raises(PermanentError), store.reading() as t:
            write(t)
    with store.begin() as t:  # and the next writer is not hindered
        t.append([draft()], recorded_at=AT)
    assert store.head().size == 1


def test_reading_sees_one_moment(twin: Callable[[], Store]) -> None:
    reader, writer = twin(), twin()
    with reader.reading() as t:
        assert t.entry_count("INC-00000001") == 0
        with writer.begin() as w:
            w.append([draft()], recorded_at=AT)
        assert t.entry_count("INC-00000001") == 0
        assert t.head().size == 0
    assert reader.head().size == 1


# ---------------------------------------------------------------- leases


def test_a_lease_has_one_winner(twin: Callable[[], Store]) -> None:
    def claim(owner: str) -> bool:
        return twin().claim("INC-00000001", owner, now=AT, until=AT + timedelta(seconds=60))

    with ThreadPoolExecutor(4) as pool:
        won = list(pool.map(claim, ["a", "b", "c", "d"]))
    assert sorted(won) == [False, False, False, True]


@pytest.mark.parametrize(
    ("owner", "seconds_later", "won"),
    [
        ("a", 10, True),  # renewed by its owner
        ("b", 59, False),  # still held
        ("b", 60, True),  # held until, and not longer
        ("b", 3600, True),  # left by a dead run
    ],
)
def test_a_lease_runs_out(store: Store, owner: str, seconds_later: int, won: bool) -> None:
    now = AT + timedelta(seconds=seconds_later)
    assert store.claim("INC-00000001", "a", now=AT, until=AT + timedelta(seconds=60))
    assert store.claim("INC-00000001", owner, now=now, until=now + timedelta(seconds=60)) is won
    assert store.claim("INC-00000002", "c", now=AT, until=AT + timedelta(seconds=60))


def test_only_the_owner_gives_a_lease_back(store: Store) -> None:
    until = AT + timedelta(seconds=60)
    assert store.claim("INC-00000001", "a", now=AT, until=until)
    store.release("INC-00000001", "b")
    assert not store.claim("INC-00000001", "b", now=AT, until=until)
    store.release("INC-00000001", "a")
    assert store.claim("INC-00000001", "b", now=AT, until=until)


# ---------------------------------------------------------------- people


def test_a_cohort_reads_back_in_pages(store: Store) -> None:
    people = [
        person(0, email=None, name=None, phone="+49 30 1", categories=()),
        *(person(n) for n in range(1, 25)),
    ]
    with store.begin() as t:
        t.people.save_cohort(
            "INC-00000001", "COH-1", iter(people), b'{"cohort":1}', named=[people[3].pseudonym, "p-nobody"]
        )
        t.people.save_cohort("INC-00000001", "COH-2", iter(people[:2]), b'{"cohort":2}')
    with store.reading() as t:
        first = list(t.people.persons("COH-1", limit=10))
        rest = list(t.people.persons("COH-1", after=first[-1].position))
        assert first + rest == people
        assert all(row.committed() for row in first + rest)
        assert t.people.person("COH-1", 24) == people[24]
        assert t.people.cohort_document("COH-2") == b'{"cohort":2}'
        assert list(t.people.persons("COH-3")) == []
        assert t.people.sought("COH-1", pseudonym=people[7].pseudonym) == people[7]
        assert t.people.sought("COH-1", holding=people[9].record[3:]) == people[9]
        assert t.people.sought("COH-1", holding=people[1].record[:2]) == people[0]  # the first of many
        for absent in (
            {"pseudonym": "p-0"},
            {"holding": b"no such bytes \\x00'"},
            {"pseudonym": people[9].pseudonym},
        ):
            cohort = "COH-2" if absent == {"pseudonym": people[9].pseudonym} else "COH-1"
            assert t.people.sought(cohort, **absent) is None  # type: ignore[arg-type]
        named = {row.pseudonym: row.position for row in (*first, *rest)}
        assert t.people.positions("COH-1", {*named, "p-nobody"}) == {people[3].pseudonym: 3}
        assert t.people.positions("COH-1", ()) == t.people.positions("COH-3", named) == {}


def test_a_cohort_is_counted_by_kind_up_to_who_is_told(store: Store) -> None:
    people = [person(n, jurisdiction="DE" if n % 3 else "FR", exposure=f"email:{n % 2}") for n in range(12)]
    with store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", iter(people), b"{}")
    with store.reading() as t:
        kinds = counted(t.people.stretches("COH-1"), told=10)
        assert kinds == Counter((p.jurisdiction, p.language, p.exposure) for p in people[:10])
        assert counted(t.people.stretches("COH-2"), told=10) == {}


def test_people_of_one_place_or_certainty_are_found_page_by_page(store: Store) -> None:
    people = [
        person(n, jurisdiction="DE" if n % 5 else "FR", certainty="confirmed" if n < 6 else "possible")
        for n in range(12)
    ]
    with store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", iter(people), b"{}")
    with store.reading() as t:
        for place, certainty in (("DE", None), ("FR", "possible"), (None, "possible"), ("XX", None)):
            wanted = [
                p for p in people if place in {None, p.jurisdiction} and certainty in {None, p.certainty}
            ]
            found, after = [], -1
            while page := t.people.persons(
                "COH-1", after=after, limit=2, jurisdiction=place, certainty=certainty
            ):
                found += page
                after = page[-1].position
            assert found == wanted


def test_who_is_not_there_is_not_found(store: Store) -> None:
    with store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", [person(0), person(2)], b"{}")
    with store.reading() as t:
        for position in (-1, 1, 3):
            with pytest.raises(NotFoundError):
                t.people.person("COH-1", position)
        with pytest.raises(NotFoundError):
            t.people.cohort_document("COH-2")


def test_a_frozen_cohort_is_not_frozen_again(store: Store) -> None:
    with store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", [person(0)], b"{}")
    with pytest.raises(PermanentError) as refused, store.begin() as t:
        t.people.save_cohort("INC-00000001", "COH-1", [person(1)], b"other")
    assert "example.org" not in str(refused.value)
    with store.reading() as t:
        assert [row.position for row in t.people.persons("COH-1")] == [0]


@pytest.mark.parametrize(
    ("asked", "positions"),
    [
        ({}, list(range(30))),
        ({"limit": 3}, [0, 1, 2]),
        ({"after": 26}, [27, 28, 29]),
        ({"batch": 1, "limit": 4}, [10, 11, 12, 13]),
        ({"batch": 0, "after": 7}, [8, 9]),
        ({"states": ["refused"]}, [5, 25]),
        ({"states": ["refused", "uncertain"]}, [5, 6, 25]),
        ({"states": ["refused"], "batch": 2}, [25]),
        ({"positions": [29, 3, 3, 99]}, [3, 29]),
        ({"positions": [29, 3, 5], "states": ["planned"], "limit": 1}, [3]),
        ({"positions": list(range(-5000, 2)), "after": 0}, [1]),
        ({"states": ["never"]}, []),
    ],
)
def test_deliveries_are_found_by_what_is_asked(
    store: Store, asked: dict[str, object], positions: list[int]
) -> None:
    with store.begin() as t:
        t.batches.plan(batch(n, f"{10 * n}-{10 * n + 9}") for n in range(3))
        t.batches.plan([batch(0, "4", notice_id="NOT-2")])
        t.people.move_deliveries("NOT-1", [25, 5], state="refused", reason="no such mailbox", at=AT)
        t.people.move_deliveries("NOT-1", [6], state="uncertain", reason=None, at=AT)
        assert [row.position for row in t.people.deliveries("NOT-1", **asked)] == positions  # type: ignore[arg-type]


def test_people_share_the_fate_of_their_batch_until_they_differ(store: Store) -> None:
    later = AT + timedelta(minutes=5)
    with store.begin() as t:
        t.batches.plan(batch(n, f"{1000 * n}-{1000 * n + 999}") for n in range(4))
        t.people.set_apart([delivery(4000, batch=-1, state="no_address")])
        t.batches.put([batch(n, "", people=1000, state="accepted", changed_at=later) for n in range(2)])
        t.people.move_deliveries("NOT-1", [*range(100), 3999], state="delivered", reason="250", at=later)
        t.people.move_deliveries("NOT-1", [7], state="bounced", reason="550", at=later)
        assert t.people.count_deliveries("NOT-1") == {
            "accepted": 1900, "bounced": 1, "delivered": 100, "no_address": 1, "planned": 1999
        }  # fmt: skip
        assert t.people.count_deliveries("NOT-2") == {}
        assert list(t.people.deliveries("NOT-1", positions=[7, 1999, 2000, 3999, 4000, 5000])) == [
            delivery(7, batch=0, state="bounced", reason="550", changed_at=later),
            delivery(1999, batch=1, state="accepted", changed_at=later),
            delivery(2000, batch=2),
            delivery(3999, batch=3, state="delivered", reason="250", changed_at=later),
            delivery(4000, batch=-1, state="no_address"),
        ]
        assert t.people.apart("NOT-1", [3, 1]) == {3: {3999: "delivered"}}
    with store.reading() as t:
        for states in ([], ["planned"], ["accepted"], ["delivered"], ["bounced", "no_address"]):
            found: list[int] = []
            while page := t.people.deliveries("NOT-1", states=states, after=max(found, default=-1), limit=37):
                found += [row.position for row in page]
            counted = t.people.count_deliveries("NOT-1")
            assert (
                len(found)
                == len(set(found))
                == sum(n for s, n in counted.items() if not states or s in states)
            )


def test_interleaved_batches_are_told_apart(store: Store) -> None:
    even, odd = ",".join(map(str, range(0, 40, 2))), ",".join(map(str, range(1, 40, 2)))
    with store.begin() as t:
        t.batches.plan([batch(0, even), batch(1, odd, state="held")])
        assert t.batches.holders("NOT-1", [3, 4, 39, 40]) == {3: 1, 4: 0, 39: 1}
        assert [r.state for r in t.people.deliveries("NOT-1", limit=3)] == ["planned", "held", "planned"]
        assert t.batches.people_by_state("NOT-1") == {"planned": 20, "held": 20}
        assert t.batches.count("NOT-1", states=["held"]) == 1
        assert t.batches.next_number("NOT-1") == 2
        assert t.batches.next_number("NOT-9") == 0


def test_a_batch_is_split_and_its_people_go_with_it(store: Store) -> None:
    with store.begin() as t:
        t.batches.plan([batch(0, "0-9"), batch(1, "10-19")])
        t.people.move_deliveries("NOT-1", [2, 8], state="bounced", reason=None, at=AT)
        parent = batch(0, "", people=0, state="split", attempt=1)
        t.batches.split(parent, [batch(2, "0-4", parent=0, attempt=1), batch(3, "5-9", parent=0, attempt=1)])
        assert [(r.number, r.state, r.people, r.positions) for r in t.batches.rows("NOT-1")] == [
            (0, "split", 0, "0-9"), (1, "planned", 10, "10-19"), (2, "planned", 5, "0-4"), (3, "planned", 5, "5-9")
        ]  # fmt: skip
        assert [(r.position, r.batch) for r in t.people.deliveries("NOT-1", positions=[2, 4, 5, 8])] == [
            (2, 2), (4, 2), (5, 3), (8, 3)
        ]  # fmt: skip
        assert t.people.count_deliveries("NOT-1") == {"planned": 18, "bounced": 2}
        assert [r.number for r in t.batches.rows("NOT-1", states=["planned"], after=1, limit=1)] == [2]
        assert [r.number for r in t.batches.rows("NOT-1", numbers=[3, 0])] == [0, 3]


def test_batches_keep_what_became_of_them(store: Store) -> None:
    taken = batch(
        0, "0-9", state="accepted", attempt=2, body_sha256="cd" * 32, message_id="m.1", provider="sendgrid",
        run="RUN-1", reason="said so", intended_at=AT, answered_at=AT + timedelta(seconds=1),
    )  # fmt: skip
    with store.begin() as t:
        t.batches.plan([batch(0, "0-9"), batch(1, "10-19", message_id="m.2")])
        t.batches.put([taken])
        assert list(t.batches.rows("NOT-1", states=["accepted"])) == [taken]
        assert t.batches.of_messages(["m.1", "m", "m.3"]) == {"m.1": taken}


def test_a_turn_sees_its_batches_who_differs_and_the_pace_at_once(store: Store) -> None:
    pace = PaceRow("sendgrid", AT, 12.5)
    with store.begin() as t:
        t.batches.plan([batch(0, "0-9"), batch(1, "10-19"), batch(2, "20-29")])
        assert t.batches.look(Looking("NOT-1", (0, 9), "sendgrid")) == Look({0: batch(0, "0-9")}, {}, None)
        t.people.move_deliveries("NOT-1", [3, 12, 25], state="bounced", reason=None, at=AT)
        t.batches.put([batch(1, "10-19", state="accepted", attempt=1)])
        t.batches.put_pace(pace)
        seen = t.batches.look(Looking("NOT-1", (1, 0), "sendgrid"))
        assert seen.rows == {0: batch(0, "0-9"), 1: batch(1, "10-19", state="accepted", attempt=1)}
        assert (seen.apart, seen.pace) == ({0: {3: "bounced"}, 1: {12: "bounced"}}, pace)
        assert seen.apart == t.people.apart("NOT-1", [1, 0])
        assert t.batches.look(Looking("NOT-2", (0,), "smtp")) == Look({}, {}, None)


def test_what_a_transaction_began_by_looking_at_is_seen_as_it_stands_under_the_lock(store: Store) -> None:
    with store.begin() as t:
        t.batches.plan([batch(0, "0-9"), batch(1, "10-19")])
    with store.begin(Looking("NOT-1", (0,), "sendgrid")) as t:
        assert t.batches.look(Looking("NOT-1", (1,), "sendgrid")).rows == {1: batch(1, "10-19")}
    with store.begin(Looking("NOT-1", (0,), "sendgrid")) as t:
        assert t.batches.look(Looking("NOT-1", (0,), "sendgrid")) == Look({0: batch(0, "0-9")}, {}, None)
        t.batches.put([batch(0, "0-9", state="intent")])
        assert t.batches.look(Looking("NOT-1", (0,), "sendgrid")).rows == {0: batch(0, "0-9", state="intent")}


def test_letters_and_layouts_read_what_they_need(store: Store) -> None:
    with store.begin() as t:
        people = [
            person(n, name=None if n == 2 else f"N{n}", email=None if n == 1 else f"p{n}@example.org")
            for n in range(5)
        ]
        t.people.save_cohort("INC-00000001", "COH-1", people, b"{}")
        assert list(t.batches.readings("COH-1", "0-2,4")) == [
            Reading(0, "p0@example.org", "N0", "de"), Reading(2, "p2@example.org", None, "de"),
            Reading(4, "p4@example.org", "N4", "de"),
        ]  # fmt: skip
        assert [r.position for r in t.batches.readings("COH-1", "1-3")] == [2, 3]
        assert list(t.batches.readings("COH-1", "")) == []
        assert [r.position for r in t.batches.readings("COH-1", "0,2-4")] == [0, 2, 3, 4]
        assert [r.position for r in t.batches.readings("COH-1", "0,2,4")] == [0, 2, 4]
        (last,) = t.batches.readings("COH-1", "4")
        assert last == t.batches.readings("COH-1", "2-4")[2] == t.batches.readings("COH-1", "2-4")[-1]
        assert list(t.batches.addressed("COH-1", 1, 2)) == [
            (1, None, "N1", "de"), (2, "p2@example.org", None, "de")
        ]  # fmt: skip


@pytest.mark.parametrize(
    "name", ["N\t1", "N\n1", "1\ta@b.example\tN\tde\n2", "\n\t", "Zoë \U0001f4e9", "%s {0}"]
)
def test_letters_read_whatever_a_name_holds(store: Store, name: str) -> None:
    with store.begin() as t:
        people = [person(n, name=name if n == 1 else None, email=f"p{n}@example.org") for n in range(3)]
        t.people.save_cohort("INC-00000001", "COH-1", people, b"{}")
        found = t.batches.readings("COH-1", "0-2")
        assert [one.name for one in found] == [None, name, None]
        plain = [Reading(*row) for row in t.batches.addressed("COH-1", 0, 2)]
        assert list(found) == plain
        assert people_sha256(found, b"salt") == people_sha256(plain, b"salt")


def test_the_pace_is_kept(store: Store) -> None:
    with store.begin() as t:
        assert t.batches.pace("sendgrid") is None
        for row in (
            PaceRow("sendgrid", AT, 12.5, not_before=AT),
            PaceRow("sendgrid", AT, None, -3.25, slowed=2),
        ):
            t.batches.put_pace(row)
            assert t.batches.pace("sendgrid") == row


def test_a_delivery_that_is_not_there_moves_nothing(store: Store) -> None:
    with store.begin() as t:
        t.batches.plan([batch(0, "0-2")])
        with pytest.raises(NotFoundError):
            t.people.move_deliveries("NOT-1", [0, 1, 3], state="accepted", reason=None, at=AT)
        assert t.people.count_deliveries("NOT-1") == {"planned": 3}


def test_an_event_counts_once(store: Store) -> None:
    a, b, c = provider_event("a"), provider_event("b", position=None), provider_event("c")
    again = provider_event("a", kind="bounce")
    with store.begin() as t:
        assert list(t.people.new_events([])) == []
        assert list(t.people.new_events([b, a, b, again])) == [b, a]
    with store.begin() as t:
        assert list(t.people.new_events([c, a])) == [c]
        many = [provider_event(f"e{n}") for n in range(2300)]
        t.people.new_events(many[::2])
        assert list(t.people.new_events([*reversed(many), a])) == list(reversed(many[1::2]))


def test_two_receivers_of_one_event_count_it_once(twin: Callable[[], Store]) -> None:
    def receive(_: int) -> int:
        with twin().begin() as t:
            return len(t.people.new_events([provider_event("a"), provider_event("b")]))

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(receive, range(4))) == [0, 0, 0, 2]


# ---------------------------------------------------------------- projections


def project(store: Store, incident_id: str, lines: int) -> None:
    clocks = [clock(incident_id, "O-2", due_on="2026-03-13"), clock(incident_id, "O-1", authority="BfDI")]
    with store.begin() as t:
        t.put_projection(board(incident_id), clocks, [line(incident_id, seq) for seq in range(lines)])


def test_projections_read_back(store: Store) -> None:
    project(store, "INC-B", 25)
    project(store, "INC-A", 1)
    assert list(store.board()) == [board("INC-A"), board("INC-B")]
    assert [(c.incident_id, c.obligation_id) for c in store.clocks()] == [
        ("INC-A", "O-1"),
        ("INC-A", "O-2"),
        ("INC-B", "O-1"),
        ("INC-B", "O-2"),
    ]
    assert list(store.clocks("INC-A")) == [
        clock("INC-A", "O-1", authority="BfDI"),
        clock("INC-A", "O-2", due_on="2026-03-13"),
    ]
    assert [row.open for row in store.clocks()] == [False] * 4
    assert list(store.timeline("INC-B", after=3, limit=2)) == [line("INC-B", 4), line("INC-B", 5)]


def test_a_projection_is_replaced_and_its_timeline_grows(store: Store) -> None:
    project(store, "INC-A", 2)
    with store.begin() as t:
        t.put_projection(
            board("INC-A", stage="closed"), [clock("INC-A", "O-3")], [line("INC-A", 1), line("INC-A", 2)]
        )
    assert [row.stage for row in store.board()] == ["closed"]
    assert [row.obligation_id for row in store.clocks("INC-A")] == ["O-3"]
    assert [row.seq for row in store.timeline("INC-A")] == [0, 1, 2]


def test_projections_dropped_and_rebuilt_are_the_same_bytes(store: Store) -> None:
    empty = store.projection_digest()
    project(store, "INC-A", 3)
    project(store, "INC-B", 2)
    before = store.projection_digest()
    with store.begin() as t:
        t.clear_projections()
    assert store.projection_digest() == empty != before
    project(store, "INC-B", 2)
    project(store, "INC-A", 3)
    assert store.projection_digest() == before
    with store.begin() as t:
        t.put_projection(board("INC-A", told=1), [], [])
    assert store.projection_digest() != before


def test_the_digest_is_the_same_on_every_store(sql_store: SqlStore) -> None:
    fake = FakeStore()
    for store in (fake, sql_store):
        project(store, "INC-A", 3)
    assert sql_store.projection_digest() == fake.projection_digest()


def test_a_person_put_twice_at_once_is_as_put_last(store: Store) -> None:
    with store.begin() as t:
        t.batches.plan([batch(0, "0-9")])
        t.people.put_own([delivery(3, batch=0, state="bounced"), delivery(4, batch=0, state="bounced")])
        t.people.put_own(delivery(3, batch=0, state=state) for state in ("delivered", "bounced", "delivered"))
        states = {row.position: row.state for row in t.people.deliveries("NOT-1", positions=[3, 4, 5])}
        assert states == {3: "delivered", 4: "bounced", 5: "planned"}
