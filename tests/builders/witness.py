"""A witness and a time-stamping authority on loopback, for tests: the real protocols over real HTTP."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from incident.ledger.checkpoint import NoteVerifier
from incident.ledger.cosignature import CosignatureSigner
from incident.ledger.note import NoteSignature
from incident.ledger.witness import (
    CONFLICT,
    OK,
    SIZE_TYPE,
    UNKNOWN_LOG,
    judge,
    parse_add_checkpoint,
    with_cosignatures,
)


@dataclass
class Witness:
    """What a witness remembers: for each log the last checkpoint it cosigned."""

    signer: CosignatureSigner
    logs: dict[str, list[NoteVerifier]]
    seen: dict[str, tuple[int, bytes, str]] = field(default_factory=dict)
    forges: bool = False
    asked: int = 0
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, body: str) -> tuple[int, str, str]:
        """Judge one request; returns status, media type and body."""
        self.asked += 1
        request = parse_add_checkpoint(body)
        origin = request.checkpoint.split("\n", 1)[0]
        if origin not in self.logs:
            return UNKNOWN_LOG, "text/plain", ""
        with self.lock:
            known = self.seen.get(origin)
            judged = judge(request, self.logs[origin], known=known[:2] if known else None)
            if judged.status == CONFLICT:
                return CONFLICT, SIZE_TYPE, f"{judged.known_size}\n"
            if judged.status != OK or judged.checkpoint is None:
                return judged.status, "text/plain", ""
            text = judged.checkpoint.text()
            signed = self.signer.sign(text if not self.forges else text + "x\n")
            line = NoteSignature(self.signer.name, self.signer.key_id, signed).line()
            note = with_cosignatures(request.checkpoint, [line])
            self.seen[origin] = (judged.checkpoint.size, judged.checkpoint.root, note)
        return OK, "text/plain", line

    def shown(self, path: str) -> str | None:
        """Return the checkpoint that is shown at a path, if any."""
        for origin, (_, _, note) in self.seen.items():
            if path == f"/{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint":
                return note
        return None


@contextmanager
def serving_witness(witness: Witness) -> Iterator[Witness]:
    """Serve a witness on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, kind, text = witness.add(self.rfile.read(int(self.headers["Content-Length"])).decode())
            answer(self, status, kind, text.encode())

        def do_GET(self) -> None:
            note = witness.shown(self.path)
            answer(self, 404 if note is None else 200, "text/plain", (note or "").encode())

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    with serving(Handler) as url:
        witness.url = url
        yield witness


@dataclass(frozen=True)
class Authority:
    """A time-stamping authority: where it listens, and the certificate that vouches for it."""

    url: str
    certificates: Path


def openssl(*arguments: str, cwd: Path) -> None:
    """Run openssl in a folder."""
    subprocess.run(["openssl", *arguments], cwd=cwd, check=True, capture_output=True)


def make_authority(folder: Path) -> None:
    """Make a root and a certificate for time-stamping below it, as RFC 3161 2.3 asks."""
    (folder / "tsa.cnf").write_text(
        "[tsa]\ndefault_tsa = tsa_config\n[tsa_config]\nserial = ./serial\nsigner_cert = ./tsa.pem\n"
        "signer_key = ./tsa.key\nsigner_digest = sha256\ndefault_policy = 1.2.3.4.1\n"
        "digests = sha256, sha512\naccuracy = secs:1\nordering = yes\ness_cert_id_chain = no\ness_cert_id_alg = sha256\n"
        "[ext]\nbasicConstraints = critical,CA:false\nkeyUsage = critical,digitalSignature\n"
        "extendedKeyUsage = critical,timeStamping\nsubjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n"
        "[root]\nbasicConstraints = critical,CA:true\nkeyUsage = critical,keyCertSign\nsubjectKeyIdentifier = hash\n"
        "[req]\ndistinguished_name = dn\n[dn]\n"
    )
    (folder / "serial").write_text("01\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl("req", "-x509", *key, "-keyout", "root.key", "-out", "root.pem", "-subj", "/CN=Test root", "-days", "30",
            "-config", "tsa.cnf", "-extensions", "root", cwd=folder)  # fmt: skip
    openssl("req", *key, "-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=Test authority", "-config", "tsa.cnf",
            cwd=folder)  # fmt: skip
    openssl("x509", "-req", "-in", "tsa.csr", "-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-out",
            "tsa.pem", "-days", "30", "-extfile", "tsa.cnf", "-extensions", "ext", cwd=folder)  # fmt: skip


@contextmanager
def serving_authority(folder: Path) -> Iterator[Authority]:
    """Serve a time-stamping authority, made of `openssl ts`, on loopback."""
    assert shutil.which("openssl")
    make_authority(folder)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.headers["Content-Type"] == "application/timestamp-query"
            (folder / "query").write_bytes(self.rfile.read(int(self.headers["Content-Length"])))
            openssl("ts", "-reply", "-config", "tsa.cnf", "-section", "tsa_config", "-queryfile", "query", "-out",
                    "reply", cwd=folder)  # fmt: skip
            answer(self, 200, "application/timestamp-reply", (folder / "reply").read_bytes())

        def log_message(self, *_args: object) -> None:
            """Say nothing."""

    with serving(Handler) as url:
        yield Authority(f"{url}/tsa", folder / "root.pem")


def answer(handler: BaseHTTPRequestHandler, status: int, kind: str, body: bytes) -> None:
    """Send one answer."""
    handler.send_response(status)
    handler.send_header("Content-Type", kind)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on a free port of loopback; yields the URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
