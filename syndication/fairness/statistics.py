"""The public statistics as tables, the same on the page and in files. Pure.

No table tells of anybody: totals are of everybody, and where texts are told apart (by month, by centre), a count under
``SMALL`` is not told, nor a share that it would give away, nor another count without which it would be the total less
what is told.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from syndication.fairness import figures
from syndication.fairness.figures import SMALL, CentreFlow, Counts, Delays, Gathered, RatingLine, Share, Waiting
from widget.routes import words

NBSP = "\u00a0"
SHOWN = 100
"""Rows of a table that a page shows."""
NOTHING = "–"
UNTOLD = "non dit"
"""Small or withheld with what is small, which must look alike."""
REPLY_DELAY = "reponse.delai."
REPLY_DAYS = 7
STATE_NAMES = {
    "recu": "reçus", "publie": "publiés", "refuse": "refusés", "attente": "en attente d'être lus",
    "recrire": "à réécrire par leur auteur", "archive": "archivés", "retire": "retirés par leur auteur",
}  # fmt: skip
DOUBT_NAMES = {"ouvert": "à l'examen", "fonde": "fondés, le texte a été retiré", "infonde": "non fondés"}
SERVED_NAMES = {"widget": "widgets", "badge": "badges", "scores": "listes de résultats", "api": "appels à l'API"}
_WITH_IT = ". Quand un total le ferait deviner, un nombre plus grand n'est pas dit non plus."
_OF_WIDGETS = {"widget": "widget", "badge": "badge", "scores": "scores", "course": "scores", "oembed": "widget"}


class Cell(NamedTuple):
    """A cell: as people read it, and the value behind it (None: not told)."""

    text: str
    value: int | float | str | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table with the name that its file has; ``note`` says how to read it. A page shows ``SHOWN`` rows at most, the
    file all of them; ``more`` are left out of these."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""
    more: int = 0


@dataclass(frozen=True, slots=True)
class Statistics:
    """What the page says: sentences, then tables."""

    total: Counts
    delays: Delays
    oldest_days: int
    verdict: str
    tables: tuple[Table, ...]

    def table(self, name: str) -> Table | None:
        """The table of a name, or None."""
        return next((one for one in self.tables if one.name == name), None)


def statistics(found: Gathered, reasons: Mapping[str, str], minimum: int) -> Statistics:
    """The statistics of what was gathered; ``reasons`` names grounds of refusal, ``minimum`` is of respondents."""
    total = figures.total(list(found.ratings.values()))
    lines = figures.by_rating(found.ratings)
    hidden = figures.withheld({line.rating: line.received for line in lines})
    told = [line for line in lines if line.rating not in hidden]
    tables = (
        _texts(total), _delays(total, lines, hidden), _ratings(lines, hidden), _reasons(total, reasons),
        _months(found.months), _centres(found, total, minimum), _replies(total, found.waiting),
        _doubts(found.doubts), _taking_part(found, minimum), _served(found.served),
    )  # fmt: skip
    return Statistics(total, figures.delays(total), found.waiting.days(found.today), figures.verdict(told), tables)


def number(value: int) -> Cell:
    """A count."""
    return Cell(words.number(value), value)


def unless(hidden: bool, cell: Cell) -> Cell:
    """A cell that is not told when it is ``hidden``."""
    return Cell(UNTOLD, None) if hidden else cell


def percent(one: Share) -> Cell:
    """A share, when it may be told."""
    return Cell(NOTHING, None) if one.percent is None else Cell(words.percent(one.percent), one.percent)


def between(one: Share) -> Cell:
    """The interval of a share, when it may be told."""
    if one.interval is None:
        return Cell(NOTHING, None)
    low, high = (f"{bound:.1f}".replace(".", ",") for bound in one.interval)
    return Cell(f"{low} à {high}{NBSP}%", f"{low} à {high} %")


def days(value: int | None) -> Cell:
    """A number of days."""
    return Cell(NOTHING, None) if value is None else Cell(words.plural(value, "jour", "jours"), value)


def label(text: str) -> Cell:
    """The name of a row."""
    return Cell(text, text)


def _texts(total: Counts) -> Table:
    received = total.get("recu", 0)
    rows = [
        (label(name), number(total.get(state, 0)), percent(figures.share(total.get(state, 0), received)))
        for state, name in STATE_NAMES.items()
    ]
    rows.append((label("dont pépites, mises en avant"), number(total.get("pepite", 0)), Cell(NOTHING, None)))
    return Table(
        "textes", "Ce que sont devenus les textes", ("Textes", "Nombre", "Part des reçus"), tuple(rows),
        "Les six états font ensemble ce qui a été reçu\u00a0: rien ne disparaît en chemin.",
    )  # fmt: skip


def _delays(total: Counts, lines: Sequence[RatingLine], already: Collection[str]) -> Table:
    hidden = figures.withheld({line.rating: line.delays.decided for line in lines}, 0, already)
    parts = [line for line in lines if line.delays.decided and line.rating not in hidden]
    told = [("tous", figures.delays(total)), *((line.name, line.delays) for line in parts)]
    rows = tuple(
        (label(name), number(one.decided), days(one.median), days(one.nine_in_ten), days(one.longest), number(one.late))
        for name, one in told
    )
    return Table(
        "delais", "Combien de temps avant la première décision",
        ("Satisfaction dite", "Décidés", "La moitié en", "Neuf sur dix en", "Le plus long", "Au-delà d'un mois"), rows,
        "Du jour où la réponse est arrivée au jour où un modérateur a décidé. Les textes de l'ancien service, arrivés "
        f"décidés, n'y sont pas. Une ligne de moins de {SMALL} textes n'est pas dite{_WITH_IT}",
    )  # fmt: skip


def _ratings(lines: Sequence[RatingLine], hidden: Collection[str]) -> Table:
    rows = tuple(_rating(line, line.rating in hidden) for line in lines)
    return Table(
        "notes", "Les refus selon la satisfaction dite",
        ("Satisfaction dite", "Reçus", "Publiés", "Refusés", "Part refusée", "Fourchette"), rows,
        f"Part refusée de ce qui est publié ou refusé, à partir de {figures.ENOUGH} textes, avec l'intervalle de "
        f"Wilson à 95\u00a0%. Une ligne de moins de {SMALL} textes n'est pas dite{_WITH_IT}",
    )  # fmt: skip


def _rating(line: RatingLine, hidden: bool) -> tuple[Cell, ...]:
    told = (
        number(line.received), *(number(line.states.get(state, 0)) for state in ("publie", "refuse")),
        percent(line.refused), between(line.refused),
    )  # fmt: skip
    return (label(line.name), *(unless(hidden, cell) for cell in told))


def _reasons(total: Counts, names: Mapping[str, str]) -> Table:
    told = figures.reasons(total)
    whole = sum(told.values())
    rows = tuple(
        (label(names.get(key, "raison non dite (ancien service)")), number(count), percent(figures.share(count, whole)))
        for key, count in told.items()
    )
    return Table("motifs", "Pourquoi des textes sont refusés", ("Raison", "Refusés", "Part des refus"), rows)


def _months(months: Mapping[str, Counts]) -> Table:
    received = {month: counts["recu"] for month, counts in months.items() if counts.get("recu")}
    hidden = figures.withheld(received)
    return Table(
        "mois", "Mois par mois",
        ("Reçus en", "Reçus", "Publiés", "Refusés", "En attente", "Retirés", "La moitié décidés en"),
        tuple(_month(month, months[month], month in hidden) for month in received),
        f"Un mois de moins de {SMALL} textes n'est pas dit{_WITH_IT}",
    )  # fmt: skip


def _month(month: str, counts: Counts, hidden: bool) -> tuple[Cell, ...]:
    states = ("recu", "publie", "refuse", "attente", "retire")
    told = (*(number(counts.get(state, 0)) for state in states), days(figures.delays(counts).median))
    return (Cell(words.month(month), month), *(unless(hidden, cell) for cell in told))


def _centres(found: Gathered, total: Counts, minimum: int) -> Table:
    """Centres that may be named. Of what is decided or refused, the others make the rest of the total.

    What is published of a centre can be counted by anybody: what is decided is told only where what is refused is.
    """
    decided = {centre: figures.judged(counts) for centre, counts in found.listed.items()}
    refused = {centre: counts.get("refuse", 0) for centre, counts in found.listed.items()}
    undecided, unrefused = figures.judged(total) - sum(decided.values()), total.get("refuse", 0) - sum(refused.values())
    hidden, before = frozenset[int](), None
    while hidden != before:
        before, hidden = hidden, figures.withheld(decided, undecided, figures.withheld(refused, unrefused, hidden))
    rows = tuple(_centre(one, one.id in hidden) for one in found.centres)
    return Table(
        "centres", "Centre par centre", ("Centre", "Décidés", "Refusés", "Part refusée", "Fourchette", "La moitié en"),
        rows,
        f"Les centres d'au moins {minimum} répondants dont {figures.ENOUGH} textes sont publiés ou refusés. Un nombre "
        f"de moins de {SMALL}, et la part qu'il donnerait, ne sont pas dits{_WITH_IT}",
        len(found.listed) - len(found.centres),
    )  # fmt: skip


def _centre(one: CentreFlow, hidden: bool) -> tuple[Cell, ...]:
    refused = figures.refused(one.counts)
    told = (number(refused.count), percent(refused), between(refused))
    return (
        label(f"{one.name}, {one.city}" if one.city else one.name), unless(hidden, number(refused.total)),
        *(unless(hidden, cell) for cell in told), unless(hidden, days(figures.delays(one.counts).median)),
    )  # fmt: skip


def _replies(total: Counts, waiting: Waiting) -> Table:
    in_time = figures.within(total, REPLY_DAYS, REPLY_DELAY)
    read = figures.delays(total, REPLY_DELAY)
    rows = (
        (label("écrites, ou écrites de nouveau"), number(total.get("reponse.attente", 0))),
        (label("publiées"), number(total.get("reponse.publie", 0))),
        (label("refusées, le centre a lu pourquoi"), number(total.get("reponse.refuse", 0))),
        (label("reprises, ou parties avec leur texte"), number(total.get("reponse.retire", 0))),
        (label("en attente d'être lues"), number(waiting.replies)),
        (label(f"lues en {REPLY_DAYS} jours au plus"), number(in_time.count)),
        (label("la moitié lues en"), days(read.median)),
        (label("neuf sur dix lues en"), days(read.nine_in_ten)),
    )
    return Table("reponses", "Les réponses des centres", ("Réponses", "Nombre"), rows, "Des actes comptés un par un.")


def _doubts(counts: Counts) -> Table:
    rows = (
        (label("signalés"), number(sum(counts.values()))),
        *((label(name), number(counts.get(state, 0))) for state, name in DOUBT_NAMES.items()),
    )
    return Table(
        "doutes", "Les doutes que des centres ont signalés", ("Doutes", "Nombre"), rows,
        "Un texte dont un centre doute reste publié tant que rien n'est décidé.",
    )  # fmt: skip


def _taking_part(found: Gathered, minimum: int) -> Table:
    rows = (
        (label("campagnes ouvertes depuis le début"), number(found.campaigns["campagnes"])),
        (label("campagnes en cours"), number(found.campaigns["en_cours"])),
        (label("centres qui ont eu une campagne"), number(found.campaigns["centres"])),
        (label(f"centres d'au moins {minimum} répondants"), number(found.covered["centres"])),
        (label(f"formations d'au moins {minimum} répondants"), number(found.covered["formations"])),
    )
    return Table("participation", "Qui prend part", ("Participation", "Nombre"), rows)


def _served(served: Mapping[str, Counts]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for month, counts in served.items():
        totals = dict.fromkeys(SERVED_NAMES, 0)
        for kind, count in counts.items():
            totals[_OF_WIDGETS.get(kind, "api")] += count
        rows.append((Cell(words.month(month), month), *(number(count) for count in totals.values())))
    return Table(
        "usages", "Ce qui a été servi", ("Mois", *(name.capitalize() for name in SERVED_NAMES.values())), tuple(rows),
        "Des réponses comptées, jamais des lecteurs. Ce qu'un intermédiaire (CDN) sert de lui-même n'est pas compté.",
    )  # fmt: skip
