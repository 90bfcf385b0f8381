"""Events of the provider: verified, stored and settled, how many a second, and with how much memory.

    python -m benchmarks.webhook --database sqlite:///send.db --json

Takes a database that `benchmarks.send` has filled, and reports processed and delivered for everybody, signed, in posts
of a thousand, shuffled, one in twenty repeated, through the real reader and the real intake. The posts are made by a
second process, as they come from elsewhere: memory and time are of what takes them in.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import random
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from benchmarks.letters import KEY
from benchmarks.reporting import peak_mib
from benchmarks.send import house_settings
from incident.adapters.mail.signals import SIGNATURE, TIMESTAMP, SendGridSignals
from incident.bootstrap import open_house
from incident.core import spans
from incident.core.state import Notice
from incident.service.house import view
from incident.service.reporting import Intake

IN_A_POST = 1000
TOGETHER = 10
"""Posts that are committed together, as `web.receiving` does under load."""
_LENGTH = struct.Struct("<I")


def main(arguments: list[str] | None = None) -> int:
    """Run; prints events, seconds, events a second and the tally after."""
    options = _options(arguments)
    os.environ["TOCSIN_DATABASE"] = options.database
    os.environ.setdefault("TOCSIN_SENDGRID_KEY", KEY)
    key = ec.generate_private_key(ec.SECP256R1())
    spki = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    reader = SendGridSignals([base64.b64encode(spki).decode()])
    with open_house(house_settings(options)) as house:
        (incident_id,) = house.store.incident_ids()
        notice = view(house, incident_id).notice
        assert notice is not None
        if options.feed:
            return _feed(notice, options.seed, options.events)
        intake, events, spent = Intake(house, {}), 0, 0.0
        stamp, posts = str(int(house.clock.now().timestamp())), _fed(options)
        while some := [_signed(key, body, stamp) for body in islice(posts, TOGETHER)]:
            began = time.perf_counter()
            reports = [reader.read(raw, headers, now=house.clock.now()) for raw, headers in some]
            taken = [event for report in reports for event in report.events]
            digest = sha256("".join(r.sha256 for r in reports).encode()).hexdigest()
            intake.take_in(taken, source_sha256=digest)
            spent += time.perf_counter() - began
            events += len(taken)
        tally = {name: n for name, n in view(house, incident_id).notice.tally.items() if n}  # type: ignore[union-attr]
    result = {
        "events": events,
        "seconds": round(spent, 3),
        "per_second": round(events / spent),
        "peak_mib": peak_mib(),
        "tally": tally,
    }
    print(json.dumps(result) if options.json else "\n".join(f"{k:12} {v}" for k, v in result.items()))
    return 0


def _fed(options: argparse.Namespace) -> Iterator[bytes]:
    """Start the process that makes the posts; each comes with its length before it."""
    command = [sys.executable, "-m", "benchmarks.webhook", "--database", options.database, "--feed"]
    command += ["--seed", str(options.seed)]
    command += ["--events", str(options.events)] if options.events is not None else []
    with subprocess.Popen(command, stdout=subprocess.PIPE) as maker:
        if maker.stdout is None:
            raise SystemExit("nobody makes events")
        while length := maker.stdout.read(_LENGTH.size):
            yield maker.stdout.read(*_LENGTH.unpack(length))
    if maker.returncode:
        raise SystemExit("the events were not made")


def _feed(notice: Notice, seed: int, most: int | None) -> int:
    for body in _bodies(notice, seed, most):
        sys.stdout.buffer.write(_LENGTH.pack(len(body)) + body)
    return 0


def _bodies(notice: Notice, seed: int, most: int | None) -> list[bytes]:
    chance, notice_id = random.Random(seed), notice.plan.notice_id
    events = [
        f'{{"email":"p{position}@example.org","event":"{kind}","timestamp":1780000000,'
        f'"sg_event_id":"{chance.randbytes(16).hex()}","sg_message_id":"sink.recvd-{number}.0",'
        f'"tocsin_delivery":"{notice_id}-{position}","tocsin_attempt":"{notice_id}.{number}.1",'
        f'"response":"250 OK","smtp-id":"<x@example.org>"}}'
        for number, batch in sorted(notice.batches.items())
        for position in spans.read(batch.positions)
        for kind in ("processed", "delivered")
    ]
    events += chance.sample(events, len(events) // 20)
    chance.shuffle(events)
    del events[most if most is not None else len(events) :]
    return [
        ("[" + ",".join(events[i : i + IN_A_POST]) + "]").encode() for i in range(0, len(events), IN_A_POST)
    ]


def _signed(key: ec.EllipticCurvePrivateKey, raw: bytes, stamp: str) -> tuple[bytes, dict[str, str]]:
    signature = key.sign(stamp.encode() + raw, ec.ECDSA(SHA256()))
    return raw, {SIGNATURE: base64.b64encode(signature).decode(), TIMESTAMP: stamp}


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.webhook", description=__doc__)
    parser.add_argument("--database", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--events", type=int, help="at most so many")
    parser.add_argument("--feed", action="store_true", help="only make the posts, on standard output")
    parser.add_argument("--json", action="store_true")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
