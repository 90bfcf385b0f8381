"""Accounts of Firebase Authentication through Google's own admin client (extra `firebase`).

The client gives records, not bytes, so a page is written anew in the form of `accounts:batchGet`, which the reader
knows. Credentials are a service account's file, or Google's defaults; the client itself honours
FIREBASE_AUTH_EMULATOR_HOST.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from incident.core.pulling import Page
from incident.errors import PermanentError, SettingsError, TransientError

_PAGE = 1000
_ASKED = "firebase_admin.auth.list_users, written as accounts:batchGet"


class FirebasePuller:
    """Accounts by page token."""

    system = "firebase_auth"
    streams: Sequence[str] = ("accounts",)

    def __init__(self, project: str, key_file: Path | None) -> None:
        try:
            import firebase_admin
            from firebase_admin import auth, credentials, exceptions
        except ImportError:
            raise SettingsError("pulling accounts needs the extra: pip install 'tocsin[firebase]'") from None
        self.auth, self.errors = auth, exceptions
        try:
            credential = credentials.Certificate(str(key_file)) if key_file else None
        except (OSError, ValueError):
            raise SettingsError("pull.firebase_auth.key_file is not a service account's key") from None
        options = {"projectId": project} if project else {}
        name = f"tocsin-{id(self)}"
        self.app = firebase_admin.initialize_app(credential, options, name=name)

    def page(self, stream: str, cursor: str | None) -> Page:  # noqa: ARG002 - there is one stream
        """Return a page of accounts."""
        try:
            found = self.auth.list_users(cursor, _PAGE, app=self.app)
        except (self.errors.UnauthenticatedError, self.errors.PermissionDeniedError):
            raise SettingsError("Firebase refused the credentials") from None
        except (
            self.errors.UnavailableError,
            self.errors.DeadlineExceededError,
            self.errors.ResourceExhaustedError,
        ):
            raise TransientError("Firebase does not answer now; run the same command again later") from None
        except (self.errors.FirebaseError, ValueError) as error:
            raise PermanentError(f"Firebase's client failed with {type(error).__name__}") from None
        users = [_user(each) for each in found.users]
        following = found.next_page_token or None
        data: dict[str, Any] = {"kind": "identitytoolkit#DownloadAccountResponse", "users": users}
        if following:
            data["nextPageToken"] = following
        return Page(json.dumps(data).encode(), _ASKED, following)

    def close(self) -> None:
        """Let the client go."""
        import firebase_admin

        firebase_admin.delete_app(self.app)


def _user(record: Any) -> dict[str, Any]:
    """Write one exported record as the API does; what is absent is left out."""
    times = record.user_metadata
    said = {
        "localId": record.uid,
        "email": record.email,
        "emailVerified": record.email_verified,
        "displayName": record.display_name,
        "photoUrl": record.photo_url,
        "phoneNumber": record.phone_number,
        "disabled": record.disabled,
        "passwordHash": record.password_hash,
        "salt": record.password_salt,
        "customAttributes": json.dumps(record.custom_claims) if record.custom_claims else None,
        "createdAt": _milliseconds(times.creation_timestamp),
        "lastLoginAt": _milliseconds(times.last_sign_in_timestamp),
        "tenantId": record.tenant_id,
        "providerUserInfo": [_provider(each) for each in record.provider_data],
    }
    return {name: value for name, value in said.items() if value is not None}


def _provider(linked: Any) -> dict[str, Any]:
    said = {
        "providerId": linked.provider_id,
        "rawId": linked.uid,
        "email": linked.email,
        "displayName": linked.display_name,
        "photoUrl": linked.photo_url,
        "phoneNumber": linked.phone_number,
    }
    return {name: value for name, value in said.items() if value is not None}


def _milliseconds(value: int | None) -> str | None:
    return str(value) if value is not None else None
