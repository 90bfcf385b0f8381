"""All human wording of codes, in English and German: data categories, certainty, statuses.

Sentences of letters live in templates, sentences of the timeline in `incident.core.sentences`, names of countries
in `incident.core.places`, times in `incident.core.spoken_times`. A code without words is refused: nobody reads a raw
code in a letter.
"""

from __future__ import annotations

from dataclasses import dataclass

from incident.errors import BadInputError

LANGUAGES = ("en", "de")


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


# data category (incident.core.vocabulary) -> advice group, words; groups decide which advice a letter carries
CATEGORIES: dict[str, tuple[str, Words]] = {
    "name": ("contact", Words("your name", "Ihr Name")),
    "email": ("contact", Words("your e-mail address", "Ihre E-Mail-Adresse")),
    "phone": ("contact", Words("your phone number", "Ihre Telefonnummer")),
    "postal_address": ("contact", Words("your postal address", "Ihre Postanschrift")),
    "username": ("account", Words("your user name", "Ihr Benutzername")),
    "password": ("account", Words("your password", "Ihr Passwort")),
    "password_hash": (
        "account",
        Words(
            "your password in scrambled form (a “hash”), from which simple passwords can be guessed",
            "Ihr Passwort in unkenntlich gemachter Form (als „Hash“), aus der sich einfache Passwörter"
            " erraten lassen",
        ),
    ),
    "security_answer": ("account", Words("your security answer", "Ihre Antwort auf die Sicherheitsfrage")),
    "access_credentials": (
        "account",
        Words(
            "codes that keep you signed in (session data) or open an account",
            "Codes, mit denen Sie angemeldet bleiben (Sitzungsdaten) oder die ein Konto öffnen",
        ),
    ),
    "photo": (
        "content",
        Words(
            "pictures that show you or other people",
            "Bilder, auf denen Sie oder andere Menschen zu sehen sind",
        ),
    ),
    "user_content": (
        "content",
        Words(
            "what you wrote, uploaded or created with us, such as prompts and images",
            "was Sie bei uns geschrieben, hochgeladen oder erstellt haben, zum Beispiel Prompts und Bilder",
        ),
    ),
    "preferences": ("content", Words("what you like, eat or care about", "was Sie mögen oder essen")),
    "message_content": (
        "messages",
        Words("your messages to us and our answers", "Ihre Nachrichten an uns und unsere Antworten"),
    ),
    "payment_card_partial": (
        "payment",
        Words(
            "part of your card details, such as brand, last digits or expiry date; not the full number",
            "ein Teil Ihrer Kartendaten, etwa Marke, letzte Ziffern oder Ablaufdatum; nicht die ganze Nummer",
        ),
    ),
    "purchase_history": (
        "payment",
        Words(
            "what you bought from us, when and for how much",
            "was Sie wann und zu welchem Preis bei uns kauften",
        ),
    ),
    "finances": ("payment", Words("your income, balances or invoices", "Einkommen, Kontostand, Rechnungen")),
    "payment_card_number": ("funds", Words("your full card number", "Ihre vollständige Kartennummer")),
    "card_security_code": (
        "funds",
        Words(
            "the security code or PIN of a card or account",
            "Prüfziffer oder PIN einer Karte oder eines Kontos",
        ),
    ),
    "bank_account": ("funds", Words("your bank account number", "Ihre Kontonummer")),
    "user_id": (
        "technical",
        Words("the number under which we keep your account", "die Kennung, unter der wir Ihr Konto führen"),
    ),
    "ip_address": (
        "technical",
        Words("the IP address of your internet connection", "die IP-Adresse Ihres Internetanschlusses"),
    ),
    "device": ("technical", Words("your kind of device and browser", "Ihr Gerät und Ihr Browser")),
    "location": ("technical", Words("where you are or were", "wo Sie sind oder waren")),
    "date_of_birth": ("identity", Words("your date of birth", "Ihr Geburtsdatum")),
    "ssn": ("identity", Words("your social security number", "Ihre Sozialversicherungsnummer")),
    "drivers_license": ("identity", Words("your driving license number", "Ihre Führerscheinnummer")),
    "passport": ("identity", Words("your passport number", "Ihre Passnummer")),
    "state_id": ("identity", Words("your identity card number", "Ihre Ausweisnummer")),
    "tax_id": ("identity", Words("your tax number", "Ihre Steuernummer")),
    "military_id": ("identity", Words("your military number", "Ihre militärische Dienstnummer")),
    "electronic_signature": (
        "identity",
        Words("your electronic signature", "Ihre elektronische Unterschrift"),
    ),
    "license_plate_data": ("identity", Words("your number plate", "Ihr Autokennzeichen")),
    "medical": ("sensitive", Words("data about your health", "Angaben zu Ihrer Gesundheit")),
    "health_insurance": ("sensitive", Words("your health insurance", "Ihre Krankenversicherung")),
    "biometric": ("sensitive", Words("biometric data", "biometrische Daten")),
    "genetic": ("sensitive", Words("genetic data", "genetische Daten")),
    "racial_origin": ("sensitive", Words("your racial or ethnic origin", "Ihre ethnische Herkunft")),
    "political_opinion": ("sensitive", Words("your political opinions", "Ihre politischen Meinungen")),
    "religion": ("sensitive", Words("your religion or beliefs", "Ihre Religion oder Weltanschauung")),
    "trade_union": ("sensitive", Words("your trade union membership", "Ihre Gewerkschaftszugehörigkeit")),
    "sex_life": (
        "sensitive",
        Words("your sex life or orientation", "Ihr Sexualleben oder Ihre Orientierung"),
    ),
    "criminal_record": ("sensitive", Words("data about convictions", "Angaben zu Verurteilungen")),
}

