"""Ratings and published texts into the one snapshot that widget, pages and API all show."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from urllib.parse import quote, urlencode

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from collector.door import Questionnaire
from syndication import ratings
from syndication.catalogue import store as catalogue
from syndication.catalogue.codes import read_centre_code
from syndication.catalogue.resolve import Resolved, resolve
from syndication.catalogue.store import CentreRow
from syndication.errors import CodeError, UnusableCode
from syndication.partners import store as partners
from syndication.publication import store
from syndication.publication.dependencies import note
from syndication.publication.store import ANY, CentreCount, PublishedText, TextQuery
from syndication.publication.summaries import Summary, read_key, summarise
from syndication.ratings import Counts, Questions, Rating
from syndication.results import strengths as results
from syndication.reviews import subjects
from syndication.settings import Settings
from widget.contract import (
    NOTHING_ASKED,
    Ask,
    Centre,
    Facet,
    Formation,
    Language,
    Reply,
    Scope,
    ScopeName,
    Score,
    Snapshot,
    Strength,
    Subject,
    Verbatim,
)

log = logging.getLogger("sirius.publication")
CENTRES_NAMED = 30
"""Most centres that a reader may choose among, those with most respondents."""
LAST_PAGE = 500
"""Furthest page that is looked for."""
REMEMBERED_SECONDS = 0.5
"""How long the origins of partners and the questions behind figures are remembered."""
WORDS_LIMIT = 100
"""Characters of a search that are read."""


@dataclass(frozen=True, slots=True)
class _Served:
    """What is served of a resolved scope: its formations, its centre (0: all), its figures and the counts behind."""

    name: ScopeName
    members: tuple[int, ...]
    centre: int
    rating: Rating
    counts: Counts

    @property
    def enough(self) -> bool:
        return self.rating.reliability != "insuffisante"


class Publisher:
    """Makes snapshots; the widget's SnapshotSource."""

    def __init__(
        self, engine: Engine, settings: Settings, questionnaires: Callable[[Language], Sequence[Questionnaire]]
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._questionnaires = questionnaires
        self._origins: tuple[float, frozenset[str]] = (-REMEMBERED_SECONDS, frozenset())
        self._questions: dict[Language, tuple[float, Questions]] = {}

    def questions(self, language: Language = "fr", *, fresh: bool = False) -> Questions:
        """The questions behind figures, every version of them: as they were at most ``REMEMBERED_SECONDS`` ago, or as
        they are now when ``fresh``."""
        read_at, questions = self._questions.get(language, (-REMEMBERED_SECONDS, Questions(())))
        now = monotonic()
        if fresh or now - read_at >= REMEMBERED_SECONDS:
            documents = self._questionnaires(language)
            if tuple(document.version for document in documents) != questions.versions:
                questions = Questions(documents)
            self._questions[language] = (now, questions)
        return questions

    def snapshot(
        self, formation: str | None, centre: str | None, language: Language = "fr", ask: Ask = NOTHING_ASKED
    ) -> Snapshot | None:
        """The snapshot behind two codes, or None when they mean nothing."""
        try:
            return self.require(formation, centre, language, ask)
        except UnusableCode:
            return None

    def require(
        self, formation: str | None, centre: str | None, language: Language = "fr", ask: Ask = NOTHING_ASKED
    ) -> Snapshot:
        """The snapshot behind two codes; raises UnusableCode."""
        with self._engine.connect() as connection, connection.begin():
            return self.build(connection, resolve(connection, formation, centre), language, ask)

    def scores(self, keys: Sequence[str]) -> list[Score]:
        """Scores of keys; those that mean nothing are left out."""
        with self._engine.connect() as connection:
            read = [read_key(key) for key in keys]
            found, _, _ = summarise(connection, read, self.questions(), self._settings.thresholds)
        return [self._score(one) for one in found]

    def frame_ancestors(self) -> str:
        """Who may frame embeddable pages."""
        if self._settings.embed_policy == "open":
            return "*"
        return " ".join(["'self'", *sorted(self._allowed(fresh=True))])  # kept with the page until the list changes

    def may_embed(self, origin: str) -> bool:
        """True when pages of an origin may show widgets."""
        if self._settings.embed_policy == "open" or origin == self._settings.public_url:
            return True
        return origin in self._allowed()

    def _allowed(self, *, fresh: bool = False) -> frozenset[str]:
        """Origins of partners, as they were at most ``REMEMBERED_SECONDS`` ago, or before the database went away."""
        if fresh or monotonic() - self._origins[0] > REMEMBERED_SECONDS:
            try:
                with self._engine.connect() as connection:
                    self._origins = (monotonic(), frozenset(partners.origins(connection)))
            except SQLAlchemyError:
                log.warning("the database is away: partners' origins are those read last")
        return self._origins[1]

    def build(
        self, connection: Connection, resolved: Resolved, language: Language = "fr", ask: Ask = NOTHING_ASKED
    ) -> Snapshot:
        """The snapshot of what codes were resolved to."""
        requested = requested_scope(resolved)
        members = resolved.formation.members if resolved.formation else ANY
        centre_id = resolved.centre.id if resolved.centre else 0
        note(members if resolved.formation else (), (centre_id,) if not resolved.formation else ())
        served = self._served(connection, requested, members, centre_id, language)
        told = self._tellable(connection, members, centre_id)
        total, named = self._centres(connection, served)
        shown = self._shown(connection, told, centre_id, served)
        visible = sum(shown.get(ratings.VERBATIMS, {}).values())
        ask = _understood(ask, named, self.questions(language))
        ask, found, texts = _found(connection, ask, _text_query(ask, told, served.centre, named), visible)
        return replace(
            self._figures(connection, resolved, requested, served, total),
            held=served.rating.verbatims - visible,
            verbatims=self._verbatims(connection, texts, served, named, language),
            ask=ask,
            found=found,
            pages=-(-found // ask.size),
            questions=_facets(
                shown.get(ratings.VERBATIMS, {}), self.questions(language).labels, replace(ask, question="")
            ),
            subjects=_facets(shown.get(ratings.SUBJECTS, {}), subjects.labels(language), replace(ask, subject="")),
            centres_named=tuple(_centre_facet(one) for one in named) if not served.centre else (),
            strengths=self._strengths(connection, served, language) if ask.strengths and served.centre else (),
        )

    def _strengths(self, connection: Connection, served: _Served, language: Language) -> tuple[Strength, ...]:
        """What a centre does well: for the formation served, or for each of its formations with enough respondents."""
        thresholds, found = self._settings.thresholds, list[Strength]()
        told = served.members
        if told == ANY:
            told = store.formations_nameable(connection, served.centre, thresholds.fragile_below)
        for title, members in catalogue.by_lineage(connection, told):
            note(members)
            _, most = store.centres_counted(connection, members, results.OTHER_CENTRES + 1)
            others = sum(one.respondents >= thresholds.minimum for one in most if one.id != served.centre)
            if others >= results.OTHER_CENTRES:
                own, everywhere = (store.tally(connection, members, centre) for centre in (served.centre, 0))
                found += results.strengths(own, everywhere, title, self.questions(language), thresholds)
        return results.ranked(found)

    def figures(self, connection: Connection, resolved: Resolved) -> Snapshot | None:
        """The snapshot without its texts, of what codes were resolved to; None when it has no figures of its own."""
        requested = requested_scope(resolved)
        members = resolved.formation.members if resolved.formation else ANY
        served = self._rate(connection, requested, members, resolved.centre.id if resolved.centre else 0, "fr")
        if not served.enough:
            return None
        return self._figures(connection, resolved, requested, served, self._centres(connection, served)[0])

    def _figures(
        self, connection: Connection, resolved: Resolved, requested: ScopeName, served: _Served, centres: int
    ) -> Snapshot:
        rating = served.rating
        return Snapshot(
            formation=self._formation(connection, resolved),
            centre=self._centre(connection, resolved.centre) if resolved.centre else None,
            scope=Scope(requested, served.name, centres, resolved.role, _asked(resolved)),
            respondents=rating.respondents,
            held=0,
            invited=rating.invited,
            response_rate=rating.response_rate,
            period=rating.period,
            reliability=rating.reliability,
            satisfaction=rating.satisfaction,
            notes=rating.notes,
            choices=rating.choices,
            verbatim_total=rating.verbatims if served.enough else 0,
            verbatims=(),
            method_url=f"{self._settings.public_url}/methode",
            page_url=self._page(connection, resolved),
            updated_at=store.last_change(connection, served.members, served.centre),
        )

    def _tellable(self, connection: Connection, members: tuple[int, ...], centre_id: int) -> tuple[int, ...]:
        """Formations whose texts may be shown under a centre's name: those with enough respondents there."""
        minimum = self._settings.thresholds.minimum
        return store.formations_nameable(connection, centre_id, minimum) if members == ANY else members

    @staticmethod
    def _shown(connection: Connection, told: tuple[int, ...], centre_id: int, served: _Served) -> Counts:
        """Counts of the texts that may be shown: of a centre's, those of formations with enough respondents there."""
        if not served.enough or not told:
            return {}
        return served.counts if told == served.members else store.tally(connection, told, centre_id)

    def _served(
        self, connection: Connection, requested: ScopeName, members: tuple[int, ...], centre: int, language: Language
    ) -> _Served:
        """The scope served and its figures: a centre's own when it has enough, its formation's otherwise."""
        own = self._rate(connection, requested, members, centre, language)
        if requested == "formation@etablissement" and not own.enough:
            return self._rate(connection, "formation", members, 0, language)
        return own

    def _rate(
        self, connection: Connection, name: ScopeName, members: tuple[int, ...], centre: int, language: Language
    ) -> _Served:
        counts = store.tally(connection, members, centre)
        rating = ratings.rate(counts, self.questions(language), self._settings.thresholds)
        return _Served(name, members, centre, rating, counts)

    def _centres(self, connection: Connection, served: _Served) -> tuple[int, list[CentreCount]]:
        """How many centres are counted, and those that may be named: with enough respondents for this formation."""
        if served.centre:
            return 1, []
        total, most = store.centres_counted(connection, served.members, CENTRES_NAMED)
        return total, [one for one in most if one.respondents >= self._settings.thresholds.minimum]

    @staticmethod
    def _formation(connection: Connection, resolved: Resolved) -> Formation | None:
        if resolved.formation is None:
            return None
        newest = resolved.formation.formation
        return Formation(newest.title, newest.level, catalogue.codes_of(connection, newest.id))

    @staticmethod
    def _centre(connection: Connection, row: CentreRow) -> Centre:
        return Centre(row.uai, catalogue.siret_of(connection, row.id), row.name, row.city)

    def _page(self, connection: Connection, resolved: Resolved) -> str:
        """Address of the page where the same can be read in full."""
        formation = resolved.formation.formation.natural_key.removeprefix("cfd:") if resolved.formation else ""
        centre = catalogue.centre_key(connection, resolved.centre).partition(":")[2] if resolved.centre else ""
        return page_address(self._settings.public_url, formation, centre)

    def _score(self, one: Summary) -> Score:
        key, formation, centre = one.key
        scope = Scope(one.requested, one.served, 0)
        address = page_address(self._settings.public_url, formation or "", centre or "")
        return Score(key, scope, one.rating.respondents, one.rating.reliability, one.rating.satisfaction, address)

    def _verbatims(
        self,
        connection: Connection,
        texts: list[PublishedText],
        served: _Served,
        named: Sequence[CentreCount],
        language: Language,
    ) -> tuple[Verbatim, ...]:
        if not texts:
            return ()
        centres = self._nameable(connection, texts, served, named)
        labels = self.questions(language).labels
        titles, under = self._told_of(connection, texts, served)
        return tuple(
            Verbatim(
                id=text.id,
                question=text.question,
                question_label=labels.get(text.question, text.question),
                text=text.text,
                published_on=text.published_on,
                month=text.month,
                subjects=tuple(Subject(key, subjects.label(key, language)) for key in text.subjects),
                gem=text.gem,
                useful=text.useful,
                formation=titles.get(text.formation_id),
                given_under=under.get(text.formation_id, ""),
                centre=centres.get(text.centre_id),
                reply=_reply(text.reply) if text.reply and text.centre_id in centres else None,
            )
            for text in texts
        )

    @staticmethod
    def _told_of(
        connection: Connection, texts: list[PublishedText], served: _Served
    ) -> tuple[Mapping[int, str], Mapping[int, str]]:
        """Titles of the formations that texts tell of, where several are together; codes they were given under."""
        found = store.formations(connection, {text.formation_id for text in texts})
        titles = {number: title for number, (title, _) in found.items()} if served.members == ANY else {}
        return titles, {number: key for number, (_, key) in found.items()}

    def _nameable(
        self, connection: Connection, texts: list[PublishedText], served: _Served, named: Sequence[CentreCount]
    ) -> Mapping[int, Centre]:
        """Centres that may be named beside a text: those with enough respondents for this very formation."""
        found = {one.id: Centre(one.uai, None, one.name, one.city) for one in named}
        ids = sorted({text.centre_id for text in texts} - set(found))
        if ids and not served.centre:
            respondents = store.respondents_by_centre(connection, served.members, ids)
            ids = [number for number in ids if respondents.get(number, 0) >= self._settings.thresholds.minimum]
        if ids:
            rows = store.centres(connection, ids)
            found |= {number: Centre(uai, None, name, city) for number, (uai, name, city) in rows.items()}
        return found


def _asked(resolved: Resolved) -> Centre | None:
    """The centre asked for, when another is the place."""
    asked = resolved.asked_centre
    if asked is None or resolved.centre is None or asked.id == resolved.centre.id:
        return None
    return Centre(asked.uai, None, asked.name, asked.city)


def requested_scope(resolved: Resolved) -> ScopeName:
    """The name of the scope that was asked for."""
    if resolved.formation is None:
        return "etablissement"
    return "formation@etablissement" if resolved.centre else "formation"


def page_address(public_url: str, formation: str, centre: str) -> str:
    """Address of the public page of a formation, of a centre, or of a formation in a centre."""
    if not formation:
        return f"{public_url}/etablissements/{quote(centre, safe='')}"
    place = f"?{urlencode({'etablissement': centre})}" if centre else ""
    return f"{public_url}/formations/{quote(formation, safe=':')}{place}"


def _understood(ask: Ask, named: Sequence[CentreCount], questions: Questions) -> Ask:
    """What of a reader's wish means something here; a centre that may not be named cannot be chosen."""
    return Ask(
        question=ask.question if ask.question in questions.labels else "",
        subject=ask.subject if ask.subject in subjects.SUBJECTS else "",
        words=ask.words.strip()[:WORDS_LIMIT],
        centre=next((one.uai or "" for one in named if one.uai and one.uai == _uai(ask.centre)), ""),
        order=ask.order,
        page=min(max(ask.page, 0), LAST_PAGE),
        size=ask.size,
        strengths=ask.strengths,
    )


def _uai(text: str) -> str:
    try:
        return read_centre_code(text).value if text else ""
    except CodeError:
        return ""


def _text_query(ask: Ask, told: tuple[int, ...], centre: int, named: Sequence[CentreCount]) -> TextQuery:
    chosen = next((one.id for one in named if ask.centre and one.uai == ask.centre), 0)
    return TextQuery(
        told, centre or chosen, ask.question, ask.subject, ask.words, ask.order, ask.size, ask.page * ask.size
    )


def _found(connection: Connection, ask: Ask, query: TextQuery, visible: int) -> tuple[Ask, int, list[PublishedText]]:
    """The texts asked for, of those ``visible`` without narrowing: how many on all pages, and one page of them.

    A page beyond the last is the last.
    """
    if not visible:
        return replace(ask, page=0), 0, []
    found = store.count_published(connection, query) if ask.narrows else visible
    page = min(ask.page, max(-(-found // ask.size) - 1, 0))
    return replace(ask, page=page), found, store.published(connection, replace(query, offset=page * ask.size))


def _facets(counts: Mapping[str, int], labels: Mapping[str, str], others: Ask) -> tuple[Facet, ...]:
    """Ways to narrow texts, in the order of ``labels``; their counts are known unless ``others`` narrow them too."""
    known = not others.narrows
    return tuple(
        Facet(key, label, counts[key] if known else None) for key, label in labels.items() if counts.get(key, 0) > 0
    )


def _centre_facet(one: CentreCount) -> Facet:
    return Facet(one.uai or "", f"{one.name}, {one.city}" if one.city else one.name, one.respondents)


def _reply(one: store.PublishedReply) -> Reply:
    return Reply(one.text, one.signed, one.published_on)
