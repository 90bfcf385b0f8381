"""What the stand-in provider took: an oracle of lines on disk before it answers, and letters one can read.

`oracle.jsonl` has a line for each accepted personalization, forced to disk with one fsync for each request.
Placeholders are filled the crude way, one after the other and blindly, as a provider may.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Taken:
    """One accepted letter."""

    sequence: int
    message_id: str
    address: str
    custom_args: dict[str, str]


class Records:
    """The stand-in's memory in `directory`; a second start goes on counting."""

    def __init__(self, directory: Path) -> None:
        self._letters = directory / "letters"
        self._letters.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._path = oracle = directory / "oracle.jsonl"
        self._sequence = sum(1 for _ in oracle.open("rb")) if oracle.exists() else 0
        self._oracle = oracle.open("ab")
        self._lock = Lock()

    def take(self, body: dict[str, Any], *, message_id: str, at: datetime) -> list[Taken]:
        """Write down every letter of a request; returns after the oracle is on disk."""
        with self._lock:
            taken = [self._one(body, person, message_id, at) for person in body["personalizations"]]
            self._oracle.flush()
            os.fsync(self._oracle.fileno())
            return taken

    def lines(self) -> list[dict[str, Any]]:
        """Read everything that was taken, in order."""
        with self._lock:
            return [json.loads(line) for line in self._path.read_bytes().splitlines()]

    def close(self) -> None:
        """Close the oracle."""
        self._oracle.close()

    def _one(self, body: dict[str, Any], person: dict[str, Any], message_id: str, at: datetime) -> Taken:
        self._sequence += 1
        pairs: dict[str, str] = person.get("substitutions") or {}
        text, html = (_filled(_content(body, kind), pairs) for kind in ("text/plain", "text/html"))
        subject, arguments = _filled(body["subject"], pairs), person.get("custom_args") or {}
        args = {str(name): str(value) for name, value in arguments.items()}
        message = _message(body, person, subject=subject, message_id=message_id, at=at)
        message.set_content(text, cte="quoted-printable")
        message.add_alternative(html, subtype="html", cte="quoted-printable")
        stem = re.sub(r"[^A-Za-z0-9_-]", "_", f"{self._sequence:06}-{args.get('tocsin_delivery', 'letter')}")
        (self._letters / f"{stem}.eml").write_bytes(message.as_bytes())
        (self._letters / f"{stem}.html").write_text(html or f"<pre>{text}</pre>", encoding="utf-8")
        address = str(person["to"][0]["email"])
        line = {
            "sequence": self._sequence,
            "at": at.isoformat(),
            "message_id": message_id,
            "to": address,
            "from": str(body["from"]["email"]),
            "custom_args": args,
            "subject": subject,
            "letter_sha256": hashlib.sha256(f"{subject}\n{text}\n{html}".encode()).hexdigest(),
            "file": f"letters/{stem}.eml",
        }
        self._oracle.write(json.dumps(line).encode() + b"\n")
        return Taken(self._sequence, message_id, address, args)


def _content(body: dict[str, Any], kind: str) -> str:
    return next((str(part["value"]) for part in body["content"] if part["type"] == kind), "")


def _filled(template: str, pairs: dict[str, str]) -> str:
    for tag, value in pairs.items():
        template = template.replace(tag, value)
    return template


def _message(
    body: dict[str, Any], person: dict[str, Any], *, subject: str, message_id: str, at: datetime
) -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message["Date"] = at
    message["From"] = _address(body["from"])
    message["To"] = [_address(party) for party in person["to"]]
    message["Subject"] = subject
    if "reply_to" in body:
        message["Reply-To"] = _address(body["reply_to"])
    message["Message-ID"] = f"<{message_id}@standin.invalid>"
    for name, value in (body.get("headers") or {}).items():
        message[name] = str(value)
    return message


def _address(party: dict[str, Any]) -> Address:
    local, _, domain = str(party["email"]).rpartition("@")
    return Address(str(party.get("name") or ""), local, domain)
