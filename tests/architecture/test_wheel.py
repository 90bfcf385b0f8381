"""The wheel, installed away from the checkout, brings everything that the program reads."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from tests.architecture.tree import CHECKOUT

pytestmark = pytest.mark.slow

LOOK = """
import incident, flows
from importlib import resources
from incident.workspace import copy_examples, shipped
from incident.law.loader import *
from pathlib import Path
home = Path(incident.__file__).resolve().parent
here = Path.cwd().resolve()
print("package", home.is_relative_to(here))
print("flows", Path(flows.__file__).resolve().is_relative_to(here))
print("templates", sum(1 for p in (home / "_templates").rglob("*") if p.is_file()))
print("settings", (shipped("templates") / "internal" / "tocsin.toml").is_file())
print("laws", sum(1 for p in (home / "law" / "regimes").glob("*.toml")))
print("migrations", sum(1 for p in (home / "adapters/store/migrations").rglob("[0-9]*.py")))
print("examples", len(copy_examples(here / "examples")))
print("deployments", (home / "_prefect.yaml").is_file())
print("typed", (home / "py.typed").is_file())
"""


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel and install it, without its dependencies, into a new environment far from the checkout.

    The packages it depends on are lent by the environment of this test, on a path that comes last.
    """
    root = tmp_path_factory.mktemp("outside")
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(root / "dist"),
        str(CHECKOUT),
    ]
    run(build, cwd=root)
    (wheel,) = (root / "dist").glob("tocsin-*.whl")
    venv.create(root / "env", with_pip=False)
    packages = next((root / "env/lib").glob("python3*/site-packages"))
    (packages / "lent.pth").write_text(sysconfig.get_paths()["purelib"], encoding="utf-8")
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(root / "env/bin/python"),
        "install",
        "--no-deps",
        "--quiet",
    ]
    run([*pip, "--no-index", "--force-reinstall", str(wheel)], cwd=root)
    return root


def run(command: list[str], *, cwd: Path) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "TOCSIN_"))}
    done = subprocess.run(
        command, cwd=cwd, env=clean, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def test_the_installed_program_finds_its_files(outside: Path) -> None:
    found = dict(line.split() for line in run(["env/bin/python", "-c", LOOK], cwd=outside).splitlines())
    assert {
        name: found[name] for name in ("package", "flows", "settings", "deployments", "typed")
    } == dict.fromkeys(("package", "flows", "settings", "deployments", "typed"), "True")
    assert int(found["templates"]) >= 3
    assert int(found["laws"]) == len(list((CHECKOUT / "incident/law/regimes").glob("*.toml")))
    assert int(found["migrations"]) == len(
        list((CHECKOUT / "incident/adapters/store/migrations").rglob("[0-9]*.py"))
    )
    assert int(found["examples"]) >= 30


def test_a_first_time_user_gets_a_workspace(outside: Path) -> None:
    folder = outside / "workspace"
    folder.mkdir()
    tocsin = str(outside / "env/bin/tocsin")
    assert "tocsin" in run([tocsin, "--version"], cwd=folder)
    made = run([tocsin, "init"], cwd=folder)
    assert "missing" in made
    assert (folder / "tocsin.toml").is_file()
    assert run([tocsin, "verify"], cwd=folder).startswith("VERIFIED")
