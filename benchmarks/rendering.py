"""A transport for measuring that fills text and HTML for each person here, instead of letting the provider do it."""

from __future__ import annotations

import http.client
import string
import threading
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

import orjson

from benchmarks.peers import rendered_body
from incident.adapters.mail.personalizing import interleaved
from incident.adapters.mail.refusing import refusal
from incident.core.mailing import Accepted, Batch, Mailer, Outcome, Recipients, Uncertain
from incident.core.placeholders import HTML_SUFFIX, encoded, fill, parts

PLAIN = frozenset(string.ascii_letters + string.digits + " -_.@+")
"""Characters that neither JSON nor HTML escapes; there are more, which are filled the slower way."""


def rendered_batch(batch: Batch) -> bytes:
    """Return a request with text and HTML of each person whole: the letter's parts, with the person's values between.

    What is the same for everybody is escaped once; where a value is escaped anywhere, everybody is filled one by one.
    """
    people = Recipients.of(batch.recipients)
    if people is None or not all(PLAIN.issuperset("".join(column)) for column in people.values.values()):
        each = ((r.address, encoded(r.substitutions)) for r in batch.recipients)
        text, html = batch.letter.text, batch.letter.html
        return rendered_body((address, fill(text, pairs), fill(html, pairs)) for address, pairs in each)
    written = interleaved(list(_pieces(batch, people)), len(people))
    head, _, tail = rendered_body([]).partition(b"[]")
    return b"%s[%s]%s" % (head, "".join(written)[:-1].encode(), tail)


def _pieces(batch: Batch, people: Recipients) -> Iterator[str | Sequence[str]]:
    """Give what a person's letter is written of, in order: what is the same for everybody, or a column."""
    yield '{"to":[{"email":"'
    yield people.addresses
    yield '"}],"substitutions":{"%text%":"'
    yield from _filled(batch.letter.text, people)
    yield '","%html%":"'
    yield from _filled(batch.letter.html, people)
    yield '"}},'


def _filled(template: str, people: Recipients) -> Iterator[str | Sequence[str]]:
    for is_tag, part in parts(template):
        if is_tag:
            yield people.values[part.strip("%").removesuffix(HTML_SUFFIX)]
        else:
            yield orjson.dumps(part).decode()[1:-1]


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
        raw = rendered_batch(batch)
        if not hasattr(self._lines, "line"):
            self._lines.line = http.client.HTTPConnection(self._place.hostname or "", self._place.port)
        self._lines.line.request("POST", "/v3/mail/send", body=raw)
        answer = self._lines.line.getresponse()
        answer.read()
        if answer.status == 202:
            return Accepted(answer.headers["X-Message-Id"])
        return Uncertain(f"the sink answered {answer.status}")
