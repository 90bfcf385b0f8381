"""SendGrid's official OpenAPI description, where it is: data of others, read from beside the checkout, never part of it."""

from __future__ import annotations

import atexit
import json
import os
import shutil
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import yaml

ABSENT = (
    "SendGrid's OpenAPI description is not here, so no request is judged by it; "
    "set TOCSIN_SHARED to the folder that holds data/sendgrid/tsg_mail_v3.yaml"
)
FREE = frozenset({"headers", "substitutions", "custom_args"})


def description() -> Path | None:
    """Return the file, or None where it is absent."""
    shared = Path(os.environ.get("TOCSIN_SHARED") or Path(__file__).parents[1].parent / "shared")
    path = shared / "data/sendgrid/tsg_mail_v3.yaml"
    return path if path.is_file() else None


@cache
def request_schema() -> dict[str, Any] | None:
    """Return the JSON Schema of a request to send, unknown properties forbidden; None where it is absent."""
    path = description()
    if path is None:
        return None
    described = yaml.safe_load(path.read_text(encoding="utf-8"))
    schema = described["components"]["requestBodies"]["PostMailSend"]["content"]["application/json"]["schema"]
    closed: dict[str, Any] = _closed({**schema, "components": described["components"]})
    return closed


@cache
def schema_file() -> Path | None:
    """Write the schema as JSON once a session, for processes; None where it is absent."""
    schema = request_schema()
    if schema is None:
        return None
    folder = Path(mkdtemp(prefix="tocsin-described-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / "schema.json").write_text(json.dumps(schema), encoding="utf-8")
    return folder / "schema.json"


def _closed(node: Any, *, name: str = "") -> Any:
    """Return the schema with unknown properties forbidden, so that a misspelled one is found."""
    if isinstance(node, list):
        return [_closed(part) for part in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(part, name=key) for key, part in node.items()}
    if isinstance(node.get("properties"), dict) and name not in FREE:
        closed["additionalProperties"] = False
    return closed
