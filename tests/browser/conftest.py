"""A real Chromium, and the demonstration served by real processes."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
)  # fmt: skip
REQUIRED = "SIRIUS_TEST_BROWSER"
"""Set to ``required`` where a missing Chromium must fail the tests rather than skip them."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for a module: while Playwright is open, no other test of this thread can run an event loop."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        if os.environ.get(REQUIRED) == "required":
            pytest.fail("Chromium is required here and is not installed")
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The demonstration, freshly built and served; its doors."""
    port = free_pair()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("SIRIUS_")}
    words = [sys.executable, "-m", "syndication", "demo", "--port", str(port), "--dir", str(tmp_path / "d"), "--json"]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=log, text=True, env=clean)
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
        process.stdout.close()
    said = (tmp_path / "log").read_text()
    assert "Traceback" not in said, said


def free_pair() -> int:
    """A port that is free, and the next one too."""
    while True:
        with socket.socket() as one, socket.socket() as two:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            try:
                two.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
