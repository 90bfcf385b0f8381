"""Every command: its help teaches, --json answers JSON, errors say what is wrong and have their own exit code."""

from __future__ import annotations

import json
import re
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import click
import pytest
from click.testing import CliRunner

from incident.cli.main import COMMANDS, SECTIONS, SHORT, cli
from incident.service.cohorts import people
from tests.builders.blocks import reheld

SUBCOMMANDS = [("evidence", "add"), ("evidence", "plan"), ("file", "list"), ("file", "record"),
               ("deliveries", "list"), ("deliveries", "account"), ("deliveries", "resolve"),
               ("scope", "find"), ("scope", "merges"), ("scope", "confirm-merge"), ("scope", "split"),
               ("scope", "export"), ("scope", "extract")]  # fmt: skip
ALL = [(name,) for name in COMMANDS] + SUBCOMMANDS


def command(words: tuple[str, ...]) -> click.Command:
    found: click.Command = cli
    for word in words:
        assert isinstance(found, click.Group)
        found = found.get_command(click.Context(found), word)
        assert found is not None
    return found


# ---------------------------------------------------------------- help
@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_teaches(words):
    shown = CliRunner().invoke(cli, [*words, "--help"]).output
    assert shown.startswith("Usage:")
    text = command(words).help
    assert len(text) > 30
    assert text.rstrip().endswith((".", '"')) or "[[systems]]" in text
    for param in command(words).params:
        if isinstance(param, click.Option):
            assert param.help, f"{' '.join(words)} {param.name} has no help"
        else:
            assert param.human_readable_name in shown


def test_the_list_of_commands_is_whole():
    listed = [name for names in SECTIONS.values() for name in names]
    assert sorted(listed) == sorted(COMMANDS) == sorted(SHORT)
    shown = CliRunner().invoke(cli, ["--help"]).output
    for name in COMMANDS:
        assert re.search(rf"^  {name} ", shown, re.MULTILINE)
    for word in ("exit codes", "refused", "bad input", "settings", "not found", "late", "not verified"):
        assert word in " ".join(shown.lower().split())


@pytest.mark.parametrize("words", [w for w in ALL if not isinstance(command(w), click.Group)], ids=" ".join)
def test_every_command_takes_json_settings_and_who(words):
    names = {param.name for param in command(words).params}
    assert {"as_json", "settings", "handle"} <= names


# ---------------------------------------------------------------- json
QUESTION = "scope.toml"


@pytest.mark.parametrize(
    ("stretch", "words", "key"),
    [
        ("to_request", "status", None),
        ("to_request", "status {i}", "clocks"),
        ("to_request", "timeline {i}", None),
        ("to_request", "verify", "ok"),
        ("to_request", "rebuild", "after"),
        ("to_request", "ready", "missing"),
        ("to_request", "evidence plan {i}", None),
        ("to_request", "why {i} 0", "lines"),
        ("to_request", "obligations {i}", "obligations"),
        ("to_request", "letters {i}", "letters"),
        ("to_request", "approve {i}", "approval"),
        ("to_request", "file list {i}", None),
        ("to_request", "file record {i} F01 --reference R --at 2026-03-10T06:00:00+00:00", "reference"),
        ("to_request", "run {i} --here", "waiting"),
        ("to_request", "watch", None),
        ("to_request", "open title", "incident"),
        ("to_request", "aware {i} --at 2026-03-10T05:01:00+00:00 --because x", "became_aware_at"),
        ("to_request", "fact {i} cause key --source log", "facts"),
        ("to_request", "evidence add {i} note.txt --system vercel --taken-at 2026-03-10T05:01:00Z --command c", "frozen"),
        ("to_request", "assess {i} --outcome notify --reason x", "decision"),
        ("to_request", "scope {i} --question scope.toml --dry-run", "people"),
        ("to_request", "postmortem {i}", "markdown"),
        ("to_request", "next-steps {i} --step patch --text x", "step"),
        ("to_request", "action-item {i} --text x --owner ada --due-on 2026-04-01", "due_on"),
        ("to_approved", "send {i}", "status"),
        ("to_told", "deliveries list {i}", None),
        ("to_report", "run {i} --here", "done"),
    ],
)  # fmt: skip
def test_json_is_json(on, stretch, words, key):
    tocsin, scene = on(stretch)
    scene.turn(6 if stretch != "to_report" else 21)
    (scene.folder / "note.txt").write_text("x")
    call = [
        str(scene.folder / w) if w in {"note.txt", QUESTION} else w.format(i=scene.incident_id)
        for w in words.split()
    ]
    handle = "grace" if call[0] == "approve" else "ada"
    code = 25 if call[0] == "ready" else 0
    answer = tocsin.json(*call, code=code, handle=handle)
    assert key is None or key in answer


