"""The dead-man: a sign of life outside the process, in a file and, where set, as a ping to a URL.

Whoever watches the watch - cron, systemd, a service that calls when pings stop - reads these, not our database.
The URL may hold a secret and is never printed.
"""

from __future__ import annotations

import json
import logging
import os
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from incident.errors import SettingsError

if TYPE_CHECKING:
    from incident.adapters.mail.secrecy import Secret

LOG = logging.getLogger(__name__)
PING_SECONDS = 5.0


class Heartbeat:
    """Writes the file and pings the URL after every round of the watch."""

    def __init__(self, path: Path, url: Secret | None = None) -> None:
        self._path, self._url = path, url

    def beat(self, at: datetime, *, incidents: int, failed: int) -> None:
        """Leave a sign of life; a ping that fails is logged, for its absence is the alarm."""
        content = {"at": at.astimezone(UTC).isoformat(), "incidents": incidents, "failed": failed}
        draft = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(content) + "\n", encoding="utf-8")
        draft.replace(self._path)
        if self._url is not None and not failed:
            _ping(self._url.get_secret_value())


def alive(path: Path, now: datetime, most: timedelta) -> str | None:
    """Return why the watch is not known to be alive, or None; by the machine's own clock."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        at = datetime.fromisoformat(content["at"])
        failed = int(content["failed"])
    except FileNotFoundError:
        return "the watch has never run here"
    except (OSError, ValueError, KeyError, TypeError):
        return "the heartbeat cannot be read"
    if now - at > most:
        return f"the watch last ran {int((now - at).total_seconds())} seconds ago"
    return f"the watch fails for {failed} incidents" if failed else None


def _ping(url: str) -> None:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise SettingsError("TOCSIN_HEARTBEAT_URL is no http or https address")
    try:
        with urllib.request.urlopen(url, timeout=PING_SECONDS) as answer:  # noqa: S310 - the scheme is checked
            answer.read(1)
    except OSError as error:
        LOG.warning("the heartbeat was not taken: %s", type(error).__name__)
