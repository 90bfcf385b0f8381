"""The ledger as far as this incident goes: its head, its checkpoint, any line with its proof; who may see it."""

from __future__ import annotations

import json

from starlette.responses import Response

from incident.core.events import from_data
from incident.core.sentences import sentence
from incident.errors import NotFoundError, TamperError
from incident.ledger.entry import encode
from incident.ledger.merkle import leaf_hash, verify_inclusion
from incident.ledger.proving import inclusion_proof
from incident.web.pages.incident import tab
from incident.web.routing import Page
from incident.web.visit import Visit


def show(visit: Visit) -> Response:
    """Show the state of the ledger, and who may see the incident."""
    house = visit.reception.house
    with house.store.reading() as tx:
        head, checkpoint, note = tx.head(), tx.last_checkpoint(), tx.newest_checkpoint()
    receipts = house.store.receipts(newest=True)
    return tab(
        visit,
        "ledger",
        "ledger.html",
        head=head,
        root=head.root().hex(),
        checkpoint=checkpoint,
        note=note,
        verifier=house.keys.verifiers()[-1].vkey,
        unreadable=house.keys.unreadable(),
        anchors=[f"{one.name}: {one.size}" for one in receipts],
    )


def entry(visit: Visit) -> Response:
    """Show one line of the ledger with the proof that it is in the tree, checked here and now."""
    seq = int(visit.request.path_params["seq"])
    with visit.reception.house.store.reading() as tx:
        found = next(iter(tx.entries(visit.state.incident_id, after=seq - 1)), None)
        if found is None or found.seq != seq:
            raise NotFoundError("there is no such entry in this incident")
        head, tree = tx.head(), tx.tree()
        proof = inclusion_proof(tree, seq, head.size)
    body = encode(found)
    leaf, holds = leaf_hash(body), True
    try:
        verify_inclusion(leaf, seq, head.size, proof, head.root())
    except TamperError:
        holds = False
    return tab(
        visit,
        "ledger",
        "entry.html",
        seq=seq,
        sentence=visit.texts.spoken(sentence(from_data(found.kind, found.data))),
        kind=found.kind,
        actor=found.actor,
        occurred_at=found.occurred_at,
        recorded_at=found.recorded_at,
        leaf=leaf.hex(),
        root=head.root().hex(),
        size=head.size,
        proof=[one.hex() for one in proof],
        holds=holds,
        body=json.dumps(json.loads(body), indent=1, ensure_ascii=False, sort_keys=True),
    )


ROUTES = (
    Page("GET", "/incidents/{incident_id}/ledger", show),
    Page("GET", "/incidents/{incident_id}/entries/{seq:int}", entry),
)
