"""Building the demonstration through the same doors as everybody: campaigns, links, answers, intake, decisions."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from collector.door import default_questionnaire
from syndication import campaigns, historic, intake, store, worker
from syndication.accounts import signin
from syndication.accounts import store as accounts
from syndication.accounts.store import Grant
from syndication.asgi import migrate
from syndication.catalogue import importer
from syndication.catalogue import store as catalogue
from syndication.catalogue.codes import read_centre_code
from syndication.context import Hub
from syndication.database import writing
from syndication.demo import archive
from syndication.demo.facts import CROWDS, GROUPS, DemoGroup, facts
from syndication.demo.testimonies import PUBLISHED, REFUSED, REPLIES, SUBJECTS_OF, TELLING_WORDS, WAITING
from syndication.errors import ConfigurationError
from syndication.instants import PARIS
from syndication.moderation import store as moderation
from syndication.replies import store as replies
from syndication.search.words import bare
from widget.contract import Ask

SEED = 2026
BUILT = "demonstration"
"""Bookmark set once the demonstration is whole."""
COPIED_TRADE = "electricite"
"""Trade of which one waiting text comes twice, so that a response is held back."""
MODERATOR = "moderation@exemple.invalid"
CENTRE_PERSON = "cfa@exemple.invalid"
KNOWN = (
    Grant(MODERATOR, "moderator"),
    Grant("administration@exemple.invalid", "admin"),
    Grant("referent@exemple.invalid", "referent"),
    Grant("observatoire@exemple.invalid", "observer", scope="region:Île-de-France"),
)
"""People who may sign in, beside the centre's: their links come by /connexion, in the outbox."""
DOOR_LIFE = timedelta(days=1)
ARCHIVE_READ = timedelta(days=8)
"""How long ago the historic testimonies were taken in."""
SILENT = 15
"""People invited by campaigns that are open, who have not answered yet."""
MAIN_FORMATION, MAIN_CENTRE = "50022146", "0751234J"
Text = tuple[str, str]


class DemoClock:
    """A clock that can be set, so that the demonstration has a past."""

    def __init__(self, real: Callable[[], datetime]) -> None:
        self._real = real
        self.moment: datetime | None = None

    def __call__(self) -> datetime:
        """The moment set, or the real one."""
        return self.moment or self._real()


@dataclass(frozen=True, slots=True)
class Doors:
    """One address for each door of the demonstration."""

    catalogue: str
    apprenti: str
    cfa: str
    moderation: str
    integrer: str
    api: str


def build(hub: Hub, clock: DemoClock) -> None:
    """Fill both databases, unless that was done before."""
    if is_built(hub, BUILT):
        return
    chance = random.Random(SEED)  # noqa: S311 an invented past, not a secret
    with writing(hub.engine).begin() as connection:
        importer.keep(connection, facts(), "demonstration", clock())
        importer.link_lineages(connection)
        catalogue.note_catalogue_change(connection, clock())
        let_in(connection, clock())
    texts = {trade: iter(list(pool)) for trade, pool in PUBLISHED.items()}
    for group in GROUPS:
        _play(hub, clock, chance, group, texts[group.trade])
    crowd = random.Random(SEED + 1)  # noqa: S311 the same
    for group in CROWDS:
        _gather(hub, clock, crowd, group)
    clock.moment = None
    clock.moment = clock() - ARCHIVE_READ
    _read_archive(hub, clock)
    clock.moment = None
    _reply(hub, clock())
    _send_waiting(hub, clock, chance)
    worker.work_once(hub)
    with writing(hub.engine).begin() as connection:
        store.move_bookmark(connection, BUILT, "1")


