"""Who may see what of an incident that is handed out: three tiers, by kind of entry and by section of the report.

What is withheld is listed with its rule, and its place in the log is proven by its hash. A kind that nobody has
placed here is shown to counsel only.
"""

from __future__ import annotations

from enum import StrEnum


class Tier(StrEnum):
    """For whom a pack is made, the widest circle first; each sees all that the one before it sees."""

    PUBLIC = "public"
    REGULATOR = "regulator"
    PRIVILEGED = "privileged"


ORDER = tuple(Tier)
OTHER_INCIDENT = "other_incident"
INTERNAL = "internal_review"
NOT_PUBLIC = "not_public"

# what was sent to people, who allowed it, and whether deadlines were kept: the public may check it
PUBLIC_KINDS = frozenset(
    {
        "pack:announced",  # each pack ends with its own, so that nobody leaves off what is newest
        "letter:drafted",
        "letters:determined",
        "approval:requested",
        "notice:approved",
        "notice:planned",
        "further:proposed",
        "deadline:missed",
        "incident:closed",
    }
)

# the house looking at itself: pages, promises, the post-mortem and its review are counsel's to hand out
INTERNAL_KINDS = frozenset(
    {
        "page:sent",
        "page:acknowledged",
        "page:cleared",
        "action_item:promised",
        "post_mortem:drafted",
        "post_mortem:reviewed",
        "review:refused",
    }
)

# everything else an authority asks about: facts, evidence and custody, assessment, people, duties, filings
REGULATOR_KINDS = frozenset(
    {
        "incident:opened",
        "awareness:decided",
        "facts:amended",
        "evidence:frozen",
        "evidence:refused",
        "evidence:read",
        "severity:assessed",
        "risk:assessed",
        "breach:decided",
        "cohort:frozen",
        "gap:accepted",
        "obligations:determined",
        "obligation:arose",
        "obligation:lapsed",
        "obligation:waived",
        "obligation:met",
        "letter:withdrawn",
        "approval:refused",
        "approval:voided",
        "batch:intended",
        "batch:answered",
        "batch:resolved",
        "batches:moved",
        "notice:resumed",
        "deliveries:advanced",
        "deliveries:accounted",
        "filing:prepared",
        "filing:submitted",
        "next_step:recorded",
        "close:refused",
        "pack:exported",
        "person:erased",
        "erasure:refused",
        "evidence:erased",
        "approval:forced",
        "send_plan:determined",
        "deliveries:tried",
        "deliveries:exported",
        "canary:planned",
        "canary:intended",
        "canary:sent",
        "canary:observed",
        "canary:passed",
        "canary:failed",
        "notice:paused",
        "notice:halted",
        "deliveries:resolved",
        "deliveries:followed",
        "group:opened",
        "group:asked",
    }
)

SECTIONS: dict[str, Tier] = {
    "summary": Tier.PUBLIC,
    "letters": Tier.PUBLIC,
    "deliveries": Tier.PUBLIC,
    "timeline": Tier.PUBLIC,
    "facts": Tier.REGULATOR,
    "evidence": Tier.REGULATOR,
    "people": Tier.REGULATOR,
    "obligations": Tier.REGULATOR,
    "approvals": Tier.REGULATOR,
    "filings": Tier.REGULATOR,
    "next_steps": Tier.REGULATOR,
    "action_items": Tier.PRIVILEGED,
}


def tier_of(kind: str) -> Tier:
    """Return the widest circle that may see an entry of this kind."""
    if kind in PUBLIC_KINDS:
        return Tier.PUBLIC
    return Tier.REGULATOR if kind in REGULATOR_KINDS else Tier.PRIVILEGED


def may_see(tier: Tier, least: Tier) -> bool:
    """Whether a pack of this tier shows what is shown from `least` on."""
    return ORDER.index(tier) >= ORDER.index(least)


def withheld_by(tier: Tier, kind: str) -> str | None:
    """Return the rule by which a tier withholds a kind of entry; None when it is shown."""
    least = tier_of(kind)
    if may_see(tier, least):
        return None
    return INTERNAL if least is Tier.PRIVILEGED else NOT_PUBLIC
