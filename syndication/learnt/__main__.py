"""``python -m syndication.learnt``: learn in a process of its own, which gives back all the memory that training takes
and gives way to whoever answers people. Told by ``apart``, on its standard input."""

import json
import os
import sys
from datetime import datetime

from syndication.database import open_engine
from syndication.learnt.teaching import learn


def main() -> None:
    """Learn from the decisions of a database, at a time."""
    url, now = json.load(sys.stdin)
    os.nice(10)
    engine = open_engine(url)
    try:
        learn(engine, datetime.fromisoformat(now))
    finally:
        engine.dispose()


if __name__ == "__main__":
    main()
