"""Figures in words: French numbers, months, and the sentence a parent can repeat aloud. Pure."""

from datetime import date

from widget.contract import Distribution, Snapshot

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
NBSP, THIN = "\u00a0", "\u202f"


def number(value: int) -> str:
    """« 1 234 », with a narrow no-break space."""
    return f"{value:,}".replace(",", THIN)


def percent(value: int) -> str:
    """« 86 % »."""
    return f"{value}{NBSP}%"


def month(value: str) -> str:
    """« juin 2026 » for « 2026-06 »."""
    year, place = value.split("-")
    return f"{MONTHS[int(place) - 1]}{NBSP}{year}"


def day(value: date) -> str:
    """« 23 novembre 2026 »."""
    ordinal = "1er" if value.day == 1 else str(value.day)
    return f"{ordinal}{NBSP}{MONTHS[value.month - 1]}{NBSP}{value.year}"


def plural(count: int, one: str, many: str) -> str:
    """« 1 réponse », « 2 réponses »; zero is singular in French."""
    return f"{number(count)}{NBSP}{one if count < 2 else many}"


def headline(snapshot: Snapshot) -> str:
    """The satisfaction of a scope in one sentence, with whom it speaks of."""
    spread = snapshot.satisfaction
    if spread is None:
        return f"{plural(snapshot.respondents, 'répondant raconte', 'répondants racontent')} leur apprentissage."
    good = number(spread.good.count) if spread.good.percent is None else percent(spread.good.percent)
    verb = "est content de son" if good == "1" else "sont contents de leur"
    return f"{good} des {plural(spread.answered, 'répondant', 'répondants')} {verb} apprentissage."


def spoken(spread: Distribution) -> str:
    """A distribution as a screen reader should say it."""
    parts = (("bien", spread.good), ("moyen", spread.fair), ("mal", spread.poor))
    said = (
        f"{w}{NBSP}: {percent(s.percent)}, {number(s.count)}" if s.percent is not None else f"{w}{NBSP}: {s.count}"
        for w, s in parts
    )
    return f"{NBSP}; ".join(said)
