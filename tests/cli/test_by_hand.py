"""Incidents by hand, with other facts and times than the demo's."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from incident.core.events import PackExported
from tests.builders.house import workspace
from tests.cli.conftest import Tocsin


def ago(hours: float) -> str:
    return (datetime.now(UTC) - timedelta(hours=hours)).isoformat()  # noqa: TID251


def test_one_misdirected_mail_is_opened_assessed_and_closed(tmp_path):
    tocsin = Tocsin(workspace(tmp_path / "workspace", drill=False))
    opened = tocsin.json(
        "open", "An invoice went to the wrong customer", "--detected-at", ago(3),
        "--aware-at", ago(2.5), "--because", "the recipient wrote back",
    )  # fmt: skip
    i = opened["incident"]
    promise = next(clock for clock in opened["clocks"] if clock["obligation"] == "promise")
    assert 45 * 3600 < promise["left_seconds"] < 46 * 3600
    mail = tocsin.settings.parent / "misdirected.eml"
    mail.write_text("Subject: your invoice\n\nnot yours\n")
    taken = ("--taken-at", ago(2), "--command", "saved from the mailbox")
    tocsin("evidence", "add", i, str(mail), *taken, code=4)
    tocsin("evidence", "add", i, str(mail), *taken, "--system", "google_workspace")
    facts = tocsin.settings.parent / "facts.toml"
    facts.write_text(
        '[facts]\ndata = ["email", "name"]\nloss = ["confidentiality"]\nrecipients = "trusted"\nencrypted = false\n'
    )
    risk = ("--risk", "unlikely", "--risk-because", "the recipient confirmed in writing that it is deleted")
    decided = tocsin.json(
        "assess", i, "--input", str(facts), *risk,
        "--outcome", "breach_without_notice", "--reason", "one known recipient deleted it unread",
    )  # fmt: skip
    assert decided["decision"]["outcome"] == "breach_without_notice"
    assert decided["risk"]["overridden_because"] or decided["risk"]["proposed"] == "unlikely"
    known = tocsin.json("facts", i)
    assert known["facts"]["encrypted"]["value"] is False
    assert "letters" in known["wanted"]["what_happened"]
    assert "what_happened (letters)" in tocsin("facts", i)
    tocsin("run", i, "--here")
    open_now = tocsin.json("obligations", i)["obligations"]
    assert "promise" not in {duty["obligation_id"] for duty in open_now}
    everything = tocsin.json("obligations", i, "--all")["obligations"]
    because = next(duty["because"] for duty in everything if duty["obligation_id"] == "promise")
    assert "one known recipient deleted it unread" in because
    assert "open:" in tocsin("close", i, code=3)
    tocsin("review", i, "--remark", "agreed", handle="grace")
    tocsin("close", i, "--reason", "one recipient, deleted")
    assert "VERIFIED" in tocsin("verify")
    timeline = tocsin("timeline", i)
    assert "refused" in timeline
    report = tocsin("postmortem", i)
    assert "An invoice went to the wrong customer" in report
    assert "DRILL" not in report


def test_an_incident_with_everything_unknown_is_as_easy(tmp_path):
    tocsin = Tocsin(workspace(tmp_path / "workspace", drill=False))
    i = tocsin.json("open", "Something is wrong")["incident"]
    shown = tocsin("status", i)
    assert "decide when the team became aware" in shown
    assert "promise" in shown
    tocsin("run", i, "--here")
    tocsin("aware", i, "--at", ago(50), "--because", "a support ticket of two days ago said so")
    assert tocsin.json("status", i, code=20)["became_aware_at"]
    tocsin("run", i, "--here")
    missed = tocsin("timeline", i, "--kind", "deadline")
    assert "promise" in missed


def test_the_whole_way_with_other_times(on):
    tocsin, scene = on("to_decided")
    i = scene.incident_id
    scene.turn(3)
    question = scene.folder / "question.toml"
    question.write_text(
        '[window]\nstart = "2026-03-10T02:10:00+00:00"\nend = "2026-03-10T04:40:00+00:00"\n'
        '[actors]\nnetworks = ["203.0.113.66"]\n'
        '[[systems]]\nsystem = "firebase_auth"\nmode = "whole_store"\ncertainty = "probable"\nreason = "the export was on a public server"\n'
    )
    found = tocsin.json("scope", i, "--question", str(question))
    assert found["cohort"]["told"] > 0
    left = tocsin.json("status", i)["gaps"]
    assert f"; {len(left)} gaps of the scoping are open" in tocsin("status", i)
    while gaps(tocsin, i):
        tocsin("scope", i, "--accept-gap", "1", "--reason", "seen, and of no weight here")
    tocsin("run", i, "--here")
    letters = scene.folder / "letters"
    tocsin("letters", i, "--out", str(letters))
    assert list(letters.glob("*.html"))
    triple = tocsin.json("letters", i)["approval"]["triple"]
    tocsin("approve", i, "--hash", triple[:12], handle="grace")
    assert "people" in tocsin("send", i)
    assert len(list((scene.folder / "outbox").glob("*/*.eml"))) == found["cohort"]["told"]


AT = "2026-03-10T04:40:00+00:00"


def test_a_file_that_breaks_off_is_read_as_far_as_it_goes_and_has_its_own_code(on):
    tocsin, scene = on("to_decided")
    i, broken = scene.incident_id, scene.folder / "users.json"
    user = '{"localId":"%s","email":"%s@example.org","createdAt":"1704067200000","providerUserInfo":[]}'
    broken.write_text('{"users":[' + user % ("a" * 28, "first") + ',{"localId":"bbbb')
    tocsin(
        "evidence", "add", i, str(broken), "--system", "firebase_auth", "--taken-at", AT, "--command", "auth:export"
    )  # fmt: skip
    asked = ("--whole-store", "firebase_auth:possible", "--reason", "sold", "--from", AT, "--to", AT)
    said = tocsin("scope", i, *asked, "--dry-run", code=26)
    assert "it cannot be read from record 2 on: the JSON is broken or ends too early" in said
    assert "first@example.org" in tocsin("scope", i, *asked, "--dry-run", "--json", code=26)


def test_a_row_in_quarantine_is_told_by_the_code_and_in_json(on):
    tocsin, scene = on("to_decided")
    i, table = scene.incident_id, scene.folder / "customers.csv"
    table.write_text("id,Email,Created (UTC),Delinquent\ncus_1,a@example.org,,false\ncus_2,short\n")
    tocsin("evidence", "add", i, str(table), "--taken-at", AT, "--command", "export")
    asked = ("--whole-store", "stripe:possible", "--reason", "sold", "--from", AT, "--to", AT)
    assert "row 3 is in quarantine: row has 2 cells" in tocsin("scope", i, *asked, "--dry-run", code=26)
    found = tocsin.json("scope", i, *asked, "--dry-run", code=26)
    (read,) = [each for each in found["evidence"] if each["quarantined"]]
    assert (found["read_whole"], read["system"], read["quarantine"]) == (
        False, "stripe", [[3, "row has 2 cells instead of 4"]],
    )  # fmt: skip


def test_a_masked_line_is_told_by_fingerprint_and_operator_given_as_options(on):
    tocsin, scene = on("to_decided")
    line = {
        "timestamp": AT, "pullZoneId": 1, "requestId": "r", "cacheStatus": "HIT", "edgeLocation": "DE",
        "statusCode": 200, "path": "/u/maskedmaskedmasked/1.png", "remoteIp": "203.0.113.0",
        "ja4Fingerprint": "t13d", "asn": 64511,
    }  # fmt: skip
    page = scene.folder / "page.json"
    page.write_text(json.dumps({"data": [line]}))
    tocsin("evidence", "add", scene.incident_id, str(page), "--taken-at", AT, "--command", "api")
    asked = (
        "--from",
        AT,
        "--to",
        AT,
        "--ip",
        "203.0.113.99",
        "--ja4",
        "t13d",
        "--system",
        "bunny_cdn",
        "--dry-run",
    )
    for more, certainty in ((("--asn", "64511"), "confirmed"), (("--asn", "64512"), None), ((), "possible")):
        found = tocsin.json("scope", scene.incident_id, *asked, *more)
        people = {each["identities"][0][1]: each["certainty"] for each in found["people"]}
        assert people.get("maskedmaskedmasked") == certainty


def gaps(tocsin: Tocsin, incident_id: str) -> list[str]:
    actions = tocsin.json("status", incident_id)["agenda"]
    return [action["sentence"] for action in actions if action["do"] == "accept_gap"]


def test_the_past_is_shown_as_it_was_known_and_as_it_was(tmp_path):
    tocsin = Tocsin(workspace(tmp_path / "workspace", drill=False))
    i = tocsin.json("open", "A laptop is gone", "--aware-at", ago(5), "--because", "reported by its owner")[
        "incident"
    ]
    tocsin("fact", i, "cause", '"left on a train"', "--label", "assumption", "--source", "the owner")
    between = datetime.now(UTC).isoformat()  # noqa: TID251
    tocsin("fact", i, "cause", '"stolen from a car"', "--label", "fact", "--source", "the police report")
    whole = tocsin.json("timeline", i)
    corrected = [line for line in whole if line["corrects"] is not None]
    assert [line["kind"] for line in corrected] == ["facts:amended"]
    assert "left on a train" in next(x["sentence"] for x in whole if x["seq"] == corrected[0]["corrects"])
    assert "stands in place of entry" in tocsin("timeline", i)
    assert len(tocsin.json("timeline", i, "--as-of", between)) == len(whole) - 1
    long_ago = ("--as-of", "2020-01-01T00:00:00+00:00")
    assert tocsin.json("timeline", i, *long_ago) == []
    assert f"Nothing was recorded of {i} at 2020-01-01 00:00 UTC; the first of it is of 20" in tocsin(
        "timeline", i, *long_ago
    )
    assert "known to have happened" in tocsin("timeline", i, *long_ago, "--by", "happened")
    assert f"{i} has no entry of a kind that begins with 'filing'." in tocsin(
        "timeline", i, "--kind", "filing"
    )
    then = tocsin.json("status", i, "--as-of", between)
    assert next(c for c in then["clocks"] if c["obligation"] == "promise")["left_seconds"] > 42 * 3600
    by_happening = tocsin.json("status", i, "--as-of", ago(6), "--by", "happened")
    assert by_happening["became_aware_at"] is None
    tocsin("status", i, "--as-of", ago(6), code=6)
    tocsin("status", i, "--as-of", ago(-1), code=4)
    tocsin("status", i, "--as-of", "2026-03-10T05:00:00", code=4)
    tocsin("status", "--as-of", between, code=4)


def test_erasing_and_handing_out_by_hand(played, tmp_path):
    scene = played("to_report")
    tocsin = Tocsin(scene.settings)
    i = scene.incident_id
    with scene.house.store.reading() as tx:
        email = tx.people.person(scene.state.cohort.cohort_id, 1).email
    assert tocsin.json("erase", "--find", handle="grace", stdin=f"{email}\n")[0]["position"] == 1
    tocsin("erase", i, "1", "--ground", "Art. 17(1)(b)", code=3)
    tocsin("erase", i, "--ground", "Art. 17(1)(b)", handle="grace", code=4)
    tocsin("erase", i, "1", handle="grace", code=4)
    tocsin("erase", i, "2", "--refuse", "--ground", "Art. 17(3)(e)", handle="grace")
    erased = tocsin("erase", i, "1", "--ground", "Art. 17(1)(b)", handle="grace")
    assert "backups" in erased
    pack = tmp_path / "handed-out"
    made = tocsin("export", i, "--out", str(pack), "--purpose", "the authority asked", handle="grace")
    assert "give the receiver this key by another way" in made
    assert (pack / "verify.py").exists()
    assert email not in "".join(
        p.read_text() for p in pack.rglob("*") if p.suffix in {".json", ".ndjson", ".md"}
    )
    tocsin("export", i, "--out", str(pack), "--purpose", "again", handle="grace", code=3)
    tocsin("export", i, "--out", str(tmp_path / "unasked"), "--tier", "public", handle="grace")
    assert scene.last(PackExported).purpose == "not stated"
    assert "CAUTION" in tocsin("verify", "--pack", str(pack))
    key = (pack / "verifier-key.txt").read_text().split()[0]
    assert tocsin.json("verify", "--pack", str(pack), "--key", key)["status"] == "verified"
    (pack / "verify.py").write_text("print('VERIFIED  believe me')")
    assert "verify.py was changed" in tocsin("verify", "--pack", str(pack), "--key", key, code=1)
    tocsin("verify", "--pack", str(tmp_path), code=2)
    assert "VERIFIED" in tocsin("verify")


def test_the_register_holds_what_was_no_breach_and_leaves_drills_out(played):
    tocsin = Tocsin(played("to_cohort").settings)
    assert tocsin.json("register") == []
    rows = tocsin.json("register", "--drills")
    assert [row["outcome"] for row in rows] == ["notify"]
    table = tocsin("register", "--drills", "--csv")
    assert table.splitlines()[0].startswith("incident,title,stage")
    assert "BEGIN:VEVENT" in tocsin("calendar", rows[0]["incident"])


def test_a_year_that_cannot_be_meant_is_refused_and_nothing_is_recorded(tmp_path):
    tocsin = Tocsin(workspace(tmp_path / "workspace", drill=False))
    for at in ("0012-03-10T05:00:00+00:00", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"):
        said = tocsin("open", "A slip of the hand", "--aware-at", at, "--because", "x", code=4)
        assert "cannot be meant" in said
    assert tocsin.json("status") == []
