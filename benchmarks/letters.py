"""The letter of the sending benchmarks."""

from __future__ import annotations

from incident.core.mailing import LetterContent

KEY = "SG.benchmark"
TEXT = "Dear %name%,\n\nyour e-mail address and your name were read by a stranger on 10 March 2026.\n\n{advice}\n"
HTML = (
    "<!doctype html><html><body><p>Dear %name_html%,</p><p>your e-mail address and your name were read by a "
    "stranger on 10 March 2026.</p><p>{advice}</p><p>Reference %reference_html%</p></body></html>"
)
ADVICE = (
    "What you can do now: be careful with messages that ask for a password, and change yours where you used it. "
    * 8
)


def letter() -> LetterContent:
    """Return it as it is handed to a transport."""
    return LetterContent(
        "What happened to your data, %name%", TEXT.format(advice=ADVICE), HTML.format(advice=ADVICE),
        "security@imajinn.example", "Imajinn AI", "support@imajinn.ai", "en", frozenset({"name", "reference"}),
    )  # fmt: skip
