"""The report against a small incident that can be checked by hand."""

from __future__ import annotations

from dataclasses import fields
from datetime import date, timedelta

import pytest

from incident.adapters.render import JinjaRenderer
from incident.core import events as e
from incident.core.folding import fold
from incident.core.postmortem import post_mortem, verdict
from incident.core.postmortem_parts import positions, refusals
from incident.core.state import Recorded
from tests.core.letter_cases import AWARE

HEAD = "size 21, root 3f2a"
PLACES = {"DE": 4, "XX": 1}


def hours(number: float):
    return AWARE + timedelta(hours=number)


def answered(batch: int, answer: str, tally: dict[str, int], reason: str | None = None):
    values = {
        "notice_id": "N1", "batch": batch, "attempt": 1, "answer": answer, "message_id": "m", "reason": reason,
        "moved": {}, "tally": tally, "state": answer, "children": (),
    }  # fmt: skip
    return e.BatchAnswered(**{f.name: values[f.name] for f in fields(e.BatchAnswered)})


def duty(
    obligation_id: str, jurisdiction: str, recipient: str, authority: str | None, due: int, citation: str
):
    return e.ObligationArose(
        obligation_id=obligation_id, rule="r", regime="r", jurisdiction=jurisdiction, recipient=recipient,
        authority=authority, required=True, due_at=hours(due), due_on=None, number_in_law=True,
        clock="became_aware_at", relation=None, derivation=f"aware + {due} elapsed hours", extended_reading=None,
        because="it applies", citation=citation, confidence="high", checked_on=None, stale=False, channel=None,
    )  # fmt: skip


def story(
    *, filed_after: float = 30, accounted_after: float | None = 20, told: bool = True, settles_on="accepted"
):
    """Aware at 05:00; approved after 6 h; letters after 7 and 8 h; one bounce, told by phone after 20 h."""
    promise = duty("promise", "everyone", "customer", None, 48, "Policy")
    filing_duty = duty("gdpr-DE", "DE", "authority", "BfDI", 72, "Art. 33")
    counts = {
        "cohort_id": "C1", "wave": 1, "question": {}, "evidence_ids": (), "readers": {}, "commitment": "c0",
        "people": 6, "told": 5, "without_email": 0, "by_certainty": {"confirmed": 5}, "by_jurisdiction": PLACES,
        "by_category": {"email": 5}, "by_language": {"en": 5}, "unresolved_items": 2, "blocks": (),
        "quarantined_rows": 1, "unread_evidence": ("vercel_log_drain.ndjson",),
        "document_sha256": "d0", "told_sha256": "a0", "follows": (), "by_change": {},
    }  # fmt: skip
    cohort = e.CohortFrozen(**{f.name: counts[f.name] for f in fields(e.CohortFrozen)})
    determined = e.ObligationsDetermined("b", "k", 2, 9, ("XX",), ("encrypted",), ("Is a bank involved?",))
    lines = [
        (hours(-0.5), "ada", e.IncidentOpened("Stolen access", hours(-0.5), 48)),
        (hours(0), "ada", e.AwarenessDecided(hours(0), "the alert was confirmed", "ada")),
        (hours(1), "ada", e.RiskAssessed("high", "unlikely", (), "the key is safe")),
        (hours(2), "ada", e.BreachDecided(e.Outcome.NOTIFY, "accounts were read")),
        (hours(2.5), "ada", e.FactsAmended("cause", "a stolen password", e.Label.ASSUMPTION, "ada")),
        (hours(3), "ada", cohort),
        (hours(3), "tocsin", determined),
        (hours(3), "tocsin", promise),
        (hours(3), "tocsin", filing_duty),
        (hours(4), "tocsin", e.ApprovalRequested("A1", "C1", "t", "c", "l", "s", "outbox", {})),
        (hours(5), "ada", e.ApprovalRefused("A1", "ada scoped the cohort")),
        (hours(6), "grace", e.NoticeApproved("A1", "t")),
        (hours(6.5), "tocsin", e.NoticePlanned("N1", "C1", "A1", "outbox", settles_on, 2, {"planned": 5}, "h", "")),
        (hours(7), "tocsin", e.BatchIntended("N1", 0, 1, "L1", "0-2", "h", {"planned>intent": 3}, 3, "h", "p", "R1")),
        (hours(7), "tocsin", answered(0, "accepted", {"intent>accepted": 3})),
        (hours(7.5), "tocsin", e.BatchIntended("N1", 1, 1, "L1", "3-4", "h", {"planned>intent": 2}, 2, "h", "p", "R1")),
        (hours(8), "tocsin", answered(1, "accepted", {"intent>accepted": 2})),
        (hours(9), "tocsin", e.DeliveriesAdvanced("N1", "s", 4, 0, 0, {}, {"accepted>delivered": 3, "accepted>bounced": 2})),
    ]  # fmt: skip
    if accounted_after is not None:
        target = "told_otherwise" if told else "not_reachable"
        event = e.DeliveriesAccounted(
            "N1", (3, 4), "phone", told, hours(accounted_after), "both called", {f"bounced>{target}": 2}
        )
        lines.append((hours(accounted_after), "ada", event))
    prepared = e.FilingPrepared("F1", "gdpr-DE", "BfDI", "DE", "initial", None, "p", "q", ("records_total",))
    late = "the portal was down" if filed_after > 72 else None
    submitted = e.FilingSubmitted("F1", "REF-9", None, hours(filed_after), late)
    lines += [
        (hours(10), "tocsin", prepared),
        (hours(filed_after), "grace", submitted),
        (hours(filed_after), "grace", e.ObligationMet("gdpr-DE", hours(filed_after), "filed with BfDI")),
        (
            hours(80),
            "grace",
            e.ActionItemPromised("I1", "Ask for a second factor", "grace", date(2026, 4, 1)),
        ),
    ]
    return [
        Recorded(seq, who, at, at + timedelta(seconds=5), event) for seq, (at, who, event) in enumerate(lines)
    ]


