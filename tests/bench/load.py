"""A small load generator: keep-alive connections on loopback, bounded in count."""

import asyncio
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from time import perf_counter

CLOCK_TICKS, PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGESIZE")


@dataclass(frozen=True, slots=True)
class Load:
    """What a burst of requests cost: seconds on the clock, seconds of the server's processor, how many failed."""

    requests: int
    seconds: float
    processor_seconds: float
    failed: int
    slowest_percent: float
    """Time under which 99 % of requests were answered, in seconds."""

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds

    @property
    def processor_microseconds(self) -> float:
        return 1e6 * self.processor_seconds / self.requests


def request_bytes(method: str, path: str, body: bytes = b"", headers: str = "") -> bytes:
    """One HTTP/1.1 request, whole."""
    kind = "content-type: application/x-www-form-urlencoded\r\n" if body else ""
    head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n{headers}{kind}content-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def burst(
    port: int,
    requests: Sequence[bytes],
    pid: int,
    *,
    connections: int = 16,
    expected: int = 200,
    per_second: float | None = None,
    beside: Sequence[int] = (),
) -> Load:
    """Send requests over some connections; each waits for its answer before the next. Processor time is that of a
    server, and of what works ``beside`` it, with all that they started.

    With ``per_second``, each request has its moment, and its time counts from that moment even when it left late.
    """
    before = processor_seconds(pid, *beside)
    sent = asyncio.run(_send(port, requests, connections, expected, per_second))
    return sent.load(processor_seconds(pid, *beside) - before)


def together(port: int, pid: int, *kinds: tuple[Sequence[bytes], float, int]) -> list[Load]:
    """Send several kinds of requests at the same time, each at its own pace and with the status that it expects; the
    processor time is that of all of them. No connection is left idle for as long as a server would bear."""

    async def run() -> list[_Sent]:
        return await asyncio.gather(
            *(_send(port, requests, min(64, ceil(pace)), status, pace) for requests, pace, status in kinds)
        )

    before = processor_seconds(pid)
    sent = asyncio.run(run())
    spent = processor_seconds(pid) - before
    return [one.load(spent) for one in sent]


@dataclass(slots=True)
class _Sent:
    times: list[float]
    failed: int
    seconds: float

    def load(self, processor: float) -> Load:
        times = sorted(self.times)
        slow = times[min(int(len(times) * 0.99), len(times) - 1)]
        return Load(len(times), self.seconds, processor, self.failed, slow)


async def _send(
    port: int, requests: Sequence[bytes], connections: int, expected: int, per_second: float | None
) -> _Sent:  # fmt: skip
    sent, start = _Sent([], 0, 0.0), perf_counter()

    async def work(share: Sequence[tuple[int, bytes]]) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for place, request in share:
            began = perf_counter()
            if per_second is not None:
                due = start + place / per_second
                await asyncio.sleep(max(due - began, 0))
                began = due
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = next(
                (int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0
            )
            await reader.readexactly(length)
            sent.times.append(perf_counter() - began)
            sent.failed += int(head[9:12]) != expected
        writer.close()

    numbered = list(enumerate(requests))
    await asyncio.gather(*(work(numbered[first::connections]) for first in range(connections)))
    sent.seconds = perf_counter() - start
    return sent


def processor_seconds(*pids: int) -> float:
    """Processor time so far, user and system, of processes and of all that they started and is still there."""
    return sum(_seconds(pid) for pid in family(*pids))


def family(*pids: int) -> set[int]:
    """Processes, and all that they started and is still there."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            children.setdefault(int(_fields(path)[1]), []).append(int(path.parent.name))
    found, ahead = set[int](), list(pids)
    while ahead:
        pid = ahead.pop()
        found.add(pid)
        ahead += children.get(pid, [])
    return found


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE


def _seconds(pid: int) -> float:
    """To the nanosecond, where Linux counts so finely."""
    with suppress(OSError):
        tasks = [path.read_text().split()[0] for path in Path(f"/proc/{pid}/task").glob("*/schedstat")]
        if tasks:
            return sum(map(int, tasks)) / 1e9
    fields = _fields(Path(f"/proc/{pid}/stat"))
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS


def _fields(stat: Path) -> list[str]:
    return stat.read_text().rpartition(")")[2].split()
