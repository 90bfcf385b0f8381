"""The default transport: letters written into a directory where a person can open and read them.

It reaches nobody. One folder for each notice; in it, for each delivery, the message as it would travel (.eml)
and the letter as it would be read (.html), a page for each batch, and one index above all. Writing the same
delivery again changes nothing.
"""

from __future__ import annotations

import html
import os
from typing import TYPE_CHECKING

from incident.adapters.mail.composing import compose
from incident.adapters.mail.refusing import refusal
from incident.core.mailing import Accepted, Batch, NotSent, Outcome, Recipient
from incident.core.placeholders import encoded, fill

if TYPE_CHECKING:
    from pathlib import Path

_PAGE = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
    "<title>{title}</title><style>"
    "body{{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}}"
    "td,th{{text-align:left;padding:.2em 1em .2em 0;vertical-align:top}}</style>"
    "<h1>{title}</h1>{body}</html>\n"
)


class OutboxMailer:
    """Writes letters under `directory`; files are readable by their owner only."""

    name = "outbox"
    reaches_people = False
    settles_on = "accounted"
    idempotent = True
    at_once = 1

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def send(self, batch: Batch) -> Outcome:
        """Write the batch; NotSent when the disk does not take it, and what was written stays good."""
        refused = refusal(batch)
        if refused is not None:
            return refused
        folder = self.directory / batch.notice_id
        try:
            _make(self.directory)
            _make(folder)
            for recipient in batch.recipients:
                _write_letter(folder, batch, recipient)
            _write(folder / f"batch-{batch.number:06}.html", _batch_page(batch).encode())
            _sync(folder)
            _write(self.directory / "index.html", _index_page(self.directory).encode())
        except OSError as error:
            return NotSent(f"the outbox could not be written: {error.strerror or type(error).__name__}")
        return Accepted(batch.attempt_id)


def _write_letter(folder: Path, batch: Batch, recipient: Recipient) -> None:
    target = folder / f"{recipient.delivery_id}.eml"
    if target.exists():
        return
    page = fill(batch.letter.html, encoded(recipient.substitutions))
    _write(folder / f"{recipient.delivery_id}.html", page.encode())
    _write(target, compose(batch, recipient).as_bytes())


def _batch_page(batch: Batch) -> str:
    rows = "".join(
        f'<tr><td><a href="{r.delivery_id}.html">letter</a></td>'
        f'<td><a href="{r.delivery_id}.eml">message</a></td>'
        f"<td>{html.escape(r.name or '')}</td><td>{html.escape(r.address)}</td>"
        f"<td>{html.escape(fill(batch.letter.subject, encoded(r.substitutions)))}</td></tr>"
        for r in batch.recipients
    )
    head = "<tr><th></th><th></th><th>Name</th><th>Address</th><th>Subject</th></tr>"
    about = f"<p>Written {batch.intended_at.isoformat()}. Nothing here was sent to anybody.</p>"
    title = f"{batch.notice_id}, batch {batch.number}"
    return _PAGE.format(title=title, body=f"{about}<table>{head}{rows}</table>")


def _index_page(directory: Path) -> str:
    pages = sorted(p.relative_to(directory).as_posix() for p in directory.glob("*/batch-*.html"))
    items = "".join(f'<li><a href="{page}">{page.removesuffix(".html")}</a></li>' for page in pages)
    return _PAGE.format(title="Outbox", body=f"<p>Letters written here reach nobody.</p><ul>{items}</ul>")


def _make(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _write(target: Path, content: bytes) -> None:
    """Write whole or not at all, readable by the owner only."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.part")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    draft.replace(target)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
