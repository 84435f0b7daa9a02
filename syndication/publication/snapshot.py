"""Ratings and published texts into the one snapshot that widget and API both show."""

from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Connection, Engine

from collector.door import Questionnaire
from syndication import ratings
from syndication.catalogue import store as catalogue
from syndication.catalogue.resolve import Resolved, resolve
from syndication.catalogue.store import CentreRow
from syndication.errors import UnusableCode
from syndication.instants import PARIS
from syndication.publication import store
from syndication.publication.dependencies import note
from syndication.publication.store import ANY, PublishedText
from syndication.ratings import Questions, Rating
from syndication.settings import Settings
from widget.contract import Centre, Formation, Scope, ScopeName, Snapshot, Verbatim

EXTRACTS = 12
"""How many texts a snapshot holds, newest first."""


class Publisher:
    """Makes snapshots; the widget's SnapshotSource."""

    def __init__(
        self, engine: Engine, settings: Settings, questionnaires: Callable[[], Sequence[Questionnaire]]
    ) -> None:
        self._engine = engine
        self._settings = settings
        self._questionnaires = questionnaires
        self._questions = Questions(())

    def questions(self) -> Questions:
        """The questions behind figures, every version of them."""
        documents = self._questionnaires()
        if tuple(document.version for document in documents) != self._questions.versions:
            self._questions = Questions(documents)
        return self._questions

    def snapshot(self, formation: str | None, centre: str | None) -> Snapshot | None:
        """The snapshot behind two codes, or None when they mean nothing."""
        try:
            return self.require(formation, centre)
        except UnusableCode:
            return None

    def require(self, formation: str | None, centre: str | None) -> Snapshot:
        """The snapshot behind two codes; raises UnusableCode."""
        with self._engine.connect() as connection:
            return self.build(connection, resolve(connection, formation, centre))

    def frame_ancestors(self) -> str:
        """Who may frame embeddable pages."""
        return "*" if self._settings.embed_policy == "open" else "'self'"

    def build(self, connection: Connection, resolved: Resolved) -> Snapshot:
        """The snapshot of what codes were resolved to."""
        requested = requested_scope(resolved)
        members = resolved.formation.members if resolved.formation else ANY
        centre_id = resolved.centre.id if resolved.centre else 0
        note(members if resolved.formation else (), (centre_id,) if not resolved.formation else ())
        served, rating = self._served(connection, requested, members, centre_id)
        shown_centre = 0 if served == "formation" else centre_id
        enough = rating.reliability != "insuffisante"
        told = self._tellable(connection, members, centre_id)
        texts = store.published(connection, told, shown_centre, EXTRACTS) if enough and told else []
        return Snapshot(
            formation=self._formation(connection, resolved),
            centre=self._centre(connection, resolved.centre) if resolved.centre else None,
            scope=Scope(requested, served, 1 if shown_centre else store.centres_counted(connection, members)),
            respondents=rating.respondents,
            held=self._held(connection, told, centre_id, rating) if told != members or not enough else 0,
            invited=rating.invited,
            response_rate=rating.response_rate,
            period=rating.period,
            reliability=rating.reliability,
            satisfaction=rating.satisfaction,
            notes=rating.notes,
            choices=rating.choices,
            verbatim_total=rating.verbatims if enough else 0,
            verbatims=self._verbatims(connection, texts, members, shown_centre),
            method_url=f"{self._settings.public_url}/methode",
            updated_at=store.last_change(connection, members, shown_centre),
        )

    def _tellable(self, connection: Connection, members: tuple[int, ...], centre_id: int) -> tuple[int, ...]:
        """Formations whose texts may be shown under a centre's name: those with enough respondents there."""
        minimum = self._settings.thresholds.minimum
        return store.formations_nameable(connection, centre_id, minimum) if members == ANY else members

    @staticmethod
    def _held(connection: Connection, told: tuple[int, ...], centre_id: int, rating: Rating) -> int:
        """Published texts that wait for more respondents."""
        if rating.reliability == "insuffisante" or not told:
            return rating.verbatims
        return rating.verbatims - sum(store.tally(connection, told, centre_id)[ratings.VERBATIMS].values())

    def _served(
        self, connection: Connection, requested: ScopeName, members: tuple[int, ...], centre_id: int
    ) -> tuple[ScopeName, Rating]:
        """The scope served and its figures: a centre's own when it has enough, its formation's otherwise."""
        rating = self._rate(connection, members, centre_id)
        if requested == "formation@etablissement" and rating.reliability == "insuffisante":
            return "formation", self._rate(connection, members, 0)
        return requested, rating

    def _rate(self, connection: Connection, members: tuple[int, ...], centre_id: int) -> Rating:
        counts = store.tally(connection, members, centre_id)
        return ratings.rate(counts, self.questions(), self._settings.thresholds)

    @staticmethod
    def _formation(connection: Connection, resolved: Resolved) -> Formation | None:
        if resolved.formation is None:
            return None
        newest = resolved.formation.formation
        return Formation(newest.title, newest.level, catalogue.codes_of(connection, newest.id))

    @staticmethod
    def _centre(connection: Connection, row: CentreRow) -> Centre:
        return Centre(row.uai, catalogue.siret_of(connection, row.id), row.name, row.city)

    def _verbatims(
        self, connection: Connection, texts: list[PublishedText], members: tuple[int, ...], shown_centre: int
    ) -> tuple[Verbatim, ...]:
        if not texts:
            return ()
        named = self._nameable(connection, texts, members, shown_centre)
        labels = self.questions().labels
        return tuple(
            Verbatim(
                id=text.id,
                question=text.question,
                question_label=labels.get(text.question, text.question),
                text=text.text,
                published_on=text.published_at.astimezone(PARIS).date(),
                month=text.month,
                subjects=(),
                gem=text.gem,
                useful=0,
                centre=named.get(text.centre_id),
                reply=None,
            )
            for text in texts
        )

    def _nameable(
        self, connection: Connection, texts: list[PublishedText], members: tuple[int, ...], shown_centre: int
    ) -> Mapping[int, Centre]:
        """Centres that may be named beside a text: those with enough respondents for this very formation."""
        ids = sorted({text.centre_id for text in texts})
        if not shown_centre:
            respondents = store.respondents_by_centre(connection, members, ids)
            ids = [number for number in ids if respondents.get(number, 0) >= self._settings.thresholds.minimum]
        if not ids:
            return {}
        rows = store.centres(connection, ids)
        return {number: Centre(uai, None, name, city) for number, (uai, name, city) in rows.items()}


def requested_scope(resolved: Resolved) -> ScopeName:
    """The name of the scope that was asked for."""
    if resolved.formation is None:
        return "etablissement"
    return "formation@etablissement" if resolved.centre else "formation"
