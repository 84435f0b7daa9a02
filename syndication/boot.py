"""Opening an installation's databases, or saying in one sentence why they cannot be used and what to do."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from collector.door import SettingError, newer_than_us, place_of, trouble_of
from syndication import database, store
from syndication.context import Hub
from syndication.errors import ConfigurationError
from syndication.intake import FOLLOWER

_PENDING = "{place} : des migrations attendent, lancez « sirius migrate »."
_HALF = (
    "{place} : elle est vide, alors que l'autre base ne l'est pas. Si une sauvegarde a été copiée à moitié, "
    "restaurez-la entière (« sirius restore ») ; si elle est nouvelle, lancez « sirius migrate »."
)
_APART = (
    "{place} : elle contient moins de réponses que la base de diffusion n'en a déjà reçu : ce recueil n'est pas le "
    "sien, ou il est plus ancien. Corrigez SIRIUS_COLLECTOR_DATABASE_URL, ou restaurez les deux bases d'une même "
    "sauvegarde (« sirius restore »)."
)


@dataclass(frozen=True, slots=True)
class _Base:
    """One of the two databases: its address, the variable that gives it, and its schema."""

    url: str
    setting: str
    known: tuple[str, ...]
    read: Callable[[], str]
    migrate: Callable[[], None]

    def revision(self) -> str:
        """The revision of its schema, empty when it has none; raises ConfigurationError when it cannot be used."""
        try:
            revision = self.read()
        except SQLAlchemyError as error:
            raise ConfigurationError(trouble_of(error, self.url, self.setting)) from None
        except SettingError as error:
            raise ConfigurationError(str(error)) from None
        if revision and revision not in self.known:
            raise ConfigurationError(newer_than_us(self.url, revision, self.known[-1]))
        return revision

    @property
    def pending(self) -> bool:
        """True when migrations wait; raises ConfigurationError."""
        return self.revision() != self.known[-1]


def prepare(hub: Hub) -> None:
    """Give new databases their schema; raises ConfigurationError when old ones are not up to date, or cannot be used.

    Of several processes that find them new, one makes them while the others wait; one that was killed in between left
    the first made, and nothing in it.
    """
    collected, published = _bases(hub)
    first, second = collected.revision(), published.revision()
    if not second and (not first or (not collected.pending and not hub.collector.responses_after("", 1))):
        migrate(hub)
    if waiting := _waiting(collected, published) or _apart(hub):
        raise ConfigurationError(waiting[0])


def migrate(hub: Hub) -> None:
    """Bring both schemas to this release; raises ConfigurationError."""
    for base in _bases(hub):
        if base.pending:
            try:
                base.migrate()
            except SQLAlchemyError as error:
                raise ConfigurationError(trouble_of(error, base.url, base.setting)) from None


def faults(hub: Hub) -> list[str]:
    """What is wrong with the databases, a sentence each; empty when they are ready."""
    bases, found = _bases(hub), list[str]()
    for base in bases:
        try:
            base.revision()
        except ConfigurationError as error:
            found.append(str(error))
    return found or _waiting(*bases) or _apart(hub)


def _waiting(*bases: _Base) -> list[str]:
    """What is to be done before two databases can be used, a sentence each."""
    empty = [not base.revision() for base in bases]
    return [
        _HALF.format(place=place_of(base.url)) if new and not all(empty) else _PENDING.format(place=place_of(base.url))
        for base, new in zip(bases, empty, strict=True)
        if base.pending
    ]


def _apart(hub: Hub) -> list[str]:
    """What is to be done before two databases can be used together, each being up to date: what the collector would
    record, the hub would take for what it has taken in already."""
    with hub.engine.connect() as connection:
        taken = store.bookmark(connection, FOLLOWER)
    if not hub.collector.is_short_of(taken):
        return []
    return [_APART.format(place=place_of(hub.settings.collector.database_url))]


def _bases(hub: Hub) -> tuple[_Base, _Base]:
    leaf, own, collector = hub.settings.collector.database_url, hub.settings.database_url, hub.collector

    def setting(url: str, name: str) -> str:
        kept = f"sqlite:///{hub.settings.data_dir.resolve() / name}.db"
        return "SIRIUS_DATA_DIR" if url == kept else f"SIRIUS_{name.upper()}_DATABASE_URL"

    return (
        _Base(leaf, setting(leaf, "collector"), collector.revisions, collector.revision, collector.migrate),
        _Base(
            own, setting(own, "syndication"), database.revisions(),
            lambda: database.revision_of(hub.engine), lambda: database.migrate(hub.engine),
        ),
    )  # fmt: skip
