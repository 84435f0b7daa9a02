"""The whole picture in one table, at a scale that takes about ten minutes: ``python -m tests.bench table``."""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from tests.bench import keeping, latency, reads, sends
from tests.bench.curves import Curve, of_formations, of_reviews
from tests.bench.plots import Axis, curves
from tests.bench.report import Figure, image, paragraphs, put, table, where
from tests.bench.stages import SQLITE, Stage, stages

REVIEWS, FORMATIONS = 20_000, 1_000_000
HITS, COLD, VISITS = 2000, 200, 800


def main(words: Sequence[str]) -> None:
    """Measure, then show the table and the curves in the README."""
    asked = _asked(words)
    begun = perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found: list[Figure] = []
        with stages(folder, REVIEWS) as places:
            for stage in places:
                found += _of_stage(stage)
        bare = next(one.bare for one in found if one.what.startswith("hot"))
        lines = {
            "formations": of_formations(folder, _powers(1000, asked.formations)),
            "reviews": of_reviews(folder, _powers(10_000, asked.reviews)),
        }
    found += [figure for what, curve in lines.items() for figure in _grown(what, curve)]
    took = (perf_counter() - begun) / 60
    head = (
        f"{where()}, with a nation of {REVIEWS:,} reviews, in {took:.0f} minutes. Times are the processor's where that "
        "is said, else the clock's."
    )
    drawn = [_drawn(what, curve, bare) for what, curve in lines.items()]
    put("table", paragraphs([head, table(found, [stage.name for stage in places]), *drawn]))


def _asked(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench table", description=__doc__)
    parser.add_argument("--formations", type=int, default=FORMATIONS, help="where the curve of formations ends")
    parser.add_argument("--reviews", type=int, default=1_000_000, help="where the curve of reviews ends")
    return parser.parse_args(words)


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


def _powers(first: int, last: int) -> list[int]:
    found = [first]
    while found[-1] * 10 <= last:
        found.append(found[-1] * 10)
    return found


def _grown(what: str, curve: Curve) -> list[Figure]:
    """What the greatest number costs beside the least."""
    return [
        Figure(
            f"{asked} among {points[-1][0]:,.0f} {what}, processor time", SQLITE, points[-1][1], points[0][1],
            f"the same among {points[0][0]:,.0f}",
        )
        for asked, points in curve.items()
    ]  # fmt: skip


def _drawn(what: str, curve: Curve, bare: float) -> str:
    """A curve as so many times what a bare ASGI application takes for a request."""
    title = f"Never asked before, among ever more {what}"
    lines = {asked: [(count, spent / bare) for count, spent in points] for asked, points in curve.items()}
    drawn = curves(title, Axis(what, True), Axis("times a bare request, processor time", True), lines)
    return image(what, drawn, title)
