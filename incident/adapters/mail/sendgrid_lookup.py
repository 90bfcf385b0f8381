"""SendGrid's own record of what it took, as `core.lookup.Lookup`: Email Logs, or the Email Activity feed.

Email Logs (`POST /v3/logs`, every account, 30 days, the EU too) are asked by recipient and time, in the body, since
addresses do not belong in a URL; each letter found is read by its id, which shows our own attempt id. Where the detail
does not show it, sender, recipient, subject and time must all be those of our letter. Email Activity
(`GET /v3/messages`, to be bought, not for EU subusers) is asked by attempt id alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from typing import Any
from urllib.parse import quote

import orjson

from incident.adapters.mail.dialing import Dial, NotLoopbackError, dial_anywhere
from incident.adapters.mail.drill import marked_subject
from incident.adapters.mail.lines import Answer, LostError, NotDialedError
from incident.adapters.mail.personalizing import ATTEMPT_ARG
from incident.adapters.mail.secrecy import Secret
from incident.adapters.mail.sendgrid_answers import retry_seconds
from incident.adapters.mail.sendgrid_body import SendGridSettings
from incident.adapters.mail.sendgrid_client import SendGridClient, TooLargeError
from incident.core.lookup import Look, Question, Sentinel

_MOST_LETTERS = 20
_OK, _NOT_FOUND, _TOO_MANY = 200, 404, 429
_CLOSED = frozenset({401, 402, 403})
_DEFAULT_WAIT_SECONDS = 60.0
_TAIL = re.compile(r"\.(?:recvd|filter)")


class _UnansweredError(Exception):
    """There is no answer to go by; holds the look to return."""

    def __init__(self, look: Look) -> None:
        super().__init__(look.reason)
        self.look = look


class EmailLogs:
    """Looks recipients up one after the other; the first that is found answers for the batch."""

    name = "email_logs"

    def __init__(self, settings: SendGridSettings, key: Secret, *, dial: Dial = dial_anywhere) -> None:
        self._client = SendGridClient(settings, key, dial=dial)

    def look(self, question: Question) -> Look:
        """Return what the logs say of the batch."""
        asked = missed = 0
        unclear: str | None = None
        try:
            for sentinel in question.sentinels:
                asked += 1
                letters = self._letters(question, sentinel)
                verdicts = [self._is_ours(question, sentinel, letter) for letter in letters]
                if True in verdicts:
                    return Look(
                        taken=True,
                        asked=asked,
                        missed=missed,
                        message_id=_accepted_id(letters[verdicts.index(True)]),
                    )
                if None in verdicts or len(letters) >= _MOST_LETTERS:
                    unclear = "a letter in the log could not be told apart"
                else:
                    missed += 1
        except _UnansweredError as error:
            return error.look
        return Look(asked=asked, missed=missed, reason=unclear)

    def _letters(self, question: Question, sentinel: Sentinel) -> list[dict[str, Any]]:
        since = question.since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = f'to_email = "{sentinel.address}" AND sg_message_id_created_at >= TIMESTAMP "{since}"'
        request = orjson.dumps({"query": query, "limit": _MOST_LETTERS})
        answer = _asked(lambda: self._client.v3.logs.post(request_body=request))
        return _messages(_read(answer))

    def _is_ours(self, question: Question, sentinel: Sentinel, letter: dict[str, Any]) -> bool | None:
        """Whether a letter in the log is of our call; None when it cannot be told."""
        if str(letter.get("to_email", "")).casefold() != sentinel.address.casefold():
            return False
        attempt = self._attempt(str(letter.get("sg_message_id") or ""))
        if attempt is not None:
            return attempt == question.attempt_id
        subjects = {sentinel.subject, marked_subject(sentinel.subject)}
        same = str(letter.get("from_email", "")).casefold() == question.from_address.casefold()
        return True if same and str(letter.get("subject", "")) in subjects else None

    def _attempt(self, message_id: str) -> str | None:
        if not message_id:
            return None
        name = quote(message_id, safe="")
        answer = _asked(lambda: self._client.v3.logs._(name).get())
        if answer.status == _NOT_FOUND:
            return None
        detail = _read(answer)
        arguments = detail.get("custom_args")
        attempt = arguments.get(ATTEMPT_ARG) if isinstance(arguments, dict) else None
        return attempt if isinstance(attempt, str) else None


class EmailActivity:
    """Looks an attempt up by its id; one question for the whole batch."""

    name = "email_activity"

    def __init__(self, settings: SendGridSettings, key: Secret, *, dial: Dial = dial_anywhere) -> None:
        self._client = SendGridClient(settings, key, dial=dial)

    def look(self, question: Question) -> Look:
        """Return what the feed says of the batch; nobody found is a miss of every sentinel."""
        asked = len(question.sentinels)
        wanted = {"query": f"(unique_args['{ATTEMPT_ARG}']=\"{question.attempt_id}\")", "limit": 1}
        try:
            answer = _asked(lambda: self._client.v3.messages.get(query_params=wanted))
            letters = _messages(_read(answer))
        except _UnansweredError as error:
            return error.look
        if letters:
            return Look(taken=True, asked=asked, message_id=_accepted_id(letters[0]))
        return Look(asked=asked, missed=asked)


def _asked(call: Any) -> Answer:
    """Make one call; _UnansweredError for whatever a network or the provider may do instead of answering."""
    try:
        wrapped = call()
    except (NotLoopbackError, NotDialedError, LostError, TooLargeError) as error:
        raise _UnansweredError(Look(reason=f"no answer: {type(error).__name__}")) from None
    answer = Answer(wrapped.status_code, wrapped.headers, wrapped.body)
    if answer.status in _CLOSED:
        reason = f"the provider does not let this key look ({answer.status})"
        raise _UnansweredError(Look(reason=reason, closed=True))
    if answer.status == _TOO_MANY:
        wait = retry_seconds(answer.headers) or _DEFAULT_WAIT_SECONDS
        reason = "the provider asks to slow down (429)"
        raise _UnansweredError(Look(reason=reason, wait_seconds=wait))
    return answer


def _read(answer: Answer) -> dict[str, Any]:
    try:
        content = orjson.loads(answer.content) if answer.status == _OK else None
    except orjson.JSONDecodeError:
        content = None
    if not isinstance(content, dict):
        raise _UnansweredError(Look(reason=f"no answer that could be read ({answer.status})"))
    return content


def _messages(content: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the letters listed; an answer without a list is none to go by."""
    listed = content.get("messages")
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        raise _UnansweredError(Look(reason="the answer has no list of letters"))
    return [letter for letter in listed if isinstance(letter, dict)]


def _accepted_id(letter: dict[str, Any]) -> str | None:
    """Return the id as it was given at acceptance: the part of the longer one before its tail."""
    whole = str(letter.get("sg_message_id") or letter.get("msg_id") or "")
    return _TAIL.split(whole)[0] or None
