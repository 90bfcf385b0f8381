"""Files that come with a form: kept apart until the answers are confirmed, then taken in or dropped."""

from __future__ import annotations

import hmac
import secrets
import shutil
import unicodedata
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

from starlette.datastructures import UploadFile

from incident.errors import BadInputError
from incident.web import csrf
from incident.web.visit import Visit

RECEIPT_STARTS = (b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
RECEIPT_TEXT = frozenset({".txt", ".eml", ".html", ".htm", ".json", ".xml"})
KEPT = timedelta(hours=12)
LONGEST_NAME = 160
"""Bytes: file systems take 255, and the end says what it is."""
AT_ONCE = 1024 * 1024


def take(visit: Visit, field: str, *, receipt: bool) -> dict[str, str]:
    """Keep the file of a field, if there is one; return the inputs by which the form finds it again."""
    upload = visit.form.get(field)
    if not isinstance(upload, UploadFile) or not upload.filename:
        return {}
    name = safe_name(upload.filename)
    if receipt:
        _refuse_odd(upload, name, visit)
    sweep(visit.reception.spool, visit.reception.desk.now())
    key = secrets.token_hex(16)
    folder = visit.reception.spool / key
    folder.mkdir(mode=0o700, parents=True)
    with (folder / "content").open("wb") as out:
        shutil.copyfileobj(upload.file, out, AT_ONCE)
    if (folder / "content").stat().st_size == 0:
        shutil.rmtree(folder)
        raise BadInputError(visit.texts("form.empty_file"), field=field)
    seal = csrf.seal(visit.token, "upload", key, name)
    return {f"{field}_kept": key, f"{field}_name": name, f"{field}_seal": seal}


def path_of(visit: Visit, field: str) -> Path:
    """Return the kept file under its own name; the seal shows that this session brought it."""
    key, name = visit.text(f"{field}_kept"), visit.text(f"{field}_name")
    expected = csrf.seal(visit.token, "upload", key, name)
    if not hmac.compare_digest(expected, visit.text(f"{field}_seal")):
        raise BadInputError(visit.texts("form.file_again"), field=field)
    folder = visit.reception.spool / key
    if not (folder / "content").is_file():
        raise BadInputError(visit.texts("form.file_again"), field=field)
    named = folder / "named"
    named.mkdir(mode=0o700, exist_ok=True)
    target = named / name
    if not target.exists():
        target.hardlink_to(folder / "content")
    return target


def drop(visit: Visit, given: Mapping[str, list[str]]) -> None:
    """Remove what a finished form had kept."""
    for name, values in given.items():
        if name.endswith("_kept") and values and values[0].isalnum():
            shutil.rmtree(visit.reception.spool / values[0], ignore_errors=True)


def sweep(spool: Path, now: datetime) -> None:
    """Remove what nobody confirmed."""
    if not spool.is_dir():
        return
    oldest = (now - KEPT).timestamp()
    for folder in spool.iterdir():
        if folder.stat().st_mtime < oldest:
            shutil.rmtree(folder, ignore_errors=True)


def safe_name(name: str) -> str:
    """Return a file name without path, control characters or anything that hides its end."""
    last = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in last if c.isprintable() and unicodedata.category(c) not in {"Cf", "Cc"})
    ended = kept.strip(" .").encode()[-LONGEST_NAME:]
    return ended.decode(errors="ignore").strip(" .") or "file"


def _refuse_odd(upload: UploadFile, name: str, visit: Visit) -> None:
    start = upload.file.read(16)
    upload.file.seek(0)
    known = any(start.startswith(one) for one in RECEIPT_STARTS)
    if not known and (Path(name).suffix.lower() not in RECEIPT_TEXT or b"\0" in start):
        raise BadInputError(visit.texts("form.receipt_kind"))