def is_built(hub: Hub, name: str) -> bool:
    """True when what goes by a name was built before; otherwise both schemas are made.

    Raises ConfigurationError where something else is, or half of it.
    """
    migrate(hub)
    with hub.engine.connect() as connection:
        if store.bookmark(connection, name):
            return True
        if catalogue.counts(connection)["formation"]:
            raise ConfigurationError(
                f"{hub.settings.data_dir} contient un autre catalogue, ou une démonstration interrompue : "
                "effacez ce dossier ou choisissez-en un autre avec --dir."
            )
    return False


def let_in(connection: Connection, now: datetime) -> None:
    """Give the accesses of the people that the demonstration knows."""
    for known in KNOWN:
        accounts.grant(connection, known, BUILT, now)


def open_doors(hub: Hub, catalogue_url: str) -> Doors:
    """Fresh links for each door."""
    public, now = hub.settings.public_url, hub.clock()
    with hub.engine.connect() as connection:
        centre = catalogue.centres_by_code(connection, read_centre_code(MAIN_CENTRE))[0]
        running = [c for c in store.centre_campaigns(connection, centre.id) if c.closes_on >= now.date()]
    opened = running[0].id if running else _open_anew(hub, now)
    return Doors(
        catalogue=f"{catalogue_url}/formations/cap-cuisine",
        apprenti=campaigns.issue_links(hub.collector, opened, 1)[0],
        cfa=signin.make_link(hub.engine, public, Grant(CENTRE_PERSON, "cfa", centre.id), now, DOOR_LIFE),
        moderation=signin.make_link(hub.engine, public, Grant(MODERATOR, "moderator", None), now, DOOR_LIFE),
        integrer=f"{public}/integrer?formation={MAIN_FORMATION}",
        api=f"{public}/api/v1/avis?formation={MAIN_FORMATION}",
    )


def _open_anew(hub: Hub, now: datetime) -> str:
    last = now.date() + timedelta(days=60)
    return campaigns.open_campaign(hub.engine, hub.collector, MAIN_FORMATION, MAIN_CENTRE, now.date(), last).id


