"""Centres that close, or that another takes over from: no file of the catalogue says so."""

from datetime import date, timedelta
from typing import Annotated

import typer

from syndication.catalogue import store
from syndication.catalogue.resolve import resolve_centre
from syndication.commands.console import opened_hub, say
from syndication.database import writing
from syndication.errors import CampaignRefused
from widget.routes import words

EARLIEST = date(1971, 7, 16)
"""A centre closed earlier is a typing fault: the law that made the centres of today (n° 71-576) is of that day."""
FURTHEST = timedelta(days=3653)
"""How far ahead a closing may be planned."""
Centre = Annotated[str, typer.Argument(metavar="ETABLISSEMENT", help="UAI ou SIRET.")]


def centre_close(
    etablissement: Centre,
    on: Annotated[str | None, typer.Option(help="Jour de la fermeture, AAAA-MM-JJ ; aujourd'hui par défaut.")] = None,
    into: Annotated[str | None, typer.Option(help="UAI ou SIRET du centre qui a pris la suite.")] = None,
) -> None:
    """Note qu'un centre a fermé, ou qu'un autre a pris sa suite : il n'ouvre plus de campagne.

    Redit sans --on ni --into, ce qui était noté reste ; « centre reopen » l'efface.
    """
    with opened_hub() as hub, writing(hub.engine).begin() as connection:
        centre = resolve_centre(connection, etablissement)
        successor = resolve_centre(connection, into) if into else store.successor_of(connection, centre.id)
        if successor is not None and successor.id == centre.id:
            raise CampaignRefused("Un centre ne prend pas sa propre suite.")
        today = hub.clock().date()
        noted, _ = store.end_of(connection, centre.id, date.max)
        day = _day(on, today) if on else noted or today
        if successor is not None and store.end_of(connection, successor.id, date.max if into else day)[0] is not None:
            raise CampaignRefused(f"{successor.name} a fermé ou va fermer : donnez le centre qui reste ouvert.")
        taken = store.last_taken_over(connection, centre.id)
        if taken is not None and day < taken[1]:
            raise CampaignRefused(
                f"{centre.name} a pris la suite de {taken[0]} le {words.day(taken[1])} : il n'a pas pu fermer avant."
            )
        store.end_centre(connection, centre.id, day, successor.id if successor else None)
    planned = day > today
    when = f"{'ferme' if planned else 'fermé'} le {words.day(day)}"
    then = f", {successor.name} {'prendra' if planned else 'a pris'} la suite" if successor else ""
    say(f"{centre.name} : {when}{then}. Ses campagnes en cours vont à leur fin.")


def centre_reopen(etablissement: Centre) -> None:
    """Revient sur la fermeture d'un centre."""
    with opened_hub() as hub, writing(hub.engine).begin() as connection:
        centre = resolve_centre(connection, etablissement)
        store.end_centre(connection, centre.id, None, None)
    say(f"{centre.name} : ouvert.")


def _day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise CampaignRefused(f"--on : « {text} » n'est pas une date, comme 2026-11-24.") from None
    if not EARLIEST <= day <= today + FURTHEST:
        raise CampaignRefused(f"--on : le {words.day(day)} n'est pas vraisemblable, vérifiez l'année.")
    return day