def test_json_of_deliveries_review_and_close(on):
    tocsin, scene = on("to_approved")
    i = scene.incident_id
    tocsin("send", i)
    scene.turn(8)
    at = ("--at", "2026-03-10T12:00:00+00:00", "--note", "called", "--channel", "phone")
    assert tocsin.json("deliveries", "account", i, "0", "1", *at)["deliveries"]["told_otherwise"] == 2
    everyone = [str(n) for n in range(2, 12)]
    tocsin("deliveries", "account", i, *everyone, *at)
    tocsin("run", i, "--here")
    scene.file_all()
    tocsin("next-steps", i, "--step", "patch", "--text", "all sessions were ended")
    tocsin("run", i, "--here")
    assert tocsin.json("review", i, handle="grace")["reviewed_by"] == "grace"
    assert tocsin.json("close", i) == {"incident": i, "closed": True}
    assert tocsin("status") == "no open incident; closed: 1, see `tocsin status --all`\n"
    assert i in tocsin("status", "--all")


def test_resolving_a_doubt_that_is_none_is_refused(on):
    tocsin, scene = on("to_told")
    tocsin("deliveries", "resolve", scene.incident_id, "0", "--accepted", "--how", "x", code=3)


# ---------------------------------------------------------------- exit codes and messages
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ("open x --aware-at 2026-03-10T05:00:00 --because y", 4, "aware_at"),
        ("open x --detected-at yesterday", 4, "detected_at"),
        ("open x --aware-at 2026-03-10T25:00:00+00:00", 4, "aware_at"),
        ("open x --aware-at 2027-03-10T05:00:00+00:00 --because y", 4, "became_aware_at"),
        ("aware {i} --at 2026-03-10T05:00:00 --because y", 4, "aware_at"),
        ("evidence add {i} nothing.json --taken-at 2026-03-10T05:00:00 --command c", 4, "taken_at"),
        ("evidence add {i} nothing.json --taken-at 2026-03-10T05:00:00Z --command c", 4, "nothing.json"),
        ("evidence add {i} note.txt --taken-at 2026-03-10T05:00:00Z --command c --system mainframe", 4, "system"),
        ("file record {i} F01 --reference R --at 2026-03-10T05:00:00", 4, "submitted_at"),
        ("deliveries account {i} 0 --channel phone --note x --at 2026-03-10T05:00:00", 4, "happened_at"),
        ("action-item {i} --text x --owner ada --due-on tomorrow", 4, "due_on"),
        ("scope {i}", 4, "--question"),
        ("scope {i} --question missing.toml", 4, "missing.toml"),
        ("assess {i} --input note.txt", 4, "TOML"),
        ("fact {i} encrypted maybe --source x", 4, "encrypted"),
        ("fact {i} cause x@example.org --source x", 4, "e-mail address"),
        ("open x --settings absent.toml", 5, "absent.toml"),
        ("status INC-NOBODY", 6, "no incident INC-NOBODY"),
        ("timeline INC-NOBODY", 6, "no incident"),
        ("file record {i} F99 --reference R --at 2026-03-10T05:00:00Z", 6, "F99"),
        ("close {i}", 3, "open: nobody was told"),
        ("send {i}", 3, "approval"),
        ("approve {i}", 3, "not an approver"),
        ("review {i}", 3, "no report"),
        ("obligations {i} --waive promise --reason x", 3, "officer"),
        ("scope {i} --accept-gap 9 --reason x", 6, "gaps"),
        ("no-such-command", 2, "No such command"),
        ("status --no-such-option", 2, "No such option"),
        ("aware {i}", 2, "Missing option"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_exit_code(on, words, code, said):
    tocsin, scene = on("to_request")
    (scene.folder / "note.txt").write_text("this is not toml = = =")
    call = [
        str(scene.folder / w) if w == "note.txt" else w.format(i=scene.incident_id) for w in words.split()
    ]
    shown = tocsin(*call, code=code)
    assert said in shown
    assert "Traceback" not in shown
    assert len(shown.splitlines()) < 60


def test_nobody_acts_without_saying_who(tocsin):
    ended = tocsin.process("open", "a leak", code=4)
    assert "--as HANDLE" in ended.stderr
    assert ended.stdout == ""
    assert "nobody is called 'mallory'" in tocsin("open", "a leak", "--as", "mallory", code=6)


def test_settings_that_are_wrong_name_the_key(tocsin):
    text = tocsin.settings.read_text()
    tocsin.settings.write_text(text.replace("hours = 48", 'hours = "many"'))
    assert "promise.hours" in tocsin("open", "a leak", code=5)
    tocsin.settings.write_text(text + "\n[surprise]\n")
    assert "surprise" in tocsin("open", "a leak", code=5)
    tocsin.settings.write_text("this is not toml")
    assert "not TOML" in tocsin("status", code=5)


def test_a_missing_key_is_said_by_name(tocsin):
    text = tocsin.settings.read_text()
    tocsin.settings.write_text(text.replace('transport = "outbox"', 'transport = "sendgrid"'))
    i = json.loads(tocsin("open", "a leak", "--json"))["incident"]
    assert i in tocsin("status")


@pytest.mark.parametrize(
    ("hours", "code"),
    [(1, 0), (25, 21), (47, 23), (49, 20)],
    ids=["in time", "a day left", "past safe send", "late"],
)
def test_status_says_by_its_exit_code_how_the_clocks_stand(on, hours, code):
    tocsin, scene = on("to_cohort")
    scene.turn(hours)
    tocsin("status", code=code)
    tocsin("status", scene.incident_id, code=code)


def test_verify_says_by_its_exit_code_that_something_was_changed(on):
    tocsin, scene = on("to_cohort")
    assert "VERIFIED" in tocsin("verify")
    reheld(0, email="evil@example.org")(scene)
    shown = tocsin("verify", code=1)
    assert shown.startswith("NOT VERIFIED")
    assert "position 0" in shown
    assert "evil@" not in shown
    assert tocsin.json("verify", code=1)["ok"] is False


def test_verify_of_a_database_altered_throughout_shows_some_and_counts_the_others(on, monkeypatch):
    monkeypatch.setattr("incident.cli.ledger.PROBLEMS_SHOWN", 5)
    tocsin, scene = on("to_cohort")
    reheld(email="evil@example.org")(scene)
    people = scene.state.cohort.people
    assert people > 5
    shown, everything = tocsin("verify", code=1), tocsin("verify", "-v", code=1)
    problems = everything.count("not the one committed to") + everything.count("is not what was frozen")
    assert problems >= people
    assert len([line for line in shown.splitlines() if "not the one committed to" in line]) <= 5
    assert f"... and {problems - 5:,} more of these; -v shows every one" in shown
    assert all(f"position {n} " in everything for n in range(people))


def test_verify_says_so_when_the_text_of_an_entry_was_changed(on):
    tocsin, scene = on("to_cohort")
    with closing(connect(scene.folder / "tocsin.db")) as connection:
        connection.execute("DROP TRIGGER ledger_entry_no_update")
        connection.execute("UPDATE ledger_entry SET body = replace(body, 'Stolen', 'Frozen') WHERE seq = 0")
        connection.commit()
    assert "NOT VERIFIED" in tocsin("verify", "-v", code=1)
    assert scene.incident_id in tocsin("status")


# ---------------------------------------------------------------- nobody's data
def test_status_timeline_and_verify_show_nobodys_data(on):
    tocsin, scene = on("to_told")
    secrets = {
        t for p in people(scene.house, scene.state.cohort.cohort_id) for t in (p.email, p.name, p.phone) if t
    }
    i = scene.incident_id
    for words in (["status"], ["status", i], ["timeline", i], ["verify", "-v"], ["obligations", i], ["letters", i],
                  ["deliveries", "list", i], ["why", i, "0"], ["file", "list", i], ["run", i, "--here"]):  # fmt: skip
        for shown in (tocsin(*words), tocsin(*words, "--json")):
            assert not [text for text in secrets if text in shown], words
    assert "@" in tocsin("deliveries", "list", i, "--show-contacts")


def test_the_list_of_people_is_written_for_its_owner_only(on):
    tocsin, scene = on("to_cohort")
    out = Path(scene.folder) / "people.ndjson"
    tocsin(
        "scope", scene.incident_id, "--question", str(scene.folder / QUESTION), "--dry-run", "--out", str(out)
    )
    assert out.stat().st_mode & 0o777 == 0o600
    assert len(scene.state.waves) == 1
