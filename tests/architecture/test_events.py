"""The ledger keeps for ever what an event says: no event has a place for a person's data."""

from __future__ import annotations

import typing
from dataclasses import fields

import pytest

from incident.core.events.codec import REGISTRY

PERSONAL = {
    "email", "mail", "phone", "telephone", "mobile", "contact", "address", "street", "postcode", "zip", "ip",
    "surname", "firstname", "lastname", "fullname", "nickname", "username", "login", "birthday", "birth", "dob",
    "gender", "recipientname", "customer", "uid", "iban", "card", "password", "photo",
}  # fmt: skip
NOT_A_PERSONS_NAME = {
    ("facts:amended", "name"),
    ("evidence:frozen", "file_name"),
    ("evidence:refused", "file_name"),
}


def test_there_are_events() -> None:
    assert len(REGISTRY) >= 30


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_an_event_has_no_place_for_personal_data(kind: str) -> None:
    cls = REGISTRY[kind]
    found = [f.name for f in fields(cls) if is_personal(kind, f.name) and f.type not in {"int", "bool"}]
    assert not found, f"{kind} has the fields {found}; people belong beside the ledger, by position"


def is_personal(kind: str, name: str) -> bool:
    if (kind, name) in NOT_A_PERSONS_NAME:
        return False
    words = set(name.split("_"))
    return bool(words & PERSONAL) or "name" in words or "names" in words


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_an_event_is_named_subject_then_participle(kind: str) -> None:
    subject, _, participle = kind.partition(":")
    assert subject.replace("_", "").isalpha()
    assert participle.endswith("ed") or participle in {"arose", "frozen", "met", "sent", "read", "withdrawn"}


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_an_event_cannot_be_changed(kind: str) -> None:
    cls = REGISTRY[kind]
    assert cls.__dataclass_params__.frozen
    assert "__slots__" in vars(cls)


@pytest.mark.parametrize("kind", sorted(REGISTRY))
def test_the_types_of_an_event_are_known_at_run_time(kind: str) -> None:
    assert typing.get_type_hints(REGISTRY[kind])
