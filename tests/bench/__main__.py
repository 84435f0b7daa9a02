"""Prints the figures of the README, one line each: ``python -m tests.bench``, all of them or those that are named."""

import platform
import sys
import tempfile
from datetime import date
from pathlib import Path

from tests.bench import desk, fairness, moderation, sends, starting, syndicate, views

MEASURES = {
    "hot": views.hot_view,
    "cold": views.cold_view,
    "reviews": views.cold_view_among_many_reviews,
    "million": views.many_formations,
    "sends": sends.submissions,
    "api": syndicate.hot_api,
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


def main() -> None:
    """Measure what is named, or everything, and print."""
    print(f"Python {platform.python_version()}, {platform.machine()}, {date.today().isoformat()}")
    for name in sys.argv[1:] or MEASURES:
        with tempfile.TemporaryDirectory() as folder:
            MEASURES[name](Path(folder) / name)


if __name__ == "__main__":
    main()
