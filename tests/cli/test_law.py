"""`tocsin law` on the command line: without settings and without a database, plain and as JSON."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from incident.cli.main import main
from incident.core.vocabulary import DataCategory, Sector

FACTS = {
    "became_aware_at": "2026-03-10T05:00:00+00:00",
    "clocks": {"discovered_at": None, "determined_at": "2026-03-10T05:00:00+00:00"},
    "role": "controller",
    "sectors": [],
    "establishments": ["US-DE"],
    "lead_authority": None,
    "people": {"US-TX": 249, "GB": 3, "XX": 1},
    "data": ["name", "email", "ssn"],
    "medium": "electronic",
    "loss": ["confidentiality"],
    "encrypted": False,
    "key_compromised": False,
    "risk": "high",
    "as_of": None,
}
PROMISED = {
    "rule", "regime", "jurisdiction", "recipient", "authority", "required", "due_at", "due_on", "number_in_law",
    "clock", "relation", "derivation", "extended_reading", "because", "citation", "confidence", "checked_on",
    "stale",
}  # fmt: skip


class Ran:
    """What one call of `tocsin law` came to."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    def json(self) -> Any:
        return json.loads(self.out)

    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@pytest.fixture
def law(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """A function that calls `tocsin law` in an empty folder, with text for standard input."""
    monkeypatch.chdir(tmp_path)

    def call(*words: str, given: str | bytes = "") -> Ran:
        raw = given.encode() if isinstance(given, str) else given
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw), encoding="utf-8"))
        with pytest.raises(SystemExit) as stopped:
            main(["law", *words])
        captured = capsys.readouterr()
        return Ran(int(stopped.value.code), captured.out, captured.err)

    yield call
    assert not list(tmp_path.glob("*.db")), "no database"
    assert not (tmp_path / "tocsin.toml").exists()


def facts_file(tmp_path: Path, **changes: Any) -> str:
    file = tmp_path / "facts.json"
    file.write_text(json.dumps({**FACTS, **changes}, indent=2), encoding="utf-8")
    return str(file)


