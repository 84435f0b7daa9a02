"""Building a nation: its catalogue by the importer, its past written at once, its corpus by the ordinary follower."""

import base64
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from collector.door import Campaign, Closed, Made, News, Past, PastResponse, default_questionnaire
from syndication import ratings, store, worker
from syndication.catalogue import importer
from syndication.catalogue import store as catalogue
from syndication.context import Hub
from syndication.database import writing
from syndication.demo.build import is_built, let_in
from syndication.demo.nation import plan as planned
from syndication.demo.nation import rows
from syndication.demo.nation.places import facts
from syndication.demo.nation.plan import SEED, Plan, Response, Text
from syndication.demo.nation.rows import Place, Tallied
from syndication.demo.nation.store import Writing, centres, formations, last_numbers, reading_rows
from syndication.instants import PARIS
from syndication.intake import signal_kinds
from syndication.moderation.decide import REASONS
from syndication.results.disclosure import Limits, Lots, to_json
from syndication.results.reading import next_reading
from syndication.results.store import KEPT, Axes
from syndication.results.years import school_year
from syndication.reviews.subjects import SUBJECTS
from syndication.search.store import verbatim_entry
from syndication.store import CampaignRow, Scope

NATION = "nation"
"""Bookmark set once a nation is whole, and what its catalogue says it comes from."""
OFTEN = 10_000
"""Responses between two words of progress."""
Tell = Callable[[str, int, int], None]
"""Hears what is being done, in French, how much of it is done, of how much."""


def plan_of(hub: Hub, reviews: int) -> Plan:
    """The nation of so many reviews, as it is today on the settings of a hub."""
    today = hub.clock().astimezone(PARIS).date()
    settings = hub.settings
    return Plan(default_questionnaire(), reviews, today, settings.archive_months, settings.duplicate_length)


def build(hub: Hub, reviews: int, tell: Tell) -> None:
    """Fill both databases, unless that was done before; raises ConfigurationError where they hold something else."""
    if not is_built(hub, NATION):
        write(hub, plan_of(hub, reviews), tell)


def write(hub: Hub, plan: Plan, tell: Tell) -> None:
    """Write a plan into databases that have their schemas and nothing of anybody's."""
    tell("le catalogue", 0, 1)
    keep_catalogue(hub, plan)
    tell("le catalogue", 1, 1)
    places = places_of(hub, plan)
    with hub.engine.connect() as connection:
        numbers = last_numbers(connection)
    with Writing(hub.engine, *numbers) as written, hub.collector.past(SEED) as past:
        _Filling(hub, plan, places, written, past).fill(tell)
    tell("ce qui est publié", 0, 1)
    worker.follow_all(hub)
    with writing(hub.engine).begin() as connection:
        let_in(connection, hub.clock())
        store.move_bookmark(connection, NATION, str(plan.size.reviews))
    tell("ce qui est publié", 1, 1)


def keep_catalogue(hub: Hub, plan: Plan) -> None:
    """Store the plan's catalogue."""
    with writing(hub.engine).begin() as connection:
        importer.keep(connection, facts(plan.size, plan.offers), NATION, hub.clock())
        importer.link_lineages(connection)
        catalogue.note_catalogue_change(connection, hub.clock())


@dataclass(frozen=True, slots=True)
class Named:
    """An offer as the catalogue knows it: its scope, how campaigns name its formation, and what the collector is told
    of both (code and name)."""

    scope: Scope
    code: str
    formation: tuple[str, str]
    centre: tuple[str, str]


def places_of(hub: Hub, plan: Plan) -> list[Named]:
    """The offers of a plan, in its order."""
    with hub.engine.connect() as connection:
        known, named = formations(connection), centres(connection)
    found: list[Named] = []
    for offer in plan.offers:
        key = f"cfd:{offer.cfd}"
        (formation, title), (centre, name) = known[key], named[offer.uai]
        found.append(Named((formation, centre), key, (key, title), (f"uai:{offer.uai}", name)))
    return found


