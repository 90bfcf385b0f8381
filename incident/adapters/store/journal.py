"""SQLite's journal after a large transaction: a thread takes it over into the file, while others go on.

SQLite does it at the end of the commit, and whoever committed waits: a second for the people of a million. What is
committed is on disk in the journal, so nothing depends on when it is taken over.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from threading import Thread
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from sqlalchemy import Connection

USUAL_PAGES = 1000
"""As much as SQLite lets a journal grow before a commit takes it over."""
_LATER = "journal is taken over later"


def take_over_later(connection: Connection) -> None:
    """Leave the journal of this transaction to a thread; for SQLite, where much is written."""
    if not connection.info.get(_LATER):
        connection.info[_LATER] = True
        connection.exec_driver_sql("PRAGMA wal_autocheckpoint=0")


def taken_over(connection: Connection) -> None:
    """Start that thread, if it was asked for; called when the transaction is over, however it ended."""
    if connection.invalidated or not connection.info.pop(_LATER, False):
        return
    driver = connection.connection.driver_connection
    if driver is None:
        return
    driver.execute(f"PRAGMA wal_autocheckpoint={USUAL_PAGES}")
    files = {name: path for _number, name, path in driver.execute("PRAGMA database_list")}
    Thread(target=_take_over, args=(files["main"],), name="journal").start()


def _take_over(path: str) -> None:
    # whoever is busy with it does it, and what fails here is tried again by the next commit
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{quote(path)}?mode=rw", uri=True)) as own:
        own.execute("PRAGMA wal_checkpoint(PASSIVE)")
