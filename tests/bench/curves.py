"""How what is made from the database grows with what it holds: formations, reviews."""

import random
import shutil
import statistics
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import process_time

from syndication.api.params import read_keys
from syndication.context import Hub
from syndication.publication.summaries import summarise
from tests.bench.growth import grow
from tests.bench.reads import drawn, offers
from tests.bench.scene import CENTRE, code_of, fill_many, open_hub
from tests.bench.stages import SQLITE, Stage, built
from widget.options import Options
from widget.render import render_frame

VIEWS, BATCHES, KEYS = 200, 10, 100
VIEW, SUMMARIES = "a view of a widget", f"{KEYS} summaries"
Curve = dict[str, list[tuple[float, float]]]
"""By what was asked: how many there are, seconds of processor time."""


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
