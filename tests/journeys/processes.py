"""Real processes of a service: which they are, and how they are ended."""

import os
import signal
from contextlib import suppress
from pathlib import Path

from tests.servers import wait_until


def children(parent: int, role: str = "") -> set[int]:
    """Processes of a service, by the one that watches over them: those of a role (``web``, ``worker``), or all."""
    found: set[int] = set()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            owner = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if owner == parent and b"syndication.serving" in words and (not role or role.encode() in words):
            found.add(int(folder.name))
    return found


def is_alive(process: int) -> bool:
    """Whether a process is there and not a zombie."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def kill_all(parent: int) -> None:
    """Kill a service without warning: every process of it, the one that watches first."""
    below = children(parent)
    for process in (parent, *below):
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    wait_until(lambda: not any(map(is_alive, below)), "nothing is left of the service")
