"""The closed vocabularies of the law: what may be lost, by whom, to whom it is told, from when it counts.

Codes are stable and stored; each carries one English line of meaning. How a code is worded in a letter, and
in which language, is left to the templates.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Coded(StrEnum):
    """A code with a documented meaning."""

    meaning: str

    def __new__(cls, code: str, meaning: str) -> Self:
        """Make a member whose value is the code."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member


class DataCategory(Coded):
    """A kind of personal data that an incident can expose."""

    NAME = "name", "first name or initial together with the last name"
    EMAIL = "email", "e-mail address"
    USERNAME = "username", "name used to log in"
    USER_ID = "user_id", "internal or random account number that is not used to log in"
    PASSWORD = "password", "password in readable form, or one that can be turned into it"
    PASSWORD_HASH = "password_hash", "password kept only as a one-way hash"
    SECURITY_ANSWER = "security_answer", "security question with its answer"
    PHONE = "phone", "telephone number"
    POSTAL_ADDRESS = "postal_address", "home or delivery address"
    DATE_OF_BIRTH = "date_of_birth", "full date of birth"
    IP_ADDRESS = "ip_address", "internet address of a person's connection"
    DEVICE = "device", "device identifiers and browser strings"
    LOCATION = "location", "where a person is or was, finer than a country"
    PHOTO = "photo", "picture that shows a person"
    USER_CONTENT = "user_content", "what the person wrote, uploaded or had made"
    MESSAGE_CONTENT = "message_content", "letters, mails, chats and support conversations"
    PAYMENT_CARD_NUMBER = "payment_card_number", "full number of a credit or debit card"
    PAYMENT_CARD_PARTIAL = "payment_card_partial", "last digits, brand or expiry of a card"
    CARD_SECURITY_CODE = "card_security_code", "security code or PIN of a card or account"
    BANK_ACCOUNT = "bank_account", "number of an account at a bank"
    PURCHASE_HISTORY = "purchase_history", "what was bought, when and for how much"
    FINANCES = "finances", "income, balances, statements, invoices, debts"
    PREFERENCES = "preferences", "tastes, diet, interests and habits, as far as they reveal nothing special"
    SSN = "ssn", "social security number, full or as far as a statute protects a part of it"
    DRIVERS_LICENSE = "drivers_license", "number of a driving license"
    PASSPORT = "passport", "number of a passport"
    STATE_ID = "state_id", "number of an identity card or of another unique government document"
    TAX_ID = "tax_id", "tax identification number"
    MILITARY_ID = "military_id", "military identification number"
    MEDICAL = "medical", "history, condition, treatment or diagnosis"
    HEALTH_INSURANCE = "health_insurance", "policy or subscriber number, claims history"
    BIOMETRIC = "biometric", "measurements of the body used to recognize a person"
    GENETIC = "genetic", "genetic data"
    ACCESS_CREDENTIALS = (
        "access_credentials",
        "codes, tokens or PINs that open an account at a bank or a service",
    )
    ELECTRONIC_SIGNATURE = "electronic_signature", "digitized or electronic signature"
    LICENSE_PLATE_DATA = "license_plate_data", "number plates, or records of a plate reader"
    RACIAL_ORIGIN = "racial_origin", "racial or ethnic origin"
    POLITICAL_OPINION = "political_opinion", "political opinions"
    RELIGION = "religion", "religious or philosophical beliefs"
    TRADE_UNION = "trade_union", "membership in a trade union"
    SEX_LIFE = "sex_life", "sex life or sexual orientation"
    CRIMINAL_RECORD = "criminal_record", "convictions and offenses"


class Sector(Coded):
    """A line of business with duties of its own; none means that only the general laws apply."""

    HEALTH_PROVIDER = "health_provider", "treats patients (a HIPAA covered entity in the United States)"
    HEALTH_PLAN = "health_plan", "insures or pays for health care"
    HEALTH_APP = "health_app", "keeps personal health records outside HIPAA"
    BUSINESS_ASSOCIATE = "business_associate", "works for a HIPAA covered entity"
    BANK = "bank", "takes deposits"
    CREDIT_UNION = "credit_union", "federally insured credit union"
    FINANCIAL = "financial", "another financial institution (GLBA, DORA)"
    SECURITIES = "securities", "broker, dealer, adviser, fund, transfer agent"
    INSURANCE = "insurance", "insurer or producer licensed by an insurance supervisor"
    NYDFS_COVERED = "nydfs_covered", "covered entity under 23 NYCRR 500"
    LISTED_COMPANY = "listed_company", "has listed securities and reports to a market supervisor"
    TELECOM = "telecom", "provides public electronic communications"
    TRUST_SERVICE = "trust_service", "provides trust services (eIDAS)"
    ESSENTIAL_ENTITY = "essential_entity", "essential or important entity (NIS2) or critical infrastructure"
    MANUFACTURER = "manufacturer", "makes products with digital elements (CRA)"
    PUBLIC_BODY = "public_body", "state or local authority"
    EDUCATION = "education", "school or university"
    INFORMATION_BROKER = "information_broker", "collects data on people in order to furnish it to others"
    CREDIT_BUREAU = "credit_bureau", "consumer reporting agency"
    TRANSPORT = "transport", "pipeline, railroad, transit, airport or aircraft operator"


