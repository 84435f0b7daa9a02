"""Answers by the headers they have, as a text that people read: a block for each set of headers, then what has it.

What varies from one answer to the next is shown as « … ». A file under review differs where a header does.
"""

import os
import re
from collections import defaultdict
from pathlib import Path

import httpx

REWRITE = "SIRIUS_TEST_REWRITE"
"""Set, tests write the files instead of comparing them."""
UNTOLD = {"content-length"}
ANY = {
    "etag",
    "x-request-id",
    "retry-after",
    "x-ratelimit-reset",
    "x-ratelimit-remaining",
    "x-ratelimit-limit",
    "x-sirius-curseur",
}
LONG = re.compile(r"[\w.~-]{16,}")
"""What no address of ours holds but tokens, digests and ids."""


class Seen:
    """Answers seen, by their headers."""

    def __init__(self) -> None:
        self._blocks: defaultdict[str, set[str]] = defaultdict(set)

    def note(self, method: str, route: str, answer: httpx.Response) -> None:
        """Note an answer to a route."""
        block = "\n".join(
            sorted(told(name, value) for name, value in answer.headers.multi_items() if name not in UNTOLD)
        )
        self._blocks[block].add(f"{route} {method} {answer.status_code}")

    def text(self) -> str:
        """All of it."""
        blocks = sorted((sorted(routes), block) for block, routes in self._blocks.items())
        return "\n".join("\n".join([block, *(f"    {line}" for line in routes), ""]) for routes, block in blocks)


def told(name: str, value: str) -> str:
    """A header as it is shown."""
    if name in ANY:
        value = "…"
    elif name == "set-cookie":
        value = re.sub('=[^";]+', "=…", value, count=1)
        value = re.sub("expires=[^;]+", "expires=…", value)
    elif name == "content-security-policy":
        value = re.sub("'sha256-[^']+'", "'sha256-…'", value)
    elif name == "location":
        value = LONG.sub("…", value)
    return f"{name}: {value}"


def check(seen: Seen, file: Path) -> None:
    """Compare what was seen with a file, or write it there when that is asked for."""
    if os.environ.get(REWRITE):
        file.write_text(seen.text(), encoding="utf-8")
    kept = file.read_text(encoding="utf-8")
    assert seen.text() == kept, f"{file.name} tells other headers; look them over, then rewrite it with {REWRITE}=1"


def blocks(file: Path) -> list[tuple[dict[str, list[str]], list[str]]]:
    """Headers, and the answers that have them, of each block of a file."""
    found = []
    for block in file.read_text(encoding="utf-8").split("\n\n"):
        headers: defaultdict[str, list[str]] = defaultdict(list)
        lines = block.strip("\n").split("\n")
        for line in lines:
            if not line.startswith(" "):
                name, _, value = line.partition(": ")
                headers[name].append(value)
        found.append((dict(headers), [line.strip() for line in lines if line.startswith(" ")]))
    return found
