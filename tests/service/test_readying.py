"""Readiness of real workspaces: what is missing is named, what is right passes, the policy's duties all have a place."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml

from incident.adapters.systems.registry import readers
from incident.cli.main import COMMANDS
from incident.core.readiness import Check, Standing
from incident.errors import SettingsError
from incident.readying import duties_of, readiness
from incident.settings.model import load
from incident.settings.systems import split
from tests.builders.house import change_settings, workspace

EXAMPLE = Path(__file__).parents[2] / "examples" / "imajinn" / "systems.toml"


def checks(settings: Path) -> dict[str, Check]:
    return {f"{check.area}, {check.name}": check for check in readiness(settings)}


def standings(settings: Path) -> dict[str, Standing]:
    return {name: check.standing for name, check in checks(settings).items()}


def test_a_new_workspace_is_not_ready_and_says_why(tmp_path):
    found = standings(workspace(tmp_path / "w", drill=False))
    assert found["mail, transport"] is Standing.MISSING
    assert found["storage, database"] is found["storage, ledger key"] is Standing.OK
    assert found["declared, ledger_key_backed_up_on"] is Standing.UNKNOWN
    assert found["systems, google_cloud.data_access_on"] is Standing.UNKNOWN
    assert found["retention, replicate: predictions with input and output"] is Standing.WEAK


def test_answers_are_read_from_the_files(tmp_path):
    settings = workspace(tmp_path / "w", drill=False)
    systems = tmp_path / "w" / "systems.toml"
    text = systems.read_text()
    for key, answer in (("data_access_on", "true"), ("data_access_days", "30")):
        text = text.replace(f'key = "{key}"\n', f'key = "{key}"\nanswer = {answer}\n')
    systems.write_text(text)
    with settings.open("a") as out:
        out.write("\n[ready]\nledger_key_backed_up_on = 2026-01-05\n")
    found = standings(settings)
    assert found["systems, google_cloud.data_access_on"] is Standing.OK
    assert found["systems, google_cloud.data_access_days"] is Standing.WEAK
    assert found["declared, ledger_key_backed_up_on"] is not Standing.UNKNOWN


def test_keys_that_others_may_read_and_a_lost_database_are_missing(tmp_path, monkeypatch):
    settings = workspace(tmp_path / "w", drill=False)
    change_settings(
        settings,
        {
            'transport = "outbox"': 'transport = "sendgrid"',
            'webhook_public_key = ""': 'webhook_public_key = "k"',
        },
    )
    key = tmp_path / "sendgrid.key"
    key.write_text("SG.secret-of-a-test")
    key.chmod(0o644)
    monkeypatch.setenv("TOCSIN_SENDGRID_KEY_FILE", str(key))
    (tmp_path / "w" / "keys" / "log.key").chmod(0o640)
    (tmp_path / "w" / "tocsin.db").unlink()
    found = checks(settings)
    for name in ("mail, TOCSIN_SENDGRID_KEY", "storage, ledger key", "storage, database"):
        assert found[name].standing is Standing.MISSING, name
    assert not (tmp_path / "w" / "tocsin.db").exists(), "looking makes nothing"
    assert "secret-of-a-test" not in str(found)
    key.chmod(0o600)
    (tmp_path / "w" / "keys" / "log.key").chmod(0o600)
    found = checks(settings)
    assert found["mail, TOCSIN_SENDGRID_KEY"].standing is found["storage, ledger key"].standing is Standing.OK


@pytest.mark.parametrize(
    "old",
    [
        'privacy_contact = "support@imajinn.ai"',
        'reply_to = "support@imajinn.ai"',
        'email = "grace@imajinn.example"',
    ],
)
def test_the_policys_typing_error_is_flagged_and_refused_wherever_it_is_used(tmp_path, old):
    settings = workspace(tmp_path / "w", drill=False)
    assert checks(settings)["policy, address"].standing is Standing.WEAK
    change_settings(settings, {old: old.partition('"')[0] + '"Support@imajinn.aid"'})
    with pytest.raises(SettingsError, match="known_typos"):
        load(settings)


def test_every_system_and_every_duty_of_the_data_map_has_its_place(tmp_path, third_party):
    known = yaml.safe_load(third_party("systems/datamap.yaml").read_text(encoding="utf-8"))
    ours = split(tomllib.loads(EXAMPLE.read_text(encoding="utf-8")))
    assert set(ours["systems"]) == {system["id"] for system in known["systems"]}
    for system in known["systems"]:
        mine = ours["systems"][system["id"]]
        assert mine["categories"] == system["categories"], system["id"]
        assert mine["subjects"] == system["subjects"], system["id"]
    assert list(ours["duties"]) == [duty["id"] for duty in known["obligations"]]
    for duty in known["obligations"]:
        wanted = {
            word.lower().strip(".,\"'()") for word in duty["quote"].replace("’", "'").split("...")[0].split()
        }
        mine = {word.lower().strip(".,\"'()") for word in ours["duties"][duty["id"]]["quote"].split()}
        assert wanted <= mine, duty["id"]
    assert known["controller"]["known_typo_in_policy"] in ours["policy"]["known_typos"]
    assert duties_of(workspace(tmp_path / "w")).keys() == ours["duties"].keys()


def test_every_duty_names_commands_that_exist():
    ours = split(tomllib.loads(EXAMPLE.read_text(encoding="utf-8")))
    assert len(ours["duties"]) == 21
    for name, duty in ours["duties"].items():
        assert duty["place"], name
        assert duty["by"], name
        assert all(command.split()[1] in COMMANDS for command in duty["by"]), name


def test_every_format_that_a_snapshot_names_is_a_readers():
    """And every system that has a reader has a snapshot for it."""
    ours = split(tomllib.loads(EXAMPLE.read_text(encoding="utf-8")))["systems"]
    named = {
        form for system in ours.values() for each in system["snapshots"] for form in each.get("formats", ())
    }
    source = "".join(
        p.read_text() for p in (Path(__file__).parents[2] / "incident/adapters/systems").glob("*.py")
    )
    assert all(f'"{form}"' in source for form in named)
    assert {reader.system for reader in readers()} <= {name for name, s in ours.items() if s["snapshots"]}
    assert all(system["questions"] for system in ours.values())
