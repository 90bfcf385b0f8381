"""`tocsin`: the command line of on-call staff. Every command is a thin skin over one service.

Commands are imported only when they are called, so that `tocsin status` starts in a blink.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence

import click

from incident.errors import TocsinError

COMMANDS = {
    "init": "setup:init",
    "ready": "ready:ready",
    "open": "intake:open_",
    "aware": "intake:aware",
    "fact": "intake:fact",
    "facts": "facts:facts",
    "evidence": "evidence:evidence",
    "assess": "intake:assess",
    "scope": "scope:scope",
    "why": "scope_people:why",
    "obligations": "scope:obligations",
    "letters": "letters:letters",
    "approve": "notice:approve",
    "send": "sending:send",
    "genuine": "genuine:genuine",
    "deliveries": "notice:deliveries",
    "file": "closing:file",
    "next-steps": "closing:next_steps",
    "action-item": "closing:action_item",
    "postmortem": "closing:postmortem",
    "review": "closing:review",
    "close": "closing:close",
    "status": "look:status",
    "timeline": "look:timeline",
    "law": "law:law",
    "verify": "ledger:verify",
    "rebuild": "ledger:rebuild",
    "prove": "prove:prove",
    "ledger": "ledger:ledger",
    "keys": "keys:keys",
    "export": "export:export",
    "register": "register:register",
    "calendar": "register:calendar",
    "erase": "erase:erase",
    "run": "running:run",
    "watch": "running:watch",
    "ack": "running:ack",
    "webhook": "running:webhook",
    "up": "up:up",
    "console": "console:console",
    "user": "console:user",
    "access": "access:access",
}
SECTIONS = {
    "Start": ("init", "ready"),
    "An incident": ("open", "aware", "fact", "facts", "evidence", "assess", "scope", "why", "obligations"),
    "Telling people": ("letters", "approve", "send", "genuine", "deliveries", "next-steps"),
    "Authorities and the end": ("file", "action-item", "postmortem", "review", "close"),
    "Looking": ("status", "timeline", "law", "register", "calendar"),
    "The record": ("verify", "prove", "export", "erase", "rebuild", "ledger", "keys"),
    "Running": ("up", "run", "watch", "ack", "webhook", "console", "user", "access"),
}
SHORT = {
    "init": "Make a workspace here: settings, key, database. Says what is missing.",
    "ready": "Say what a real incident would still need.",
    "open": "Open an incident. Ten seconds; everything unknown may stay unknown.",
    "aware": "Decide, or correct, when the team became aware: the 48 hours start there.",
    "fact": "Record what is known of a fact, and how well.",
    "facts": "Show what is known, how well, and which facts are still asked for.",
    "evidence": "Freeze evidence; `plan` says what to take first.",
    "assess": "Assess severity and risk; decide what the incident is.",
    "scope": "Find who is affected, from the evidence, and freeze the list.",
    "why": "Say why one person is on the list, or not.",
    "obligations": "Show what must be done by when, and why; waive one with a reason.",
    "letters": "Draft the letters and read them; correct them, or send further ones.",
    "approve": "Give the second person's yes to cohort, letters and send.",
    "send": "Send what is approved.",
    "genuine": "Write the public page on which a letter can be checked.",
    "deliveries": "See who was reached; account for those who were not.",
    "file": "Prepare and record filings with authorities.",
    "next-steps": "Record what was agreed with affected customers.",
    "action-item": "Promise something in the post-mortem.",
    "postmortem": "Write the post-mortem from the ledger.",
    "review": "Accept the post-mortem as a second person.",
    "close": "Close the incident, when nothing is open.",
    "status": "Show where incidents stand: every clock, and what comes next.",
    "timeline": "Show everything that was recorded, as sentences.",
    "law": "Ask the law, with facts alone; read the catalogue and what changed in it.",
    "verify": "Check the ledger: one verdict.",
    "rebuild": "Make the projections anew from the ledger.",
    "prove": "Prove to one person what became of them, and to nobody anything of another.",
    "ledger": "See how far the ledger is signed and known outside; give checkpoints out; record a loss.",
    "keys": "List the keys that sign the ledger; rotate, retire, replace a lost one.",
    "register": "Print the register of all breaches, for the authority that asks.",
    "calendar": "Give the open deadlines of an incident as a calendar file.",
    "erase": "Erase what is kept about a person, or refuse to, with the ground.",
    "export": "Hand an incident out, with everything to check it without us.",
    "run": "Do everything that is Tocsin's to do now, as a Prefect flow.",
    "watch": "Look at all open incidents once, or every minute.",
    "ack": "Take notice of a page, so that it is not repeated.",
    "webhook": "Serve the provider's delivery events on loopback.",
    "up": "Run everything on this machine: Prefect, watch, webhook, console.",
    "console": "Serve the console to browsers.",
    "user": "Look after those who sign in to the console.",
    "access": "Say who may see an incident.",
}


class Lazy(click.Group):
    """A group that imports a command when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Name every command."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import one command."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command = getattr(importlib.import_module(f"incident.cli.{module}"), attribute)
        if not isinstance(command, click.Command):
            raise TypeError(f"{cmd_name} is not a command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands in the order in which an incident needs them."""
        for title, names in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, SHORT[name]) for name in names])


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="tocsin")
def cli() -> None:
    """Run a data-breach incident from detection to closure, inside the promise.

    Every command takes --json, and --as HANDLE (or TOCSIN_AS) says who you are.

    Exit codes: 0 fine, 1 something broke, 2 usage, 3 refused by a rule, 4 bad input, 5 settings, 6 not found,
    7 law file, 8 template, 9 tampering, 10 try again, 11 permanent failure, 20 late, 21 at risk, 23 past safe send,
    24 the watch does not run, 25 not ready, 26 scoped, but not all evidence could be read. `verify` has three of its
    own: 0 verified, 1 not verified, 2 could not be checked.
    """


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command line; every error of the house becomes one line and its own exit code."""
    try:
        ended = cli.main(
            args=list(argv) if argv is not None else None, prog_name="tocsin", standalone_mode=False
        )
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except TocsinError as error:
        click.echo(f"tocsin: {error}", err=True)
        sys.exit(error.exit_code)
    sys.exit(ended if isinstance(ended, int) else 0)  # the code that a command gave to its context's exit
