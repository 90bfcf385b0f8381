"""Stripe: API lists and dashboard tables by header name; residence with its source and confidence."""

from __future__ import annotations

import json

import pytest

from incident.core.scoping.records import Confidence
from tests.adapters.example_evidence import UIDS, read_all, read_example


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
