"""Every fault brought about, and the table of what came of it: ``python -m tests.bench faults``."""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from xml.etree import ElementTree

from tests.bench.report import ROOT, paragraphs, put, where
from tests.faults import Fault, faults, places, table

DATABASES = {"SQLite": "sqlite", "PostgreSQL": "postgresql"}


def main(words: Sequence[str]) -> None:
    """Run the tests that show faults, on each database, then show the table in the README; leaves it as it was, and
    says which, when one fails."""
    argparse.ArgumentParser(prog="python -m tests.bench faults", description=__doc__).parse_args(words)
    begun, told = perf_counter(), faults()
    shown = [shown_on(kind, told) for kind in DATABASES.values()]
    took = (perf_counter() - begun) / 60
    cells = [[_cell(fault, times) for times in shown] for fault in told]
    head = f"{where()}: {len(told)} faults, brought about in {took:.0f} minutes; none lost anything."
    put("faults", paragraphs([head, table(told, list(DATABASES), cells)]))


def shown_on(kind: str, told: Sequence[Fault]) -> dict[str, float]:
    """How many seconds each test took that shows a fault, those apart that are not for this kind of database; ends the
    command when one fails."""
    names = sorted({f"{places()[name]}::{name}" for fault in told for name in fault.shown_by})
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-n", "4", f"--junitxml={report}", *names],
            cwd=ROOT, env={**os.environ, "SIRIUS_TEST_DATABASE": kind}, check=False,
        )  # fmt: skip
        if done.returncode:
            sys.exit("A fault was not held, or its test could not run: the README is left as it was.")
        seconds: dict[str, float] = {}
        for case in ElementTree.parse(report).iter("testcase"):
            if case.find("skipped") is None:
                name = case.attrib["name"].partition("[")[0]
                seconds[name] = seconds.get(name, 0) + float(case.attrib["time"])
    return seconds


def _cell(fault: Fault, seconds: dict[str, float]) -> str:
    """How many tests showed a fault, and how long that took."""
    there = [seconds[name] for name in fault.shown_by if name in seconds]
    return f"{len(there)} of {len(fault.shown_by)}, {sum(there):.0f} s" if there else "–"
