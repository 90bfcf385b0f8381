"""A transport for measuring that fills text and HTML for each person here, instead of letting the provider do it."""

from __future__ import annotations

import http.client
import threading
from urllib.parse import urlsplit

from benchmarks.peers import rendered_body
from incident.adapters.mail.refusing import refusal
from incident.core.mailing import Accepted, Batch, Mailer, Outcome, Uncertain
from incident.core.placeholders import encoded, fill


class RenderedHere:
    """Posts whole letters by the thousand; stands in the place of another mailer, whose name and promises it keeps."""

    def __init__(self, mailer: Mailer, url: str) -> None:
        self.name, self.reaches_people, self.settles_on = (
            mailer.name,
            mailer.reaches_people,
            mailer.settles_on,
        )
        self.idempotent, self.at_once = mailer.idempotent, mailer.at_once
        self._place, self._lines = urlsplit(url), threading.local()

    def send(self, batch: Batch) -> Outcome:
        """Fill, post, say what the sink answered."""
        refused = refusal(batch)
        if refused is not None:
            return refused
        text, html = batch.letter.text, batch.letter.html
        filled = ((r.address, encoded(r.substitutions)) for r in batch.recipients)
        raw = rendered_body((address, fill(text, pairs), fill(html, pairs)) for address, pairs in filled)
        if not hasattr(self._lines, "line"):
            self._lines.line = http.client.HTTPConnection(self._place.hostname or "", self._place.port)
        self._lines.line.request("POST", "/v3/mail/send", body=raw)
        answer = self._lines.line.getresponse()
        answer.read()
        if answer.status == 202:
            return Accepted(answer.headers["X-Message-Id"])
        return Uncertain(f"the sink answered {answer.status}")
