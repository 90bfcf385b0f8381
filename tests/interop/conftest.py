"""Scenes for tests of the services."""

from tests.builders.playing import fresh, played

__all__ = ["fresh", "played"]
