"""Tell other systems that something was recorded, and believe what they sign: Standard Webhooks, both ways.

A body says which entry of which incident, never what it says and never a person. What is not taken is tried again,
from the database, by the watch; the same number stands in every try, so that a receiver knows a repeat.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from incident.core.access import may_see
from incident.core.events import instant_text
from incident.core.integrations import Message, News, Source, Target
from incident.core.projections import BoardRow
from incident.errors import BadInputError, NotFoundError, RefusedError
from incident.service.house import House
from incident.service.tokens import Machines

WINDOW = timedelta(minutes=5)
AGAIN_AFTER = tuple(timedelta(minutes=m) for m in (1, 5, 30, 120, 360, 720, 1440))
AT_ONCE = 500
GONE = 410
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
PREFIX = "whsec_"
LONGEST_URL = 500
LONGEST_NUMBER, LONGEST_STAMP = 100, 12


class SignatureError(RefusedError):
    """A message is not signed by its source, or is too old or too new."""


def sign(secret: bytes, message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of a signed message."""
    stamp = str(int(at.timestamp()))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": stamp,
        "webhook-signature": f"v1,{_mac(secret, message_id, stamp, body)}",
    }


def verify(secret: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> str:
    """Return the number of a message that is signed and recent; SignatureError otherwise, without a reason."""
    number, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "")
    if not (1 <= len(number) <= LONGEST_NUMBER and number.isascii() and number.isprintable()):
        raise SignatureError("the message is not signed")
    if not (stamp.isascii() and stamp.isdecimal() and len(stamp) <= LONGEST_STAMP):
        raise SignatureError("the message is not signed")
    expected = _mac(secret, number, stamp, body)
    right = [hmac.compare_digest(one.encode(), f"v1,{expected}".encode()) for one in given.split(" ")]
    if not any(right) or abs(int(stamp) - now.timestamp()) > WINDOW.total_seconds():
        raise SignatureError("the message is not signed")
    return number


def register(machines: Machines, handle: str, url: str) -> tuple[Target, str]:
    """Tell this address from now on; return the secret with which our messages are signed, shown once."""
    check_url(url)
    secret = secrets.token_bytes(32)
    target = Target(
        f"HOOK-{secrets.token_hex(4).upper()}",
        handle,
        url,
        machines.seals.seal(secret),
        machines.store.last_seq(),
        machines.now(),
    )
    machines.store.put_target(target)
    return target, PREFIX + base64.b64encode(secret).decode()


def end_target(machines: Machines, target_id: str, *, handle: str) -> None:
    """Tell this address no longer."""
    for one in machines.store.targets():
        if (one.target_id, one.handle) == (target_id, handle):
            machines.store.put_target(replace(one, ended_at=one.ended_at or machines.now()))
            return
    raise NotFoundError("there is no such webhook")


def admit(machines: Machines, handle: str) -> tuple[Source, str]:
    """Believe a system that signs; return its secret, shown once. It reports in the handle's name."""
    secret = secrets.token_bytes(32)
    source = Source(
        f"SRC-{secrets.token_hex(8).upper()}", handle, machines.seals.seal(secret), machines.now()
    )
    machines.store.put_source(source)
    return source, PREFIX + base64.b64encode(secret).decode()


def end_source(machines: Machines, source_id: str, *, handle: str) -> None:
    """Believe this system no longer."""
    one = machines.store.source(source_id)
    if one is None or one.handle != handle:
        raise NotFoundError("there is no such source")
    machines.store.put_source(replace(one, ended_at=one.ended_at or machines.now()))


def secret_from(text: str) -> bytes:
    """Read a secret as it was shown."""
    try:
        return base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        raise BadInputError("is not a webhook secret", field="secret") from None


def check_url(url: str) -> None:
    """Refuse an address that is not https, or loopback."""
    try:
        parts = urlsplit(url)
        _port = parts.port
    except ValueError:
        raise BadInputError("is not an address", field="url") from None
    plain = url.isascii() and url.isprintable() and " " not in url and len(url) <= LONGEST_URL
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
    if not (plain and safe and parts.hostname) or "@" in parts.netloc or parts.fragment:
        raise BadInputError("is an https address, or http on loopback, without user or fragment", field="url")


def tell(house: House, machines: Machines, outside: Mapping[str, bool]) -> tuple[str, ...]:
    """Queue what is new for every target and post what is due; `outside` says of each handle whether it is."""
    board = {row.incident_id: row for row in house.store.board()}
    said: list[str] = []
    for target in machines.store.targets():
        if target.ended_at is None and target.handle in outside:
            _queue(machines, target, board, house.profile.drill, is_outside=outside[target.handle])
            said.extend(_post(machines, target))
    return tuple(said)


def _queue(
    machines: Machines, target: Target, board: Mapping[str, BoardRow], drill: bool, *, is_outside: bool
) -> None:
    news = machines.store.news(target.after_seq, limit=AT_ONCE)
    if not news:
        return
    wanted = [one for one in news if _sees(target.handle, board.get(one.incident_id), is_outside)]
    messages = [
        Message(target.target_id, one.seq, _body(one, drill=drill), "due", 0, machines.now())
        for one in wanted
    ]
    machines.store.queue(replace(target, after_seq=news[-1].seq), messages)


def _post(machines: Machines, target: Target) -> Iterator[str]:
    """Post in order; after the first that is not taken the rest waits, so that nothing arrives far out of order."""
    secret = machines.seals.open(target.secret_sealed)
    for message in machines.store.due(target.target_id, machines.now(), limit=AT_ONCE):
        now, body = machines.now(), message.body.encode()
        headers = {
            "content-type": "application/json",
            "user-agent": "tocsin",
            **sign(secret, f"{target.target_id}-{message.seq}", now, body),
        }
        status = machines.post(target.url, body, headers)
        taken = isinstance(status, int) and 200 <= status < 300  # noqa: PLR2004
        machines.store.put_message(_after(message, taken=taken, outcome=str(status), now=now))
        if status == GONE:
            machines.store.put_target(replace(target, ended_at=now))
        if not taken:
            yield f"{target.target_id}: entry {message.seq} was not taken ({status})"
            return


def _after(message: Message, *, taken: bool, outcome: str, now: datetime) -> Message:
    attempts = message.attempts + 1
    if taken:
        return replace(message, state="sent", attempts=attempts, outcome=outcome)
    if attempts > len(AGAIN_AFTER):
        return replace(message, state="given_up", attempts=attempts, outcome=outcome)
    return replace(message, attempts=attempts, outcome=outcome, due_at=now + AGAIN_AFTER[attempts - 1])


def _sees(handle: str, row: BoardRow | None, outside: bool) -> bool:
    return row is not None and may_see(
        handle, outside=outside, restricted=row.restricted, granted=row.granted
    )


def _body(news: News, *, drill: bool) -> str:
    at = instant_text(news.recorded_at)
    data = {"incident": news.incident_id, "entry": news.seq, "recorded_at": at, "drill": drill}
    return json.dumps({"type": news.kind, "timestamp": at, "data": data}, separators=(",", ":"))


def _mac(secret: bytes, number: str, stamp: str, body: bytes) -> str:
    signed = hmac.new(secret, f"{number}.{stamp}.".encode() + body, hashlib.sha256)
    return base64.b64encode(signed.digest()).decode()
