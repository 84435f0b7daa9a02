"""How what is made from the database grows with formations, with reviews: ``python -m tests.bench curves``."""

import argparse
import random
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import perf_counter, process_time

from syndication.api.params import read_keys
from syndication.context import Hub
from syndication.publication.summaries import summarise
from tests.bench import reads
from tests.bench.growth import grow
from tests.bench.plots import Axis, curves
from tests.bench.reads import drawn, offers
from tests.bench.report import Figure, image, paragraphs, put, table, where
from tests.bench.scene import CENTRE, code_of, fill_many, open_hub
from tests.bench.stages import SQLITE, Stage, built
from widget.options import Options
from widget.render import render_frame

VIEWS, BATCHES, KEYS, HITS = 200, 10, 100, 2000
VIEW, SUMMARIES = "a view of a widget", f"{KEYS} summaries"
Curve = dict[str, list[tuple[float, float]]]
"""By what was asked: how many there are, seconds of processor time."""


def main(words: Sequence[str]) -> None:
    """Measure, then show rows and curves in the README."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench curves", description=__doc__)
    parser.add_argument("--formations", type=int, default=1_000_000, help="where the curve of formations ends")
    parser.add_argument("--reviews", type=int, default=1_000_000, help="where the curve of reviews ends")
    asked, begun = parser.parse_args(words), perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = {
            "formations": of_formations(folder, _powers(1000, asked.formations)),
            "reviews": of_reviews(folder, _powers(10_000, asked.reviews)),
        }
        (hot,) = reads.hot(built(Stage(SQLITE, folder / "hot"), 2000), HITS, 1, [reads.COMPLET])
    found = [figure for what, curve in lines.items() for figure in _grown(what, curve)]
    took = (perf_counter() - begun) / 60
    head = f"{where()}, what was never asked before, in {took:.0f} minutes."
    drawn = [_drawn(what, curve, hot.bare) for what, curve in lines.items()]
    put("curves", paragraphs([head, table(found, [SQLITE]), *drawn]))


def of_formations(folder: Path, sizes: Sequence[int]) -> Curve:
    """Views and summaries of formations drawn at random among ever more, never asked before."""
    found: Curve = {VIEW: [], SUMMARIES: []}
    chance = random.Random(6)
    for size in sizes:
        here = folder / f"formations{size}"
        with closing(open_hub(here)) as hub:
            fill_many(hub, size)
            asked = [(code_of(chance.randrange(size)), CENTRE) for _ in range(VIEWS + BATCHES * KEYS)]
            _measure(hub, asked, size, found)
        shutil.rmtree(here)
    return found


def of_reviews(folder: Path, sizes: Sequence[int]) -> Curve:
    """The same of a nation's offers, drawn as readers draw them, of which ever more is said."""
    found: Curve = {VIEW: [], SUMMARIES: []}
    stage = built(Stage(SQLITE, folder / "reviews"), sizes[0])
    chance, known = random.Random(7), offers(stage, sizes[0])
    some = drawn(stage, sizes[0], VIEWS) + [one for _ in range(BATCHES) for one in chance.sample(known, KEYS)]
    asked = [(one.cfd, one.uai) for one in some]
    for place, size in enumerate(sizes):
        if place:
            grow(stage.folder / "syndication.db", size // sizes[place - 1])
        with closing(stage.open()) as hub:
            _measure(hub, asked, size, found)
    shutil.rmtree(stage.folder)
    return found


def _measure(hub: Hub, asked: Sequence[tuple[str, str]], size: int, found: Curve) -> None:
    """Processor time of a view, and of summaries: medians."""
    for code, uai in asked[:20]:
        hub.publisher.require(code, uai)  # whatever is read once
    views = [_of_view(hub, *one) for one in asked[:VIEWS]]
    batches = [asked[first : first + KEYS] for first in range(0, len(asked), KEYS)][-BATCHES:]
    found[VIEW].append((size, statistics.median(views)))
    found[SUMMARIES].append((size, statistics.median(_of_summaries(hub, batch) for batch in batches)))


def _of_view(hub: Hub, code: str, uai: str) -> float:
    began = process_time()
    render_frame(hub.publisher.require(code, uai), Options(formation=code, centre=uai))
    return process_time() - began


def _of_summaries(hub: Hub, asked: Sequence[tuple[str, str]]) -> float:
    keys = ",".join(f"{code}@{uai}" for code, uai in dict.fromkeys(asked))
    began = process_time()
    with hub.engine.connect() as connection:
        summarise(connection, read_keys(keys), hub.publisher.questions(), hub.settings.thresholds)
    return process_time() - began


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
