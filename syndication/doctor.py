"""Looking an installation over: one sentence for each fault found."""

import os
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from collector.door import (
    LedgerError,
    ailing_disks,
    check_mail,
    count_damaged,
    doubt_of,
    ledger_files,
    place_of,
    told_of,
    unusable,
    written_folders,
)
from syndication import asgi, boot, store
from syndication.accounts.store import people_with
from syndication.alerts import store as alerts
from syndication.context import Hub
from syndication.errors import ConfigurationError
from syndication.fairness import store as fairness
from syndication.hardening import weaknesses
from syndication.history import store as history
from syndication.instants import PARIS, now_in_paris
from syndication.intake import new_id
from syndication.serving.company import strangers
from syndication.settings import Settings

CHECKED = 5_000
"""Published texts whose words are checked at one time, drawn anew each time."""


def examine(read_settings: Callable[[], Settings]) -> list[str]:
    """Every fault of the installation, in French; empty when all is well."""
    try:
        settings = read_settings()
        if not settings.data_dir.exists():  # to look into it would make it
            todo = "lancez « sirius migrate » si l'installation est nouvelle, ou corrigez SIRIUS_DATA_DIR"
            return [f"{settings.data_dir} n'existe pas : {todo}."]
        settings.keys()
    except ConfigurationError as error:
        return [str(error)]
    except OSError as error:
        return [f"SIRIUS_DATA_DIR : {unusable('ce dossier', error)}"]
    return [
        *_folder(settings),
        *_disks(settings),
        *_clock(settings),
        *_ledger(settings),
        *_address(settings),
        *_publisher(settings),
        *_mail(settings),
        *weaknesses(settings, os.environ),
        *_databases(settings),
    ]


def _folder(settings: Settings) -> list[str]:
    faults: list[str] = []
    if not os.access(settings.data_dir, os.W_OK):
        faults.append(f"SIRIUS_DATA_DIR : {settings.data_dir} ne peut pas être écrit : rendez-le inscriptible.")
    kept = settings.data_dir / "secret_keys"
    if kept.exists() and kept.stat().st_mode & 0o077:
        faults.append(f"{kept} : d'autres que vous peuvent lire les clés (chmod 600).")
    return faults


def _disks(settings: Settings) -> list[str]:
    leaf = settings.collector
    return ailing_disks(written_folders([leaf.database_url, settings.database_url], leaf.ledger))


def _clock(settings: Settings) -> list[str]:
    doubt = doubt_of(settings.data_dir, now_in_paris())
    return [doubt] if doubt else []


def _ledger(settings: Settings) -> list[str]:
    """Files of the ledger that could not be added to, or read back, in sentences."""
    faults: list[str] = []
    for path in ledger_files(settings.collector.ledger).values():
        there = path if path.exists() else path.parent
        if there != settings.data_dir and not os.access(there, os.W_OK):
            faults.append(
                f"SIRIUS_WITHDRAWALS_FILE : {path} ne peut pas être écrit ; personne ne pourrait rien retirer."
            )
    try:
        damaged = count_damaged(settings.collector.ledger)
    except LedgerError as error:
        return [*faults, f"SIRIUS_WITHDRAWALS_FILE : {error}"]
    if damaged:
        faults.append(
            f"SIRIUS_WITHDRAWALS_FILE : {damaged} ligne(s) de {settings.collector.ledger} ne se lisent pas ; une "
            "restauration ne referait pas ce qu'elles disaient. Cherchez-en une copie saine."
        )
    return faults


def _address(settings: Settings) -> list[str]:
    if settings.secure or settings.public_url.startswith(("http://127.0.0.1", "http://localhost")):
        return []
    return [
        f"SIRIUS_PUBLIC_URL : {settings.public_url} n'est pas en https ; les liens et les sessions y seraient lisibles."
    ]


def _publisher(settings: Settings) -> list[str]:
    if settings.publisher.told or not settings.secure:
        return []
    return ["SIRIUS_PUBLISHER_… : mentions légales incomplètes (attendus : NAME, ADDRESS, EMAIL, DIRECTOR, HOST)."]


def _mail(settings: Settings) -> list[str]:
    fault = check_mail(settings.collector)
    return [f"SIRIUS_SMTP_URL : {fault}."] if fault else []


def _databases(settings: Settings) -> list[str]:
    if absent := _absent(settings):
        return absent
    try:
        hub = asgi.open_hub(settings)
    except OSError as error:
        return [unusable(settings.data_dir, error)]
    try:
        return boot.faults(hub) or [*_company(hub), *_contents(hub)]
    except SQLAlchemyError as error:
        return [told_of(error) or f"Base de données illisible : {type(error).__name__}."]
    finally:
        hub.close()


def _absent(settings: Settings) -> list[str]:
    """Places of SQLite files that are not there: to open one would make it."""
    faults: list[str] = []
    for name, url in (("COLLECTOR", settings.collector.database_url), ("SYNDICATION", settings.database_url)):
        file = Path(make_url(url).database or "")
        if url.startswith("sqlite") and file.parent != settings.data_dir.resolve() and not file.parent.is_dir():
            todo = f"créez-le, ou corrigez SIRIUS_{name}_DATABASE_URL"
            faults.append(f"{place_of(url)} : son dossier n'existe pas : {todo}.")
    return faults


def _company(hub: Hub) -> list[str]:
    difference = strangers(hub.settings)
    return [difference] if difference else []


def _contents(hub: Hub) -> list[str]:
    with hub.engine.connect() as connection:
        lost = store.count_set_aside(connection)
        looked, altered = history.altered(connection, new_id(), CHECKED)
    faults = [f"{lost} réponse(s) que rien ne rattache à une formation attendent dans le recueil."] if lost else []
    named = ", ".join(altered[:5])
    faults += [
        f"{len(altered)} texte(s) publié(s) sur {looked} relus ne sont plus ceux qui ont été écrits : {named}."
    ] if altered else []  # fmt: skip
    return [*faults, *unread(hub), *unheard(hub)]


def unread(hub: Hub) -> list[str]:
    """Texts that wait to be read for longer than the settings want, in a sentence."""
    with hub.engine.connect() as connection:
        waits = fairness.waiting(connection)
    days, most = waits.days(hub.clock().astimezone(PARIS).date()), hub.settings.waiting_days
    if days <= most:
        return []
    return [
        f"{waits.texts} texte(s) attendent d'être lus, le plus ancien depuis {days} jours : une décision est promise "
        f"en un mois (SIRIUS_WAITING_DAYS : {most})."
    ]


def unheard(hub: Hub) -> list[str]:
    """Alerts that reached nobody, or that moderators may raise and nobody would be told of, in a sentence."""
    with hub.engine.connect() as connection:
        late = len(alerts.untold(connection))
        deaf = not alerts.told(connection) and bool(people_with(connection, "moderator", "admin"))
    if late:
        return [f"Alertes ouvertes que personne n'a reçues par mail : {late}. Prévenez un référent."]
    if deaf:
        return ["Personne ne reçoit les alertes par mail : aucun référent ni administrateur n'en veut (/compte)."]
    return []
