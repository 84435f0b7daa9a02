"""Who says what of which formation, when, and what becomes of it: a nation's years, drawn from a seed. Pure.

Nothing here is stored, and nothing depends on how it will be: the same plan may be written at once, or lived through
the doors that everybody uses (a test does both, and compares).
"""

import random
from bisect import bisect
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from math import ceil

from collector.door import Questionnaire
from syndication.demo.nation import phrases
from syndication.demo.nation.places import Offer, Size, cumulated, offers_of, size_of
from syndication.demo.nation.sheets import Sheet, draw_sheets, level_of
from syndication.instants import PARIS
from syndication.moderation.masking import Mask
from syndication.results.years import school_year
from syndication.reviews.triage import fingerprint

SEED = 2027
YEARS = 4
_MONTHS = {9: 1, 10: 4, 11: 8, 12: 5, 1: 6, 2: 8, 3: 7, 4: 6, 5: 10, 6: 12, 7: 3, 8: 0}
"""How much is sent in each month."""
_GROWTH = 1.25
_TEXTS = ((0, 1, 2, 3, 4), (0.36, 0.40, 0.15, 0.06, 0.03))
"""How many texts a respondent writes, and how often: one in all on average."""
_DELAYS = ((0, 1, 2, 3, 4, 6, 9), (0.18, 0.30, 0.22, 0.14, 0.09, 0.05, 0.02))
"""Days until a moderator reads a text."""
_REASONS = ("hors_sujet", "personne", "copie", "publicite", "illicite", "injure")
MODERATORS = tuple(f"moderation{number}@exemple.invalid" for number in range(1, 13))
SERVICE, AUTHOR = "service", "auteur"
POOR, REWRITING, NAMED, GEM, TAKEN_BACK = 0.06, 0.015, 0.006, 0.012, 0.003
"""Shares of texts: that help nobody, to be rewritten, that name somebody (masked), gems, taken back by their author."""
ODD, ODD_DAYS, ODD_MARK = 0.01, 5, "rapide"
"""Share of responses of the last days that look odd and are held back, and why."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign: an offer (its place in the plan), both days included, how many were asked (None: nobody can say)."""

    offer: int
    opens_on: date
    closes_on: date
    invited: int | None
    answered: int


@dataclass(frozen=True, slots=True)
class Act:
    """Something that is done to a text: who, when, what (see ``models.Decision``), to which state, why."""

    actor: str
    at: datetime
    act: str
    status: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Text:
    """Words written to an open question, what they speak of, and what was done to them, in order; ``masks`` and ``gem``
    when it was published with them, ``fingerprint`` as intake finds it."""

    question: str
    text: str
    subjects: tuple[str, ...]
    acts: tuple[Act, ...]
    fingerprint: str | None
    masks: tuple[Mask, ...] = ()

    @property
    def taken_back(self) -> bool:
        """True when its author took it back."""
        return bool(self.acts) and self.acts[-1].status == "retire"

    @property
    def was_published(self) -> bool:
        """True when readers read it, now or once."""
        return any(act.status == "publie" for act in self.acts)


@dataclass(frozen=True, slots=True)
class Response:
    """What somebody sent on a day, the month that dates it and when the hub takes it in; ``campaign`` and ``sheet`` are
    places in the plan; ``marks``: what looked odd."""

    day: date
    campaign: int
    sheet: int
    month: str
    received_at: datetime
    texts: tuple[Text, ...]
    marks: tuple[str, ...] = ()


