"""Scenes for tests of whole processes."""

from tests.builders.playing import fresh, played

__all__ = ["fresh", "played"]
