"""``python -m syndication.serving web|worker …``: one process of a service, started by the one that watches over it."""

import argparse
import logging
import os
import socket
from contextlib import suppress

from collector.watch import logs
from syndication.commands.plainly import say, told_plainly
from syndication.loading import loading


def main() -> None:
    """Be one process, as its arguments say; they are numbers of files that it was handed, open."""
    parser = argparse.ArgumentParser()
    parser.add_argument("role", choices=["web", "worker"])
    parser.add_argument("--line", type=int, required=True)
    parser.add_argument("--ready", type=int, required=True)
    parser.add_argument("--listener", type=int)
    parser.add_argument("--background", action="store_true")
    given = parser.parse_args()

    def ready() -> None:
        with suppress(OSError):  # nobody listens any more: the line tells it too
            os.write(given.ready, b"1")
            os.close(given.ready)

    with told_plainly(logs.teller(say, logging.ERROR)):
        with loading():
            from syndication.serving import processes  # noqa: PLC0415 a driver that is missing is told plainly too

        if given.role == "web":
            listener = socket.socket(fileno=given.listener)
            processes.answer(listener, ready, given.line, background=given.background)
        else:
            processes.work(ready, given.line)


if __name__ == "__main__":
    main()
