"""How long people wait for a service that is being started."""

import os
import socket
import statistics
import subprocess
import sys
from pathlib import Path
from time import perf_counter, sleep

from tests.bench.load import request_bytes
from tests.bench.scene import CENTRE, FORMATION, KEY, fill, open_hub
from tests.journeys.processes import children
from tests.servers import kept_ports

ROUNDS, REVIEWS = 9, 2000
ASKED = request_bytes("GET", f"/widget?formation={FORMATION}&etablissement={CENTRE}")


def start(folder: Path) -> None:
    """From the command to the first byte of a widget, its databases being there; then the first start of all."""
    hub = open_hub(folder)
    fill(hub, REVIEWS)
    hub.close()
    first_byte(folder)  # what was never read is read from the disk, and compiled
    waits, worked = zip(*(first_byte(folder) for _ in range(ROUNDS)), strict=True)
    new, _ = zip(*(first_byte(folder / f"neuf{number}") for number in range(ROUNDS)), strict=True)
    print(
        f"from « sirius serve » to the first byte of a widget: {min(waits):.2f} s at best, "
        f"{statistics.median(waits):.2f} in the median, of which {statistics.median(worked):.2f} s of processor time; "
        f"with two databases to make, {min(new):.2f} s at best, {statistics.median(new):.2f} in the median"
    )


def first_byte(folder: Path) -> tuple[float, float]:
    """Seconds from the start of a service to the first byte of its first answer: those that passed, and those that its
    processes worked."""
    environment = {**os.environ, "SIRIUS_DATA_DIR": str(folder), "SIRIUS_SECRET_KEYS": KEY}
    with kept_ports() as port:
        words = [sys.executable, "-m", "syndication", "serve", "--port", str(port)]
        began = perf_counter()
        with subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL) as process:
            told = asked(port)
            waited = perf_counter() - began
            worked = sum(map(processor_seconds, (process.pid, *children(process.pid))))
            process.terminate()
    assert told == b"H"
    return waited, worked


def asked(port: int) -> bytes:
    """The first byte of an answer, asked for as soon as anybody listens."""
    while True:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                client.sendall(ASKED)
                return client.recv(1)
        sleep(0.005)


def processor_seconds(process: int) -> float:
    """Seconds that a process has worked."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
