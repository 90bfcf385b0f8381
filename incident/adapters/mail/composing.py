"""One person's letter as a finished message, for the transports that fill placeholders themselves.

The same batch and recipient give the same message, to the byte, except for the random part boundary that is
replaced here by one made from the delivery id.
"""

from __future__ import annotations

import hashlib
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from typing import TYPE_CHECKING

from incident.core.placeholders import encoded, fill

if TYPE_CHECKING:
    from incident.core.mailing import Batch, Recipient


def compose(batch: Batch, recipient: Recipient) -> EmailMessage:
    """Return the message; the batch must be free of flaws (`mail_limits.flaws`)."""
    letter, pairs = batch.letter, encoded(recipient.substitutions)
    message = EmailMessage(policy=policy.SMTP)
    message["Date"] = batch.intended_at
    message["From"] = _address(letter.from_name, letter.from_address)
    message["To"] = _address(recipient.name or "", recipient.address)
    message["Subject"] = fill(letter.subject, pairs)
    if letter.reply_to:
        message["Reply-To"] = _address("", letter.reply_to)
    message["Message-ID"] = message_id(batch, recipient)
    message["Content-Language"] = letter.language
    message["Auto-Submitted"] = "auto-generated"
    message["X-Tocsin-Delivery"] = recipient.delivery_id
    message["X-Tocsin-Attempt"] = batch.attempt_id
    for name, value in letter.headers:
        message[name] = value
    message.set_content(fill(letter.text, pairs), cte="quoted-printable")
    message.add_alternative(fill(letter.html, pairs), subtype="html", cte="quoted-printable")
    message.set_boundary("=_" + hashlib.sha256(recipient.delivery_id.encode()).hexdigest()[:32])
    return message


def message_id(batch: Batch, recipient: Recipient) -> str:
    """Return the Message-ID of a delivery: the same for every attempt."""
    domain = batch.letter.from_address.rpartition("@")[2]
    return f"<{recipient.delivery_id}@{domain}>"


def _address(name: str, address: str) -> Address:
    local, _, domain = address.rpartition("@")
    return Address(name, local, domain)
