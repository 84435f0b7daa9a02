"""What a referent must see: violence, harassment, sexual assault, distress, accidents, drugs, exploitation. Pure."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

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
    document = load("danger")
    return tuple(read_rule(_filled(rule, document["words"])) for rule in document["rules"])


def _filled(rule: Mapping[str, Any], words: Mapping[str, str]) -> dict[str, Any]:
    """A rule whose patterns say the words that stand in them by a name."""
    filled = dict(rule)
    for key in ("patterns", "unless"):
        for name, listed in words.items():
            filled[key] = [one.replace(f"{{{name}}}", f"(?:{'|'.join(listed.split())})") for one in filled[key]]
    return filled