class TestAssess:
    def test_the_answer_has_the_promised_keys(self, law: Any, tmp_path: Path) -> None:
        ran = law("assess", facts_file(tmp_path), "--json")
        assert ran.code == 0
        answer = ran.json()
        assert set(answer) == {"obligations", "not_covered", "missing_facts", "questions"}
        assert all(set(one) >= PROMISED for one in answer["obligations"])
        assert answer["not_covered"] == ["XX"]

    def test_at_the_edge_and_below(self, law: Any, tmp_path: Path) -> None:
        for number, required in ((249, False), (250, True), (251, True)):
            answer = law("assess", facts_file(tmp_path, people={"US-TX": number}), "--json").json()
            (duty,) = [one for one in answer["obligations"] if one["rule"] == "us-tx/attorney-general"]
            assert duty["required"] is required, duty["because"]
            assert bool(duty["due_at"]) is required

    def test_for_a_person(self, law: Any, tmp_path: Path) -> None:
        ran = law("assess", facts_file(tmp_path))
        assert "2026-03-13 05:00 UTC" in ran.out, "72 hours for the ICO"
        assert "ask counsel" in ran.out
        assert "do not arise" in ran.out
        assert "elapsed hours" in ran.out, "the derivation"

    def test_several_cases_are_answered_one_a_line_in_order(self, law: Any) -> None:
        cases = [{**FACTS, "people": {"US-TX": number}} for number in (1, 250, 3)]
        ran = law("assess", "-", "--json", given="\n".join(json.dumps(case) for case in cases) + "\n")
        assert ran.code == 0
        told = [
            any(one["required"] for one in answer["obligations"] if one["rule"] == "us-tx/attorney-general")
            for answer in ran.lines()
        ]
        assert told == [False, True, False]

    def test_a_bad_line_is_named_and_the_others_are_answered(self, law: Any) -> None:
        lines = [
            json.dumps(FACTS),
            "{not json",
            "",
            json.dumps({**FACTS, "colour": 1}),
            json.dumps({**FACTS, "became_aware_at": "2026-03-10T05:00:00"}),
            "[]",
            json.dumps(FACTS)[:-1] + ', "role": "controller"}',
            json.dumps({**FACTS, "people": {"UK": 1}}),
            json.dumps({**FACTS, "became_aware_at": "9999-12-30T05:00:00+00:00"}),
            json.dumps({**FACTS, "circumstances": {"weather": "rain"}}),
            '{"became_aware_at": NaN}',
            json.dumps(FACTS),
        ]
        ran = law("assess", "-", "--json", given="\n".join(lines))
        assert ran.code == 4
        answers = ran.lines()
        assert len(answers) == 11, "one for each line that is not empty"
        wrong = {answer["line"]: answer for answer in answers if "error" in answer}
        assert sorted(wrong) == [2, 4, 5, 6, 7, 8, 9, 10, 11]
        assert wrong[4]["field"] == "colour"
        assert wrong[5]["field"] == "became_aware_at"
        assert "offset" in wrong[5]["reason"]
        assert wrong[7]["field"] == "role"
        assert wrong[8]["field"] == "people.UK"
        assert wrong[9]["field"] == "became_aware_at"
        assert wrong[10]["field"] == "circumstances.weather"
        assert "obligations" in answers[0]
        assert answers[0] == answers[-1]
        assert "line 2" in ran.err

    def test_a_bad_first_line_does_not_hide_the_others(self, law: Any) -> None:
        ran = law("assess", "-", "--json", given="{oops\n" + json.dumps(FACTS) + "\n")
        assert ran.code == 4
        assert [("error" in answer) for answer in ran.lines()] == [True, False]

    @pytest.mark.parametrize(
        ("given", "words"),
        [
            ("", "no facts"),
            ("\n \n", "no facts"),
            ("{", "not JSON"),
            ('{\n"data": [],\n', "not JSON"),
            ("[1,\n2]", "one object"),
            ('{\n"people": {}\n}', "became_aware_at"),
            (b'{\n"data": "\xff"\n}', "not UTF-8"),
        ],
    )
    def test_one_bad_document_is_refused(self, law: Any, given: str | bytes, words: str) -> None:
        ran = law("assess", "-", "--json", given=given)
        assert ran.code == 4
        assert words in ran.err
        assert not ran.out

    def test_no_file(self, law: Any) -> None:
        ran = law("assess", "nowhere.json")
        assert (ran.code, "nowhere.json" in ran.err) == (4, True)

    def test_a_byte_order_mark_is_no_matter(self, law: Any) -> None:
        ran = law("assess", "-", "--json", given=b"\xef\xbb\xbf" + json.dumps(FACTS).encode())
        assert ran.code == 0

    def test_staleness_is_told_by_a_day(self, law: Any, tmp_path: Path) -> None:
        def stale(*words: str, **changes: Any) -> set[bool]:
            answer = law("assess", facts_file(tmp_path, **changes), "--json", *words).json()
            return {one["stale"] for one in answer["obligations"]}

        assert stale("--on", "2026-11-23") == {False}
        assert stale("--on", "2040-01-01") == {True}
        assert stale(as_of="2040-01-01") == {True}
        assert law("assess", facts_file(tmp_path), "--on", "soon").code == 4


