"""The stand-in provider under the official description of v3 mail/send: what does not fit it is answered with 400.

    python -m tests.judged_standin --described SCHEMA.json --state DIR ...

Each body that does not fit is also written to `unfit.jsonl` in the state's folder: where it fails and why, no values.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs

from incident.demo.standin import main
from incident.demo.standin_rules import Complaint

UNFIT = "unfit.jsonl"


def judge(schema: dict[str, Any], unfit: Path) -> Any:
    """Return what says why a request body does not fit the schema."""
    validator = jsonschema_rs.validator_for(schema)

    def complaints(body: Any) -> Iterator[Complaint]:
        for error in validator.iter_errors(body):
            place = ".".join(str(part) for part in error.instance_path)
            rule = "/".join(str(part) for part in error.schema_path)
            with unfit.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"place": place, "rule": rule}) + "\n")
            yield place, f"does not fit the official description: {rule}"

    return complaints


if __name__ == "__main__":
    flag, described, *rest = sys.argv[1:]
    assert flag == "--described", "the first argument is --described"
    state = Path(rest[rest.index("--state") + 1])
    sys.exit(main(rest, judge=judge(json.loads(Path(described).read_bytes()), state / UNFIT)))