class Plan:
    """A nation as it is on a day. ``archive_months``, ``duplicate_length``: as settings say."""

    def __init__(
        self, document: Questionnaire, reviews: int, today: date, archive_months: int, duplicate_length: int
    ) -> None:
        self.size: Size = size_of(reviews)
        self._chance = random.Random(SEED)  # noqa: S311 invented words, not a secret
        self._today, self._archive_months, self._length = today, archive_months, duplicate_length
        self.offers: list[Offer] = offers_of(self.size, self._chance)
        by_level = draw_sheets(document, self._chance, max(20, min(500, reviews // 100)))
        self._each = len(by_level[0])
        self.sheets: list[Sheet] = [sheet for level in by_level for sheet in level]
        self._sent = self._draw_days()
        self.campaigns: list[Campaign] = []
        self._campaign_of: dict[tuple[int, str], int] = {}
        self._open_campaigns()
        self._given: set[str] = set()

    def responses(self) -> Iterator[Response]:
        """Every response, by day; to be gone through once."""
        for day, offer in self._sent:
            month, year, received = _dated(day)
            campaign = self._campaign_of[offer, year]
            level = level_of(self.offers[offer].content)
            sheet = level * self._each + self._chance.randrange(self._each)
            age = (self._today - day).days
            odd = age <= ODD_DAYS and self._chance.random() < ODD
            texts = tuple(self._texts(day, odd))
            yield Response(day, campaign, sheet, month, received, texts, (ODD_MARK,) if odd else ())

    # -- when ----------------------------------------------------------------------------------------------------------

    def _draw_days(self) -> list[tuple[date, int]]:
        first = date(int(school_year(f"{self._today:%Y-%m}")) - YEARS + 1, 9, 15)
        days = [first + timedelta(days=number) for number in range((self._today - first).days)]
        weights = [
            _MONTHS[day.month] * _GROWTH ** (int(_year(day)) - first.year) * (1 if day.weekday() < 5 else 0.3)
            for day in days
        ]
        offers = self._chance.choices(range(len(self.offers)), cum_weights=cumulated(self.offers), k=self.size.reviews)
        drawn = self._chance.choices(range(len(days)), weights, k=self.size.reviews)
        return [(days[day], offer) for day, offer in sorted(zip(drawn, offers, strict=True))]

    def _open_campaigns(self) -> None:
        answered = Counter((offer, _year(day)) for day, offer in self._sent)
        for (offer, year), count in sorted(answered.items(), key=lambda one: (one[0][1], one[0][0])):
            asked = ceil(count / self._chance.uniform(0.4, 0.85))
            known = self._chance.random() < 0.8
            start, end = date(int(year), 9, 1), date(int(year) + 1, 7, 31)
            self._campaign_of[offer, year] = len(self.campaigns)
            self.campaigns.append(Campaign(offer, start, end, asked if known else None, count))

    # -- what ----------------------------------------------------------------------------------------------------------

    def _texts(self, day: date, odd: bool) -> Iterator[Text]:
        (count,) = self._chance.choices(_TEXTS[0], _TEXTS[1])
        for question in sorted(self._chance.sample(phrases.QUESTIONS, count), key=phrases.QUESTIONS.index):
            luck = self._chance.random()
            if luck < NAMED:
                words, fate, reason = phrases.naming(self._chance), "masque", ""
            elif luck < NAMED + POOR:
                words, fate, reason = phrases.poor(self._chance), "refuse", "vide"
            else:
                words, fate, reason = phrases.said(question, self._chance), self._fate(), ""
            words, mark = self._unlike_others(words, question)
            acts = () if odd else tuple(self._acts(fate, day, reason))
            yield Text(question, words.text, words.subjects, acts, mark, _masks(words) if acts else ())

    def _unlike_others(self, words: phrases.Words, question: str) -> tuple[phrases.Words, str | None]:
        """Words that nobody gave before, as far as triage looks (sentences are added until so), and what marks them."""
        while (mark := fingerprint(words.text, self._length)) in self._given:
            words = phrases.longer(words, question, self._chance)
        if mark:
            self._given.add(mark)
        return words, mark

    def _fate(self) -> str:
        luck = self._chance.random()
        for fate, share in (("recrire", REWRITING), ("pepite", GEM), ("retire", TAKEN_BACK), ("refuse", 0.04)):
            if luck < share:
                return fate
            luck -= share
        return "publie"

    def _acts(self, fate: str, day: date, reason: str) -> Iterator[Act]:
        """What is done to a text sent on a day, until today."""
        (delay,) = self._chance.choices(_DELAYS[0], _DELAYS[1])
        minute = 540 + self._chance.randrange(500) if delay else 1230 + self._chance.randrange(60)
        decided = datetime.combine(day + timedelta(days=delay), time(minute // 60, minute % 60), PARIS)
        actor = MODERATORS[bisect((3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14), self._chance.randrange(15))]
        taken_back = day + timedelta(days=10 + self._chance.randrange(60))
        why = reason or self._chance.choice(_REASONS)
        if decided.date() >= self._today:
            return
        if fate in {"refuse", "recrire"}:
            yield Act(actor, decided, "decision", fate, why)
        else:
            if fate == "masque":
                yield Act(actor, decided - timedelta(minutes=1), "masque", "attente")
            yield Act(actor, decided, "decision", "publie")
            if fate == "pepite":
                yield Act(actor, decided, "pepite", "publie")
        if fate == "retire" and taken_back < self._today:
            yield Act(AUTHOR, datetime.combine(taken_back, time(), PARIS), "decision", "retire")
        elif fate != "refuse" and (archived := self._archived_on(day)) <= self._today:
            yield Act(SERVICE, datetime.combine(archived, time(3), PARIS), "decision", "archive")

    def _archived_on(self, day: date) -> date:
        """The day on which the texts of a month are too old."""
        if not self._archive_months:
            return date.max
        place = day.year * 12 + day.month - 1 + self._archive_months + 1
        return date(place // 12, place % 12 + 1, 1)


def _year(day: date) -> str:
    return _dated(day)[1]


@cache
def _dated(day: date) -> tuple[str, str, datetime]:
    """The month and the school year of a day, and when the hub takes in what was sent on it."""
    month = f"{day:%Y-%m}"
    return month, school_year(month), datetime.combine(day, time(20), PARIS)


def _masks(words: phrases.Words) -> tuple[Mask, ...]:
    if not words.name:
        return ()
    start = words.text.index(words.name)
    return (Mask(start, start + len(words.name), "prenom"),)
