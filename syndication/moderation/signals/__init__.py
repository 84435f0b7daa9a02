"""Signals that save reading: what a text holds that a moderator must look at, where and why. Pure; none decides.

Everything is computed here, from the words alone, with lists that people can read (``lists/``). Figures of how much is
found and how much of it is right come from ``python -m tests.bench signals``.
"""

from dataclasses import replace

from syndication.moderation.signals.contacts import find_contacts
from syndication.moderation.signals.danger import find_danger
from syndication.moderation.signals.invisible import find_invisible, name, unseen
from syndication.moderation.signals.noise import find_noise, find_short
from syndication.moderation.signals.people import find_people
from syndication.moderation.signals.reading import Reading
from syndication.moderation.signals.rude import find_rude
from syndication.moderation.signals.signal import KINDS, Signal

__all__ = ["KINDS", "Signal", "examine", "examine_reading", "name", "unseen"]


def examine(text: str) -> tuple[Signal, ...]:
    """Every signal of a text, in the order in which they stand in it; those of the whole text come first.

    A text is called short only when nothing else is to be said of it. Raises nothing, whatever the text.
    """
    return examine_reading(Reading(text))


def examine_reading(reading: Reading) -> tuple[Signal, ...]:
    """The same of a text that was read already."""
    read = [
        *find_danger(reading), *find_rude(reading), *find_people(reading), *find_contacts(reading),
        *find_noise(reading),
    ]  # fmt: skip
    found = [*find_invisible(reading.written), *(_as_written(signal, reading) for signal in read)]
    if not found:
        found = list(find_short(reading))
    return tuple(sorted(dict.fromkeys(found), key=lambda signal: (signal.start, signal.end, signal.kind)))


def _as_written(signal: Signal, reading: Reading) -> Signal:
    start, end = reading.as_written(signal.start, signal.end)
    return replace(signal, start=start, end=end)