class TestRisk:
    def test_a_proposal_with_severity(self, law: Any, tmp_path: Path) -> None:
        given = json.dumps({"data": ["name", "medical"], "loss": ["confidentiality"], "people": {"DE": 20},
                            "circumstances": {"recipients": "attacker", "malicious": True}})  # fmt: skip
        found = law("risk", "-", "--json", given=given).json()
        assert (found["level"], found["proposal"]) == ("high", True)
        assert found["reasons"]
        assert found["severity"]["given"] == "by the rules"
        assert found["severity"]["inputs"]["malicious"] is True
        plain = law("risk", "-", given=given).out
        assert "risk to people, proposed: high" in plain
        assert "a named person confirms" in plain

    def test_without_knowing_what_was_lost_there_is_a_risk_and_no_score(self, law: Any) -> None:
        found = law("risk", "-", "--json", given='{"data": ["email"]}').json()
        assert found["severity"] == {"score": None, "band": None, "not_known": ["loss"]}
        assert "loss" in found["unknown"]
        assert "severity: not scored: loss not known" in law("risk", "-", given='{"data": ["email"]}').out

    def test_severity_by_ones_own_inputs(self, law: Any) -> None:
        inputs = {"classes": [{"kind": "simple", "adjustment": 2, "reason": "a shop for adults"}],
                  "ease": "significant", "confidentiality": "full", "malicious": True, "individuals": 101}  # fmt: skip
        found = law("risk", "-", "--json", given=json.dumps({"data": ["name"], "severity": inputs})).json()
        severity = found["severity"]
        assert (severity["score"], severity["band"], severity["given"]) == ("3.25", "high", "by a person")
        assert (severity["dpc"], severity["ei"], severity["cb"]) == (3, "0.75", "1.0")
        assert severity["flags"] == ["more than 100 people"]
        assert severity["inputs"]["classes"][0]["reason"] == "a shop for adults"

    @pytest.mark.parametrize(
        ("severity", "field"),
        [
            ([], "severity"),
            ({"colour": 1}, "severity.colour"),
            ({"ease": "none"}, "severity.ease"),
            ({"ease": "maximum", "classes": ["simple"]}, "severity.classes"),
            ({"ease": "maximum", "classes": {}}, "severity.classes"),
            ({"ease": "maximum", "classes": [{"kind": "odd"}]}, "severity.classes.kind"),
            ({"ease": "maximum", "classes": [{"kind": "simple", "adjustment": "1"}]}, "severity.classes.adjustment"),
            ({"ease": "maximum", "individuals": -1}, "severity.individuals"),
        ],
    )  # fmt: skip
    def test_wrong_inputs_are_named(self, law: Any, severity: Any, field: str) -> None:
        ran = law("risk", "-", "--json", given=json.dumps({"data": ["name"], "severity": severity}))
        assert ran.code == 4
        assert ran.lines()[0]["field"] == field


