"""`pulling.Pulls`: opens the puller of a system with its key, and the spool of a stream.

In a drill nothing beyond loopback is asked.
"""

from __future__ import annotations

import base64
import os
import re
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from incident.adapters.pulls.api import Api, checked_base, is_loopback
from incident.adapters.pulls.firebase import FirebasePuller
from incident.adapters.pulls.spool import FolderSpool
from incident.adapters.pulls.vendors import HelpScoutPuller, MailchimpPuller, ReplicatePuller, StripePuller
from incident.adapters.systems.pulled import last_line
from incident.core.pulling import KeptPage, Puller, Spool
from incident.errors import BadInputError, NotFoundError, PermanentError, RefusedError, SettingsError

_PER_SECOND = {"stripe": 20.0, "helpscout": 3.0, "mailchimp": 5.0, "replicate": 10.0}
"""How often a vendor is asked at most: below the limits that each documents for its smallest plan."""
_CENTER = re.compile(r"-([a-z]{2,4}[0-9]{1,3})$")
_SAFE = re.compile(r"[A-Za-z0-9_-]{1,80}")


@dataclass(frozen=True, slots=True)
class Account:
    """What is known of one account: where it is, and how to get its key (SettingsError when there is none)."""

    key: Callable[[], str]
    host: str = ""
    project: str = ""
    audiences: tuple[str, ...] = ()
    key_file: Path | None = None


class LivePulls:
    """Opens what is configured."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        spools: Path,
        *,
        drill: bool,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.accounts, self.spools, self.drill, self.sleep = accounts, spools, drill, sleep

    def configured(self) -> tuple[str, ...]:
        """Name the systems whose key is there."""
        return tuple(name for name in sorted(self.accounts) if self._has_key(name))

    def puller(self, system: str, *, since: datetime | None = None) -> Puller:
        """Open one; RefusedError in a drill that would leave this machine."""
        account = self.accounts.get(system)
        if account is None:
            known = ", ".join(sorted(self.accounts))
            raise NotFoundError(f"{system!r} cannot be pulled; these can: {known}")
        if since is not None and system != "replicate":
            raise BadInputError(
                "only replicate can be asked for a part; the others are pulled whole", field="since"
            )
        if system == "firebase_auth":
            self._stay(f"http://{os.environ.get('FIREBASE_AUTH_EMULATOR_HOST', 'firebase')}")
            return FirebasePuller(account.project, account.key_file)
        key = account.key()
        base = checked_base(system, account.host or _mailchimp_host(key)).rstrip("/")
        self._stay(base)
        match system:
            case "stripe":
                return StripePuller(self._api("Stripe", base, system, _bearer(key)))
            case "replicate":
                return ReplicatePuller(self._api("Replicate", base, system, _bearer(key)), since)
            case "mailchimp":
                basic = base64.b64encode(f"tocsin:{key}".encode()).decode()
                api = self._api("Mailchimp", base, system, lambda: {"Authorization": f"Basic {basic}"})
                return MailchimpPuller(api, account.audiences)
            case _:
                return HelpScoutPuller(self._helpscout(base, key))

    def spool(self, incident_id: str, system: str, stream: str) -> Spool:
        """Return the spool of one stream; nothing is made on disk yet."""
        return FolderSpool(self._folder(incident_id, system) / stream)

    def clear(self, incident_id: str, system: str) -> None:
        """Drop the spools of one system."""
        shutil.rmtree(self._folder(incident_id, system), ignore_errors=True)

    def last_line(self, pages: Sequence[KeptPage], notes: Sequence[str], *, complete: bool) -> bytes:
        """Write the line that ends the evidence of a pull."""
        said = [
            {
                "n": p.number,
                "sha256": p.sha256,
                "bytes": p.size_bytes,
                "asked": p.asked,
                "taken_at": p.taken_at,
            }
            for p in pages
        ]
        return last_line(said, notes, complete=complete)

    def _has_key(self, system: str) -> bool:
        try:
            return system == "firebase_auth" or bool(self.accounts[system].key())
        except SettingsError:
            return False

    def _folder(self, incident_id: str, system: str) -> Path:
        if not _SAFE.fullmatch(incident_id) or not _SAFE.fullmatch(system):
            raise BadInputError("is not an incident's id", field="incident")
        return self.spools / incident_id / system

    def _stay(self, base: str) -> None:
        if self.drill and not is_loopback(base):
            raise RefusedError("this is a drill: no live account is asked")

    def _api(self, name: str, base: str, system: str, headers: Callable[[], Mapping[str, str]]) -> Api:
        return Api(name, base, headers, _PER_SECOND[system], self.sleep)

    def _helpscout(self, base: str, key: str) -> Api:
        """Return the API with a token from the application's id and secret, fetched when it is first needed."""
        application, colon, secret = key.partition(":")
        if not colon:
            raise SettingsError("TOCSIN_HELPSCOUT_KEY: write the application's id and secret as ID:SECRET")
        tokens: list[str] = []

        def headers() -> Mapping[str, str]:
            if not tokens:
                tokens.append(_token(self._api("Help Scout", base, "helpscout", dict), application, secret))
            return {"Authorization": f"Bearer {tokens[0]}"}

        return self._api("Help Scout", base, "helpscout", headers)


def _bearer(key: str) -> Callable[[], Mapping[str, str]]:
    return lambda: {"Authorization": f"Bearer {key}"}


def _mailchimp_host(key: str) -> str:
    found = _CENTER.search(key)
    return f"https://{found[1]}.api.mailchimp.com" if found else ""


def _token(desk: Api, application: str, secret: str) -> str:
    """Return a token; developer.helpscout.com, OAuth2 client credentials. It lives two days, longer than a pull."""
    given = {"grant_type": "client_credentials", "client_id": application, "client_secret": secret}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        answer = desk.ask("POST", "/v2/oauth2/token", urlencode(given).encode(), form)
    finally:
        desk.close()
    token = answer.data.get("access_token")
    if not isinstance(token, str) or not token:
        raise PermanentError("Help Scout gave no token")
    return token