class _Filling:
    """The past of a plan, on its way into both databases."""

    def __init__(self, hub: Hub, plan: Plan, places: list[Named], written: Writing, past: Past) -> None:
        self._hub, self._plan, self._places, self._written, self._past = hub, plan, places, written, past
        self._chance = random.Random(SEED + 1)  # noqa: S311 numbers of invented responses
        self._version = default_questionnaire().version
        self._ids = [self._new_id() for _ in plan.campaigns]
        self._linked = [hub.collector.keeps_links(one.closes_on) for one in plan.campaigns]
        self._closed: list[Closed] = [past.closed(sheet.answers) for sheet in plan.sheets]
        self._stored: list[Made] = [written.answers(rows.stored_answers(sheet)) for sheet in plan.sheets]
        self._tallied = [Tallied() for _ in plan.offers]
        self._flow: Counter[tuple[str, int, str, str]] = Counter()
        self._respondents: Counter[int] = Counter()
        self._taken_back: list[tuple[datetime, str, str]] = []

    def fill(self, tell: Tell) -> None:
        """Write everything but what the corpus follows."""
        for place, campaign in enumerate(self._plan.campaigns):
            self._open(place, campaign)
        for number, response in enumerate(self._plan.responses()):
            self._send(response)
            if number % OFTEN == 0:
                tell("les réponses et leurs textes", number, self._plan.size.reviews)
        for _, response_id, question in sorted(self._taken_back):
            self._past.note_taken_back(response_id, question)
        for place, campaign in enumerate(self._plan.campaigns):
            self._count_campaign(place, campaign)
        self._written.add_flow(self._flow)
        self._count(tell)

    def _new_id(self) -> str:
        return base64.b32encode(self._chance.randbytes(10)).decode().lower()

    # -- campaigns -----------------------------------------------------------------------------------------------------

    def _open(self, place: int, campaign: planned.Campaign) -> None:
        named, asked = self._places[campaign.offer], campaign.invited
        opened = Campaign(
            self._ids[place], *named.formation, *named.centre, campaign.opens_on, campaign.closes_on, None, 0,
            self._version, links=asked or 0, visits=0 if asked else campaign.answered,
        )  # fmt: skip
        self._past.add_campaign(opened, linked=self._linked[place])
        self._tallied[campaign.offer].changed(datetime.combine(campaign.opens_on, time(), PARIS))

    def _count_campaign(self, place: int, campaign: planned.Campaign) -> None:
        named, answered = self._places[campaign.offer], self._respondents[place]
        self._tallied[campaign.offer].rest.update(rows.campaign_counts(campaign, answered))
        self._written.add_campaign(
            CampaignRow(
                self._ids[place], *named.scope, named.code, campaign.opens_on, campaign.closes_on, campaign.invited,
                answered, named.scope[1],
            )
        )  # fmt: skip

    # -- responses -----------------------------------------------------------------------------------------------------

    def _send(self, response: Response) -> None:
        campaign = self._plan.campaigns[response.campaign]
        named, sheet = self._places[campaign.offer], self._plan.sheets[response.sheet]
        place = Place(named.scope, named.code, self._ids[response.campaign])
        review, source = self._new_id(), self._new_id()
        answers = self._stored[response.sheet]
        self._written.add("Review", rows.review_row(review, source, place, response, sheet, answers, self._version))
        tallied = self._tallied[campaign.offer]
        if not response.marks:
            tallied.changed(response.received_at)
            if (ratings.RESPONDENTS, "") in sheet.counts:
                tallied.rest[ratings.MONTHS, response.month] += 1
                self._respondents[response.campaign] += 1
            tallied.sheets[school_year(response.month)].append(response.sheet)
        for text in response.texts:
            self._write(review, source, place, response, sheet.rating, text, tallied)
        texts = {one.question: one.text for one in response.texts if not one.taken_back}
        self._past.add_response(
            PastResponse(
                source, place.campaign_id, self._version, response.month, self._closed[response.sheet], texts,
                response.marks, news_of(response), self._linked[response.campaign],
            )
        )  # fmt: skip

    def _write(
        self, review: str, source: str, place: Place, response: Response, rating: str, text: Text, tallied: Tallied
    ) -> None:
        number, written = self._new_id(), self._written
        row = rows.verbatim_row(number, review, place, response, rating, text)
        written.add("Verbatim", row)
        for decision in rows.decision_rows(number, text):
            written.add("Decision", decision)
        if text.taken_back:
            self._taken_back.append((text.acts[-1].at, source, text.question))
        else:
            written.add_signals(number, signal_kinds(text.text), waits=row["status"] == "attente")
        subjects = [one for one in SUBJECTS if one in text.subjects]
        if text.was_published:
            if not text.taken_back:
                written.add_subjects(number, subjects)
            tallied.changed(*(act.at for act in text.acts if act.act != "masque"))
        if row["status"] == "publie":
            written.index(verbatim_entry(number, row["shown"] or text.text, *place.scope))
            tallied.rest[ratings.VERBATIMS, text.question] += 1
            tallied.rest.update((ratings.SUBJECTS, one) for one in subjects)
        self._flow.update((response.month, place.scope[1], rating, measure) for measure in rows.flow_of(row, text))

    # -- figures -------------------------------------------------------------------------------------------------------

    def _count(self, tell: Tell) -> None:
        thresholds = self._hub.settings.thresholds
        limits, today = Limits(thresholds.minimum, thresholds.minimum_percent), self._hub.clock().date()
        totals: dict[Scope, Counter[tuple[str, str]]] = defaultdict(Counter)
        read: dict[Scope, Counter[tuple[str, str, str]]] = defaultdict(Counter)
        changes: list[tuple[datetime, Scope]] = []
        in_order = sorted(zip(self._places, self._tallied, strict=True), key=lambda one: one[0].scope)
        for number, (named, tallied) in enumerate(in_order):
            if number % (OFTEN // 10) == 0:
                tell("les chiffres", number, len(in_order))
            own, formation, centre = rows.spread(named.scope)
            by_year = {year: tallied.of_year(year, self._plan.sheets) for year in tallied.sheets}
            counts = tallied.counts(by_year)
            self._written.add_tally(own, counts)
            lots, apart = next_reading({}, rows.by_axis(by_year), limits)
            self._read(own, lots, apart, today)
            flat = Counter(
                {(y, a, v): n for y, axes in apart.items() for a, one in axes.items() for v, n in one.items()}
            )
            for scope in (formation, centre):
                totals[scope].update(counts)
                read[scope].update(flat)
            read[0, 0].update(flat)
            if tallied.changed_at is not None:
                changes.append((tallied.changed_at.replace(minute=0), own))
        for scope in sorted(totals):
            self._written.add_tally(scope, totals[scope])
        for scope in sorted(read):
            self._written.add_readings(reading_rows(scope, rows.nested(read[scope]), today))
        self._written.note_changes(changes, self._past.cursor)

    def _read(self, scope: Scope, lots: Mapping[str, Lots], apart: Mapping[str, Axes], today: date) -> None:
        if not lots:
            return
        kept = {KEPT: {axis: to_json(one) for axis, one in lots.items()}}
        self._written.add_readings([*reading_rows(scope, kept, today), *reading_rows(scope, apart, today)])


def news_of(response: Response) -> Mapping[str, tuple[News, int]]:
    """What the author of a response was told of its texts, by question, with the version of each."""
    return dict(_told(response))


def _told(response: Response) -> Iterator[tuple[str, tuple[News, int]]]:
    for text in response.texts:
        last = rows.told(text)
        if last is not None:
            act, version = last
            masks = tuple((one.start, one.end, one.kind) for one in text.masks) if act.status == "publie" else ()
            day = act.at.astimezone(PARIS).date()
            yield text.question, (News(act.status, REASONS.get(act.reason or ""), day, masks), version)
