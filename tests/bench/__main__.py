"""Prints figures: ``python -m tests.bench``, all scenes or those that are named.

``python -m tests.bench table`` puts the whole picture in the README; ``curves``, ``nation``, ``rush`` and
``soak``, what it takes longer to know; ``faults``, what came of each fault that the tests bring about."""

import platform
import sys
import tempfile
from datetime import date
from pathlib import Path

from tests.bench import (
    curves,
    desk,
    fairness,
    faults,
    moderation,
    nation,
    rush,
    sends,
    soak,
    starting,
    syndicate,
    table,
    views,
)

MEASURES = {
    "cold": views.cold_view,
    "reviews": views.cold_view_among_many_reviews,
    "million": views.many_formations,
    "sends": sends.submissions,
    "summaries": syndicate.summaries,
    "following": syndicate.following,
    "resolution": syndicate.resolution,
    "signals": moderation.signals,
    "subjects": moderation.subjects,
    "learning": moderation.learning,
    "fairness": fairness.fairness,
    "desk": desk.queue,
    "start": starting.start,
}


COMMANDS = {
    "faults": faults.main,
    "table": table.main,
    "curves": curves.main,
    "nation": nation.main,
    "rush": rush.main,
    "soak": soak.main,
}
"""What shows its figures in the README, and takes options."""


def main() -> None:
    """Measure what is named, or every scene, and print."""
    if sys.argv[1:2] and (command := COMMANDS.get(sys.argv[1])):
        command(sys.argv[2:])
        return
    print(f"Python {platform.python_version()}, {platform.machine()}, {date.today().isoformat()}")
    for name in sys.argv[1:] or MEASURES:
        with tempfile.TemporaryDirectory() as folder:
            MEASURES[name](Path(folder) / name)


if __name__ == "__main__":
    main()
