"""SendGrid's scheduled sends as `core.holding.Holder`: a batch id for a notice, paused, cancelled and let go by it.

Letters carry the id and a time to send (`send_at`). Until ten minutes before that time they can be paused or cancelled
as one; what is paused for 72 hours is thrown away there. Ten batches at most may be paused or cancelled at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from incident.adapters.mail.dialing import NotLoopbackError
from incident.adapters.mail.lines import LostError, NotDialedError
from incident.adapters.mail.sendgrid_client import SendGridClient, TooLargeError
from incident.core.holding import Held, Hold
from incident.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Callable

_MADE, _NOTHING, _NOT_FOUND = 201, 204, 404


class SendGridHolder:
    """Built at the first question: a missing key is said then, and stops nothing else."""

    deaf_minutes = 10

    def __init__(self, provider: str, minutes: int, make: Callable[[], SendGridClient]) -> None:
        self.provider, self.minutes, self._make = provider, minutes, make
        self._client: SendGridClient | None = None

    def open(self) -> Held:
        """Ask for a batch id."""
        status, content = self._call(lambda v3: v3.mail.batch.post())
        if status == _MADE:
            try:
                group = orjson.loads(content)["batch_id"]
            except (orjson.JSONDecodeError, KeyError, TypeError):
                group = None
            if isinstance(group, str) and group.isascii() and group.isalnum():
                return Held(group)
        return Held(reason=_why(status))

    def ask(self, group: str, what: Hold) -> Held:
        """Pause, cancel, or take a pause back; asked twice is done once."""
        if what is not Hold.GO_ON:
            return self._put(group, what.value)
        status, _ = self._call(lambda v3: v3.user.scheduled_sends._(group).delete())
        return Held(group, None if status in {_NOTHING, _NOT_FOUND} else _why(status))

    def _put(self, group: str, word: str) -> Held:
        """Set a status: the first is posted, a later one patched; a status that is there already is refused."""
        body = orjson.dumps({"batch_id": group, "status": word})
        status, _ = self._call(lambda v3: v3.user.scheduled_sends.post(request_body=body))
        if status == _MADE:
            return Held(group)
        change = orjson.dumps({"status": word})
        status, _ = self._call(lambda v3: v3.user.scheduled_sends._(group).patch(request_body=change))
        return Held(group, None if status == _NOTHING else _why(status))

    def _call(self, call: Callable[[Any], Any]) -> tuple[int, bytes]:
        """Make one call; status 0 when there is no answer."""
        try:
            self._client = self._client or self._make()
            answer = call(self._client.v3)
        except (NotLoopbackError, NotDialedError, LostError, TooLargeError, SettingsError):
            return 0, b""
        return answer.status_code, answer.body


def _why(status: int) -> str:
    return f"the provider answered {status}" if status else "the provider did not answer"
