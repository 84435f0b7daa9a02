"""What a view that is not ready costs, among few reviews and many, among a thousand formations and a million."""

import random
import statistics
from pathlib import Path
from time import process_time

from syndication.context import Hub
from tests.bench.load import Load, burst, request_bytes, resident
from tests.bench.scene import FORMATION, KEY, code_of, fill, fill_many, open_hub
from tests.bench.servers import serving
from widget.options import Options
from widget.render import render_frame

FEW, MANY = 200, 200_000
FORMATIONS = 400
THOUSAND, MILLION, VISITS, PACE = 1000, 1_000_000, 3000, 60
READY_MEGABYTES = 64


def cold_view(folder: Path) -> None:
    """A view made from the database, before compression: of formations that differ, each seen once."""
    hub = open_hub(folder / "formations")
    fill_many(hub, FORMATIONS, whole=True)
    times = [process_time_of_view(hub, code_of(number)) for number in range(FORMATIONS)]
    hub.close()
    print(
        f"cold widget view before compression, {FORMATIONS} formations each seen once: "
        f"{1000 * statistics.median(times):.2f} ms of processor time (median)"
    )


def cold_view_among_many_reviews(folder: Path) -> None:
    """The same of one formation with few reviews and with many."""
    hubs = {size: open_hub(folder / f"cold{size}") for size in (FEW, MANY)}
    times: dict[int, list[float]] = {size: [] for size in hubs}
    for size, hub in hubs.items():
        fill(hub, size)
    for _ in range(200):
        for size, hub in hubs.items():
            times[size].append(process_time_of_view(hub, FORMATION))
    for hub in hubs.values():
        hub.close()
    few, many = (1000 * statistics.median(times[size]) for size in (FEW, MANY))
    print(f"cold widget view, {MANY:,} reviews / {FEW}: {many / few:.2f} × ({many:.2f} ms / {few:.2f} ms)")


def process_time_of_view(hub: Hub, code: str) -> float:
    """Seconds of processor time that a view takes."""
    began = process_time()
    render_frame(hub.publisher.require(code, None), Options(formation=code))
    return process_time() - began


def many_formations(folder: Path) -> None:
    """Views of formations drawn at random, among a thousand and among a million, at an even pace."""
    loads: dict[int, Load] = {}
    chance = random.Random(1)
    for size in (THOUSAND, MILLION):
        hub = open_hub(folder / f"many{size}")
        fill_many(hub, size)
        hub.close()
        environment = {
            "SIRIUS_DATA_DIR": str(folder / f"many{size}"), "SIRIUS_SECRET_KEYS": KEY, "SIRIUS_BACKGROUND": "0",
            "SIRIUS_READY_MEGABYTES": str(READY_MEGABYTES),
        }  # fmt: skip
        paths = [f"/widget?formation={code_of(chance.randrange(size))}" for _ in range(VISITS)]
        visits = [request_bytes("GET", path, headers="accept-encoding: br\r\n") for path in paths]
        with serving("syndication.asgi:application", environment, factory=True) as (port, pid):
            burst(port, visits[:50], pid)
            before = resident(pid)
            loads[size] = burst(port, visits, pid, per_second=PACE)
            grown = resident(pid) - before
        assert not loads[size].failed
        print(f"{size:,} formations, {VISITS:,} visits: memory grew by {grown / 2**20:.0f} MiB of {READY_MEGABYTES}")
    few, many = loads[THOUSAND].slowest_percent, loads[MILLION].slowest_percent
    print(
        f"a million formations / a thousand, at {PACE} a second: 99 % answered under {1000 * many:.1f} ms / "
        f"{1000 * few:.1f} ms, {many / few:.2f} ×"
    )
