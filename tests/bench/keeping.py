"""What a nation takes to be kept: bytes, a backup, its restoration, and the start of a service on it."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import closing
from http import HTTPStatus
from pathlib import Path
from time import perf_counter

import httpx

from collector.records import answers_to
from tests.bench.reads import Answer, bare_of
from tests.bench.report import Figure
from tests.bench.servers import BARE
from tests.bench.stages import Stage
from tests.bench.starting import SERVE, first_byte

SOME = 2000
"""Responses whose words and answers are weighed."""
STARTS = 5


def sizes(stage: Stage, reviews: int) -> list[Figure]:
    """Bytes that both databases take, beside what people said."""
    with closing(stage.open()) as hub:
        some = hub.collector.responses_after("", SOME)
    said = sum(len(json.dumps(answers_to(one.answers), ensure_ascii=False).encode()) for one in some) / len(some)
    beside = "answers and words of a response, as JSON"
    return [Figure("both databases, by review", stage.name, stage.size / reviews, said, beside, "bytes")]


def restoring(stage: Stage) -> list[Figure]:
    """Seconds of a backup and of its restoration, each beside a copy of as many bytes that waits for the disk."""
    copy, there = stage.folder.with_name(f"{stage.mark or 'sqlite'}-copy"), stage.another("restored")
    kept = back_up(stage, copy)
    restored = _timed([sys.executable, "-m", "syndication", "restore", str(copy)], there)
    begun = perf_counter()
    _copy(copy, copy.with_name("bare"))
    bare = perf_counter() - begun
    for folder in (copy, copy.with_name("bare"), there.folder):
        shutil.rmtree(folder)
    beside = "a copy of the backup's files, on the disk"
    return [
        Figure("backup", stage.name, kept, bare, beside),
        Figure("restoration", stage.name, restored, bare, beside),
    ]


def starting(stage: Stage) -> list[Figure]:
    """Seconds from the command to the first byte of a widget, at best: neighbours take their share of a machine."""
    told = bare_of(stage.folder, Answer(HTTPStatus.OK, httpx.Headers(), b""))
    ours, bare = list[tuple[float, float]](), list[tuple[float, float]]()
    for _ in range(STARTS):
        ours.append(first_byte(SERVE, stage.environment))
        bare.append(first_byte(("-m", "uvicorn", BARE), told))
    what = "start, to the first byte of a widget"
    return [
        Figure(name, stage.name, min(one[place] for one in ours), min(one[place] for one in bare), "bare ASGI")
        for place, name in enumerate((what, f"{what}, processor time"))
    ]


def back_up(stage: Stage, folder: Path) -> float:
    """Back up to a new folder; gives the seconds that it took."""
    return _timed([sys.executable, "-m", "syndication", "backup", str(folder)], stage)


def _timed(words: list[str], stage: Stage) -> float:
    begun = perf_counter()
    subprocess.run(words, env={**os.environ, **stage.environment}, check=True, capture_output=True)
    return perf_counter() - begun


def _copy(source: Path, target: Path) -> None:
    for path in (path for path in source.rglob("*") if path.is_file()):
        there = target / path.relative_to(source)
        there.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as one, there.open("wb") as other:
            shutil.copyfileobj(one, other, 1 << 20)
            other.flush()
            os.fsync(other.fileno())
