"""A peer: django-anymail's bulk path, a message to a thousand people with their `merge_data`; prints people a second.

    python -m benchmarks.anymail_bulk URL PEOPLE

No ledger, and no look at what is sent. Several threads with a connection each, as many as the floor's; Django's own
e-mail machinery is the user's, so it is not taken away. Anymail calls its SendGrid backend unsupported since 2025.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection

from benchmarks.letters import KEY, letter
from benchmarks.peers import AT_ONCE, NOTICE
from benchmarks.people import Cohort
from incident.core.people import PersonRow

BATCH = 1000


def message(people: Sequence[PersonRow]) -> EmailMultiAlternatives:
    """Write one message to all of them, each with their own values."""
    words = letter()
    addresses = [row.email or f"x{row.position}@example.org" for row in people]
    written = EmailMultiAlternatives(words.subject, words.text, words.from_address, addresses)
    written.attach_alternative(words.html, "text/html")
    values = [(row.name or "you", f"{NOTICE}-{row.position}") for row in people]
    written.merge_data = {
        address: {"name": name, "name_html": name, "reference": delivery, "reference_html": delivery}
        for address, (name, delivery) in zip(addresses, values, strict=True)
    }
    written.merge_metadata = {
        address: {"delivery": delivery} for address, (_name, delivery) in zip(addresses, values, strict=True)
    }
    written.esp_extra = {"merge_field_format": "%{}%"}
    return written


def send(share: Sequence[Sequence[PersonRow]]) -> int:
    """Send these batches over one connection; returns how many messages went."""
    with get_connection() as connection:
        return sum(connection.send_messages([message(people)]) for people in share)


def measured(url: str, people: int) -> float:
    """Send to so many; returns people a second."""
    backend = "anymail.backends.sendgrid.EmailBackend"
    settings.configure(
        EMAIL_BACKEND=backend, ANYMAIL={"SENDGRID_API_KEY": KEY, "SENDGRID_API_URL": f"{url}/v3/"}
    )
    warnings.simplefilter("ignore")
    rows = list(Cohort(people, 4).rows())
    batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    began = time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sent = sum(pool.map(send, [batches[n::AT_ONCE] for n in range(AT_ONCE)]))
    seconds = time.perf_counter() - began
    if sent != len(batches):
        raise SystemExit(f"{sent} of {len(batches)} messages were sent")
    return people / seconds


if __name__ == "__main__":
    print(measured(sys.argv[1], int(sys.argv[2])))