def report(entries):
    state = fold("INC-1", entries)
    return post_mortem(state, entries, drill=False, ledger_head=HEAD)


def rows(made, key):
    return next(s.rows for s in made.sections if s.key == key)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        (story(), "The promise was kept, with 28 h 00 min of 48 hours left."),
        (story(accounted_after=49), "The promise was missed by 1 h 00 min."),
        (
            story(accounted_after=None),
            "The promise is not settled: 2 people were not told and not accounted for.",
        ),
        (
            story(told=False),
            "kept, with 40 h 00 min of 48 hours left. 2 people could not be reached on any channel.",
        ),
        (story()[:17], "Of 5 letters it is known only that the mail provider accepted them."),
        (story(settles_on="accounted"), "not settled: 3 people"),  # a local outbox reaches nobody by itself
        (story()[:1], "Nobody decided when the team became aware"),
        (story()[:4], "The promise is not settled: some people"),
    ],
)
def test_the_verdict_is_honest(entries, words):
    assert words in verdict(fold("INC-1", entries))


def test_a_decision_not_to_tell_is_the_verdict():
    entries = story()[:3]
    no = e.BreachDecided(e.Outcome.NO_NOTICE, "it was encrypted")
    entries.append(Recorded(3, "ada", hours(2), hours(2), no))
    assert verdict(fold("INC-1", entries)) == "It was decided that nobody has to be told: it was encrypted"


def test_the_summary_can_be_checked_by_hand():
    summary = dict(report(story()).summary)
    assert summary["Became aware"] == "10 March 2026, 05:00 UTC"
    assert summary["First letter accepted by the mail provider"] == "10 March 2026, 12:00 UTC"
    assert summary["Last letter accepted by the mail provider"] == "10 March 2026, 13:00 UTC"
    assert summary["Last person told on another channel"] == "11 March 2026, 01:00 UTC"
    assert summary["Left of the 48 hours"] == "28 h 00 min"
    assert summary["People told by e-mail"] == "3, of these 3 reported as delivered"
    assert summary["People told on another channel"] == "2"
    assert summary["People excluded, with a reason each"] == "1"


def test_intervals_follow_the_way_of_the_incident():
    assert [(r[0], r[2], r[3]) for r in rows(report(story()), "intervals")] == [
        ("Detected to aware", "0 h 30 min", "0 h 00 min"),
        ("Aware to decision", "2 h 00 min", "2 h 00 min"),
        ("Decision to cohort", "1 h 00 min", "3 h 00 min"),
        ("Cohort to approval", "3 h 00 min", "6 h 00 min"),
        ("Approval to first letter", "1 h 00 min", "7 h 00 min"),
        ("First letter to last person told", "13 h 00 min", "20 h 00 min"),
        ("Aware to filing with BfDI", "30 h 00 min", "30 h 00 min"),
    ]


def test_the_longest_waits_come_first_and_name_whom():
    assert [(r[0], r[1], r[3]) for r in rows(report(story()), "waits")] == [
        ("the filing with BfDI", "grace", "20 h 00 min"),
        ("telling 2 people on another channel", "ada", "13 h 30 min"),
        ("the decision whether this is a breach", "ada", "2 h 00 min"),
        ("the approval", "grace", "2 h 00 min"),
    ]


def test_who_was_not_reached_is_listed_by_position_only():
    ((people, how, _when, who, _note),) = rows(report(story()), "not_reached")
    assert (people, how, who) == ("2 (positions 3 to 4)", "told by phone", "ada")
    ((_, how, *_),) = rows(report(story(told=False)), "not_reached")
    assert how == "not reachable, tried phone"
    waiting = report(story(accounted_after=None))
    assert next(s.intro for s in waiting.sections if s.key == "not_reached").startswith("2 people")


