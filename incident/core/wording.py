"""All human wording of codes, in English and German: data categories, certainty, statuses, times.

Sentences of letters live in templates, sentences of the timeline in `incident.core.sentences`, names of
countries in `incident.core.places`. A code without words is refused: nobody reads a raw code in a letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo

from incident.errors import BadInputError

LANGUAGES = ("en", "de")
HASHED = "passwords_hashed"
PARTIAL_CARD = "cards_partial"


@dataclass(frozen=True, slots=True)
class Words:
    """One code in both languages."""

    en: str
    de: str

    def in_(self, language: str) -> str:
        """Return the words in a language of `LANGUAGES`."""
        if language not in LANGUAGES:
            raise BadInputError(f"there is no wording in the language {language!r}", field="language")
        return self.de if language == "de" else self.en


# fideslang category -> (group, words); groups decide which consequences and advice a letter carries
CATEGORIES: dict[str, tuple[str, Words]] = {
    "user.account": ("account", Words("details of your account", "Angaben zu Ihrem Konto")),
    "user.account.settings": (
        "account",
        Words("the settings of your account", "die Einstellungen Ihres Kontos"),
    ),
    "user.authorization": (
        "account",
        Words("data with which you sign in", "Daten, mit denen Sie sich anmelden"),
    ),
    "user.authorization.credentials": (
        "account",
        Words(
            "sign-in data, such as session cookies that keep you signed in",
            "Anmeldedaten, zum Beispiel Sitzungs-Cookies, mit denen Sie angemeldet bleiben",
        ),
    ),
    "user.authorization.password": (
        "account",
        Words(
            "your password, or a scrambled form of it",
            "Ihr Passwort oder eine unkenntlich gemachte Form davon",
        ),
    ),
    "user.behavior": ("technical", Words("how you used our service", "wie Sie unseren Dienst genutzt haben")),
    "user.behavior.browsing_history": (
        "technical",
        Words("which of our pages you visited", "welche unserer Seiten Sie besucht haben"),
    ),
    "user.behavior.purchase_history": (
        "payment",
        Words("what you bought from us, and when", "was Sie wann bei uns gekauft haben"),
    ),
    "user.biometric": ("sensitive", Words("biometric data", "biometrische Daten")),
    "user.contact": ("contact", Words("your contact details", "Ihre Kontaktdaten")),
    "user.contact.address": ("contact", Words("your postal address", "Ihre Postanschrift")),
    "user.contact.email": ("contact", Words("your e-mail address", "Ihre E-Mail-Adresse")),
    "user.contact.phone_number": ("contact", Words("your phone number", "Ihre Telefonnummer")),
    "user.content": (
        "content",
        Words("content that you stored with us", "Inhalte, die Sie bei uns gespeichert haben"),
    ),
    "user.content.private": (
        "content",
        Words(
            "content that you gave us: prompts, images, or messages to our support",
            "Inhalte, die Sie uns gegeben haben: Eingaben (Prompts), Bilder oder Nachrichten an unseren Support",
        ),
    ),
    "user.content.self_image": (
        "content",
        Words(
            "images that may show you or other people", "Bilder, auf denen Sie oder andere zu sehen sein können"
        ),
    ),
    "user.device": (
        "technical",
        Words("details of your device and browser", "Angaben zu Ihrem Gerät und Browser"),
    ),
    "user.device.ip_address": (
        "technical",
        Words("the IP address of your internet connection", "die IP-Adresse Ihres Internetanschlusses"),
    ),
    "user.financial": ("payment", Words("financial details", "finanzielle Angaben")),
    "user.financial.bank_account": ("payment", Words("your bank account details", "Ihre Bankverbindung")),
    "user.financial.credit_card": ("payment", Words("details of your payment card", "Daten Ihrer Zahlungskarte")),
    "user.government_id": ("sensitive", Words("a government-issued number", "eine amtliche Ausweisnummer")),
    "user.health_and_medical": ("sensitive", Words("data about your health", "Angaben zu Ihrer Gesundheit")),
    "user.location.imprecise": ("technical", Words("your rough location", "Ihr ungefährer Standort")),
    "user.location.precise": ("sensitive", Words("your exact location", "Ihr genauer Standort")),
    "user.name": ("contact", Words("your name", "Ihr Name")),
    "user.payment": ("payment", Words("details of your payments to us", "Angaben zu Ihren Zahlungen an uns")),
    "user.social": ("account", Words("accounts that you linked to ours", "Konten, die Sie mit uns verknüpft haben")),
    "user.unique_id": (
        "technical",
        Words("the number under which we store your account", "die Kennung, unter der wir Ihr Konto führen"),
    ),
    "user.unique_id.pseudonymous": (
        "technical",
        Words(
            "a code made from your e-mail address, which can be traced back to you",
            "ein aus Ihrer E-Mail-Adresse gebildeter Code, der auf Sie zurückgeführt werden kann",
        ),
    ),
    "user.workplace": (
        "contact",
        Words("details of your workplace", "Angaben zu Ihrem Arbeitsplatz"),
    ),
}

# what is said instead when the settings vouch for how the data is stored
VOUCHED: dict[str, tuple[str, Words]] = {
    "user.authorization.password": (
        HASHED,
        Words(
            "your password in scrambled form (a “hash”); the password itself is not stored, but simple"
            " passwords can be guessed from it",
            "Ihr Passwort in unkenntlich gemachter Form (als „Hash“); das Passwort selbst ist nicht gespeichert,"
            " einfache Passwörter lassen sich daraus aber erraten",
        ),
    ),
    "user.financial.credit_card": (
        PARTIAL_CARD,
        Words(
            "part of your card details: brand, last four digits, expiry date and country; the full card number"
            " and the security code are not stored with us and are not affected",
            "ein Teil Ihrer Kartendaten: Marke, letzte vier Ziffern, Ablaufdatum und Land; die vollständige"
            " Kartennummer und die Prüfziffer sind bei uns nicht gespeichert und nicht betroffen",
        ),
    ),
}

CERTAINTIES: dict[str, Words] = {
    "confirmed": Words("Certain", "Sicher"),
    "probable": Words("Probable", "Wahrscheinlich"),
    "possible": Words("Cannot be ruled out", "Nicht auszuschließen"),
    "excluded": Words("Not affected", "Nicht betroffen"),
}

NATURES: dict[str, Words] = {
    "confidentiality": Words(
        "Someone who had no right to do so could read or copy data.",
        "Unbefugte konnten Daten lesen oder kopieren.",
    ),
    "integrity": Words("Data was changed without permission.", "Daten wurden unbefugt verändert."),
    "availability": Words(
        "Data was lost, or could not be reached for a time.",
        "Daten gingen verloren oder waren zeitweise nicht verfügbar.",
    ),
}

STATUSES: dict[str, Words] = {
    "notify": Words("people must be told", "Betroffene sind zu benachrichtigen"),
    "breach_without_notice": Words(
        "a breach that needs no notice", "eine Verletzung ohne Benachrichtigungspflicht"
    ),
    "not_a_breach": Words("not a breach", "keine Datenschutzverletzung"),
    "fact": Words("known", "bekannt"),
    "assumption": Words("assumed", "angenommen"),
    "unknown": Words("unknown", "unbekannt"),
    "accepted": Words("accepted by the mail provider", "vom Mail-Anbieter angenommen"),
    "not_sent": Words("certainly not sent", "sicher nicht gesendet"),
    "refused": Words("refused by the mail provider", "vom Mail-Anbieter abgelehnt"),
    "stopped": Words("stopped by the mail provider", "vom Mail-Anbieter angehalten"),
    "split": Words("split into smaller batches", "in kleinere Pakete geteilt"),
    "uncertain": Words("perhaps sent, not certain", "vielleicht gesendet, ungewiss"),
    "planned": Words("not sent yet", "noch nicht gesendet"),
    "intent": Words("being handed over", "wird übergeben"),
    "delivered": Words("delivered", "zugestellt"),
    "deferred": Words("delayed on the way", "unterwegs verzögert"),
    "bounced": Words("returned as undeliverable", "als unzustellbar zurückgekommen"),
    "blocked": Words("blocked by the receiving side", "von der Gegenseite blockiert"),
    "dropped": Words("dropped by the mail provider", "vom Mail-Anbieter verworfen"),
    "no_email": Words("no usable e-mail address", "keine brauchbare E-Mail-Adresse"),
    "spam_reported": Words("marked as spam", "als Spam gemeldet"),
    "told_otherwise": Words("told on another channel", "auf anderem Weg benachrichtigt"),
    "not_reachable": Words("not reachable on any channel", "auf keinem Weg erreichbar"),
    "end_user_notice": Words("help with telling end users", "Hilfe bei der Benachrichtigung Dritter"),
    "patch": Words("a repair", "eine Behebung"),
    "prevention": Words("prevention", "Vorbeugung"),
    "rights_request": Words("a request about their data", "eine Anfrage zu den eigenen Daten"),
    "customer": Words("customers", "Kundinnen und Kunden"),
    "individuals": Words("affected people", "betroffene Personen"),
    "authority": Words("the authority", "die Behörde"),
    "initial": Words("first report", "Erstmeldung"),
    "supplementary": Words("additional report", "Nachmeldung"),
    "intermediate": Words("interim report", "Zwischenmeldung"),
    "final": Words("final report", "Abschlussmeldung"),
    "none": Words("no risk", "kein Risiko"),
    "low": Words("low", "gering"),
    "unlikely": Words("risk unlikely", "Risiko unwahrscheinlich"),
    "medium": Words("medium", "mittel"),
    "risk": Words("risk", "Risiko"),
    "high": Words("high", "hoch"),
    "high_risk": Words("high risk", "hohes Risiko"),
    "very_high": Words("very high", "sehr hoch"),
}

MONTHS_EN = "January February March April May June July August September October November December".split()
MONTHS_DE = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()
NOBODY = Words("customer", "liebe Kundin, lieber Kunde")


def category(code: str, language: str, vouched: frozenset[str] = frozenset()) -> str:
    """Say a data category to the person it belongs to.

    A category without words of its own is said as its parent; `vouched` holds `HASHED` and `PARTIAL_CARD` where
    the settings say so. A category without any words is refused.
    """
    special = VOUCHED.get(code)
    if special is not None and special[0] in vouched:
        return special[1].in_(language)
    return CATEGORIES[_known(code)][1].in_(language)


def group(code: str) -> str:
    """Return the advice group of a category: account, contact, content, payment, technical or sensitive."""
    return CATEGORIES[_known(code)][0]


def status(code: str, language: str = "en") -> str:
    """Say a status; a code that has no words is said with its underscores as blanks."""
    words = STATUSES.get(code)
    return words.in_(language) if words else code.replace("_", " ")


def certainty(code: str, language: str) -> str:
    """Say how certain it is that somebody is affected; an unknown level is refused."""
    if code not in CERTAINTIES:
        raise BadInputError(f"{code!r} is not a level of certainty", field="certainty")
    return CERTAINTIES[code].in_(language)


def name_or(name: str | None, language: str) -> str:
    """Return the person's name, or how somebody without a known name is addressed."""
    return name.strip() if name and name.strip() else NOBODY.in_(language)


def when(at: datetime, language: str = "en", zone: tzinfo | None = None) -> str:
    """Write an instant with its zone: in UTC, and first in a local zone when one is given."""
    utc = f"{_clock(at.astimezone(UTC), language)} UTC"
    if zone is None:
        return utc
    local = at.astimezone(zone)
    return f"{_clock(local, language)} (UTC{local.strftime('%z')[:3]}:{local.strftime('%z')[3:5]}; {utc})"


def day(on: date, language: str = "en") -> str:
    """Write a day."""
    return f"{on.day}. {MONTHS_DE[on.month - 1]} {on.year}" if language == "de" else _day_en(on)


def _clock(at: datetime, language: str) -> str:
    return f"{day(at, language)}, {at:%H:%M}{' Uhr' if language == 'de' else ''}"


def _day_en(on: date) -> str:
    return f"{on.day} {MONTHS_EN[on.month - 1]} {on.year}"


def _known(code: str) -> str:
    known = code
    while known not in CATEGORIES:
        known, dot, _ = known.rpartition(".")
        if not dot:
            raise BadInputError(f"the data category {code!r} has no words; add it to the wording", field="category")
    return known
