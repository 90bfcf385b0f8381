"""What may lie in this repository: ours, and nothing that names a machine."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.architecture.tree import CHECKOUT, committed

PLACES = re.compile(r"(?<![\w.])/(?:home|Users|root|work|workspace|builds|mnt|media|tmp|var/tmp)/[\w.-]+")
LOCKS = ("requirements/*.txt", "package-lock.json", "**/package-lock.json")
ADDRESS = re.compile(r"https?://|file://|--(?:extra-)?index-url|--find-links|--trusted-host|@ git\+")
PRIVATE_KEY = re.compile(
    rb"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----\s+[A-Za-z0-9+/]{32}|\bSG\.[\w-]{22}\.[\w-]{43}\b"
)
FILES = committed() if (CHECKOUT / ".git").exists() else []
BINARY = {".pdf", ".png", ".gzip", ".gz", ".ico", ".woff2"}
# what may name such a place: the sample exports, whose bytes are hashed
EXAMPLES = Path("examples")


@pytest.fixture(scope="module", autouse=True)
def _in_git() -> None:
    if not FILES:
        pytest.skip("not a git checkout: there is no list of committed files")


def texts() -> list[tuple[Path, str]]:
    return [
        (p, (CHECKOUT / p).read_text(encoding="utf-8", errors="replace"))
        for p in FILES
        if p.suffix not in BINARY
    ]


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    found = [
        f"{p}: {m[0]}"
        for p, content in texts()
        if EXAMPLES not in p.parents
        for m in PLACES.finditer(content)
    ]
    assert not found, found


def test_lock_files_record_no_addresses() -> None:
    locks = sorted(
        {p.relative_to(CHECKOUT) for pattern in LOCKS for p in CHECKOUT.glob(pattern)} & set(FILES)
    )
    assert locks, "there is no lock file"
    for lock in locks:
        content = (CHECKOUT / lock).read_text(encoding="utf-8")
        if lock.suffix == ".json":
            packages = json.loads(content)["packages"]
            assert not [name for name, package in packages.items() if "resolved" in package], lock
        else:
            assert not ADDRESS.search(content), f"{lock}: {ADDRESS.search(content)}"


def test_every_locked_package_has_a_hash() -> None:
    for lock in ("run", "dev"):
        content = (CHECKOUT / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
        blocks = re.split(r"\n(?=[a-z0-9])", content)[1:]
        assert len(blocks) > 50
        assert not [block.partition(" ")[0] for block in blocks if "--hash=sha256:" not in block]


def test_the_run_lock_is_part_of_the_dev_lock() -> None:
    pins = {
        name: set(
            re.findall(r"^[\w.-]+==\S+", (CHECKOUT / f"requirements/{name}.txt").read_text(), re.MULTILINE)
        )
        for name in ("run", "dev")
    }
    assert pins["run"] < pins["dev"]


def test_data_of_others_is_not_here() -> None:
    named = [p for p in FILES if re.search(r"tsg_mail_v3|vcdb|veris.*\.json$", p.name, re.IGNORECASE)]
    assert not named, f"read it from the folder of shared data instead: {named}"
    signs = (b'"plus":{"master_id"', b"schema_version", b"Twilio SendGrid v3 Mail Send API")
    held = [p for p in FILES if p.suffix in {".json", ".yaml", ".yml"} and has_any(p, signs)]
    assert not held, f"these look like data of others: {held}"


def has_any(path: Path, signs: tuple[bytes, ...]) -> bool:
    content = (CHECKOUT / path).read_bytes()
    return any(sign in content for sign in signs)


def test_no_secret_is_here() -> None:
    found = [p for p in FILES if PRIVATE_KEY.search((CHECKOUT / p).read_bytes())]
    assert not found, f"a private key or an API key lies in {found}"


def test_law_and_configuration_are_toml() -> None:
    allowed = {Path("prefect.yaml"), Path("examples/imajinn/manifest.yaml")}
    found = [p for p in FILES if p.suffix in {".yaml", ".yml"} and p not in allowed]
    assert not found, f"YAML reads NO as false: {found}"
