"""People: sign-in links."""

from typing import Annotated

import typer

from syndication.accounts import signin as accounts
from syndication.accounts.store import Grant
from syndication.catalogue.resolve import resolve_centre
from syndication.commands.console import AsJson, give, give_json, opened_hub, say
from syndication.scopes import store as scopes


def signin(
    email: Annotated[str, typer.Argument(help="Adresse électronique de la personne.")],
    role: Annotated[str, typer.Option(help="moderator, admin, observer, cfa ou referent.")],
    etablissement: Annotated[str | None, typer.Option(help="UAI ou SIRET, pour le rôle cfa.")] = None,
    scope: Annotated[
        str, typer.Option(help="Pour un observateur : nation, region:NOM, departement:NN ou opco:NOM.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Donne un lien de connexion, qui ne sert qu'une fois et vaut un quart d'heure."""
    with opened_hub() as hub:
        centre_id = None
        with hub.engine.connect() as connection:
            if etablissement:
                centre_id = resolve_centre(connection, etablissement).id
            if scope and role == "observer":
                scopes.choices(connection).checked(scope)
        link = accounts.make_link(
            hub.engine, hub.settings.public_url, Grant(email, role, centre_id, scope), hub.clock()
        )
    if as_json:
        give_json({"lien": link})
    else:
        give(link)
        if role == "observer" and not scope:
            say("Sans --scope, cet observateur voit toute la nation.")
        say("Valable un quart d'heure, pour une seule connexion.")
