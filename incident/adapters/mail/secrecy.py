"""Secrets on their way to a provider: something that gives its value only when asked by name."""

from __future__ import annotations

from typing import Protocol

from incident.errors import SettingsError


class Secret(Protocol):
    """What pydantic's SecretStr is: never printed, never logged."""

    def get_secret_value(self) -> str:
        """Return the secret itself."""
        ...


class SealedText:
    """A secret read from a file or the environment, for those who have no pydantic at hand."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "SealedText('**********')"

    __str__ = __repr__

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a secret is not pickled")

    def get_secret_value(self) -> str:
        """Return the secret itself."""
        return self._value


def header_value(secret: Secret, *, key: str) -> str:
    """Return the secret if it can stand in an HTTP header; SettingsError, without it, otherwise."""
    value = secret.get_secret_value()
    if not value or not value.isascii() or not value.isprintable() or " " in value:
        raise SettingsError(
            f"{key}: the key is empty, or holds a space, a line end or a character no key has"
        )
    return value
