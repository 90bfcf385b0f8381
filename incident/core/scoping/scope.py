"""Scope: the one use of this package. Evidence records in, people out, the same bytes for the same inputs.

The streams are consumed once, in the order accounts, accesses, own records. What reading came to is taken
from the reports after the last record, so a caller may hand over lazy readers.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from incident.core.scoping.assembly import Setting, assemble
from incident.core.scoping.gathering import Gathered, gather_accesses, gather_own_records
from incident.core.scoping.joining import ConflictKind, Joined, Node, Place, join
from incident.core.scoping.open_ends import notes_of, unresolved_of
from incident.core.scoping.question import RANK
from incident.core.scoping.records import Identity, IdentityKind, Strength
from incident.core.scoping.result import Conflict, Counts, Person, ScopeResult
from incident.core.scoping.suggestions import suggest
from incident.errors import BadInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from incident.core.scoping.question import Question
    from incident.core.scoping.reader import ReadReport
    from incident.core.scoping.records import AccessRecord, AccountRecord, EvidenceRef, GenerationRecord


def scope(
    question: Question,
    accounts: Iterable[AccountRecord],
    accesses: Iterable[AccessRecord],
    own_records: Iterable[GenerationRecord],
    reports: Sequence[ReadReport],
    *,
    pseudonym_key: str = "",
) -> ScopeResult:
    """Find the affected people. `pseudonym_key` keeps pseudonyms from being guessed from addresses.

    Raises BadInputError when a record comes from evidence that no report names.
    """
    known = list(accounts)
    gathered = gather_accesses(question, accesses)
    gather_own_records(question, own_records, gathered, _wanted_predictions(known, gathered))
    refs = {report.ref.evidence_id: report.ref for report in reports}
    _check_evidence(known, gathered, refs)
    known.sort(key=lambda each: _place(each, refs))
    nodes = [Node(_place(each, refs), _owned(each.identities, gathered)) for each in known]
    nodes += _bare_nodes(question, nodes, gathered)
    joined = join(nodes, question.merges)
    systems = {entry.system: entry for entry in question.systems}
    setting = Setting(question, systems, refs, gathered.touched, pseudonym_key)
    people, conflicts = _people(joined, nodes, known, setting)
    summaries = tuple(
        sorted((each.summary() for each in reports), key=lambda each: (each.ref.system, each.ref.sha256))
    )
    unresolved = unresolved_of(gathered, question, summaries)
    return ScopeResult(
        question=question,
        people=people,
        unresolved=unresolved,
        suggestions=suggest(people),
        conflicts=conflicts,
        notes=notes_of(question, known, gathered, summaries, unresolved),
        reports=summaries,
        counts=_counts(people),
    )


def _place(account: AccountRecord, refs: Mapping[str, EvidenceRef]) -> Place:
    return Place(account.system, refs[account.evidence_id].sha256, account.row)


def _check_evidence(
    accounts: Iterable[AccountRecord], gathered: Gathered, refs: Mapping[str, EvidenceRef]
) -> None:
    used = {each.evidence_id for each in accounts} | {key[1] for key in gathered.bulk}
    used |= {key[1] for tallies in gathered.touched.values() for key in tallies}
    if not used <= set(refs):
        raise BadInputError("a record comes from evidence that no report names", field="evidence_id")


def _wanted_predictions(accounts: Iterable[AccountRecord], gathered: Gathered) -> frozenset[str]:
    seen = {value for kind, value in gathered.touched if kind is IdentityKind.PREDICTION_ID}
    seen |= {
        each.value
        for account in accounts
        for each in account.identities
        if each.kind is IdentityKind.PREDICTION_ID
    }
    return frozenset(seen)


def _owned(identities: tuple[Identity, ...], gathered: Gathered) -> tuple[Identity, ...]:
    """Add the user id that the company's own records give to a prediction id."""
    if not gathered.predictions:
        return identities
    owners = {
        gathered.predictions[each.value]
        for each in identities
        if each.kind is IdentityKind.PREDICTION_ID and each.value in gathered.predictions
    }
    return (
        *identities,
        *(Identity(IdentityKind.UID, uid, Strength.STRONG, "own record") for uid in sorted(owners)),
    )


def _bare_nodes(question: Question, nodes: Sequence[Node], gathered: Gathered) -> list[Node]:
    """Give a place to handles that only logs, own records or a person's list name."""
    known = {(each.kind, each.value) for node in nodes for each in node.identities}
    named = {(entry.kind, entry.value) for entry in question.include}
    missing = sorted((set(gathered.touched) | named) - known)
    return [
        Node(
            Place("", f"{kind.value}:{value}", 0),
            _owned((Identity(kind, value, Strength.STRONG, "named in a log"),), gathered),
        )
        for kind, value in missing
    ]


def _people(
    joined: Joined, nodes: Sequence[Node], accounts: Sequence[AccountRecord], setting: Setting
) -> tuple[tuple[Person, ...], tuple[Conflict, ...]]:
    people: list[Person] = []
    conflicts: list[Conflict] = []
    owner: dict[int, str] = {}
    wanted = {node for _, _, members in joined.conflicts for node in members}
    for group in joined.groups:
        held = [accounts[node] for node in group if node < len(accounts)]
        person, rivals = assemble(
            [nodes[node] for node in group], held, joined.links.get(group[0], ()), setting
        )
        people.append(person)
        owner.update((node, person.pseudonym) for node in group if node in wanted)
        if rivals:
            detail = f"{person.residence.jurisdiction} or {', '.join(rivals)}"
            conflicts.append(Conflict(ConflictKind.RESIDENCE_DIFFERS, detail, (person.pseudonym,)))
        if person.exposures and not person.is_told:
            detail = person.exclusions[0].note
            conflicts.append(Conflict(ConflictKind.LEFT_OUT_THOUGH_EXPOSED, detail, (person.pseudonym,)))
    for kind, detail, members in joined.conflicts:
        conflicts.append(Conflict(kind, detail, tuple(sorted({owner[node] for node in members}))))
    people.sort(key=lambda person: (RANK[person.certainty], person.pseudonym))
    return tuple(people), tuple(sorted(conflicts, key=lambda each: (each.kind, each.people, each.detail)))


def _counts(people: Sequence[Person]) -> Counts:
    told = [person for person in people if person.is_told]
    return Counts(
        by_certainty=_sorted(Counter(person.certainty.value for person in people)),
        by_jurisdiction=_sorted(Counter(person.residence.jurisdiction for person in told)),
        by_category=_sorted(Counter(name for person in told for name in person.categories)),
        without_email=sum(person.email is None for person in told),
        staff=sum(person.staff for person in told),
    )


def _sorted(counter: Counter[str]) -> dict[str, int]:
    return dict(sorted(counter.items()))
