"""A small load generator: keep-alive connections on loopback, bounded in count."""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


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
) -> Load:
    """Send requests over some connections; each waits for its answer before the next.

    With ``per_second``, each request has its moment, and its time counts from that moment even when it left late.
    """
    times: list[float] = []
    failed = 0

    async def work(share: Sequence[tuple[int, bytes]]) -> None:
        nonlocal failed
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
            times.append(perf_counter() - began)
            failed += int(head[9:12]) != expected
        writer.close()

    async def run() -> None:
        numbered = list(enumerate(requests))
        await asyncio.gather(*(work(numbered[first::connections]) for first in range(connections)))

    before, start = processor_seconds(pid), perf_counter()
    asyncio.run(run())
    seconds = perf_counter() - start
    times.sort()
    slow = times[min(int(len(times) * 0.99), len(times) - 1)]
    return Load(len(requests), seconds, processor_seconds(pid) - before, failed, slow)


def processor_seconds(pid: int) -> float:
    """Processor time of a process so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / CLOCK_TICKS
