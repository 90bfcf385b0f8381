"""Everything the ledger can record about an incident, one dataclass a kind."""

from incident.core.events.closing import (
    ActionItemPromised,
    CloseRefused,
    FilingPrepared,
    FilingSubmitted,
    IncidentClosed,
    NextStepRecorded,
    PageSent,
    PostMortemDrafted,
    PostMortemReviewed,
    ReviewRefused,
)
from incident.core.events.codec import REGISTRY, Event, from_data, instant, instant_text, to_data
from incident.core.events.intake import (
    AwarenessDecided,
    BreachDecided,
    EvidenceFrozen,
    EvidenceRead,
    EvidenceRefused,
    FactsAmended,
    IncidentOpened,
    Label,
    Outcome,
    RiskAssessed,
    SeverityAssessed,
)
from incident.core.events.notice import (
    ApprovalRefused,
    ApprovalRequested,
    ApprovalVoided,
    BatchAnswered,
    BatchIntended,
    BatchResolved,
    DeliveriesAccounted,
    DeliveriesAdvanced,
    LetterDrafted,
    LettersDetermined,
    LetterWithdrawn,
    NoticeApproved,
    NoticePlanned,
    NoticeResumed,
)
from incident.core.events.scope import (
    CohortFrozen,
    DeadlineMissed,
    ObligationArose,
    ObligationLapsed,
    ObligationMet,
    ObligationsDetermined,
    ObligationWaived,
)

__all__ = [
    "REGISTRY", "ActionItemPromised", "ApprovalRefused", "ApprovalRequested", "ApprovalVoided",
    "AwarenessDecided", "BatchAnswered", "BatchIntended", "BatchResolved", "BreachDecided", "CloseRefused",
    "CohortFrozen", "DeadlineMissed", "DeliveriesAdvanced", "DeliveriesAccounted", "Event", "EvidenceFrozen",
    "EvidenceRead", "EvidenceRefused", "FactsAmended", "FilingPrepared", "FilingSubmitted", "IncidentClosed",
    "IncidentOpened", "Label", "LetterDrafted", "LettersDetermined", "LetterWithdrawn", "NextStepRecorded", "NoticeApproved",
    "NoticePlanned", "NoticeResumed", "ObligationArose", "ObligationLapsed", "ObligationMet", "ObligationWaived",
    "ObligationsDetermined", "Outcome", "PageSent", "PostMortemDrafted", "PostMortemReviewed",
    "ReviewRefused", "RiskAssessed", "SeverityAssessed", "from_data", "instant", "instant_text", "to_data",
]  # fmt: skip
