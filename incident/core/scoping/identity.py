"""How identities are written so that equal people compare equal.

Dots and plus parts are never dropped silently.
"""

from __future__ import annotations

import hashlib
import re

from incident.core.scoping.records import Identity, IdentityKind, Strength

_BARRED = r"\s\x00-\x1f\x7f\ufdd0\ufffd@<>\"(),:;"
_EMAIL = re.compile(rf"[^{_BARRED}]+@[^{_BARRED}]+\.[^{_BARRED}.]+")
_NOT_DIGIT = re.compile(r"[\s().\-/]")
_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164
_LONGEST_EMAIL = 254  # RFC 5321 4.5.3.1.3


def normal_email(text: str | None) -> str | None:
    """Return the address trimmed and in lower case, or None when it is not one."""
    trimmed = (text or "").strip()
    if len(trimmed) > _LONGEST_EMAIL or not _EMAIL.fullmatch(trimmed):
        return None
    return trimmed.lower()


def address_for_sending(text: str) -> str:
    """Return the address with its domain in lower case and its local part as written."""
    local, _, domain = text.strip().rpartition("@")
    return f"{local}@{domain.lower()}"


def normal_phone(text: str | None) -> str | None:
    """Return an E.164 number, or None when the country cannot be told from what is written."""
    number = _NOT_DIGIT.sub("", text or "")
    number = "+" + number[2:] if number.startswith("00") else number
    return number if _PHONE.fullmatch(number) else None


def without_plus_part(email: str) -> str | None:
    """Return the normal address without its plus part, or None when it has none. For suggestions only."""
    local, _, domain = email.rpartition("@")
    base, plus, _ = local.partition("+")
    return f"{base}@{domain}" if plus and base else None


def email_hashes(email: str) -> tuple[tuple[IdentityKind, str], ...]:
    """Return the SHA-256 and MD5 of a normal address, as Gravatar and Mailchimp use them."""
    raw = email.encode()
    return (
        (IdentityKind.EMAIL_SHA256, hashlib.sha256(raw).hexdigest()),
        (IdentityKind.EMAIL_MD5, hashlib.md5(raw, usedforsecurity=False).hexdigest()),
    )


def uid_identity(value: str, source: str) -> Identity:
    """Return a user id as the strongest identity."""
    return Identity(IdentityKind.UID, value, Strength.STRONG, source)


def email_identity(text: str | None, source: str) -> tuple[Identity, ...]:
    """Return the address as an identity, or nothing when it is not an address."""
    email = normal_email(text)
    return (Identity(IdentityKind.EMAIL, email, Strength.NORMAL, source),) if email else ()


def provider_email_identity(text: str | None, source: str) -> tuple[Identity, ...]:
    """Return a sign-in provider's address: weak, it may be another mailbox of someone else."""
    email = normal_email(text)
    return (Identity(IdentityKind.PROVIDER_EMAIL, email, Strength.WEAK, source),) if email else ()


def phone_identity(text: str | None, source: str) -> tuple[Identity, ...]:
    """Return a number as a weak identity: families and offices share them."""
    phone = normal_phone(text)
    return (Identity(IdentityKind.PHONE, phone, Strength.WEAK, source),) if phone else ()


def customer_identity(system: str, value: str, source: str) -> Identity:
    """Return a system's own customer id, made unique among systems."""
    return Identity(IdentityKind.CUSTOMER_ID, f"{system}:{value}", Strength.STRONG, source)
