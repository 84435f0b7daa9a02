"""The whole picture in one table, at a scale that takes some minutes: ``python -m tests.bench table``."""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from tests.bench import keeping, latency, reads, sends
from tests.bench.report import Figure, paragraphs, put, table, where
from tests.bench.stages import Stage, stages

REVIEWS = 20_000
HITS, COLD, VISITS = 6000, 200, 800


def main(words: Sequence[str]) -> None:
    """Measure, then show the table in the README."""
    argparse.ArgumentParser(prog="python -m tests.bench table", description=__doc__).parse_args(words)
    begun = perf_counter()
    found: list[Figure] = []
    with tempfile.TemporaryDirectory() as name, stages(Path(name), REVIEWS) as places:
        for stage in places:
            found += _of_stage(stage)
    took = (perf_counter() - begun) / 60
    head = (
        f"{where()}, with a nation of {REVIEWS:,} reviews, in {took:.0f} minutes. Times are the processor's where that "
        "is said, else the clock's."
    )
    put("table", paragraphs([head, table(found, [stage.name for stage in places])]))


def _of_stage(stage: Stage) -> list[Figure]:
    found = reads.hot(stage, HITS)
    found += reads.hot(stage, HITS, 2, [reads.COMPLET])
    found += reads.cold(stage, REVIEWS, COLD)
    found += reads.memory(stage, REVIEWS, VISITS)
    found += keeping.sizes(stage, REVIEWS)
    found += keeping.restoring(stage)
    found += keeping.starting(stage)
    found += sends.sending(stage, 3, 1000)
    return found + latency.until_seen(stage)
