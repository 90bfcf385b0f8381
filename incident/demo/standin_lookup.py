"""The stand-in's record of what it took, as Email Logs and Email Activity show it: late, if it is told so.

Queries are read as far as anybody needs them here: a field, an operator, a value, joined by AND; others are answered
with 400, as the original does.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

    from incident.demo.standin_plan import Plan
    from incident.demo.standin_records import Records

Told = tuple[HTTPStatus, dict[str, Any]]
_EQUAL = re.compile(r"""(to_email|subject|sg_message_id)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_SINCE = re.compile(r"""sg_message_id_created_at\s*>=\s*TIMESTAMP\s*["']([^"']+)["']""")
_ARGUMENT = re.compile(r"""\(unique_args\['([a-z_]+)'\]="([^"]*)"\)""")
_MOST = 1000
_MINUTE = timedelta(minutes=1)


class Record:
    """Answers questions about letters that were taken, once the record has caught up with them."""

    def __init__(self, records: Records, plan: Plan, *, now: Callable[[], datetime]) -> None:
        self._records, self._plan, self._now = records, plan.lookups, now
        self._fate = plan.fate
        self._asked: list[datetime] = []
        self._lock = Lock()

    def search(self, content: bytes) -> Told:
        """Answer `POST /v3/logs`."""
        refused = self._refused()
        if refused is not None:
            return refused
        try:
            body = json.loads(content)
            limit, conditions = int(body.get("limit", 10)), _conditions(str(body["query"]))
        except (ValueError, KeyError, AttributeError):
            return _error(HTTPStatus.BAD_REQUEST, "invalid query")
        if not 1 <= limit <= _MOST:
            return _error(HTTPStatus.BAD_REQUEST, "limit must be between 1 and 1000")
        found = [line for line in self._known() if all(_holds(line, *one) for one in conditions)]
        return HTTPStatus.OK, {"messages": [self._summary(line) for line in found[:limit]]}

    def look(self, path: str) -> Told:
        """Answer `GET /v3/logs/{sg_message_id}` or `GET /v3/messages?query=`."""
        refused = self._refused()
        if refused is not None:
            return refused
        if path.startswith("/v3/logs/"):
            wanted = unquote(path.removeprefix("/v3/logs/"))
            line = next((one for one in self._known() if _long_id(one) == wanted), None)
            if line is None:
                return _error(HTTPStatus.NOT_FOUND, "message not found")
            arguments = {"custom_args": line["custom_args"]} if self._plan.tells_arguments else {}
            return HTTPStatus.OK, self._summary(line) | {"events": [], "api_key_id": "x"} | arguments
        query = parse_qs(urlsplit(path).query).get("query", [""])[0]
        wanted_argument = _ARGUMENT.fullmatch(query)
        if wanted_argument is None:
            return _error(HTTPStatus.BAD_REQUEST, "invalid syntax")
        name, value = wanted_argument.groups()
        found = [line for line in self._known() if line["custom_args"].get(name) == value]
        messages = [{"msg_id": _long_id(line), "to_email": line["to"]} for line in found]
        return HTTPStatus.OK, {"messages": messages[:_MOST]}

    def _refused(self) -> Told | None:
        if self._plan.closed:
            return _error(HTTPStatus.FORBIDDEN, "access forbidden")
        with self._lock:
            now = self._now()
            self._asked = [at for at in self._asked if now - at < _MINUTE]
            most = self._plan.requests_per_minute
            if most is not None and len(self._asked) >= most:
                return _error(HTTPStatus.TOO_MANY_REQUESTS, "too many requests")
            self._asked.append(now)
        return None

    def _known(self) -> list[dict[str, Any]]:
        until = self._now() - timedelta(seconds=self._plan.lag_seconds)
        return [line for line in self._records.lines() if datetime.fromisoformat(line["at"]) <= until]

    def _summary(self, line: dict[str, Any]) -> dict[str, Any]:
        fate = self._fate(line["to"], sequence=line["sequence"])
        return {
            "from_email": line["from"],
            "sg_message_id": _long_id(line),
            "subject": line["subject"],
            "to_email": line["to"],
            "status": fate if fate in {"delivered", "blocked", "dropped", "deferred"} else "processed",
            "sg_message_id_created_at": line["at"],
        }


def _long_id(line: dict[str, Any]) -> str:
    return f"{line['message_id']}.recvd-standin-{line['sequence']}.0"


def _conditions(query: str) -> list[tuple[str, str]]:
    """Return (field, value) of each condition; ValueError for what is not understood."""
    conditions = []
    for part in re.split(r"\s+AND\s+", query):
        since, equal = _SINCE.fullmatch(part.strip()), _EQUAL.fullmatch(part.strip())
        if since is not None:
            datetime.fromisoformat(since[1])
            conditions.append(("since", since[1]))
        elif equal is not None:
            conditions.append((equal[1], equal[2] if equal[2] is not None else equal[3]))
        else:
            raise ValueError(part)
    return conditions


def _holds(line: dict[str, Any], field: str, value: str) -> bool:
    match field:
        case "since":
            return datetime.fromisoformat(line["at"]) >= datetime.fromisoformat(value)
        case "to_email":
            return str(line["to"]).casefold() == value.casefold()
        case "sg_message_id":
            return _long_id(line) == value
        case _:
            return bool(line["subject"] == value)


def _error(status: HTTPStatus, message: str) -> Told:
    return status, {"errors": [{"message": message, "field": None}]}