def test_refusals_and_overrides_are_listed_with_who_and_when():
    entries = [
        *story(),
        Recorded(99, "tocsin", hours(90), hours(90), e.ApprovalVoided("A1", "the letters changed")),
    ]
    risk, refused, void = rows(report(entries), "refusals")
    assert risk[:2] == ("10 March 2026, 06:00 UTC", "ada")
    assert risk[2].endswith("overridden because: the key is safe.")
    assert refused[2] == "Approval was refused: ada scoped the cohort."
    assert void[2] == "Approval A1 became void: the letters changed."


def test_a_risk_that_was_not_overridden_is_no_exception():
    calm = Recorded(0, "ada", hours(1), hours(1), e.RiskAssessed("high", "high", (), None))
    assert refusals([calm]).rows == ()


@pytest.mark.parametrize(
    ("filed_after", "against", "outcome"),
    [
        (30, "42 h 00 min before", "met on"),
        (73, "1 h 00 min late: the portal was down", "1 h 00 min late: filed"),
    ],
)
def test_filings_stand_against_their_deadline(filed_after, against, outcome):
    made = report(story(filed_after=filed_after))
    ((authority, stage, _at, reference, standing),) = rows(made, "filings")
    assert (authority, stage, reference, standing) == ("BfDI (Germany)", "first report", "REF-9", against)
    duties = {r[0]: r for r in rows(made, "obligations")}
    assert duties["BfDI (Germany)"][2] == "aware + 72 elapsed hours"
    assert outcome in duties["BfDI (Germany)"][3]
    assert duties["customers (everyone)"][3] == "open"


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (e.ObligationWaived("promise", "counsel said so"), "decided not to be required: counsel said so"),
        (e.ObligationLapsed("promise", "facts changed"), "no longer arises: facts changed"),
        (e.DeadlineMissed("promise", AWARE), "open, deadline missed on 10 March 2026, 05:00 UTC"),
    ],
)
def test_every_end_of_a_duty_is_said(event, words):
    entries = [*story(), Recorded(99, "ada", hours(90), hours(90), event)]
    duties = {r[0]: r for r in rows(report(entries), "obligations")}
    assert duties["customers (everyone)"][3] == words


def test_what_is_unknown_is_said():
    unknown = set(rows(report(story(accounted_after=None)), "unknown"))
    assert unknown == {
        ("Items without a name to them", "2"),
        ("Rows of evidence that could not be read", "1"),
        ("Evidence that was not read", "vercel_log_drain.ndjson"),
        ("No rules held for this place", "XX"),
        ("A fact that the law asks for", "encrypted"),
        ("A question for counsel", "Is a bank involved?"),
        ("A fact that is assumed", "cause"),
        ("Not answered to BfDI", "records total"),
        ("Letters: returned as undeliverable", "2 people"),
    }


def test_the_timeline_has_every_entry_in_the_order_it_happened():
    entries = story()
    shuffled = [*entries[3:], *entries[:3]]
    assert rows(report(entries), "timeline") == rows(
        post_mortem(fold("INC-1", entries), shuffled, drill=False, ledger_head=HEAD), "timeline"
    )
    assert len(rows(report(entries), "timeline")) == len(entries)


def test_an_empty_incident_has_a_report_too():
    made = report(story()[:1])
    assert dict(made.summary)["Left of the 48 hours"] == "unknown"
    assert rows(made, "filings") == ()


@pytest.mark.parametrize(
    ("numbers", "text"), [((), ""), ((3,), "3"), ((9, 3, 7, 8), "3, 7 to 9"), ((0, 1, 2), "0 to 2")]
)
def test_positions_are_written_short(numbers, text):
    assert positions(numbers) == text


@pytest.mark.parametrize("drill", [False, True])
def test_both_forms_of_the_report_say_everything(drill):
    entries = story()
    made = post_mortem(fold("INC-1", entries), entries, drill=drill, ledger_head=HEAD)
    renderer = JinjaRenderer()
    for text in (
        renderer.text("postmortem/report.md", made.values()),
        renderer.html("postmortem/report.html", made.values()),
    ):
        assert ("Drill: this was an exercise." in text) is drill
        for part in (made.verdict, HEAD, "REF-9", "Ask for a second factor", "3 to 4"):
            assert part in text
        for section in made.sections:
            assert section.heading in text


def test_a_table_of_the_markdown_stays_a_table():
    entries = story()
    note = e.FactsAmended("note", "a | b <script>\nnew line", e.Label.FACT, "ada")
    entries.append(Recorded(99, "ada", hours(90), hours(90), note))
    text = JinjaRenderer().text("postmortem/report.md", report(entries).values())
    (line,) = [x for x in text.splitlines() if "a \\| b" in x]
    assert line.count(" | ") == 3  # the borders between four cells
    assert "<script>" not in text
