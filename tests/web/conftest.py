"""Scenes for tests of the web skin."""

from tests.builders.playing import fresh, played

__all__ = ["fresh", "played"]
