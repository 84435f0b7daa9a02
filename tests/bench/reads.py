"""What reads of a nation cost a service, beside a bare ASGI application that returns the same bytes: ready or not, by
format, with one process and with two; and the memory that it takes."""

import random
import statistics
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import sleep

import httpx

from syndication.demo.nation.build import plan_of
from syndication.demo.nation.places import Offer
from tests.bench.bare import BODY, HEADERS, STATUS
from tests.bench.load import Load, burst, family, processor_seconds, request_bytes, resident
from tests.bench.report import Figure
from tests.bench.scene import CENTRE, FORMATION
from tests.bench.servers import BARE, serving, sirius
from tests.bench.stages import Stage

COMPLET = "widget `complet`"
PLACE = f"formation={FORMATION}&etablissement={CENTRE}"
HOT = {
    **{f"widget `{name}`": f"/widget?{PLACE}&format={name}" for name in ("complet", "carrousel", "liste", "score")},
    "badge": f"/widget/badge.svg?{PLACE}",
    "`/api/v1/avis`": f"/api/v1/avis?{PLACE}",
}
UNCHANGED = "widget `complet`, unchanged (304)"
COLD = {
    COMPLET: "/widget?formation={0.cfd}&etablissement={0.uai}",
    "`/api/v1/avis`": "/api/v1/avis?formation={0.cfd}&etablissement={0.uai}",
    "`/api/v1/verbatims`, searched": "/api/v1/verbatims?formation={0.cfd}&q=patron",
}
KEYS, LISTS = 100, 20
ACCEPT = {"accept-encoding": "gzip"}
SAME = "bare ASGI, same bytes"
ROUNDS, WINDOWS, STILL = 11, 4, 0.7
"""Bursts; how often, and for how many seconds, a server is left alone, to know what it takes to do nothing: that is not
a read's."""


def hot(stage: Stage, hits: int, workers: int = 1, kinds: Sequence[str] = (*HOT, UNCHANGED)) -> list[Figure]:
    """Processor time of answers that are ready."""
    found: list[Figure] = []
    with sirius(stage.environment, workers) as (port, pid):
        for kind in kinds:
            path, headers = HOT[COMPLET if kind == UNCHANGED else kind], ACCEPT
            if kind == UNCHANGED:
                headers = {**ACCEPT, "if-none-match": answer(port, path).headers["etag"]}
            requests = [request(path, headers)] * hits
            for _ in range(4 * workers):
                burst(port, requests[:16], pid)  # until every process has it ready
            ours, bare = _beside(stage, port, pid, requests, answer(port, path, headers), workers)
            processes = "" if workers == 1 else f", {workers} processes"
            found.append(Figure(f"hot {kind}, processor time{processes}", stage.name, ours, bare, SAME))
    return found


def cold(stage: Stage, reviews: int, count: int) -> list[Figure]:
    """Processor time, PostgreSQL's included, of answers that are made from the database, each seen once."""
    some = drawn(stage, reviews, count)
    found: list[Figure] = []
    with sirius(stage.environment) as (port, pid):
        burst(port, [request_bytes("GET", "/api/v1/questions")], pid)
        for kind, path in COLD.items():
            requests = [request(path.format(one)) for one in some]
            ours, bare = _beside(stage, port, pid, requests, answer(port, path.format(some[-1])), rounds=1)
            found.append(Figure(f"cold {kind}, processor time", stage.name, ours, bare, SAME))
        more = drawn(stage, reviews, KEYS * LISTS)
        paths = [summaries(more[first : first + KEYS]) for first in range(0, len(more), KEYS)]
        requests = [request(path) for path in paths]
        ours, bare = _beside(stage, port, pid, requests, answer(port, paths[-1]), rounds=1)
        found.append(Figure(f"cold `/api/v1/resumes` of {KEYS} keys, processor time", stage.name, ours, bare, SAME))
    return found


def memory(stage: Stage, reviews: int, visits: int) -> list[Figure]:
    """Memory of a process that does everything, once it has answered as many visits as fill what it may keep ready."""
    some = drawn(stage, reviews, visits)
    with sirius(stage.environment) as (port, pid):
        requests = [request(COLD[COMPLET].format(one)) for one in some]
        assert not burst(port, requests, pid).failed
        taken = max(map(resident, family(pid)))
        with serving(BARE, bare_of(stage.folder, answer(port, HOT[COMPLET]))) as (_, bare_pid):
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


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered, its body as it was sent."""

    status: int
    headers: httpx.Headers
    body: bytes


def answer(port: int, path: str, headers: Mapping[str, str] = ACCEPT) -> Answer:
    """What a service answers."""
    with httpx.stream("GET", f"http://127.0.0.1:{port}{path}", headers=headers) as given:
        return Answer(given.status_code, given.headers, b"".join(given.iter_raw()))


def bare_of(folder: Path, same: Answer) -> dict[str, str]:
    """What has the bare application return what a service just did."""
    (folder / "body").write_bytes(same.body)
    kept = (f"{name}: {value}" for name, value in same.headers.items() if name not in {"date", "server"})
    (folder / "headers").write_text("\n".join(kept))
    return {BODY: str(folder / "body"), HEADERS: str(folder / "headers"), STATUS: str(same.status)}


def request(path: str, headers: Mapping[str, str] = ACCEPT) -> bytes:
    """A read, as browsers ask for it unless other headers are wanted."""
    return request_bytes("GET", path, headers="".join(f"{name}: {value}\r\n" for name, value in headers.items()))


def _beside(
    stage: Stage, port: int, pid: int, requests: list[bytes], same: Answer, workers: int = 1, rounds: int = ROUNDS
) -> tuple[float, float]:
    """Seconds of processor time of a request, ours and the bare one's."""
    with serving(BARE, bare_of(stage.folder, same), workers=workers) as (bare_port, bare_pid):
        few = [requests[0]] * max(len(requests), 1000)
        burst(bare_port, few[:64], bare_pid, expected=same.status)
        idle, least = _at_rest((pid, *stage.beside), (bare_pid,))
        pairs: list[tuple[float, float]] = []
        for _ in range(rounds):
            ours = burst(port, requests, pid, expected=same.status, beside=stage.beside)
            bare = burst(bare_port, few, bare_pid, expected=same.status)
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
