"""A text cut where something is to be seen in it, and put together again without a letter more or less. Pure."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from syndication.moderation.masking import KINDS, Mask
from syndication.moderation.signals import Signal


class Segment(NamedTuple):
    """Some words of a text, the places of the signals they show among those given, and what the public reads instead
    when they are masked."""

    words: str
    signals: tuple[int, ...]
    masked: str


def segments(text: str, signals: Sequence[Signal], masks: Sequence[Mask]) -> list[Segment]:
    """The whole text, cut at every end of a signal and of a mask; spans that are not in it are left out."""
    spans = [(one.start, one.end) for one in signals] + [(one.start, one.end) for one in masks]
    spans = [(start, end) for start, end in spans if 0 <= start < end <= len(text)]
    cuts = sorted({0, len(text), *(place for span in spans for place in span)})
    found: list[Segment] = []
    for start, end in pairwise(cuts):
        shown = tuple(n for n, one in enumerate(signals) if one.start <= start and end <= one.end)
        masked = next((KINDS[mask.kind] for mask in masks if mask.start <= start and end <= mask.end), "")
        found.append(Segment(text[start:end], shown, masked))
    return found