class Compliance(Coded):
    """Rules of its own that a firm may keep to; some laws deem it to comply with theirs as long as it does."""

    HIPAA = "hipaa", "we notify as HIPAA asks (45 CFR 164.400 to 164.414)"
    FEDERAL_GUIDANCE = (
        "federal_guidance",
        "we notify as the federal bank regulators' interagency guidance asks",
    )
    GLBA = "glba", "we keep to Title V of the Gramm-Leach-Bliley Act and the rules under it"
    REGULATOR = "regulator", "we notify as the rules of our primary or functional regulator ask"


class Loss(Coded):
    """Which property of the data was lost."""

    CONFIDENTIALITY = "confidentiality", "someone saw or took it who may not"
    INTEGRITY = "integrity", "it was altered"
    AVAILABILITY = "availability", "it is gone, or cannot be reached for a time"


class Medium(Coded):
    """What the data was on."""

    ELECTRONIC = "electronic", "computerized"
    PAPER = "paper", "on paper or another thing one can hold"
    SPOKEN = "spoken", "said aloud"


class Role(Coded):
    """What we are for the data concerned."""

    CONTROLLER = "controller", "decides on purposes and means; owns or licenses the data in US statutes"
    JOINT_CONTROLLER = "joint_controller", "decides together with another"
    PROCESSOR = "processor", "holds the data for a customer; maintains data it does not own in US statutes"


class Recipient(Coded):
    """Whom a duty is owed to."""

    AUTHORITY = "authority", "data protection authority, attorney general or another state office"
    INDIVIDUALS = "individuals", "the people whose data it is"
    CREDIT_AGENCIES = "credit_agencies", "nationwide consumer reporting agencies"
    MEDIA = "media", "prominent media outlets"
    CUSTOMER = "customer", "the controller or owner for whom the data is held"
    SECTOR_SUPERVISOR = "sector_supervisor", "bank, insurance, telecom or health supervisor"
    CSIRT = "csirt", "computer emergency team or cyber-security office"
    MARKET = "market", "the market, through a listed company's report"
    POLICE = "police", "police or another law enforcement agency"


class ClockName(Coded):
    """A moment from which a period can run."""

    BECAME_AWARE = "became_aware_at", "we became aware that personal data was affected"
    DISCOVERED = "discovered_at", "the breach was discovered, or we were told of it"
    DETERMINED = "determined_at", "it was determined that a breach took place"
    CONFIRMED = "confirmed_at", "the breach was confirmed"
    ASSESSED = "assessed_at", "the assessment was complete"
    CLASSIFIED = "classified_at", "the incident was classified as major or significant"
    MATERIALITY_DETERMINED = "materiality_determined_at", "it was determined that the incident is material"
    INDIVIDUALS_NOTIFIED = "individuals_notified_at", "the people were told"
    HHS_NOTIFIED = "hhs_notified_at", "the US health department was told"
    INITIAL_REPORT = "initial_report_at", "the first report was submitted"
    INTERMEDIATE_REPORT = "intermediate_report_at", "the second report (72 hours, intermediate) was submitted"
    REMEDIED = "remedied_at", "a corrective or mitigating measure became available"


# These wait for something we do; a period from them does not run before. All others are moments of knowledge.
EVENT_CLOCKS = frozenset(
    {
        ClockName.INDIVIDUALS_NOTIFIED,
        ClockName.HHS_NOTIFIED,
        ClockName.INITIAL_REPORT,
        ClockName.INTERMEDIATE_REPORT,
        ClockName.REMEDIED,
    }
)

# A later report never precedes the earlier one, so the earlier one's moment is the strict stand-in.
EARLIER_EVENT = {ClockName.INTERMEDIATE_REPORT: ClockName.INITIAL_REPORT}


class RiskLevel(Coded):
    """Risk to the people, as the EDPB grades it."""

    UNLIKELY = "unlikely", "a risk to people is unlikely"
    RISK = "risk", "a risk to people is likely"
    HIGH = "high", "a high risk to people is likely"


class Confidence(Coded):
    """How far an answer can be relied upon without counsel."""

    HIGH = "high", "the text is clear and the facts are known"
    MEDIUM = (
        "medium",
        "one fact was taken from the nearest known one, or the reading is usual but not certain",
    )
    LOW = "low", "a fact is unknown or the reading is disputed; ask counsel"
