"""What is easily guessed: what everybody uses, rows of keys, repetition, names of one's own; and what is not."""

from __future__ import annotations

import pytest

from incident.core.guessing import easily_guessed

OWN = ("grace", "Grace Hopper", "grace@imajinn.example", "Imajinn AI by UglyRobot LLC")


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "Passw0rd!Passw0rd!", "letmein2026letmein", "ichliebedich123", "correct horse battery staple",
        "qwertyuiop12", "1q2w3e4r5t6z", "zyxwvutsrqponm", "123456789012", "98765432109876", "abcabcabcabc",
        "aaaaaaaaaaaaaaaa", "x1x1x1x1x1x1x1", "Summer2026!Summer", "graceHopper2026!", "Imajinn-AI-2026!!", "UglyRobot12345",
        "1m4j1nn-1m4j1nn", "                ", "19981999200020012002",
    ],
)  # fmt: skip
def test_what_is_guessed(password: str) -> None:
    assert easily_guessed(password, OWN)


@pytest.mark.parametrize(
    "password",
    [
        "seven small ships sail south", "kX9#mq2Lw8!z", "9f8a7c6b5d4e3f2a", "tr0ub4dor&3 zebra", "my cat eats green melons",
        "\u6f22\u5b57\u4eee\u540d\u6df7\u3058\u308a\u6587\u3092\u66f8\u304f\u4eba", "блокнот и синий чайник",
    ],
)  # fmt: skip
def test_what_is_not(password: str) -> None:
    assert not easily_guessed(password, OWN)


def test_the_context_counts() -> None:
    assert not easily_guessed("Wintermoor-Lagerhaus-77", ())
    assert easily_guessed("Wintermoor-Lagerhaus-77", ("Wintermoor Lagerhaus GmbH",))
