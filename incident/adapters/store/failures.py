"""What a database error means for the caller: worth trying again, or not; never with the content of a row.

Knows the codes of both databases; what to do about an error is left to the caller.
"""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from incident.errors import LostCommitError, PermanentError, TocsinError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SQLITE_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})

# PostgreSQL, appendix A: serialization_failure, deadlock_detected, lock_not_available, too_many_connections
_POSTGRES_BUSY = frozenset({"40001", "40P01", "55P03", "53300"})
# connection exceptions, admin_shutdown, crash_shutdown, cannot_connect_now
_POSTGRES_LOST = ("08", "57P01", "57P02", "57P03")


@contextmanager
def translating(*, committing: bool = False) -> Iterator[None]:
    """Turn errors of the database inside the block into TransientError or PermanentError.

    A connection lost while committing is a LostCommitError: whether the work was kept is not known.
    """
    try:
        yield
    except PoolTimeoutError:
        raise TransientError("every connection to the database is in use") from None
    except sqlite3.Error as error:
        raise _meaning(error, lost=False, committing=committing) from None
    except DBAPIError as error:
        lost = error.connection_invalidated
        raise _meaning(error.orig or error, lost=lost, committing=committing) from None


def _meaning(error: BaseException, *, lost: bool, committing: bool) -> TocsinError:
    if isinstance(error, sqlite3.Error):
        code = getattr(error, "sqlite_errorcode", None)
        name = getattr(error, "sqlite_errorname", None)
        busy = code is not None and code & 0xFF in _SQLITE_BUSY
    else:
        name = getattr(error, "sqlstate", None)
        unnamed = name is None and type(error).__name__ == "OperationalError"
        lost = lost or unnamed or str(name).startswith(_POSTGRES_LOST)
        busy = name in _POSTGRES_BUSY
    said = f"{type(error).__name__} {name or 'without a code'}"
    if lost and committing:
        return LostCommitError(f"the connection was lost while committing; look before trying again ({said})")
    if lost or busy:
        return TransientError(f"the database is busy or away ({said})")
    return PermanentError(f"the database refused ({said})")
