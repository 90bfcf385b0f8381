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
    "GET /genuine/style.css": "open",
    "GET /sign-in/sso": "open",
    "GET /sign-in/sso/callback": "open",
    "GET /genuine/{code}": "open",
    "GET /genuine/{code}/{language}": "open",
}

OPEN_TO = {
    "GET /": EVERYBODY,
    "GET /history": EVERYBODY,
    "GET /me": EVERYBODY,
    "POST /me/end-others": EVERYBODY,
    "GET /me/password": EVERYBODY,
    "POST /me/password": EVERYBODY,
    "GET /me/factor": EVERYBODY,
    "POST /me/factor": EVERYBODY,
    "POST /sign-out": EVERYBODY,
}

INCIDENT = "/incidents/{incident_id}"
READ = (
    "", "/timeline", "/timeline.csv", "/timeline.md", "/timeline.json", "/timeline.pdf", "/facts", "/evidence", "/people",
    "/obligations", "/letters", "/letters/{letter_id}", "/letters/{letter_id}/html", "/approvals", "/deliveries",
    "/filings", "/filings/{filing_id}/{part}", "/next-steps", "/review", "/report.pdf", "/ledger", "/entries/{seq:int}",
    "/done/{seq:int}", "/ladder", "/genuine", "/genuine/{language}",
)  # fmt: skip
OPEN_TO |= {f"GET {INCIDENT}{path}": EVERYBODY for path in READ}
OPEN_TO |= {
    f"POST {INCIDENT}/advance": RESPONDERS,
    f"POST {INCIDENT}/people/{{position:int}}": (*RESPONDERS, "counsel"),
    f"GET {INCIDENT}/merges": (*RESPONDERS, "counsel"),
    f"POST {INCIDENT}/deliveries/contacts": (*RESPONDERS, "counsel"),
}
DECIDE = {
    "awareness": RESPONDERS,
    "fact": (*RESPONDERS, "counsel"),
    "evidence": RESPONDERS,
    "decide": (*RESPONDERS, "counsel"),
    "scope": RESPONDERS,
    "gap": (*RESPONDERS, "counsel"),
    "approve": (*RESPONDERS, "approver", "counsel"),
    "break-glass": RESPONDERS,
    "withdraw": (*RESPONDERS, "approver", "counsel"),
    "further-letters": RESPONDERS,
    "doubt": RESPONDERS,
    "further-report": (*RESPONDERS, "counsel"),
    "confirm-merge": RESPONDERS,
    "split": RESPONDERS,
    "undo-merge": RESPONDERS,
    "resume": RESPONDERS,
    "account": RESPONDERS,
    "filing": (*RESPONDERS, "counsel"),
    "not-required": ("officer", "counsel"),
    "next-step": RESPONDERS,
    "action-item": RESPONDERS,
    "review": ("officer", "counsel", "approver"),
    "close": RESPONDERS,
    "name-somebody": ("officer", "admin"),
    "take-off": ("officer", "admin"),
    "restrict": ("officer", "admin"),
}
OPEN_TO |= {"GET /open": RESPONDERS, "POST /open": RESPONDERS}
OPEN_TO |= {f"{m} {INCIDENT}/do/{slug}": roles for slug, roles in DECIDE.items() for m in ("GET", "POST")}
