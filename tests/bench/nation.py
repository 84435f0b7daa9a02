"""What a whole nation takes, on SQLite: ``sirius demo --nation --no-serve``, then ``python -m tests.bench nation``."""

import argparse
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter

from syndication import store
from syndication.demo.nation.build import NATION
from tests.bench import keeping, reads
from tests.bench.report import Figure, paragraphs, put, table, where
from tests.bench.stages import SQLITE, Stage

HITS, COLD, VISITS = 4000, 400, 6000


def main(words: Sequence[str]) -> None:
    """Measure, then show in the README."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench nation", description=__doc__)
    parser.add_argument("--dir", type=Path, default=Path("nation"), help="the nation's folder")
    stage, begun = Stage(SQLITE, parser.parse_args(words).dir.resolve()), perf_counter()
    with closing(stage.open()) as hub, hub.engine.connect() as connection:
        reviews = int(store.bookmark(connection, NATION) or parser.error(f"no nation in {stage.folder}"))
    found: list[Figure] = [Figure("both databases", SQLITE, stage.size / 1e9, *_said(stage, reviews), "GB")]
    for workers in (1, 2):
        found += reads.hot(stage, HITS, workers, [reads.COMPLET])
    found += reads.cold(stage, reviews, COLD)
    found += reads.memory(stage, reviews, VISITS)
    found += keeping.starting(stage)
    found += keeping.restoring(stage)
    head = f"{where()}, with a nation of {reviews:,} reviews, in {(perf_counter() - begun) / 60:.0f} minutes."
    put("nation", paragraphs([head, table(found, [SQLITE])]))


def _said(stage: Stage, reviews: int) -> tuple[float, str]:
    (weighed,) = keeping.sizes(stage, reviews)
    return weighed.bare * reviews / 1e9, weighed.beside
