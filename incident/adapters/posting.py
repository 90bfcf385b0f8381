"""Post a body to another system: TLS except on loopback, no redirect is followed, the answer's body is not read."""

from __future__ import annotations

import http.client
import ssl
from urllib.parse import urlsplit

SECONDS = 10


def post(url: str, body: bytes, headers: dict[str, str]) -> int | str:
    """Return the status, or a word for why there is none; nothing of the answer is kept."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=SECONDS)
    try:
        connection.request(
            "POST", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}", body, headers
        )
        return connection.getresponse().status
    except ssl.SSLError:
        return "TLS failed"
    except TimeoutError:
        return "no answer in time"
    except (OSError, http.client.HTTPException) as error:
        return type(error).__name__
    finally:
        connection.close()
