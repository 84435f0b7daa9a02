"""The audit of dependencies, by the real pip-audit before a vulnerability service of ours."""

import json
import runpy
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).resolve().parents[2] / ".ci" / "audit.py"
FAULT = {
    "id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "summary": "", "details": "",
    "affected": [{
        "package": {"name": "exemple", "ecosystem": "PyPI", "purl": "pkg:pypi/exemple"}, "versions": ["1.0"],
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "1.1"}]}],
    }],
}  # fmt: skip
judged = runpy.run_path(str(SCRIPT))["judged"]


@contextmanager
def service(status: int, told: object) -> Iterator[str]:
    """A vulnerability service that always says the same; gives its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(told).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1/query"
        server.shutdown()
        thread.join()


def audit(folder: Path, address: str) -> subprocess.CompletedProcess[str]:
    needs = folder / "requirements.txt"
    needs.write_text("exemple==1.0\n")
    words = [
        sys.executable,
        str(SCRIPT),
        "-s",
        "osv",
        "--osv-url",
        address,
        "-r",
        str(needs),
        "--no-deps",
        "--disable-pip",
    ]
    return subprocess.run([*words, "--cache-dir", str(folder)], capture_output=True, text=True, check=False)


def test_a_known_vulnerability_fails_and_is_told_with_the_release_that_mends_it(tmp_path: Path) -> None:
    with service(200, {"vulns": [FAULT]}) as address:
        done = audit(tmp_path, address)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "VULNERABLE: exemple 1.0: PYSEC-2026-1 (CVE-2026-1), fixed in 1.1" in done.stdout


def test_nothing_known_is_told_with_how_much_was_audited(tmp_path: Path) -> None:
    with service(200, {}) as address:
        done = audit(tmp_path, address)
    assert (done.returncode, done.stdout) == (0, "Audited 1 dependencies: 0 known vulnerabilities.\n")


@pytest.mark.parametrize("status", [404, 503, None])
def test_a_service_that_is_not_there_is_told_and_fails_nothing(tmp_path: Path, status: int | None) -> None:
    with service(status or 200, {}) as there:
        if status:
            done = audit(tmp_path, there)
    if not status:
        done = audit(tmp_path, there)
    assert done.returncode == 0
    assert done.stdout.startswith("NOT AUDITED: the vulnerability service does not answer (")


def test_a_service_that_knows_nothing_of_us_is_no_clean_bill() -> None:
    unknown = {"name": "exemple", "skip_reason": "Dependency not found on PyPI and could not be audited: exemple (1.0)"}
    ours = {"name": "sirius-avis", "skip_reason": "distribution marked as editable"}
    status, lines = judged([unknown, ours])
    assert (status, lines[0].partition(":")[0]) == (0, "NOT AUDITED")
    status, lines = judged([unknown, ours, {"name": "autre", "version": "1.0", "vulns": []}])
    assert (status, lines) == (
        0,
        ["Audited 1 dependencies: 0 known vulnerabilities.", "NOT AUDITED, unknown to the service: exemple."],
    )
