"""Campaigns and their links."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from syndication import campaigns
from syndication.commands.console import AsJson, give, give_json, opened_hub, say
from syndication.errors import CampaignRefused
from syndication.kit import qr

DEFAULT_LENGTH = timedelta(days=60)


def campaign_open(
    formation: Annotated[str, typer.Option(help="Un code de la formation.")],
    etablissement: Annotated[str, typer.Option(help="UAI ou SIRET.")],
    seats: Annotated[int, typer.Option(help="Nombre de places ; 0 : sans limite.", min=0)] = 0,
    opens: Annotated[str | None, typer.Option(help="Premier jour, AAAA-MM-JJ ; aujourd'hui par défaut.")] = None,
    closes: Annotated[str | None, typer.Option(help="Dernier jour ; deux mois plus tard par défaut.")] = None,
    questionnaire: Annotated[str, typer.Option(help="Version du questionnaire ; la plus récente par défaut.")] = "",
    as_json: AsJson = False,
) -> None:
    """Ouvre une campagne et donne son lien commun."""
    with opened_hub() as hub:
        first = _day(opens, "--opens") or hub.clock().date()
        last = _day(closes, "--closes") or first + DEFAULT_LENGTH
        opened = campaigns.open_campaign(
            hub.engine, hub.collector, formation, etablissement, first, last, seats, questionnaire,
            hub.settings.thresholds.minimum,
        )  # fmt: skip
    if as_json:
        give_json({"id": opened.id, "lien": opened.link})
    else:
        give(f"{opened.id}  {opened.link}")


def campaign_links(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Identifiant de la campagne.")],
    count: Annotated[int, typer.Option(help="Combien de liens.", min=1, max=100_000)],
    as_csv: Annotated[bool, typer.Option("--csv", help="Une colonne « lien ».")] = False,
    as_json: AsJson = False,
) -> None:
    """Donne de nouveaux liens personnels ; ils ne sont gardés nulle part."""
    if as_csv and as_json:
        raise typer.BadParameter("--csv ou --json, pas les deux.")
    with opened_hub() as hub:
        links = campaigns.issue_links(hub.collector, identifier, count)
    if as_json:
        give_json(links)
        return
    for line in ["lien", *links] if as_csv else links:
        give(line)
    say("Gardez ces liens : ils ne peuvent pas être donnés deux fois.")


def campaign_close(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Identifiant de la campagne.")],
) -> None:
    """Ferme une campagne tout de suite ; qui avait commencé peut finir pendant une heure."""
    with opened_hub() as hub:
        campaigns.close_campaign(hub.collector, identifier)
    say("Fermée. Qui avait commencé peut finir pendant une heure.")


def campaign_qr(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="Identifiant de la campagne.")],
    file: Annotated[Path, typer.Argument(metavar="FICHIER", help="Image à écrire : .svg, .png ou .pdf.")],
) -> None:
    """Écrit le QR code du lien commun d'une campagne, à mettre sur une affiche."""
    write = qr.FORMATS.get(file.suffix.lower().removeprefix("."))
    if write is None:
        raise typer.BadParameter("un fichier .svg, .png ou .pdf est attendu.", param_hint="FICHIER")
    with opened_hub() as hub:
        link = campaigns.common_link(hub.collector, identifier)
    file.write_bytes(write(link))
    give(link)


def _day(text: str | None, option: str) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CampaignRefused(f"{option} : « {text} » n'est pas une date, comme 2026-11-24.") from None
