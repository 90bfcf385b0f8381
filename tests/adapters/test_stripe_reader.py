"""Stripe: API lists and dashboard tables by header name; residence with its source and confidence."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from incident.core.scoping.cohort import person_record
from incident.core.scoping.reader import ReadReport
from incident.core.scoping.records import (
    AccountRecord,
    Attributes,
    Card,
    Confidence,
    EvidenceRef,
    Identity,
    IdentityKind,
    Strength,
)
from incident.core.scoping.scope import scope
from tests.adapters.example_evidence import QUESTION, UIDS, read_all, read_example


def customers(*entries, **page):
    document = {"object": "list", "url": "/v1/customers", "has_more": False, "data": list(entries)} | page
    return read_all("stripe", json.dumps(document).encode())


def customer(**fields):
    return {"id": "cus_1", "object": "customer", "created": 1700000000} | fields


def values(record, kind):
    return [each.value for each in record.identities if each.kind.value == kind]


def test_customers_carry_uid_and_customer_id():
    records, report = read_example("stripe_customers.json")
    olga = records[-1]
    assert (report.rows, len(records)) == (12, 12)
    assert values(olga, "customer_id") == ["stripe:cus_QimOlgaPetrov1"]
    assert values(olga, "uid") == [UIDS["olga"]]
    assert olga.attributes.language == "en"


def test_the_dashboard_table_agrees_with_the_api_on_identities():
    by_api, _ = read_example("stripe_customers.json")
    by_table, _ = read_example("stripe_customers.csv")
    assert [each.identities for each in by_table] == [each.identities for each in by_api]
    assert [each.attributes.created_at.date() for each in by_table] == [
        each.attributes.created_at.date() for each in by_api
    ]


def test_the_address_for_sending_keeps_its_letters():
    records, _ = read_example("stripe_customers.json")
    grete = next(each for each in records if UIDS["grete"] in values(each, "uid"))
    assert grete.attributes.email == "Grete.Mueller@Example.org"
    assert values(grete, "email") == ["grete.mueller@example.org"]


@pytest.mark.parametrize("name", ["stripe_payment_methods.json", "stripe_payments.csv"])
def test_methods_and_payments_hang_on_the_customer(name):
    records, report = read_example(name)
    assert (len(records), report.quarantined) == (9, 0)
    for record in records:
        assert len(values(record, "customer_id")) == 1
        assert {"payment_card_partial", "postal_address", "name", "email"} <= set(
            record.attributes.categories
        )
        assert [hint.source for hint in record.attributes.residence] == ["billing address", "card country"]


@pytest.mark.parametrize(
    ("address", "country", "region", "confidence", "note"),
    [
        ({"country": "DE", "state": "SN"}, "DE", None, Confidence.HIGH, ""),
        ({"country": "US", "state": "CA"}, "US", "US-CA", Confidence.HIGH, ""),
        ({"country": "US", "state": "new york"}, "US", "US-NY", Confidence.HIGH, ""),
        ({"country": "us", "state": "Somewhere"}, "US", None, Confidence.HIGH, ""),
        ({"country": "US", "city": "Fresno, CA"}, "US", "US-CA", Confidence.MEDIUM, "the state is written in the city field"),
        ({"country": "US", "city": "Fresno, XX"}, "US", None, Confidence.HIGH, "no state is given"),
        ({"country": "US", "city": "Fresno, CA", "state": "NV"}, "US", "US-NV", Confidence.HIGH, ""),
    ],
)  # fmt: skip
def test_residence_of_an_address(address, country, region, confidence, note):
    records, _ = customers(customer(address=address))
    (hint,) = records[0].attributes.residence
    assert (hint.country, hint.region, hint.confidence, hint.note) == (country, region, confidence, note)


@pytest.mark.parametrize("address", [None, {}, {"city": "Fresno, CA"}, {"country": "Germany"}])
def test_no_country_is_no_hint(address):
    records, _ = customers(customer(address=address))
    assert records[0].attributes.residence == ()


def test_a_deleted_customer_is_still_a_row():
    records, _ = customers({"id": "cus_9", "object": "customer", "deleted": True})
    assert values(records[0], "customer_id") == ["stripe:cus_9"]
    assert records[0].attributes.categories == ("user_id",)


def test_a_page_that_says_more_follow_is_not_complete():
    _, report = customers(customer(), has_more=True)
    assert report.incomplete == ["the page says that more pages follow, and they are not in the file"]
    _, report = customers(customer())
    assert report.incomplete == []


def test_pages_written_one_after_another_are_all_read():
    page = json.dumps({"object": "list", "url": "/v1/customers", "has_more": False, "data": [customer()]})
    records, _ = read_all("stripe", f"{page}\n{page}\n".encode())
    assert [each.row for each in records] == [1, 2]


def test_columns_may_come_in_any_order():
    table = b"Created (UTC),Email,firebase_uid (metadata),id\n2024-01-01 00:00,a@example.com,x1,cus_1\n"
    records, _ = read_all("stripe", table)
    assert (values(records[0], "uid"), values(records[0], "email")) == (["x1"], ["a@example.com"])


# ---------------------------------------------------------------- what is shown of a card
def method(**card):
    held = {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2028, "country": "pl"} | card
    return {"object": "list", "url": "/v1/payment_methods", "has_more": False, "data": [
        {"id": "pm_1", "object": "payment_method", "customer": "cus_1", "type": "card", "card": held,
         "billing_details": {"email": "a@example.com"}}]}  # fmt: skip


@pytest.mark.parametrize(
    ("card", "shown"),
    [
        ({}, [Card("visa", "4242", "2028-08", "PL")]),
        ({"exp_month": "1", "exp_year": "2025", "brand": "American Express"},
         [Card("american express", "4242", "2025-01", "PL")]),
        ({"last4": 4242, "exp_month": 13, "country": None}, []),
        ({"last4": "4242424242424242", "exp_year": 28, "brand": ["x"]}, []),
        ({"last4": "0000", "exp_year": True, "country": "Poland", "brand": "<b>"}, [Card("", "0000", "", "")]),
    ],
)  # fmt: skip
def test_of_a_card_the_shown_part_is_kept_and_a_detail_costs_no_row(card, shown):
    records, report = read_all("stripe", json.dumps(method(**card)).encode())
    assert list(records[0].attributes.cards) == shown
    assert (report.rows, report.quarantined) == (1, 0)
    assert "payment_card_partial" in records[0].attributes.categories


def test_a_card_stands_in_the_dashboards_rows_too():
    table = (
        b"id,Created date (UTC),Customer Email,Card Last4,Card Brand,Card Exp Month,Card Exp Year,Card Issue Country,Status\n"
        b"ch_1,2024-01-01 00:00,a@example.com,0005,Visa,2,2026,DE,Paid\n"
    )
    records, _ = read_all("stripe", table)
    assert records[0].attributes.cards == (Card("visa", "0005", "2026-02", "DE"),)


def test_a_persons_record_holds_their_cards_once_and_says_which_had_expired():
    ref = EvidenceRef("EV", "stripe", "0" * 64, datetime(2026, 3, 10, 5, tzinfo=UTC))
    report = ReadReport(ref)
    cards = (
        Card("visa", "4242", "2026-02", "PL"),
        Card("visa", "4242", "2026-03", "PL"),
        Card("visa", "1", "", ""),
    )
    identity = Identity(IdentityKind.CUSTOMER_ID, "stripe:cus_1", Strength.STRONG)
    rows = [AccountRecord("stripe", "EV", row, (identity,), Attributes(cards=cards)) for row in (1, 2)]
    (person,) = scope(QUESTION, rows, [], [], [report]).people
    said = json.loads(person_record(person))["cards"]
    assert [(card["expires"], card["expired"]) for card in said] == [
        ("", None),
        ("2026-02", True),
        ("2026-03", False),
    ]
    (bare,) = scope(QUESTION, [replace(rows[0], attributes=Attributes())], [], [], [report]).people
    assert "cards" not in json.loads(person_record(bare))


@pytest.mark.parametrize(
    ("paid_by", "held"),
    [
        ({"type": "link", "link": {"email": "x@example.org"}}, False),
        ({"type": "sepa_debit", "sepa_debit": {"last4": "3000"}}, True),
        ({"type": "card", "card": {"last4": "4242"}}, True),
    ],
)
def test_a_way_to_pay_without_digits_shows_none(paid_by, held):
    method = {
        "id": "pm_1",
        "object": "payment_method",
        "customer": "cus_1",
        "billing_details": {"email": "a@x.org"},
    }
    page = {"object": "list", "url": "/v1/payment_methods", "has_more": False, "data": [method | paid_by]}
    (found,), _ = read_all("stripe", json.dumps(page).encode())
    assert ("payment_card_partial" in found.attributes.categories) is held


def test_a_customer_written_out_in_a_charge_tells_who_it_is():
    told = {"id": "cus_9", "object": "customer", "email": "Own@x.org", "metadata": {"firebase_uid": "u-9"}}
    charge = {
        "id": "ch_1",
        "object": "charge",
        "created": 1700000000,
        "customer": told,
        "receipt_email": "other@x.org",
    }
    page = {
        "object": "list",
        "url": "/v1/charges",
        "has_more": False,
        "data": [charge, charge | {"customer": {}}],
    }
    (found, bare), _ = read_all("stripe", json.dumps(page).encode())
    assert (values(found, "uid"), values(found, "customer_id")) == (["u-9"], ["stripe:cus_9"])
    assert values(found, "email") == ["other@x.org", "own@x.org"]
    assert [values(bare, kind) for kind in ("uid", "customer_id", "email")] == [[], [], ["other@x.org"]]
