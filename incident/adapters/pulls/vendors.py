"""How each vendor pages: Stripe, Help Scout, Mailchimp, Replicate. One small class each, over one `Api`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from incident.adapters.pulls.api import Answer, Api
from incident.core.pulling import Page
from incident.errors import PermanentError

_STRIPE_PAGE, _MAILCHIMP_PAGE = 100, 1000
_HELPSCOUT_ASKED = {
    "customers": "sortField=createdAt",
    "conversations": "embed=threads&status=all&sortField=createdAt",
}


class _VendorPuller:
    """What all have: an API, and its end."""

    api: Api

    def close(self) -> None:
        """Hang up."""
        self.api.close()


class StripePuller(_VendorPuller):
    """Customers and charges by `starting_after`; payment methods customer by customer."""

    system = "stripe"
    streams: Sequence[str] = ("customers", "payment_methods", "charges")

    def __init__(self, api: Api) -> None:
        self.api = api
        self.waiting: list[str] = []
        self.read_to: str | None = None

    def page(self, stream: str, cursor: str | None) -> Page:
        """Return a page of one stream; docs.stripe.com/api/pagination."""
        if stream == "payment_methods":
            return self._methods(cursor)
        answer, items = self._list(f"/v1/{stream}", cursor)
        after = _id(self.api, items[-1]) if items and answer.data.get("has_more") is True else None
        return Page(answer.content, f"GET {self.api.base}/v1/{stream}?limit={_STRIPE_PAGE}", after)

    def _list(self, path: str, after: str | None) -> tuple[Answer, list[Mapping[str, Any]]]:
        query = {"limit": str(_STRIPE_PAGE)} | ({"starting_after": after} if after else {})
        answer = self.api.get(f"{path}?{urlencode(query)}")
        if answer.data.get("object") != "list" or not isinstance(answer.data.get("has_more"), bool):
            raise _strange(self.api, path.rpartition("/")[2])
        return answer, _items(self.api, answer.data, "data")

    def _methods(self, cursor: str | None) -> Page:
        customer, after = json.loads(cursor) if cursor else (self._next_customer(None), None)
        asked = f"GET {self.api.base}/v1/customers/ID/payment_methods?limit={_STRIPE_PAGE}"
        if customer is None:
            return Page(
                b'{"object":"list","url":"/v1/payment_methods","has_more":false,"data":[]}', asked, None
            )
        answer, items = self._list(f"/v1/customers/{quote(customer, safe='')}/payment_methods", after)
        if items and answer.data["has_more"]:
            return Page(answer.content, asked, json.dumps([customer, _id(self.api, items[-1])]))
        following = self._next_customer(customer)
        return Page(answer.content, asked, json.dumps([following, None]) if following else None)

    def _next_customer(self, customer: str | None) -> str | None:
        """Return the customer after one, in the order of the list; pages of them are remembered while this runs."""
        if not self.waiting or self.read_to != customer:
            _answer, items = self._list("/v1/customers", customer)
            self.waiting = [_id(self.api, item) for item in items]
        self.read_to = self.waiting.pop(0) if self.waiting else None
        return self.read_to


class HelpScoutPuller(_VendorPuller):
    """Customers, and conversations with their threads, by page number, oldest first so that new ones shift nothing."""

    system = "helpscout"
    streams: Sequence[str] = ("customers", "conversations")

    def __init__(self, api: Api) -> None:
        self.api = api

    def page(self, stream: str, cursor: str | None) -> Page:
        """Return a page; developer.helpscout.com/mailbox-api, `_embedded` is absent when it is empty."""
        number = int(cursor or "1")
        asked = f"/v2/{stream}?{_HELPSCOUT_ASKED[stream]}&sortOrder=asc&page={number}"
        answer = self.api.get(asked)
        about = answer.data.get("page")
        if not isinstance(about, dict) or not isinstance(about.get("totalPages"), int):
            raise _strange(self.api, stream)
        inside = answer.data.get("_embedded") or {}
        if not isinstance(inside, dict) or (inside and not isinstance(inside.get(stream), list)):
            raise _strange(self.api, stream)
        following = str(number + 1) if number < about["totalPages"] else None
        total = about.get("totalElements")
        return Page(
            answer.content,
            f"GET {self.api.base}/v2/{stream}",
            following,
            total if isinstance(total, int) else None,
        )


class MailchimpPuller(_VendorPuller):
    """Members of every audience by offset; archived ones in a second stream, because the first leaves them out."""

    system = "mailchimp"
    streams: Sequence[str] = ("members", "archived_members")

    def __init__(self, api: Api, audiences: Sequence[str] = ()) -> None:
        self.api = api
        self.audiences = tuple(audiences)

    def page(self, stream: str, cursor: str | None) -> Page:
        """Return a page; mailchimp.com/developer, lists/{list_id}/members."""
        waiting, offset = json.loads(cursor) if cursor else (list(self.audiences or self._all()), 0)
        asked = f"GET {self.api.base}/3.0/lists/ID/members?count={_MAILCHIMP_PAGE}"
        if not waiting:
            return Page(b'{"members":[],"list_id":"","total_items":0}', asked, None)
        query = {"count": str(_MAILCHIMP_PAGE), "offset": str(offset)}
        query |= {"sort_field": "timestamp_signup", "sort_dir": "ASC"}
        query |= {"status": "archived"} if stream == "archived_members" else {}
        answer = self.api.get(f"/3.0/lists/{quote(waiting[0], safe='')}/members?{urlencode(query)}")
        items = _items(self.api, answer.data, "members")
        total = answer.data.get("total_items")
        if not isinstance(total, int):
            raise _strange(self.api, stream)
        seen = offset + len(items)
        if items and seen < total:
            return Page(answer.content, asked, json.dumps([waiting, seen]), None)
        if seen < total:
            raise PermanentError(
                f"{self.api.name} counts {total} members of an audience and gives only {seen}"
            )
        return Page(answer.content, asked, json.dumps([waiting[1:], 0]) if waiting[1:] else None)

    def _all(self) -> list[str]:
        answer = self.api.get(f"/3.0/lists?count={_MAILCHIMP_PAGE}&fields=lists.id,total_items")
        return [_id(self.api, item) for item in _items(self.api, answer.data, "lists")]


class ReplicatePuller(_VendorPuller):
    """Predictions, newest first, by the address of the next page."""

    system = "replicate"
    streams: Sequence[str] = ("predictions",)

    def __init__(self, api: Api, since: datetime | None = None) -> None:
        self.api = api
        self.since = since

    def page(self, stream: str, cursor: str | None) -> Page:
        """Return a page; replicate.com/docs/reference/http, predictions.list."""
        first = f"/v1/{stream}"
        if self.since is not None:
            first += "?" + urlencode({"created_after": self.since.isoformat()})
        answer = self.api.get(cursor or first)
        _items(self.api, answer.data, "results")
        following = answer.data.get("next")
        if following is not None and not isinstance(following, str):
            raise _strange(self.api, stream)
        return Page(answer.content, f"GET {self.api.base}{first}", following or None)


def _items(api: Api, data: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    items = data.get(name)
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise _strange(api, name)
    return items


def _id(api: Api, item: Mapping[str, Any]) -> str:
    value = item.get("id")
    if not isinstance(value, str) or not value:
        raise _strange(api, "id")
    return value


def _strange(api: Api, what: str) -> PermanentError:
    return PermanentError(
        f"{api.name}'s answer is not what it documents ({what}); what came before is kept, and --partial freezes it"
    )
