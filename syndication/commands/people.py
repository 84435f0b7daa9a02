"""People and sites: sign-in links, partners."""

from typing import Annotated

import typer

from syndication.accounts import signin as accounts
from syndication.accounts.store import Person
from syndication.catalogue.resolve import resolve_centre
from syndication.commands.console import AsJson, give, give_json, opened_hub, say
from syndication.database import writing
from syndication.partners import store as partners
from syndication.partners.origins import read_origin


def signin(
    email: Annotated[str, typer.Argument(help="Adresse électronique de la personne.")],
    role: Annotated[str, typer.Option(help="moderator, admin, observer ou cfa.")],
    etablissement: Annotated[str | None, typer.Option(help="UAI ou SIRET, pour le rôle cfa.")] = None,
    as_json: AsJson = False,
) -> None:
    """Donne un lien de connexion, qui ne sert qu'une fois et vaut un quart d'heure."""
    with opened_hub() as hub:
        centre_id = None
        if etablissement:
            with hub.engine.connect() as connection:
                centre_id = resolve_centre(connection, etablissement).id
        link = accounts.make_link(hub.engine, hub.settings.public_url, Person(email, role, centre_id), hub.clock())
    if as_json:
        give_json({"lien": link})
    else:
        give(link)
        say("Valable un quart d'heure, pour une seule connexion.")


def partner_add(
    name: Annotated[str, typer.Argument(help="Nom du site.")],
    origin: Annotated[list[str], typer.Option(help="Origine de ses pages, comme https://www.exemple.fr ; répétable.")],
    as_json: AsJson = False,
) -> None:
    """Inscrit un site catalogue, ou lui ajoute des origines."""
    wanted = [read_origin(one) for one in origin]
    with opened_hub() as hub:
        with writing(hub.engine).begin() as connection:
            partners.add(connection, name.strip(), wanted, hub.clock())
        policy = hub.settings.embed_policy
    if as_json:
        give_json({"nom": name.strip(), "origines": wanted})
    else:
        give(f"{name.strip()} : {', '.join(wanted)}")
        if policy == "open":
            say("SIRIUS_EMBED_POLICY vaut « open » : tous les sites peuvent montrer les avis, inscrits ou non.")


def partner_list(as_json: AsJson = False) -> None:
    """Liste les sites catalogues."""
    with opened_hub() as hub, hub.engine.connect() as connection:
        rows = partners.listed(connection)
    if as_json:
        give_json([{"nom": r.name, "origines": list(r.origins), "revoque": r.revoked_at is not None} for r in rows])
        return
    for row in rows:
        give(f"{row.name} : {', '.join(row.origins) or 'aucune origine'}{' (révoqué)' if row.revoked_at else ''}")
    if not rows:
        say("Aucun site inscrit : « sirius partner add ».")


def partner_revoke(name: Annotated[str, typer.Argument(help="Nom du site.")], as_json: AsJson = False) -> None:
    """Retire à un site le droit de montrer les avis, aussitôt."""
    with opened_hub() as hub, writing(hub.engine).begin() as connection:
        partners.revoke(connection, name.strip(), hub.clock())
    if as_json:
        give_json({"nom": name.strip(), "revoque": True})
    else:
        give(f"{name.strip()} : révoqué")
