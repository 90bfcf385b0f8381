"""What a status code says about a request: an HTTP status, or a google.rpc.Code."""

from __future__ import annotations

from incident.core.scoping.records import Outcome

_PARTIAL_CONTENT = 206
_GONE = frozenset({404, 410})
_RPC = {0: Outcome.SUCCESS, 5: Outcome.NOT_FOUND, 7: Outcome.DENIED, 16: Outcome.DENIED}  # google.rpc.Code


def http_outcome(status: int) -> Outcome:
    """Sort an HTTP status; redirects, 304, 5xx and codes below 100 prove neither reading nor refusal."""
    if status == _PARTIAL_CONTENT:
        return Outcome.PARTIAL
    if status in _GONE:
        return Outcome.NOT_FOUND
    return {2: Outcome.SUCCESS, 4: Outcome.DENIED}.get(status // 100, Outcome.ERROR)


def rpc_outcome(code: int) -> Outcome:
    """Sort a google.rpc.Code; codes that are neither success, absence nor refusal stay open."""
    return _RPC.get(code, Outcome.ERROR)