def _play(hub: Hub, clock: DemoClock, chance: random.Random, group: DemoGroup, texts: Iterator[Text]) -> None:
    """One group's campaign: asked, answered over its months, read by a moderator some days later."""
    start = _month_day(group.months[0], 2)
    end = _month_day(group.months[-1], 28)
    clock.moment = start
    opened = campaigns.open_campaign(hub.engine, hub.collector, group.cfd, group.uai, start.date(), end.date())
    links = campaigns.issue_links(hub.collector, opened.id, group.invited)
    refused = [(question, text, reason) for trade, question, text, reason in REFUSED if trade == group.trade]
    for place in range(group.answered):
        month = group.months[place * len(group.months) // group.answered]
        clock.moment = _month_day(month, 4 + place % 20)
        said = [text for text in (next(texts, None) for _ in range(chance.choice((0, 1, 1, 2)))) if text]
        if place == 0:
            said += [(question, text) for question, text, _ in refused if question not in {q for q, _ in said}]
        hub.collector.record(links[place], _answer(chance, group.content, said))
        intake.take_in(hub.engine, hub.collector, clock())
        clock.moment += timedelta(days=chance.randint(1, 6), hours=chance.randint(1, 8))
        with writing(hub.engine).begin() as connection:
            _moderate(connection, clock(), {text: reason for _, text, reason in refused})
    worker.work_once(hub)


def _gather(hub: Hub, clock: DemoClock, chance: random.Random, group: DemoGroup) -> None:
    """One group's campaign, of which every month comes in at once, without a word."""
    clock.moment = _month_day(group.months[0], 2)
    last = _month_day(group.months[-1], 28).date()
    opened = campaigns.open_campaign(hub.engine, hub.collector, group.cfd, group.uai, clock.moment.date(), last)
    links = campaigns.issue_links(hub.collector, opened.id, group.invited)
    for place, link in enumerate(links[: group.answered]):
        month = group.months[place * len(group.months) // group.answered]
        if clock.moment.month != int(month[5:]):
            intake.take_in(hub.engine, hub.collector, clock())
        clock.moment = _month_day(month, 12)
        hub.collector.record(link, _answer(chance, group.content, []))
    worker.work_once(hub)


def _read_archive(hub: Hub, clock: DemoClock) -> None:
    path = hub.settings.data_dir / "archive.csv"
    archive.write_archive(path)
    historic.import_responses(hub.engine, path, archive.FORMATION, archive.CENTRE, archive.MONTH, clock())
    path.unlink()


def _reply(hub: Hub, now: datetime) -> None:
    """The main centre replies to some of its texts, and a moderator publishes what it says."""
    pages = hub.publisher.require(None, MAIN_CENTRE).pages
    shown = [hub.publisher.require(None, MAIN_CENTRE, ask=Ask(page=page)) for page in range(pages)]
    for verbatim in (one for page in shown for one in page.verbatims):
        for beginning, reply in REPLIES:
            if not verbatim.text.startswith(beginning):
                continue
            with writing(hub.engine).begin() as connection:
                centre = catalogue.centres_by_code(connection, read_centre_code(MAIN_CENTRE))[0]
                replies.write(connection, verbatim.id, centre.id, reply, centre.name, CENTRE_PERSON, now)
                replies.judge(connection, verbatim.id, 1, "publie", "", MODERATOR, now)


def _send_waiting(hub: Hub, clock: DemoClock, chance: random.Random) -> None:
    """A campaign still open for each trade whose newest texts wait to be read."""
    today = clock().date()
    for group in {group.trade: group for group in reversed(GROUPS)}.values():
        waiting = [(question, text) for trade, question, text in WAITING if trade == group.trade]
        opened = campaigns.open_campaign(
            hub.engine, hub.collector, group.cfd, group.uai, today - timedelta(days=20), today + timedelta(days=40)
        )
        told = [*waiting, waiting[0]] if group.trade == COPIED_TRADE else waiting
        links = campaigns.issue_links(hub.collector, opened.id, len(told) + SILENT)
        for link, text in zip(links, told, strict=False):
            hub.collector.record(link, _answer(chance, group.content, [text]))


def _moderate(connection: Connection, now: datetime, refused: dict[str, str]) -> None:
    for text in moderation.waiting(connection, 100):
        reason = refused.get(text.text)
        wished = "refuse" if reason else "publie"
        spoken_of = [subject for word, subject in TELLING_WORDS if word in bare(text.text)]
        subjects = [*spoken_of, *SUBJECTS_OF.get(text.question, ())]
        moderation.record_decision(connection, text.id, text.version, wished, reason, MODERATOR, now, subjects)


def _answer(chance: random.Random, content: float, texts: list[Text]) -> dict[str, list[str]]:
    """A filled questionnaire: each scale drawn around how content the group is, a question skipped now and then."""
    raw: dict[str, list[str]] = {}
    for question in default_questionnaire().questions():
        if question.kind == "scale":
            raw[question.key] = [_draw(chance, content)]
        elif question.kind == "grid":
            raw.update({row.key: [_draw(chance, content - 0.08)] for row in question.rows if chance.random() > 0.04})
        elif question.kind in {"one", "rated"}:
            raw[question.key] = [question.options[min(int(chance.expovariate(1.2)), len(question.options) - 1)].key]
        elif question.kind == "several" and question.show_if is None:
            picked = chance.sample(question.options[:-1], chance.choice((1, 1, 2)))
            raw[question.key] = [option.key for option in picked]
    return raw | {question: [text] for question, text in texts}


def _draw(chance: random.Random, content: float) -> str:
    luck = chance.random()
    return "bien" if luck < content else "moyen" if luck < content + 0.75 * (1 - content) else "mal"


def _month_day(month: str, day: int) -> datetime:
    first = date.fromisoformat(f"{month}-01")
    return datetime(first.year, first.month, day, 10, 20, tzinfo=PARIS)
