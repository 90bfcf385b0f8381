"""The pages for people say what is so: every command in them exists, with these options; every link leads somewhere."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import click
import pytest

from incident.cli.main import COMMANDS, cli
from tests.architecture.tree import CHECKOUT

PAGES = sorted([*CHECKOUT.glob("*.md"), *CHECKOUT.glob("docs/**/*.md")])
FENCE = re.compile(r"^```(?:sh|console|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(tocsin [a-z][^`]*|make [a-z][^`]*)`")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)")
TARGETS = set(re.findall(r"^([a-z-]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
ADRS = sorted((CHECKOUT / "docs/adr").glob("[0-9]*.md"))


def commands() -> list[tuple[str, str]]:
    """Return (page, command) for every command line that a page shows."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        name = str(page.relative_to(CHECKOUT))
        for block in FENCE.findall(text):
            lines = block.replace("\\\n", " ").splitlines()
            found += [(name, line.removeprefix("$ ").partition(" #")[0].strip()) for line in lines]
        found += [(name, inline) for inline in INLINE.findall(text)]
    return sorted({(name, line) for name, line in found if line.startswith(("tocsin ", "make "))})


@pytest.mark.parametrize(("page", "line"), commands())
def test_a_command_in_the_pages_exists(page: str, line: str) -> None:
    words = shlex.split(line)
    if words[0] == "make":
        assert words[1] in TARGETS, f"{page}: there is no `{line}`"
        return
    command, rest = find(words[1:])
    options = {name for param in command.params for name in (*param.opts, *param.secondary_opts)} | {"--help"}
    used = {word.partition("=")[0] for word in rest if word.startswith("--")}
    assert used <= options, f"{page}: `{line}` uses {sorted(used - options)}"


def find(words: list[str]) -> tuple[click.Command, list[str]]:
    """Follow the words to the command that they name; return it with the words that are left."""
    context = click.Context(cli)
    command: click.Command = cli
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        assert found is not None, f"there is no command {words[0]!r}"
        command, words = found, words[1:]
    return command, words


def test_the_readme_shows_every_command_of_the_command_line() -> None:
    shown = {line.split()[1] for page, line in commands() if line.startswith("tocsin ")}
    assert not set(COMMANDS) - shown, "commands that no page mentions"


def test_every_command_can_be_imported_and_teaches() -> None:
    for name, place in COMMANDS.items():
        module, attribute = place.split(":")
        command = getattr(importlib.import_module(f"incident.cli.{module}"), attribute)
        assert command.help, f"tocsin {name} has no help"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(CHECKOUT)))
def test_links_lead_somewhere(page: Path) -> None:
    targets = LINK.findall(page.read_text(encoding="utf-8"))
    assert not [target for target in targets if not (page.parent / target).exists()]


@pytest.mark.parametrize("page", ADRS, ids=lambda p: p.name)
def test_a_decision_has_its_context_and_its_cost(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for heading in ("## Context", "## Decision", "## What it costs"):
        assert heading in text, f"{page.name} lacks {heading!r}"
    assert len(text.splitlines()) <= 60, f"{page.name} is more than one page"


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(page.name[:4]) for page in ADRS] == list(range(1, len(ADRS) + 1))
