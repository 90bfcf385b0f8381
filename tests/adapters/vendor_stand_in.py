"""The vendors' APIs on loopback: as strict about keys and paging as the originals, and as ill-behaved as a test asks.

Paging, fields and status codes are those of each vendor's reference; the people are the example incident's.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

EXAMPLES = Path(__file__).parents[2] / "examples" / "imajinn"
KEYS = {"stripe": "sk_test_1", "replicate": "r8_1", "mailchimp": "abc-us21", "helpscout": "app:secret"}
Reply = tuple[int, dict[str, str], bytes]
Odd = Callable[[str, int], Reply | None]


def example(name: str, *path: str) -> list[dict[str, Any]]:
    data = json.loads((EXAMPLES / name).read_text(encoding="utf-8"))
    for step in path:
        data = data[step]
    return data


class Vendors:
    """All four vendors; `asked` is every request's path, `odd` may answer in their place (path, visit)."""

    def __init__(self, *, page: int = 3, odd: Odd = lambda _path, _visit: None) -> None:
        self.page, self.odd, self.asked, self.url = page, odd, [], ""
        self.customers = example("stripe_customers.json", "data")
        methods = example("stripe_payment_methods.json", "data")
        self.methods = {c["id"]: [m for m in methods if m["customer"] == c["id"]] for c in self.customers}
        self.charges = [
            {"id": f"ch_{n}", "object": "charge", "customer": c["id"], "created": 1704067260 + n, "billing_details": {"email": c["email"]}}
            for n, c in enumerate(self.customers)
        ]  # fmt: skip
        self.members = example("mailchimp_members.json", "members")
        self.people = example("helpscout_customers.json", "_embedded", "customers")
        self.talks = example("helpscout_conversations.json", "_embedded", "conversations")
        self.predictions = example("replicate_predictions.json", "results")

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> Reply:
        parts = urlsplit(path)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        odd = self.odd(path, sum(1 for each in self.asked if each == path))
        self.asked.append(path)
        if odd is not None:
            return odd
        if parts.path == "/v2/oauth2/token":
            ok = method == "POST" and b"client_id=app&client_secret=secret" in body
            return (
                said({"access_token": "t1", "token_type": "bearer"})
                if ok
                else said({"error": "invalid_client"}, 401)
            )
        wanted = self.authorization(parts.path)
        if wanted is None:
            return said({"error": "no such place"}, 404)
        if headers.get("authorization") != wanted:
            return said({"error": {"message": "bad key"}}, 401)
        return self.listed(parts.path, query)

    def authorization(self, path: str) -> str | None:
        basic = base64.b64encode(f"tocsin:{KEYS['mailchimp']}".encode()).decode()
        known = {
            "/v1/predictions": f"Bearer {KEYS['replicate']}", "/v1/": f"Bearer {KEYS['stripe']}", "/v2/": "Bearer t1",
            "/3.0/": f"Basic {basic}",
        }  # fmt: skip
        return next((value for start, value in known.items() if path.startswith(start)), None)

    def listed(self, path: str, query: dict[str, str]) -> Reply:
        if path == "/v1/predictions":
            return self.replicate(int(query.get("cursor", "0")))
        if path.startswith("/v1/"):
            owner = path.split("/")[3] if path.endswith("/payment_methods") else ""
            items = (
                self.methods[owner]
                if owner
                else {"/v1/customers": self.customers, "/v1/charges": self.charges}[path]
            )
            return self.stripe(path, items, query.get("starting_after"), int(query.get("limit", "10")))
        if path.startswith("/v2/"):
            name = path.rpartition("/")[2]
            return self.helpscout(
                name, {"customers": self.people, "conversations": self.talks}[name], int(query["page"])
            )
        if path == "/3.0/lists":
            return said({"lists": [{"id": "l1"}, {"id": "l2"}], "total_items": 2})
        items = (
            [] if query.get("status") == "archived" else self.members if "/l1/" in path else self.members[:2]
        )
        start = int(query["offset"])
        return said({"members": items[start : start + self.page], "list_id": "l1", "total_items": len(items)})

    def stripe(self, path: str, items: list[dict[str, Any]], after: str | None, limit: int) -> Reply:
        ids = [item["id"] for item in items]
        if after is not None and after not in ids:
            return said({"error": {"code": "resource_missing"}}, 400)
        start = ids.index(after) + 1 if after else 0
        end = start + min(self.page, limit)
        return said({"object": "list", "url": path, "has_more": end < len(items), "data": items[start:end]})

    def helpscout(self, name: str, items: list[dict[str, Any]], number: int) -> Reply:
        pages = -(-len(items) // self.page)
        part = items[(number - 1) * self.page : number * self.page]
        link = {"self": {"href": f"https://api.helpscout.net/v2/{name}?page={number}"}}
        about = {"size": self.page, "totalElements": len(items), "totalPages": pages, "number": number}
        return said(({"_embedded": {name: part}} if part else {}) | {"_links": link, "page": about})

    def replicate(self, start: int) -> Reply:
        end = start + self.page
        following = f"{self.url}/v1/predictions?cursor={end}" if end < len(self.predictions) else None
        return said({"previous": None, "next": following, "results": self.predictions[start:end]})


def said(data: object, status: int = 200, **headers: str) -> Reply:
    return (
        status,
        {name.replace("_", "-"): value for name, value in headers.items()},
        json.dumps(data).encode(),
    )


@contextmanager
def serving(vendors: Vendors) -> Iterator[Vendors]:
    """Serve on a free port of loopback until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            status, headers, content = vendors.answer(self.command, self.path, self.headers, body)
            if status == 0:  # the line is cut
                self.close_connection = True
                return
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(content))} | headers).items():
                self.send_header(name, value)
            self.close_connection = headers.get("Content-Length", str(len(content))) != str(len(content))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = answer  # noqa: N815 - the names that the server calls

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    vendors.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield vendors
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
