"""How long people wait for a service that is being started."""

import os
import socket
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter, sleep

from tests.bench.load import processor_seconds, request_bytes
from tests.bench.scene import CENTRE, FORMATION, KEY, fill, open_hub
from tests.servers import kept_ports

ROUNDS, REVIEWS = 9, 2000
SERVE = ("-m", "syndication", "serve")
ASKED = request_bytes("GET", f"/widget?formation={FORMATION}&etablissement={CENTRE}")


def start(folder: Path) -> None:
    """From the command to the first byte of a widget, its databases being there; then the first start of all."""
    hub = open_hub(folder)
    fill(hub, REVIEWS)
    hub.close()
    there = {"SIRIUS_DATA_DIR": str(folder), "SIRIUS_SECRET_KEYS": KEY}
    first_byte(SERVE, there)  # what was never read is read from the disk, and compiled
    waits, worked = zip(*(first_byte(SERVE, there) for _ in range(ROUNDS)), strict=True)
    fresh = ({**there, "SIRIUS_DATA_DIR": str(folder / f"neuf{number}")} for number in range(ROUNDS))
    new, _ = zip(*(first_byte(SERVE, one) for one in fresh), strict=True)
    print(
        f"from « sirius serve » to the first byte of a widget: {min(waits):.2f} s at best, "
        f"{statistics.median(waits):.2f} in the median, of which {statistics.median(worked):.2f} s of processor time; "
        f"with two databases to make, {min(new):.2f} s at best, {statistics.median(new):.2f} in the median"
    )


def first_byte(words: Sequence[str], environment: Mapping[str, str]) -> tuple[float, float]:
    """Seconds from the start of a service to the first byte of its first answer: those that passed, and those that its
    processes worked."""
    with kept_ports() as port:
        command = [sys.executable, *words, "--port", str(port)]
        began = perf_counter()
        quiet, all_of_it = subprocess.DEVNULL, {**os.environ, **environment}
        with subprocess.Popen(command, env=all_of_it, stdout=quiet, stderr=quiet) as process:
            told = asked(port, process)
            waited = perf_counter() - began
            worked = processor_seconds(process.pid)
            process.terminate()
    assert told == b"H"
    return waited, worked


def asked(port: int, process: "subprocess.Popen[bytes]") -> bytes:
    """The first byte of an answer, asked for as soon as anybody listens."""
    while process.poll() is None:
        with socket.socket() as client:
            if client.connect_ex(("127.0.0.1", port)) == 0:
                client.sendall(ASKED)
                return client.recv(1)
        sleep(0.005)
    raise RuntimeError("the server did not start")
