"""What a process takes, as Linux tells it."""

import os
from dataclasses import dataclass
from pathlib import Path
from time import process_time_ns, time_ns

_PAGE = os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 4096
_STARTED_NS = time_ns()
"""This module is read while a process starts."""


@dataclass(frozen=True, slots=True)
class Own:
    """What this process takes: bytes, files and connections held open and how many it may, nanoseconds."""

    resident_bytes: int
    descriptors: int
    most_descriptors: int
    processor_ns: int
    started_ns: int


def own() -> Own | None:
    """What this process takes; None where the system does not tell."""
    here = Path("/proc/self")
    try:
        resident = int((here / "statm").read_text().split()[1]) * _PAGE
        descriptors = len(os.listdir(here / "fd"))  # noqa: PTH208 names alone, of which there may be many
        limits = (here / "limits").read_text().partition("Max open files")[2].split()
    except (OSError, IndexError, ValueError):
        return None
    most = int(limits[0]) if limits and limits[0].isdigit() else 0
    return Own(resident, descriptors, most, process_time_ns(), _STARTED_NS)
