"""Put people together, a batch at a time, and answer with sorted lines: people, likenesses, conflicts, counts.

A batch needs nothing but what is on the spill, so batches can be worked on side by side.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from incident.core.letters import exposure_text
from incident.core.scoping.assembly import Said, Setting, assemble
from incident.core.scoping.cohort import person_record
from incident.core.scoping.joining import ConflictKind, Node, Place
from incident.core.scoping.laying import STRIDE
from incident.core.scoping.packing import dumps, loads, quoted, unpack_account, unpack_identities
from incident.core.scoping.question import RANK, Certainty
from incident.core.scoping.records import Identity, IdentityKind, Strength
from incident.core.scoping.result import Change, Earlier, Person
from incident.core.scoping.suggestions import likenesses
from incident.core.scoping.tallies import tallies_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from incident.core.scoping.records import AccountRecord
    from incident.core.scoping.spill import Opened, Spill
    from incident.core.scoping.tallies import Tally, TallyKey

ORDER = {Change.EXCLUDED: 3, Change.UNCHANGED: 4, Change.KEPT: 5}
"""Behind the told, who are ordered by certainty, 0 to 2."""


@dataclass(slots=True)
class Counted:
    """Counts that add up over batches."""

    people: int = 0
    told: int = 0
    without_email: int = 0
    staff: int = 0
    by_certainty: Counter[str] = field(default_factory=Counter)
    by_jurisdiction: Counter[str] = field(default_factory=Counter)
    by_category: Counter[str] = field(default_factory=Counter)
    by_change: Counter[str] = field(default_factory=Counter)

    def add(self, person: Person) -> None:
        """Count one person; an excluded one counts only as that, one told before still counts for the law."""
        change = person.change
        self.people += 1
        self.by_certainty[person.certainty] += 1
        self.by_change[change] += 1
        if change is Change.EXCLUDED:
            return
        self.staff += person.staff
        self.by_jurisdiction[person.residence.jurisdiction] += 1
        categories = {name for each in person.exposures for name in each.categories}
        categories.update(name for old in person.earlier for name, _ in old.levels)
        for name in categories:
            self.by_category[name] += 1
        if change in {Change.ADDED, Change.WORSENED}:
            self.told += 1
            self.without_email += person.email is None

    def join(self, other: Counted) -> None:
        """Add another batch."""
        for name in ("people", "told", "without_email", "staff"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("by_certainty", "by_jurisdiction", "by_category", "by_change"):
            getattr(self, name).update(getattr(other, name))


@dataclass(frozen=True, slots=True)
class Shelves:
    """Where the records behind the lines are."""

    accounts: Mapping[int, Any]
    bases: Sequence[int]
    bare: Sequence[Any]
    tallies: Sequence[Any]
    earlier: Any
    reasons: Sequence[str]


@dataclass(slots=True)
class Batch:
    """What one batch came to: runs for `Spill.merged`, and counts."""

    people: Sequence[Any] = ()
    likenesses: Sequence[Any] = ()
    conflicts: Sequence[Any] = ()
    counted: Counted = field(default_factory=Counted)


class Maker:
    """Makes people of lines."""

    def __init__(self, setting: Setting, shelves: Shelves, spill: Spill) -> None:
        self._setting, self._shelves, self._spill = setting, shelves, spill
        self._files = [
            (base, file) for file, base in enumerate(shelves.bases) if shelves.accounts.get(file) is not None
        ]
        self._starts = [base for base, _ in self._files]
        self._accounts = {file: spill.opened(kept) for file, kept in shelves.accounts.items()}
        self._bare = [spill.opened(each) for each in shelves.bare]
        self._tallies = [spill.opened(each) for each in shelves.tallies]
        self._earlier: Opened | None = spill.opened(shelves.earlier) if shelves.earlier is not None else None
        self._first_bare = 0

    def batch(self, persons: Iterable[list[bytes]], first_bare: int) -> Batch:
        """Put the people of one batch together; bare records begin at number `first_bare`."""
        self._first_bare = first_bare
        batch, spill = Batch(), self._spill
        people, alike, clashes = spill.sorter(), spill.sorter(), spill.sorter()
        for lines in persons:
            person, conflicts = self.person(lines)
            batch.counted.add(person)
            people.add(person_line(person))
            for kind, key, role in likenesses(person):
                alike.add(f"{kind}\t{quoted(key)}\t{person.pseudonym}\t{quoted(role)}\n".encode())
            for kind, detail, number in conflicts:
                text = f"{kind}\t{quoted(detail)}\t{number}\t{person.pseudonym}\n"
                clashes.add(text.encode())
        batch.people, batch.likenesses, batch.conflicts = people.done(), alike.done(), clashes.done()
        return batch

    def person(self, lines: list[bytes]) -> tuple[Person, list[tuple[str, str, str]]]:
        """Put one person together; returns the conflicts they stand in as kind, detail, number."""
        members: list[Node] = []
        held: list[AccountRecord] = []
        owned: dict[str, None] = {}
        said: dict[bytes, None] = {}
        for line in lines:
            tag, rest = line[11:12], line[12:-1]
            if tag == b"n":
                self._add(int(rest), members, held)
            elif tag == b"i":
                owned[loads(rest)] = None
            else:
                said[line[11:-1]] = None
        if owned:
            more = tuple(
                Identity(IdentityKind.UID, uid, Strength.STRONG, "own record") for uid in sorted(owned)
            )
            members.append(Node(Place("", "", 0), more))
        person, rivals = assemble(members, held, self._said(said), self._setting)
        conflicts = [_conflict(one) for one in said if one[:1] == b"c"]
        if rivals:
            detail = f"{person.residence.jurisdiction} or {', '.join(rivals)}"
            conflicts.append((ConflictKind.RESIDENCE_DIFFERS.value, detail, person.pseudonym))
        if person.exposures and not person.is_told:
            detail = person.exclusions[0].note
            conflicts.append((ConflictKind.LEFT_OUT_THOUGH_EXPOSED.value, detail, person.pseudonym))
        return person, conflicts

    def _add(self, node: int, members: list[Node], held: list[AccountRecord]) -> None:
        if node >= self._first_bare:
            place, number = divmod(node - self._first_bare, STRIDE)
            identities = unpack_identities(loads(self._bare[place].get(number)))
            first = identities[0]
            members.append(Node(Place("", f"{first.kind.value}:{first.value}", 0), identities))
            return
        base, file = self._files[bisect_right(self._starts, node) - 1]
        ref = self._setting.refs[file]
        account = unpack_account(self._accounts[file].get(node - base), ref.evidence_id)
        members.append(Node(Place(account.system, ref.sha256, account.row), account.identities))
        held.append(account)

    def _said(self, said: Iterable[bytes]) -> Said:
        tallies: list[tuple[TallyKey, Tally]] = []
        reasons: set[str] = set()
        earlier: list[Earlier] = []
        for one in said:
            tag, rest = one[:1], one[1:]
            if tag == b"t":
                place, number = divmod(int(rest), STRIDE)
                tallies.extend(tallies_of(self._tallies[place].get(number)))
            elif tag == b"l":
                reasons.add(self._shelves.reasons[int(rest)])
            elif tag == b"w" and self._earlier is not None:
                earlier.append(unpack_earlier(self._earlier.get(int(rest))))
        return Said(tallies, tuple(sorted(reasons)), tuple(sorted(earlier, key=_place)))


def pack_earlier(earlier: Earlier) -> bytes:
    """Write what a person was told before."""
    return dumps((earlier.cohort_id, earlier.position, earlier.levels))


def unpack_earlier(packed: bytes) -> Earlier:
    """Read what a person was told before."""
    cohort_id, position, levels = loads(packed)
    return Earlier(cohort_id, position, tuple((name, Certainty(level)) for name, level in levels))


def person_line(person: Person) -> bytes:
    """Write a person as one line that sorts into the order of the cohort: columns, then the record."""
    columns = (
        person.email, person.name, person.phone, person.language, person.residence.jurisdiction,
        person.certainty, person.levels, person.categories,
    )  # fmt: skip
    return b"%s\t%s\t%s\n" % (in_cohort(person), dumps(columns), person_record(person))


def in_cohort(person: Person) -> bytes:
    """Return what people of a cohort are ordered by."""
    place = ORDER.get(person.change, RANK[person.certainty])
    exposure = exposure_text(person.levels.items())
    return ordered(
        place, person.residence.jurisdiction, person.language, person.certainty, exposure, person.pseudonym
    )


def ordered(
    place: int, jurisdiction: str, language: str | None, certainty: str, exposure: str, pseudonym: str
) -> bytes:
    """Write the beginning of a line: the told first, people of one kind together, so that letters are to neighbors."""
    kind = dumps((jurisdiction, language or "", certainty, exposure))
    return b"%d%s\t%s" % (place, kind, pseudonym.encode())


def _conflict(said: bytes) -> tuple[str, str, str]:
    number, kind, detail = said[1:].decode().split("|", 2)
    return kind, detail, number


def _place(earlier: Earlier) -> tuple[str, int]:
    return earlier.cohort_id, earlier.position
