"""Every error Tocsin raises on purpose, as one tree.

    TocsinError
    |-- RefusedError        a rule of the house said no; the reason is the message      exit 3
    |   `-- FourEyesError   an approval by the author, the scoper or a stranger          exit 3
    |-- BadInputError       what came in is wrong; names field, row and reason           exit 4
    |-- SettingsError       tocsin.toml or the environment is wrong or incomplete        exit 5
    |-- NotFoundError       no such incident, person, letter, filing                     exit 6
    |-- LawFileError        a law file is wrong; names file, rule and key                exit 7
    |-- TemplateError       a letter or pack has a hole or will not render               exit 8
    |-- TamperError         what is stored is not what was recorded; carries evidence    exit 9
    |   `-- NewerKnownError a place outside knows a newer checkpoint than the database   exit 9
    |-- TransientError      worth trying again: nothing was done                         exit 10
    |   `-- LeaseHeldError  another run works on this incident now                       exit 10
    `-- PermanentError      trying again will not help                                   exit 11
        `-- LostCommitError the connection was lost while committing; look before again  exit 11

Whether to try again is a question of class, never of message text. Messages name fields,
rows and handles, never a person's data.
"""

from __future__ import annotations

from typing import ClassVar


class TocsinError(Exception):
    """The root; `exit_code` is what the command line returns."""

    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False


class RefusedError(TocsinError):
    """A rule of the house said no."""

    exit_code = 3


class FourEyesError(RefusedError):
    """The approver may not be the author, the scoper, or a stranger."""


class BadInputError(TocsinError):
    """Input that cannot be taken, with where and why."""

    exit_code = 4

    def __init__(
        self, reason: str, *, field: str | None = None, row: int | None = None, source: str | None = None
    ) -> None:
        self.reason, self.field, self.row, self.source = reason, field, row, source
        where = [
            source or "",
            f"row {row}" if row is not None else "",
            f"field {field!r}" if field else "",
        ]
        place = ", ".join(part for part in where if part)
        super().__init__(f"{place}: {reason}" if place else reason)


class SettingsError(TocsinError):
    """Settings are wrong or incomplete; says which key and what to write."""

    exit_code = 5


class NotFoundError(TocsinError):
    """There is no such thing here."""

    exit_code = 6


class LawFileError(TocsinError):
    """A law file cannot be used; names file, rule and key."""

    exit_code = 7

    def __init__(self, reason: str, *, file: str, rule: str | None = None, key: str | None = None) -> None:
        self.reason, self.file, self.rule, self.key = reason, file, rule, key
        place = file + (f", rule {rule}" if rule else "") + (f", key {key}" if key else "")
        super().__init__(f"{place}: {reason}")


class TemplateError(TocsinError):
    """A template has a hole, or will not render."""

    exit_code = 8


class TamperError(TocsinError):
    """What is stored is not what was recorded; `evidence` says how it was seen."""

    exit_code = 9

    def __init__(self, message: str, *, evidence: dict[str, object] | None = None) -> None:
        self.evidence = evidence or {}
        super().__init__(message)


class NewerKnownError(TamperError):
    """A place outside knows a newer checkpoint than the database; `evidence` has it as `note` where it shows it."""


class TransientError(TocsinError):
    """Nothing was done; trying again may work."""

    exit_code = 10
    retryable = True


class LeaseHeldError(TransientError):
    """Another run works on this incident now."""


class PermanentError(TocsinError):
    """Trying again will not help."""

    exit_code = 11


class LostCommitError(PermanentError):
    """The connection was lost while committing: whether the work was kept is not known; look before trying again."""