class TestCatalogue:
    def test_list_is_narrowed(self, law: Any) -> None:
        texas = law("list", "--jurisdiction", "US-TX", "--json").json()
        assert {"us-tx/individuals", "us-tx/attorney-general"} <= {one["rule"] for one in texas}
        assert all({"US-TX", "US"} & set(one["jurisdictions"]) for one in texas)
        agencies = law("list", "--recipient", "credit_agencies", "--json").json()
        assert {one["recipient"] for one in agencies} == {"credit_agencies"}
        states = {one["regime"] for one in law("list", "--jurisdiction", "US", "--json").json()}
        assert {"us-tx", "us-ca"} <= states
        assert "eu-gdpr" not in states

    def test_list_by_status(self, law: Any) -> None:
        for status in ("in_force", "pending", "proposed", "ended"):
            found = law("list", "--status", status, "--json").json()
            assert {one["status"] for one in found} <= {status}
        negatives = law("list", "--status", "no_duty", "--json").json()
        assert all(one["no_duty"] for one in negatives)
        assert "us-ca/individuals" in {
            one["rule"] for one in law("list", "--status", "ended", "--json").json()
        }

    @pytest.mark.parametrize("option", ["--recipient", "--sector", "--status"])
    def test_an_unknown_code_is_refused_with_the_known_ones(self, law: Any, option: str) -> None:
        ran = law("list", option, "nobody")
        assert ran.code == 4
        assert "is not one of" in ran.err

    def test_plain_rows(self, law: Any) -> None:
        out = law("list", "--jurisdiction", "US-TX").out
        assert "us-tx/individuals\tindividuals\tUS-TX\tin_force\t60 days from determined_at" in out

    def test_show_a_rule_and_a_law(self, law: Any) -> None:
        found = law("show", "us-ca/individuals", "--json").json()
        (rule,) = found["rules"]
        assert [version["validity"] for version in rule["versions"]] == ["ended", "in_force"]
        newest = rule["versions"][-1]
        assert newest["due"][0].startswith("30 days from discovered_at")
        assert any("protected data: online credentials" in line for line in newest["when"])
        assert newest["sources"][0]["quote"]
        assert newest["review_by"]
        whole = law("show", "us-ca").out
        for words in ("us-ca/attorney-general", "more than 500 residents", "read  ", "review by", "notes"):
            assert words in whole

    def test_show_what_is_not_there(self, law: Any) -> None:
        ran = law("show", "us-tx/individual")
        assert (ran.code, "near it: us-tx/individuals" in ran.err) == (6, True)
        assert law("show", "zzzzzz").code == 6

    def test_explain(self, law: Any, tmp_path: Path) -> None:
        file = facts_file(tmp_path)
        arises = law("explain", "us-tx/individuals", file, "--json").json()
        assert (arises["considered"], arises["required"]) == (True, True)
        assert "60 days" in arises["obligations"][0]["derivation"]
        below = law("explain", "us-tx/attorney-general", file)
        assert "does not arise: the duty starts at at least 250 residents; 249 are affected" in below.out
        elsewhere = law("explain", "us-ny/individuals", file, "--json").json()
        assert elsewhere["considered"] is False
        assert "nobody affected lives in US-NY" in elsewhere["because"]
        assert law("explain", "us-zz/x", file).code == 6
        assert law("explain", "us-tx/individuals", "-", given=f"{json.dumps(FACTS)}\n" * 2).code == 4

    def test_search(self, law: Any) -> None:
        found = law("search", "attorney", "general", "texas", "--json").json()
        assert "us-tx/attorney-general" in {one["rule"] for one in found}
        assert law("search", "qwertzuiop", "--json").json() == []
        assert law("search", " ").code == 4

    def test_diff_of_two_days(self, law: Any) -> None:
        found = law("diff", "2025-12-31", "2026-01-01", "--json").json()
        by_rule = {(one["rule"], one["change"]): one for one in found}
        starts = by_rule["us-ca/individuals", "starts"]
        assert starts["day"] == "2026-01-01"
        assert starts["replaces"]["in_force_from"] == "2022-01-01"
        assert by_rule["us-ca/individuals", "ends"]["replaced_by"]["in_force_from"] == "2026-01-01"
        after = {
            (one["rule"], one["change"]) for one in law("diff", "2026-01-01", "2026-01-02", "--json").json()
        }
        assert ("us-ca/individuals", "starts") not in after
        assert "2026-01-01\tstarts\tus-ca/individuals" in law("diff", "2025-12-31", "2026-01-01").out

    @pytest.mark.parametrize("words", [(), ("2026-01-01",), ("2026-01-02", "2026-01-01"), ("x", "y"),
                                       ("--open", "2026-01-01", "2026-01-02")])  # fmt: skip
    def test_diff_wants_two_days_or_open(self, law: Any, words: tuple[str, ...]) -> None:
        assert law("diff", *words).code == 4

    def test_diff_open_wants_settings(self, law: Any) -> None:
        assert law("diff", "--open").code == 5

    def test_stale(self, law: Any) -> None:
        assert law("stale", "--on", "2026-11-23", "--json").json() == []
        later = law("stale", "--on", "2040-01-01", "--json").json()
        assert len(later) >= 24
        assert [one["review_by"] for one in later] == sorted(one["review_by"] for one in later)
        assert later[0]["days_over"] == (date(2040, 1, 1) - date.fromisoformat(later[0]["review_by"])).days

    def test_count(self, law: Any) -> None:
        found = law("count", "--json").json()
        assert found["duties"] == len(law("list", "--json").json())
        assert f"duties\t{found['duties']}" in law("count").out

    def test_vocabulary(self, law: Any) -> None:
        found = law("vocabulary", "--json").json()
        assert {one["code"] for one in found["data"]} == {code.value for code in DataCategory}
        assert {one["code"] for one in found["sectors"]} == {code.value for code in Sector}
        for name, codes in found.items():
            assert codes, name
            for one in codes:
                assert one["meaning"], (name, one)
                assert one["meaning"] != one["code"].replace("_", " "), (name, one)
        assert "data\tssn\t" in law("vocabulary").out


def test_it_starts_quickly_and_imports_little(tmp_path: Path) -> None:
    code = (
        "import sys; from incident.cli.main import main\n"
        "try: main(['law', 'list', '--jurisdiction', 'US-TX'])\n"
        "finally: print(*sorted(m for m in sys.modules if '.' not in m), file=sys.stderr)"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False,
                         env={"PYTHONPATH": str(Path(__file__).resolve().parents[2]), "HOME": str(tmp_path)})  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert "us-tx/individuals" in ran.stdout
    heavy = {
        "sqlalchemy",
        "sqlmodel",
        "pydantic",
        "prefect",
        "fastapi",
        "cryptography",
        "jinja2",
        "holidays",
        "reportlab",
    }
    assert not heavy & set(ran.stderr.split())
