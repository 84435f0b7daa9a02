"""What a centre asks for when it opens campaigns: read from a form, checked, and given back as typed. No SQL here."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from syndication.catalogue.store import FormationRow
from syndication.search.words import bare
from widget.routes import words

MOST = 100
"""Campaigns that one post may open."""
LONGEST = timedelta(days=366)
FARTHEST = timedelta(days=366)
USUAL = timedelta(days=42)
"""How long a campaign lasts when nobody says."""
MOST_SEATS = 10_000
_ISO, _FRENCH = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"), re.compile(r"(\d{1,2})[/. -](\d{1,2})[/. -](\d{4})")


@dataclass(frozen=True, slots=True)
class OfferLine:
    """Something that a centre may open a campaign about: a formation at a place; ``place`` is empty for itself."""

    formation: FormationRow
    place_id: int
    place: str
    city: str

    @property
    def key(self) -> str:
        """How a form names it: ids of the formation and of the place."""
        return f"{self.formation.id}.{self.place_id}"


@dataclass(slots=True)
class Asked:
    """What was typed, what it means, and what is wrong with it, by field."""

    typed: Mapping[str, str]
    opens_on: date | None = None
    closes_on: date | None = None
    picked: list[tuple[OfferLine, int]] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)


def read(form: Mapping[str, str], known: Sequence[OfferLine], today: date, fewest: int) -> Asked:
    """What a form asks for, among formations that a centre may pick (``f.`` and their key; ``p.`` for seats).

    Of one or two seats it would be known who answered: there are ``fewest`` at least, or no limit.
    """
    asked = Asked(form)
    _read_dates(asked, today)
    for line in known:
        if f"f.{line.key}" in form:
            typed = form.get(f"p.{line.key}", "").strip()
            seats = whole(typed, 0, MOST_SEATS)
            if seats is None and typed:
                asked.faults[f"p.{line.key}"] = f"{line.formation.title}\u00a0: un nombre de places, ou rien."
            elif seats is not None and seats < fewest:
                asked.faults[f"p.{line.key}"] = (
                    f"{line.formation.title}\u00a0: {fewest} places au moins, ou rien. "
                    "En dessous, on saurait qui a répondu."
                )
            asked.picked.append((line, seats or 0))
    if not asked.picked:
        asked.faults["formations"] = "Cochez au moins une formation."
    elif len(asked.picked) > MOST:
        ticked = words.number(len(asked.picked))
        asked.faults["formations"] = f"Cochez {MOST} formations au plus à la fois\u00a0: il y en a {ticked}."
    return asked


def _read_dates(asked: Asked, today: date) -> None:
    for name, what in (("ouvre", "le premier jour"), ("ferme", "le dernier jour")):
        try:
            day = read_day(asked.typed.get(name, ""))
        except ValueError:
            asked.faults[name] = f"Écrivez {what} comme 24/11/2026."
            continue
        if name == "ouvre":
            asked.opens_on = day
        else:
            asked.closes_on = day
    first, last = asked.opens_on, asked.closes_on
    if first and first < today:
        asked.faults["ouvre"] = "Le premier jour est passé\u00a0: choisissez aujourd'hui ou plus tard."
    elif first and first > today + FARTHEST:
        asked.faults["ouvre"] = "Le premier jour est dans plus d'un an."
    if first and last and last < first:
        asked.faults["ferme"] = "Le dernier jour vient avant le premier."
    elif first and last and last > first + LONGEST:
        asked.faults["ferme"] = "Une campagne dure un an au plus."


def read_day(text: str) -> date:
    """A day as browsers send it or as people write it (24/11/2026); raises ValueError."""
    text = text.strip()
    if found := _ISO.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _FRENCH.fullmatch(text):
        return date(int(found[3]), int(found[2]), int(found[1]))
    raise ValueError("not a day")


def whole(text: str, least: int, most: int) -> int | None:
    """A whole number as people write it, within bounds, or None."""
    digits = text.replace("\u202f", "").replace("\u00a0", "").replace(" ", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 8):
        return None
    return int(digits) if least <= int(digits) <= most else None


def saying(lines: Sequence[OfferLine], words: str) -> list[OfferLine]:
    """Those among lines whose title, place or code holds every word, however accented."""
    wanted = bare(words).split()
    return [line for line in lines if all(word in _said(line) for word in wanted)]


def _said(line: OfferLine) -> str:
    return bare(f"{line.formation.title} {line.place} {line.city} {line.formation.natural_key}")
