"""Live accounts that evidence may be pulled from. Keys come from the environment or files; this says where they are."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

VARIABLES = {
    "stripe": "TOCSIN_STRIPE_KEY",
    "helpscout": "TOCSIN_HELPSCOUT_KEY",
    "mailchimp": "TOCSIN_MAILCHIMP_KEY",
    "replicate": "TOCSIN_REPLICATE_KEY",
}
"""The variable of each system's key; VARIABLE_FILE names a file instead. Help Scout's key is `ID:SECRET`."""

HOSTS = {
    "stripe": "https://api.stripe.com",
    "helpscout": "https://api.helpscout.net",
    "mailchimp": "",  # the data center stands in the key
    "replicate": "https://api.replicate.com",
}


class Pull(BaseModel):
    """One account: another host, a key file, the project (Firebase), the audiences (Mailchimp; none: all)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = ""
    key_file: Path | None = None
    project: str = ""
    audiences: tuple[str, ...] = ()
