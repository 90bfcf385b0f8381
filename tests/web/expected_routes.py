"""Who may come in where, written down apart from the code: a route that changes must be changed here too."""

from __future__ import annotations

EVERYBODY = ("on_call", "officer", "approver", "counsel", "auditor", "admin")
RESPONDERS = ("on_call", "officer", "admin")

OPEN = {
    "GET /assets/{name}": "open",
    "GET /healthz": "open",
    "GET /sign-in": "open",
    "POST /sign-in": "open",
    "GET /sign-in/code": "half",
    "POST /sign-in/code": "half",
    "POST /language": "open",
}

OPEN_TO = {
    "GET /": EVERYBODY,
    "GET /history": EVERYBODY,
    "GET /me": EVERYBODY,
    "POST /me/end-others": EVERYBODY,
    "POST /sign-out": EVERYBODY,
}
