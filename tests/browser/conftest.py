"""A real Chromium, and the demonstration served by real processes."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.databases import bare_environment, current, environment
from tests.servers import PATIENCE, kept_ports

QUIET = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--in-process-gpu",
)  # fmt: skip
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""Commands of Chromium, the lightest first: Debian's, without windows, takes half the processor time."""
REQUIRED = "SIRIUS_TEST_BROWSER"
"""Set to ``required`` where a missing Chromium must fail the tests rather than skip them."""


ROOT = Path(__file__).resolve().parents[2]


class Host:
    """A site on an origin of its own: pages by path, under a policy that names the service only when told so."""

    def __init__(self) -> None:
        pages: dict[str, tuple[str, str]] = {}

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                html, policy = pages.get(self.path.partition("?")[0], ("", ""))
                self.send_response(200 if html else 404)
                self.send_header("content-type", "text/html; charset=utf-8")
                if policy:
                    self.send_header("content-security-policy", policy)
                self.end_headers()
                self.wfile.write(html.encode())

            def log_message(self, *_: object) -> None:
                return None

        self._pages = pages
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # the service is at 127.0.0.1: by another name this is another site, whose frames run in processes of their own
        self.origin = f"http://localhost:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def page(self, path: str, body: str, policy: str = "", head: str = "") -> str:
        """Put a page there and give its address."""
        start = f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>Un site</title>{head}'
        phone = '<meta name="viewport" content="width=device-width,initial-scale=1"><link rel="icon" href="data:,">'
        self._pages[path] = (f"{start}{phone}</head><body><main>{body}</main></body></html>", policy)
        return self.origin + path

    def whole(self, path: str, html: str) -> str:
        """Put a page there as it is, and give its address."""
        self._pages[path] = (html, "")
        return self.origin + path

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for a module: while Playwright is open, no other test of this thread can run an event loop."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        if os.environ.get(REQUIRED) == "required":
            pytest.fail("Chromium is required here and is not installed")
        pytest.skip("Chromium is not installed (Debian: apt-get install chromium-headless-shell)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        yield browser
        browser.close()


@pytest.fixture(autouse=True)
def _no_page_left_open(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close what a test opened and its module did not: pages of tests that are over would keep the browser busy."""
    if "chromium" not in request.fixturenames:
        yield
        return
    browser: Browser = request.getfixturevalue("chromium")
    shared = list(browser.contexts)
    yield
    for context in browser.contexts:
        if context not in shared:
            context.close()


@pytest.fixture
def doors(built: Path, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The demonstration, as it is built, served; its doors."""
    yield from demonstration(tmp_path, built)


@pytest.fixture(scope="module")
def service(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The same for a whole module that changes nothing in it."""
    yield from demonstration(tmp_path_factory.mktemp("service"), built)


@pytest.fixture(scope="module")
def home(service: dict[str, str]) -> str:
    """The service's origin."""
    parts = urlsplit(service["api"])
    return f"{parts.scheme}://{parts.netloc}"


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    """Somebody else's site, whose pages each test writes."""
    site = Host()
    yield site
    site.close()


def demonstration(folder: Path, built: Path | None = None) -> Iterator[dict[str, str]]:
    """Serve the demonstration in a folder, a copy of what is built already or built anew; gives its doors."""
    with kept_ports(2) as port:
        if built is None:
            words = ["syndication", "demo", "--port", str(port), "--dir", str(folder / "d"), "--json"]
            yield from _demonstration(folder, words, bare_environment())
        else:
            data = current().copy(built, folder / "d")
            settings = environment(data, SIRIUS_PUBLIC_URL=f"http://127.0.0.1:{port}")
            yield from _demonstration(folder, ["tests.demonstration", str(port)], settings)


def _demonstration(folder: Path, words: list[str], settings: dict[str, str]) -> Iterator[dict[str, str]]:
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *words], stdout=subprocess.PIPE, stderr=log, text=True, env=settings, cwd=ROOT
        )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
        process.stdout.close()
    said = (folder / "log").read_text()
    assert "Traceback" not in said, said
