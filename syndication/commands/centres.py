"""Centres that close, or that another takes over from: no file of the catalogue says so."""

from datetime import date
from typing import Annotated

import typer

from syndication.catalogue import store
from syndication.catalogue.resolve import resolve_centre
from syndication.commands.console import opened_hub, say
from syndication.database import writing
from syndication.errors import CampaignRefused
from widget.routes import words

Centre = Annotated[str, typer.Argument(metavar="ETABLISSEMENT", help="UAI ou SIRET.")]


def centre_close(
    etablissement: Centre,
    on: Annotated[str | None, typer.Option(help="Jour de la fermeture, AAAA-MM-JJ ; aujourd'hui par défaut.")] = None,
    into: Annotated[str | None, typer.Option(help="UAI ou SIRET du centre qui a pris la suite.")] = None,
) -> None:
    """Note qu'un centre a fermé, ou qu'un autre a pris sa suite : il n'ouvre plus de campagne."""
    with opened_hub() as hub, writing(hub.engine).begin() as connection:
        centre = resolve_centre(connection, etablissement)
        successor = resolve_centre(connection, into) if into else None
        if successor is not None and successor.id == centre.id:
            raise CampaignRefused("Un centre ne prend pas sa propre suite.")
        today = hub.clock().date()
        if successor is not None and store.end_of(connection, successor.id, date.max) != (None, None):
            raise CampaignRefused(f"{successor.name} a fermé ou va fermer : donnez le centre qui reste ouvert.")
        day = _day(on) if on else today
        store.end_centre(connection, centre.id, day, successor.id if successor else None)
    then = f", {successor.name} a pris la suite" if successor else ""
    when = "ferme" if day > today else "fermé"
    say(f"{centre.name} : {when} le {words.day(day)}{then}. Ses campagnes en cours vont à leur fin.")


def centre_reopen(etablissement: Centre) -> None:
    """Revient sur la fermeture d'un centre."""
    with opened_hub() as hub, writing(hub.engine).begin() as connection:
        centre = resolve_centre(connection, etablissement)
        store.end_centre(connection, centre.id, None, None)
    say(f"{centre.name} : ouvert.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CampaignRefused(f"--on : « {text} » n'est pas une date, comme 2026-11-24.") from None
