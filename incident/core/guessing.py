"""Which passwords somebody would guess soon, by rules: no list of breached passwords is shipped.

What everybody uses, what stands on a keyboard in a row, what repeats, and what names the person, the company or its
product is taken away; what is left has to be long enough by itself. The words are our own choice of the commonest.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

FEWEST_LEFT, FEWEST_DIFFERENT = 8, 6
"""So many letters or digits have to be left that no rule explains, and so many different signs altogether."""
SHORTEST_WORD, SHORTEST_RUN = 3, 3
_COMMON = (
    "password passwort passwd pass kennwort geheim secret letmein welcome willkommen admin administrator root "
    "user login qwerty qwertz azerty iloveyou ichliebedich monkey dragon sunshine princess football fussball "
    "baseball soccer shadow master superman batman starwars pokemon trustno1 whatever freedom hello hallo "
    "test testing demo changeme default abc123 access summer sommer winter spring autumn herbst fruehling "
    "january february march april june july august september october november december monday tuesday "
    "wednesday thursday friday saturday sunday montag freitag google facebook linkedin microsoft windows "
    "office internet computer samsung apple michael jessica daniel charlie thomas andrea hunter cheese coffee "
    "schatz mustang harley ranger jordan killer correcthorsebatterystaple"
)
COMMON = tuple(_COMMON.split(" "))
RUNS = (
    "abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn", "1q2w3e4r5t6z7u8i9o0p", "1q2w3e4r5t6y7u8i9o0p", "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
)  # fmt: skip
_LOOKS_LIKE = str.maketrans("4@301!5$7+|", "aaeoi1ssttl")
_REPEATED = re.compile(r"(.+?)\1+")
_YEAR = re.compile(r"(?:19|20)\d\d")


def easily_guessed(password: str, context: Iterable[str] = ()) -> bool:
    """Whether too little is left of a password; `context` names the person, the company and its product."""
    plain = _letters(password)
    if len(set(plain)) < FEWEST_DIFFERENT:
        return True
    words = {w for text in context for w in (*_words(text), _letters(text)) if len(w) >= SHORTEST_WORD}
    known = sorted({*COMMON, *words}, key=len, reverse=True)
    return any(
        len(_left(form, known)) < FEWEST_LEFT for form in {plain, _letters(password.translate(_LOOKS_LIKE))}
    )


def _left(text: str, known: Iterable[str]) -> str:
    """Return what no rule explains."""
    for word in known:
        text = text.replace(word, " ")
    text = _YEAR.sub(" ", text)
    for run in _runs(text):
        text = text.replace(run, " ", 1)
    text = _REPEATED.sub(lambda found: found.group(1), text.replace(" ", ""))
    return text.strip("0123456789")


def _runs(text: str) -> Iterator[str]:
    """Yield stretches that stand in a row, forwards or backwards, the longest from each place."""
    rows = [row for each in RUNS for row in (each, each[::-1])]
    place = 0
    while place < len(text):
        end = place
        while end < len(text) and any(text[place : end + 1] in row for row in rows):
            end += 1
        if end - place > SHORTEST_RUN:
            yield text[place:end]
        place = max(end, place + 1)


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())
