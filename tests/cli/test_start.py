"""The first five minutes, and how quickly `status` starts."""

from __future__ import annotations

import subprocess
import sys
import tomllib

from tests.cli.conftest import CHECKOUT, Tocsin

HEAVY = ("sqlalchemy", "sqlmodel", "pydantic", "prefect", "fastapi", "rich", "jinja2", "alembic", "sendgrid",
         "reportlab", "uvicorn", "cryptography", "holidays")  # fmt: skip


def test_init_in_an_empty_folder_says_what_is_missing(tmp_path):
    tocsin = Tocsin(tmp_path / "tocsin.toml")
    shown = tocsin("init")
    for line in ("made     tocsin.toml", "keep this line", "missing  mail.transport", "missing  organization.phone",
                 "missing  pager", "next     edit tocsin.toml"):  # fmt: skip
        assert line in shown
    text = (tmp_path / "tocsin.toml").read_text()
    assert {"organization", "promise", "people", "mail", "storage", "pager"} <= set(tomllib.loads(text))
    assert text.count("#") > 15, "the settings explain themselves"
    assert (tmp_path / "keys" / "log.key").stat().st_mode & 0o777 == 0o600
    assert "no open incident" in tocsin("status")
    assert "missing" in tocsin("ready", code=25)
    key = (tmp_path / "keys" / "log.key").read_bytes()
    assert "--force" in tocsin("init", code=3)
    tocsin("init", "--force")
    assert (tmp_path / "keys" / "log.key").read_bytes() == key


def test_in_an_empty_folder_every_command_says_what_to_do_first(tmp_path):
    tocsin = Tocsin(tmp_path / "tocsin.toml")
    for words in (["status"], ["open", "x"], ["ready"], ["run", "INC-1"], ["watch"]):
        assert "tocsin init" in tocsin(*words, code=5)
    assert "tocsin init" in tocsin("verify", code=2), (
        "verify has three codes of its own: 2 could not be checked"
    )


def test_after_the_database_is_gone_it_says_so(tocsin):
    (tocsin.settings.parent / "tocsin.db").unlink()
    assert "no database" in tocsin("status", code=6)


def test_status_imports_nothing_heavy_and_is_plain_in_a_pipe(on):
    tocsin, scene = on("to_told")
    seen = tocsin.process("status", scene.incident_id)
    assert "\x1b[" not in seen.stdout
    assert "\t" in seen.stdout
    look = (
        "import sys\nfrom incident.cli.main import main\n"
        f"try:\n    main(['status', {scene.incident_id!r}])\nexcept SystemExit as end:\n    assert not end.code\n"
        "print('IMPORTED', *sorted({name.partition('.')[0] for name in sys.modules}))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", look], capture_output=True, text=True, check=True,
        env={"PYTHONPATH": str(CHECKOUT), "TOCSIN_SETTINGS": str(tocsin.settings)},
    )  # fmt: skip
    assert "clocks" in ended.stdout
    imported = set(ended.stdout.rpartition("IMPORTED")[2].split())
    assert "incident" in imported
    assert sorted(imported & set(HEAVY)) == []
