"""Settings of the console: where it listens, what its address is outside, how large a file may be."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ConsoleSettings(BaseModel):
    """How the console is reached. Behind a TLS proxy `public_url` starts with https, and cookies are `Secure`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8086, ge=0, le=65535)
    public_url: str = ""
    trust_proxy: bool = False
    evidence_megabytes: int = Field(default=256, ge=1, le=4096)
    password_memory_kib: int = Field(default=0, ge=0)
    requests_per_minute: int = Field(default=300, ge=0)
    requests_per_minute_of_an_address: int = Field(default=600, ge=0)
    api_calls_per_minute: int = Field(default=300, ge=0)
    """How often somebody signed in, an address of people not signed in, and a token may ask; 0: without limit."""

    @property
    def secure(self) -> bool:
        """Whether browsers reach it over TLS."""
        return self.public_url.startswith("https://")
