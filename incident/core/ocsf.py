"""OCSF Incident Finding (2005) and Detection Finding (2004): what of them says something about our incident.

Mapped literally by the names of the schema; whatever is absent or odd stays unknown, and the raw finding is kept as
evidence by the caller. When the team became aware is never taken from a finding: a person decides that.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from incident.core.internet import widened
from incident.core.privacy import refuse_people
from incident.errors import BadInputError

CLASSES = {2004: "Detection Finding", 2005: "Incident Finding"}
LONGEST = 300
SEVERITIES = {1: "informational", 2: "low", 3: "medium", 4: "high", 5: "critical", 6: "fatal"}
"""severity_id; 0 is unknown and 99 is other, which is unknown to us."""
FIRST_MILLISECOND, LAST_MILLISECOND = 0, 253_402_300_799_000  # 1970 to 9999


@dataclass(frozen=True, slots=True)
class Reported:
    """A finding, as far as it is understood."""

    uid: str
    title: str
    at: datetime
    detected_at: datetime | None
    facts: Mapping[str, str | None]
    source: str


def read(finding: Mapping[str, Any], now: datetime) -> Reported:
    """Read a finding; BadInputError names the field without which it cannot be taken."""
    number = finding.get("class_uid")
    if not isinstance(number, int) or isinstance(number, bool) or number not in CLASSES:
        raise BadInputError("is not 2004 (Detection Finding) or 2005 (Incident Finding)", field="class_uid")
    info = _info(finding)
    uid = _text(info.get("uid")) or _text(_object(finding.get("metadata")).get("uid"))
    if uid is None:
        raise BadInputError(
            "is missing, so a later version would open a second incident", field="finding_info.uid"
        )
    at = _instant(finding, "time")
    if at is None:
        raise BadInputError("is missing or is not milliseconds since 1970", field="time")
    product = _text(_object(_object(finding.get("metadata")).get("product")).get("name"))
    detected = _instant(info, "created_time")
    return Reported(
        uid=uid,
        title=_harmless(_text(info.get("title"))) or f"{CLASSES[number]} of another system",
        at=at,
        detected_at=detected if detected is not None and detected <= now else None,
        facts={
            "reported_severity": _severity(finding),
            "occurred_from": _moment(info, "first_seen_time", now),
            "occurred_to": _moment(info, "last_seen_time", now),
        },
        source=f"OCSF {CLASSES[number]}" + (f" of {product}" if _harmless(product) else ""),
    )


def _info(finding: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return finding_info; an incident finding has a list of them, of which the first is taken."""
    one = finding.get("finding_info")
    several = finding.get("finding_info_list")
    if not isinstance(one, Mapping) and isinstance(several, list) and several:
        one = {**_object(several[0])}
        title, desc = _text(finding.get("desc")), _text(finding.get("message"))
        one.setdefault("title", title or desc)
    return _object(one)


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: object) -> str | None:
    if not isinstance(value, str):
        return None
    text = " ".join("".join(c if c.isprintable() else " " for c in value).split())
    return text[:LONGEST] or None


def _harmless(text: str | None) -> str | None:
    """Return a text that may stand in the ledger, None for one that looks like a person's contact.

    Of an internet address, which is in most titles of such findings, the network is left.
    """
    if text is None:
        return None
    text = widened(text)
    try:
        refuse_people("finding", {"text": text})
    except BadInputError:
        return None
    return text


def _instants(found: Mapping[str, Any], name: str) -> Iterator[datetime]:
    number, words = found.get(name), found.get(f"{name}_dt")
    if (
        isinstance(number, int)
        and not isinstance(number, bool)
        and FIRST_MILLISECOND < number <= LAST_MILLISECOND
    ):
        yield datetime.fromtimestamp(number // 1000, UTC).replace(microsecond=number % 1000 * 1000)
    if isinstance(words, str):
        try:
            at = datetime.fromisoformat(words)
        except ValueError:
            return
        if at.utcoffset() is not None:
            yield at


def _instant(found: Mapping[str, Any], name: str) -> datetime | None:
    return next(_instants(found, name), None)


def _moment(found: Mapping[str, Any], name: str, now: datetime) -> str | None:
    at = _instant(found, name)
    return at.isoformat() if at is not None and at <= now else None


def _severity(finding: Mapping[str, Any]) -> str | None:
    number = finding.get("severity_id")
    return SEVERITIES.get(number) if isinstance(number, int) and not isinstance(number, bool) else None
