"""Put one person together from joined records: who they are, where, and what of theirs was exposed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from incident.core.scoping.identity import address_for_sending, normal_email
from incident.core.scoping.judging import Reason
from incident.core.scoping.question import RANK, Certainty, SystemMode
from incident.core.scoping.records import IdentityKind
from incident.core.scoping.residence import determine_residence
from incident.core.scoping.result import Exclusion, Exposure, Person

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from incident.core.scoping.joining import Node
    from incident.core.scoping.packing import Handle
    from incident.core.scoping.question import CompromisedSystem, Named, Question
    from incident.core.scoping.records import AccountRecord, EvidenceRef, Identity
    from incident.core.scoping.result import Earlier
    from incident.core.scoping.tallies import Tally, TallyKey

_PREFERRED_SYSTEMS = ("firebase_auth", "stripe")
_KIND_ORDER = {kind: place for place, kind in enumerate(IdentityKind)}
_SHAREABLE = frozenset({IdentityKind.PHONE, IdentityKind.PROVIDER_EMAIL})
_PSEUDONYM_HEX = 16


@dataclass(frozen=True, slots=True)
class Setting:
    """What every person is put together against; `refs` are the evidence by number."""

    question: Question
    systems: Mapping[str, CompromisedSystem]
    refs: Sequence[EvidenceRef]
    pseudonym_key: str
    include: Mapping[Handle, Sequence[Named]]
    exclude: Mapping[Handle, Sequence[Named]]
    sha256: Mapping[str, str]
    last_month: str


@dataclass(frozen=True, slots=True)
class Said:
    """What is known of one person besides their records: tallies of logs, reasons of joins, what was told before."""

    tallies: Sequence[tuple[TallyKey, Tally]] = ()
    joined_by: tuple[str, ...] = ()
    earlier: tuple[Earlier, ...] = ()


def setting_of(question: Question, refs: Sequence[EvidenceRef], pseudonym_key: str) -> Setting:
    """Prepare a question for putting people together."""
    return Setting(
        question, {entry.system: entry for entry in question.systems}, refs, pseudonym_key,
        _by_handle(question.include), _by_handle(question.exclude),
        {ref.evidence_id: ref.sha256 for ref in refs}, question.window.end.astimezone(UTC).strftime("%Y-%m"),
    )  # fmt: skip


def assemble(
    members: Sequence[Node], accounts: Sequence[AccountRecord], said: Said, setting: Setting
) -> tuple[Person, tuple[str, ...]]:
    """Return the person and the countries that contradict the residence; `accounts` are sorted by place."""
    identities = _identities(members)
    handles = [(each.kind, each.value) for each in identities]
    ranked = sorted(accounts, key=_preference)
    phone = next((each.attributes.phone for each in ranked if each.attributes.phone), None)
    hints = [hint for each in ranked for hint in each.attributes.residence]
    residence, rivals = determine_residence(hints, phone)
    exposures, exclusions = _exposures(handles, accounts, said, setting)
    certainty = min((each.certainty for each in exposures), key=RANK.__getitem__, default=Certainty.EXCLUDED)
    left_out = tuple(
        Exclusion(Reason.LEFT_OUT_BY_HAND, "", note=entry.reason)
        for handle in (handles if setting.exclude else ())
        for entry in setting.exclude.get(handle, ())
    )
    if not exposures:
        exclusions = (*exclusions, *_silences(ranked, exclusions, setting))
    person = Person(
        pseudonym=pseudonym_of(identities, members, setting),
        identities=identities,
        email=_best_email(ranked, identities),
        name=next((each.attributes.display_name for each in ranked if each.attributes.display_name), None),
        phone=phone,
        language=next((each.attributes.language for each in ranked if each.attributes.language), None),
        residence=residence,
        certainty=Certainty.EXCLUDED if left_out else certainty,
        exposures=exposures,
        exclusions=(*left_out, *exclusions),
        places=tuple([node.place for node in members if node.place.row]),
        joined_by=said.joined_by,
        staff=_is_staff(accounts, identities, setting.question),
        disabled=any(each.attributes.disabled for each in accounts),
        earlier=said.earlier,
        cards=tuple(sorted({card for each in accounts for card in each.attributes.cards})),
        expired_before=setting.last_month,
    )
    return person, rivals


def pseudonym_of(identities: Sequence[Identity], members: Sequence[Node], setting: Setting) -> str:
    """Name a person by the hash of their strongest identity.

    By their first record when they have none that is theirs alone: two people may share a telephone, or an
    address that was set apart.
    """
    own = next((i for i in identities if i.kind not in _SHAREABLE), None)
    if own is not None and any((own.kind, own.value) == (a.kind, a.value) for a in setting.question.apart):
        own = None
    text = f"{own.kind.value}:{own.value}" if own else f"record:{members[0].place}"
    digest = hashlib.sha256(f"{setting.pseudonym_key}\n{text}".encode()).hexdigest()
    return "p-" + digest[:_PSEUDONYM_HEX]


def _by_handle(named: Sequence[Named]) -> dict[Handle, list[Named]]:
    found: dict[Handle, list[Named]] = {}
    for entry in named:
        found.setdefault((entry.kind, entry.value), []).append(entry)
    return found


def _identities(members: Sequence[Node]) -> tuple[Identity, ...]:
    """Return each identity once, strongest first."""
    unique: dict[Handle, Identity] = {}
    for node in members:
        for each in node.identities:
            unique.setdefault((each.kind, each.value), each)
    return tuple(sorted(unique.values(), key=lambda each: (_KIND_ORDER[each.kind], each.value)))


def _preference(account: AccountRecord) -> tuple[int, str]:
    system = account.system
    known = system in _PREFERRED_SYSTEMS
    return (_PREFERRED_SYSTEMS.index(system) if known else len(_PREFERRED_SYSTEMS), system)


def _best_email(ranked: Sequence[AccountRecord], identities: Sequence[Identity]) -> str | None:
    """Choose a verified address first, then by system; a bare address from a log when no account has one.

    What is written in the place of an address and is none, as `n/a`, is no way to reach anybody.
    """
    written = [each.attributes for each in ranked if each.attributes.email]
    written.sort(key=lambda attributes: attributes.email_verified is not True)
    for attributes in written:
        if normal_email(attributes.email):
            return address_for_sending(attributes.email or "")
    return next((each.value for each in identities if each.kind is IdentityKind.EMAIL), None)


def _is_staff(accounts: Sequence[AccountRecord], identities: Sequence[Identity], question: Question) -> bool:
    domains = {each.value.rpartition("@")[2] for each in identities if each.kind is IdentityKind.EMAIL}
    return any(each.attributes.staff for each in accounts) or not domains.isdisjoint(question.staff_domains)


def _exposures(
    handles: Sequence[Handle], accounts: Sequence[AccountRecord], said: Said, setting: Setting
) -> tuple[tuple[Exposure, ...], tuple[Exclusion, ...]]:
    exposures: list[Exposure] = []
    exclusions: list[Exclusion] = []
    for account in accounts:
        entry = setting.systems.get(account.system)
        if entry and entry.mode is SystemMode.WHOLE_STORE:
            found = _in_whole_store(account, entry, setting)
            (exposures if isinstance(found, Exposure) else exclusions).append(found)  # type: ignore[arg-type]
    for key, tally in said.tallies:
        _place_tally(key, tally, setting, exposures, exclusions)
    exposures += [
        Exposure(
            "", entry.categories, entry.certainty, Reason.NAMED_BY_HAND, "", "", (), 0, note=entry.reason
        )
        for handle in (handles if setting.include else ())
        for entry in setting.include.get(handle, ())
    ]
    if setting.question.categories:
        exposures = _narrowed(exposures, exclusions, frozenset(setting.question.categories))
    if len(exposures) > 1:
        exposures.sort(
            key=lambda each: (
                RANK[each.certainty], each.system, each.sha256, each.reason, each.categories, each.rows,
                each.unseen, each.note,
            )
        )  # fmt: skip
    exclusions.sort(key=lambda each: (each.system, each.sha256, each.reason, each.rows))
    return tuple(exposures), tuple(exclusions)


def _narrowed(
    exposures: Sequence[Exposure], exclusions: list[Exclusion], asked: frozenset[str]
) -> list[Exposure]:
    """Keep what touches the categories asked about; what is known to touch only others is no exposure here."""
    kept = []
    for each in exposures:
        if each.categories and asked.isdisjoint((*each.categories, *each.unseen)):
            exclusions.append(
                Exclusion(Reason.OTHER_CATEGORIES, each.system, each.evidence_id, each.sha256, each.rows,
                          each.row_count)
            )  # fmt: skip
        else:
            kept.append(each)
    return kept


def _in_whole_store(
    account: AccountRecord, entry: CompromisedSystem, setting: Setting
) -> Exposure | Exclusion:
    attributes, sha256 = account.attributes, setting.sha256[account.evidence_id]
    if attributes.created_at and attributes.created_at > setting.question.window.end:
        return Exclusion(
            Reason.CREATED_AFTER_WINDOW, account.system, account.evidence_id, sha256, (account.row,), 1
        )
    if attributes.gone_at and attributes.gone_at < setting.question.window.start:
        return Exclusion(
            Reason.GONE_BEFORE_WINDOW, account.system, account.evidence_id, sha256, (account.row,), 1
        )
    narrowed = frozenset(entry.categories or (*attributes.categories, *attributes.unseen))
    return Exposure(
        account.system,
        tuple(name for name in attributes.categories if name in narrowed),
        entry.certainty or Certainty.POSSIBLE,
        Reason.WHOLE_STORE,
        account.evidence_id,
        sha256,
        (account.row,),
        1,
        unseen=tuple(name for name in attributes.unseen if name in narrowed),
        note=entry.reason,
    )


def _place_tally(
    key: TallyKey, tally: Tally, setting: Setting, exposures: list[Exposure], exclusions: list[Exclusion]
) -> None:
    system, file, reason, certainty, categories = key
    evidence_id, sha256, rows = setting.refs[file].evidence_id, setting.refs[file].sha256, tally.shown()
    if certainty is Certainty.EXCLUDED:
        exclusions.append(Exclusion(reason, system, evidence_id, sha256, rows, tally.count))
        return
    exposures.append(
        Exposure(system, categories, certainty, reason, evidence_id, sha256, rows, tally.count,
                 first_at=tally.first_at, last_at=tally.last_at)
    )  # fmt: skip


def _silences(
    accounts: Sequence[AccountRecord], exclusions: Sequence[Exclusion], setting: Setting
) -> tuple[Exclusion, ...]:
    """Say of an unexposed person why each system they could be in says nothing against them."""
    outside = sorted({each.system for each in accounts} - set(setting.systems))
    spoken = {each.system for each in exclusions}
    searched = sorted(
        name
        for name, entry in setting.systems.items()
        if entry.mode is SystemMode.BY_ACCESS and name not in spoken
    )
    return tuple(
        [Exclusion(Reason.SYSTEM_NOT_COMPROMISED, name) for name in outside]
        + [Exclusion(Reason.NO_ACCESS_FOUND, name) for name in searched]
    )