CERTAINTIES: dict[str, Words] = {
    "confirmed": Words("Certainly affected", "Sicher betroffen"),
    "probable": Words("Probably affected", "Wahrscheinlich betroffen"),
    "possible": Words("Cannot be ruled out", "Nicht auszuschließen"),
    "excluded": Words("Not affected", "Nicht betroffen"),
}

LOSSES: dict[str, Words] = {
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
    "email_logs": Words("provider's e-mail logs", "E-Mail-Protokoll des Anbieters"),
    "email_activity": Words("provider's activity feed", "Aktivitätsverlauf des Anbieters"),
    "split": Words("split into smaller batches", "in kleinere Pakete geteilt"),
    "uncertain": Words("perhaps sent, not certain", "vielleicht gesendet, ungewiss"),
    "planned": Words("not sent yet", "noch nicht gesendet"),
    "held": Words("held back", "zurückgehalten"),
    "cancelled": Words("cancelled", "abgesagt"),
    "intent": Words("being handed over", "wird übergeben"),
    "delivered": Words("delivered", "zugestellt"),
    "deferred": Words("delayed on the way", "unterwegs verzögert"),
    "bounced": Words("returned as undeliverable", "als unzustellbar zurückgekommen"),
    "blocked": Words("blocked by the receiving side", "von der Gegenseite blockiert"),
    "dropped": Words("dropped by the mail provider", "vom Mail-Anbieter verworfen"),
    "no_address": Words("no usable e-mail address", "keine brauchbare E-Mail-Adresse"),
    "processed": Words("taken on by the mail provider", "vom Mail-Anbieter übernommen"),
    "mixed": Words("accepted in part", "teilweise angenommen"),
    "other_channel_planned": Words("another channel is planned", "ein anderer Weg ist geplant"),
    "spam_reported": Words("marked as spam", "als Spam gemeldet"),
    "followed": Words("written to again by a further notice", "mit weiterem Brief angeschrieben"),
    "told_otherwise": Words("told on another channel", "auf anderem Weg benachrichtigt"),
    "not_reachable": Words("not reachable on any channel", "auf keinem Weg erreichbar"),
    "second_address": Words("a second address", "eine zweite Adresse"),
    "sms": Words("text message", "Kurznachricht"),
    "phone": Words("telephone", "Telefon"),
    "letter": Words("letter by post", "Brief"),
    "substitute": Words("substitute notice", "öffentliche Bekanntmachung"),
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
    "unlikely": Words("unlikely", "unwahrscheinlich"),
    "credit_agencies": Words("credit reporting agencies", "Wirtschaftsauskunfteien"),
    "media": Words("the media", "die Medien"),
    "sector_supervisor": Words("the sector's supervisor", "die Fachaufsicht"),
    "csirt": Words("the computer emergency team", "das Notfallteam für IT-Sicherheit"),
    "market": Words("the market", "der Kapitalmarkt"),
    "police": Words("the police", "die Polizei"),
    "medium": Words("medium", "mittel"),
    "risk": Words("likely", "wahrscheinlich"),
    "high": Words("high", "hoch"),
    "high_risk": Words("high risk", "hohes Risiko"),
    "very_high": Words("very high", "sehr hoch"),
}

NOBODY = Words("customer", "liebe Kundin, lieber Kunde")


def category(code: str, language: str) -> str:
    """Say a data category to the person it belongs to; one without words is refused."""
    return _category(code)[1].in_(language)


def group(code: str) -> str:
    """Return the advice group of a category."""
    return _category(code)[0]


def neutral(code: str) -> str:
    """Say a data category about others, in English: `your name` becomes `name`."""
    words = category(code, "en").removeprefix("your ")
    for yours, theirs in (
        ("your ", "their "),
        ("show you ", "show the person "),
        ("keep you ", "keep them "),
    ):
        words = words.replace(yours, theirs)
    return words.replace(" you ", " they ")


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


def _category(code: str) -> tuple[str, Words]:
    if code not in CATEGORIES:
        raise BadInputError(
            f"the data category {code!r} has no words; add it to the wording", field="category"
        )
    return CATEGORIES[code]
