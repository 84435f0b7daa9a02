"""What reads of a nation cost a service, beside a bare ASGI application that returns the same bytes: ready or not, by
format, with one process and with two; and the memory that it takes."""

import random
import statistics
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from time import sleep

import httpx

from syndication.demo.nation.build import plan_of
from syndication.demo.nation.places import Offer
from tests.bench.bare import BODY, HEADERS
from tests.bench.load import Load, burst, family, processor_seconds, request_bytes, resident
from tests.bench.report import Figure
from tests.bench.scene import CENTRE, FORMATION
from tests.bench.servers import APPLICATION, BARE, serving, sirius
from tests.bench.stages import Stage

COMPLET = "widget `complet`"
PLACE = f"formation={FORMATION}&etablissement={CENTRE}"
HOT = {
    **{f"widget `{name}`": f"/widget?{PLACE}&format={name}" for name in ("complet", "carrousel", "liste", "score")},
    "badge": f"/widget/badge.svg?{PLACE}",
    "`/api/v1/avis`": f"/api/v1/avis?{PLACE}",
}
COLD = {
    COMPLET: "/widget?formation={0.cfd}&etablissement={0.uai}",
    "`/api/v1/avis`": "/api/v1/avis?formation={0.cfd}&etablissement={0.uai}",
    "`/api/v1/verbatims`, searched": "/api/v1/verbatims?formation={0.cfd}&q=patron",
}
KEYS = 100
ACCEPT = "accept-encoding: gzip\r\n"
SAME = "bare ASGI, same bytes"
ROUNDS, WINDOWS, STILL = 5, 4, 0.7
"""Bursts; how often, and for how many seconds, a server is left alone, to know what it takes to do nothing: that is not
a read's."""


def hot(stage: Stage, hits: int, workers: int = 1, kinds: Sequence[str] = tuple(HOT)) -> list[Figure]:
    """Processor time of answers that are ready."""
    found: list[Figure] = []
    with serving(APPLICATION, stage.environment, factory=True, workers=workers) as (port, pid):
        for kind in kinds:
            requests = [request_bytes("GET", HOT[kind], headers=ACCEPT)] * hits
            for _ in range(4 * workers):
                burst(port, requests[:16], pid)  # until every process has it ready
            ours, bare = _beside(stage, port, pid, requests, HOT[kind], workers)
            processes = "" if workers == 1 else f", {workers} processes"
            found.append(Figure(f"hot {kind}, processor time{processes}", stage.name, ours, bare, SAME))
    return found


def cold(stage: Stage, reviews: int, count: int) -> list[Figure]:
    """Processor time, PostgreSQL's included, of answers that are made from the database, each seen once."""
    some = drawn(stage, reviews, count)
    found: list[Figure] = []
    with serving(APPLICATION, stage.environment, factory=True) as (port, pid):
        burst(port, [request_bytes("GET", "/api/v1/questions")], pid)
        for kind, path in COLD.items():
            requests = [request_bytes("GET", path.format(one), headers=ACCEPT) for one in some]
            ours, bare = _beside(stage, port, pid, requests, path.format(some[-1]), rounds=1)
            found.append(Figure(f"cold {kind}, processor time", stage.name, ours, bare, SAME))
        paths = [summaries(some[first : first + KEYS]) for first in range(0, count, KEYS)]
        requests = [request_bytes("GET", path, headers=ACCEPT) for path in paths]
        ours, bare = _beside(stage, port, pid, requests, paths[-1], rounds=1)
        found.append(Figure(f"cold `/api/v1/resumes` of {KEYS} keys, processor time", stage.name, ours, bare, SAME))
    return found


def memory(stage: Stage, reviews: int, visits: int) -> list[Figure]:
    """Memory of a process that does everything, once it has answered as many visits as fill what it may keep ready."""
    some = drawn(stage, reviews, visits)
    with sirius(stage.environment) as (port, pid):
        requests = [request_bytes("GET", COLD[COMPLET].format(one), headers=ACCEPT) for one in some]
        assert not burst(port, requests, pid).failed
        taken = max(map(resident, family(pid)))
        with serving(BARE, body(stage.folder, port, HOT[COMPLET])) as (_, bare_pid):
            least = resident(bare_pid)
    what = f"memory of the process, {len(some):,} widgets ready or forgotten"
    return [Figure(what, stage.name, taken / 1e6, least / 1e6, "bare ASGI", "MB")]


def drawn(stage: Stage, reviews: int, count: int) -> list[Offer]:
    """Offers of a nation, all different, drawn as readers draw them: the more is said of one, the more often."""
    chance = random.Random(4)
    keyed = sorted(offers(stage, reviews), key=lambda one: chance.expovariate(1) / one.weight)
    return keyed[:count]


def offers(stage: Stage, reviews: int) -> list[Offer]:
    """Every offer of a nation, and how much is said of each."""
    with closing(stage.open()) as hub:
        return plan_of(hub, reviews).offers


def summaries(some: Sequence[Offer]) -> str:
    """The address of summaries of some offers."""
    return "/api/v1/resumes?cles=" + ",".join(f"{one.cfd}@{one.uai}" for one in some)


def _beside(
    stage: Stage, port: int, pid: int, requests: list[bytes], path: str, workers: int = 1, rounds: int = ROUNDS
) -> tuple[float, float]:
    """Seconds of processor time of a request, ours and the bare one's."""
    with serving(BARE, body(stage.folder, port, path), workers=workers) as (bare_port, bare_pid):
        few = [requests[0]] * max(len(requests), 1000)
        burst(bare_port, few[:64], bare_pid)
        idle, least = _at_rest((pid, *stage.beside), (bare_pid,))
        pairs: list[tuple[float, float]] = []
        for _ in range(rounds):
            ours, bare = burst(port, requests, pid, beside=stage.beside), burst(bare_port, few, bare_pid)
            assert not ours.failed + bare.failed
            pairs.append((_each(ours, idle), _each(bare, least)))
    middle = statistics.median(bare for _, bare in pairs)
    return statistics.median(ours / bare for ours, bare in pairs) * middle, middle


def _at_rest(*servers: Sequence[int]) -> list[float]:
    """Seconds of processor time that servers take in a second in which nobody asks them for anything: the least of
    several, for some process may still be starting."""
    spent: list[list[float]] = []
    for _ in range(WINDOWS):
        before = [processor_seconds(*pids) for pids in servers]
        sleep(STILL)
        spent.append([(processor_seconds(*pids) - start) / STILL for pids, start in zip(servers, before, strict=True)])
    return [min(each) for each in zip(*spent, strict=True)]


def _each(load: Load, idle: float) -> float:
    return (load.processor_seconds - idle * load.seconds) / load.requests


def body(folder: Path, port: int, path: str) -> dict[str, str]:
    """What has the bare application return what a service just did."""
    with httpx.stream("GET", f"http://127.0.0.1:{port}{path}", headers={"accept-encoding": "gzip"}) as answer:
        body, headers = b"".join(answer.iter_raw()), answer.headers
    (folder / "body").write_bytes(body)
    (folder / "headers").write_text("\n".join(f"{k}: {v}" for k, v in headers.items() if k not in {"date", "server"}))
    return {BODY: str(folder / "body"), HEADERS: str(folder / "headers")}
