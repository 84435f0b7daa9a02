"""What a referent must see: violence, harassment, sexual assault, distress, accidents, drugs. Pure."""

from collections.abc import Iterator
from functools import cache

from syndication.moderation.signals.lists import load
from syndication.moderation.signals.phrases import Rule, read_rule
from syndication.moderation.signals.reading import DANGER, Reading
from syndication.moderation.signals.signal import Signal


def find_danger(reading: Reading) -> Iterator[Signal]:
    """Words of danger, each rule where it is first met."""
    for number, rule in enumerate(_rules()):
        words = reading.having(DANGER << number)
        place = next(rule.find(reading, words), None) if words else None
        if place:
            yield Signal("danger", *place, rule.why)


@cache
def _rules() -> tuple[Rule, ...]:
    return tuple(map(read_rule, load("danger")["rules"]))
