"""Settings of what strangers may see: where the page lies on which a letter can be checked."""

from __future__ import annotations

from urllib.parse import urlsplit

from pydantic import field_validator

from incident.settings.watching import Section


class Public(Section):
    """`genuine_url` is the address above the codes, like https://example.org/genuine; empty: letters name none."""

    genuine_url: str = ""

    @field_validator("genuine_url")
    @classmethod
    def _plain(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (
            parts.scheme != "https" or not parts.hostname or parts.query or parts.fragment or "@" in url
        ):
            raise ValueError("is an https address without question mark, like https://example.org/genuine")
        return url
