"""Figures in words, in French and in English: numbers, months, and the sentence a parent can repeat aloud. Pure."""

from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from types import MappingProxyType

from widget.contract import Distribution, Language, Reliability, Score, Snapshot
from widget.phrases import ENGLISH, FRENCH

MONTHS: Mapping[Language, tuple[str, ...]] = MappingProxyType(
    {
        "fr": (
            "janvier", "février", "mars", "avril", "mai", "juin",
            "juillet", "août", "septembre", "octobre", "novembre", "décembre",
        ),
        "en": (
            "January", "February", "March", "April", "May", "June",
            "July", "August", "September", "October", "November", "December",
        ),
    }
)  # fmt: skip
NBSP, THIN = "\u00a0", "\u202f"
PHRASES: Mapping[Language, Mapping[str, str]] = MappingProxyType({"fr": FRENCH, "en": ENGLISH})


def phrase(key: str, language: Language = "fr", **values: object) -> str:
    """A sentence of ours, with its blanks filled."""
    return PHRASES[language][key].format(**values)


def number(value: int, language: Language = "fr") -> str:
    """« 1 234 » with a narrow no-break space, « 1,234 » in English."""
    if value < 1000:
        return str(value)
    return f"{value:,}".replace(",", THIN if language == "fr" else ",")


@lru_cache(maxsize=1024)
def percent(value: int, language: Language = "fr") -> str:
    """« 86 % », « 86% » in English."""
    return f"{value}{NBSP}%" if language == "fr" else f"{value}%"


def interval(bounds: tuple[float, float]) -> str:
    """« 72 à 93 % », from percentages."""
    low, high = map(round, bounds)
    return f"{low} à {percent(high)}"


@lru_cache(maxsize=1024)
def month(value: str, language: Language = "fr") -> str:
    """« juin 2026 » for « 2026-06 »."""
    year, place = value.split("-")
    return f"{MONTHS[language][int(place) - 1]}{NBSP}{year}"


def since(value: str, language: Language = "fr") -> str:
    """« de juin 2026 », « d'octobre 2025 »; « from June 2026 »."""
    said = month(value, language)
    if language != "fr":
        return f"from {said}"
    return f"d'{said}" if said[0] in "ao" else f"de {said}"


def month_of(value: date, language: Language = "fr") -> str:
    """The month of a day: « juin 2026 »."""
    return month(f"{value.year}-{value.month:02}", language)


def day(value: date, language: Language = "fr") -> str:
    """« 23 novembre 2026 »."""
    ordinal = "1er" if value.day == 1 and language == "fr" else str(value.day)
    return f"{ordinal}{NBSP}{MONTHS[language][value.month - 1]}{NBSP}{value.year}"


def plural(count: int, one: str, many: str, language: Language = "fr") -> str:
    """« 1 réponse », « 2 réponses »; zero is singular in French, plural in English."""
    singular = count < 2 if language == "fr" else count == 1
    return f"{number(count, language)}{NBSP}{one if singular else many}"


def counted(key: str, count: int, language: Language = "fr") -> str:
    """A count with its noun: the phrases ``key`` and ``key_s`` are its singular and plural."""
    return plural(count, PHRASES[language][key], PHRASES[language][f"{key}_s"], language)


def headline(snapshot: Snapshot, language: Language = "fr") -> str:
    """The satisfaction of a scope in one sentence, with whom it speaks of."""
    if snapshot.satisfaction is None:
        return phrase("raconte", language, qui=counted("repondant", snapshot.respondents, language))
    return satisfaction_line(snapshot.satisfaction, language)


def satisfaction_line(spread: Distribution, language: Language = "fr") -> str:
    """« 86 % des 42 répondants sont contents de leur apprentissage. »"""
    share = spread.good.percent
    good = number(spread.good.count, language) if share is None else percent(share, language)
    key = "content" if good == "1" else "contents"
    return phrase(key, language, part=good, total=counted("repondant", spread.answered, language))


def score_line(score: Score, language: Language = "fr") -> str:
    """The short line of a result list; empty when there is nothing to say yet."""
    spread = score.satisfaction
    if spread is None or score.reliability == "insuffisante":
        return ""
    share = spread.good.percent
    if share is None:
        return phrase("puce_nombre", language, nombre=number(spread.good.count, language), total=spread.answered)
    return phrase(
        "puce", language, part=percent(share, language), total=counted("repondant", spread.answered, language)
    )


def score_caution(reliability: Reliability, language: Language = "fr") -> str:
    """The same beside a score, whose counts speak for themselves where there are no percentages."""
    return caution(reliability, language) if reliability == "fragile" else ""


def caution(reliability: Reliability, language: Language = "fr") -> str:
    """The word of caution that few answers call for, or nothing."""
    return PHRASES[language].get(f"prudence_{reliability}", "")
