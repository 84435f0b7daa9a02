"""Catalogue sites: their origins, their keys, their webhooks, what was served to them."""

from datetime import timedelta
from typing import Annotated, Any

import typer

from syndication.commands.console import AsJson, give, give_json, opened_hub, say
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import PartnerError
from syndication.partners import keys, store
from syndication.partners.origins import read_origin
from syndication.partners.store import OTHERS, PartnerRow
from syndication.webhooks import store as webhooks
from syndication.webhooks.address import read_url
from syndication.webhooks.courier import changes_address
from syndication.webhooks.signing import secret_of
from syndication.webhooks.store import EVENTS, WebhookRow

Name = Annotated[str, typer.Argument(help="Nom du site.")]
Scopes = Annotated[
    list[str] | None,
    typer.Option("--scope", help=f"Ce que la clé permet : {', '.join(keys.SCOPES)} ; répétable, tout par défaut."),
]
WebhookId = Annotated[str, typer.Argument(help="Identifiant du webhook, comme wh_…")]


def partner_add(
    name: Name,
    origin: Annotated[
        list[str] | None, typer.Option(help="Origine de ses pages, comme https://www.exemple.fr ; répétable.")
    ] = None,
    scope: Scopes = None,
    quota: Annotated[int | None, typer.Option(help="Requêtes par minute.", min=1, max=1_000_000)] = None,
    as_json: AsJson = False,
) -> None:
    """Inscrit un site catalogue et montre sa clé, une seule fois ; d'un site inscrit, ajoute des origines."""
    wanted, allowed = [read_origin(one) for one in origin or []], _scopes(scope)
    with opened_hub() as hub:
        with writing(hub.engine).begin() as connection:
            key = store.add(connection, name.strip(), wanted, hub.clock(), scopes=allowed, quota=quota)
        policy = hub.settings.embed_policy
    if as_json:
        give_json({"nom": name.strip(), "origines": wanted, "cle": key})
        return
    give(f"{name.strip()} : {', '.join(wanted) or 'aucune origine'}")
    _show_key(key)
    if policy == "open" and wanted:
        say("SIRIUS_EMBED_POLICY vaut « open » : tous les sites peuvent montrer les avis, inscrits ou non.")


def partner_list(as_json: AsJson = False) -> None:
    """Liste les sites catalogues, leurs origines, leurs clés et ce qui leur a été servi en trente jours."""
    with opened_hub() as hub:
        now = hub.clock()
        with hub.engine.connect() as connection:
            rows = store.listed(connection)
            served = store.totals(connection, now.date() - timedelta(days=30))
    if as_json:
        give_json([_partner(row, served.get(row.id, {})) for row in rows])
        return
    for row in rows:
        alive = [f"…{key.hint} ({', '.join(key.scopes)})" for key in row.keys if key.works(now)]
        give(f"{row.name} : {', '.join(row.origins) or 'aucune origine'}{' (révoqué)' if row.revoked_at else ''}")
        give(f"  {row.quota} requêtes par minute ; clés : {', '.join(alive) or 'aucune'}")
        give(f"  en trente jours : {_counts(served.get(row.id, {}))}")
    if served.get(OTHERS):
        give(f"Tous les autres, en trente jours : {_counts(served[OTHERS])}")
    if not rows:
        say("Aucun site inscrit : « sirius partner add ».")


def partner_rotate(name: Name, scope: Scopes = None, as_json: AsJson = False) -> None:
    """Donne une nouvelle clé à un site ; l'ancienne sert encore sept jours, les plus vieilles s'arrêtent aussitôt."""
    allowed = _scopes(scope) if scope else None
    with opened_hub() as hub, writing(hub.engine).begin() as connection:
        key = store.rotate(connection, name.strip(), hub.clock(), scopes=allowed)
    if as_json:
        give_json({"nom": name.strip(), "cle": key, "ancienne_jours": keys.OVERLAP.days})
        return
    _show_key(key)
    say(f"L'ancienne clé sert encore {keys.OVERLAP.days} jours.")


def partner_revoke(
    name: Name,
    key: Annotated[str | None, typer.Option(help="Fin d'une clé : elle seule s'arrête, pas le site.")] = None,
    as_json: AsJson = False,
) -> None:
    """Retire à un site ses clés et le droit de montrer les avis, aussitôt ; ou une seule de ses clés."""
    with opened_hub() as hub, writing(hub.engine).begin() as connection:
        if key:
            store.revoke_key(connection, name.strip(), key.removeprefix("…"), hub.clock())
        else:
            store.revoke(connection, name.strip(), hub.clock())
    if as_json:
        give_json({"nom": name.strip(), "revoque": not key, "cle": key})
    else:
        give(f"{name.strip()} : {f'clé …{key} révoquée' if key else 'révoqué'}")


def webhook_add(
    partner: Name,
    url: Annotated[str, typer.Argument(help="Adresse qui recevra les messages, en https.")],
    event: Annotated[list[str] | None, typer.Option(help=f"{', '.join(EVENTS)} ; répétable, tous par défaut.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fait savoir à un site ce qui change, à une adresse ; montre le secret qui signe les messages."""
    with opened_hub() as hub:
        address = str(read_url(url, allow_local=hub.settings.webhook_local))
        with writing(hub.engine).begin() as connection:
            row = store.named(connection, partner.strip())
            if row.revoked_at is not None:
                raise PartnerError(f"« {row.name} » a été révoqué.")
            made = webhooks.add(connection, row.id, address, event or EVENTS, hub.clock())
        _show_webhook(hub, made, as_json)


def webhook_list(as_json: AsJson = False) -> None:
    """Liste les webhooks, et où en sont leurs messages."""
    with opened_hub() as hub, hub.engine.connect() as connection:
        rows = webhooks.listed(connection)
    if as_json:
        give_json([_webhook(row) for row in rows])
        return
    for row in rows:
        state = f"arrêté : {row.reason}" if row.state == webhooks.STOPPED else "en marche"
        give(f"{row.id} {row.partner} {row.url} ({state})")
        give(f"  à envoyer : {row.due}, reçus : {row.received}, abandonnés : {row.given_up}")
    if not rows:
        say("Aucun webhook : « sirius webhook add ».")


def webhook_stop(webhook: WebhookId, as_json: AsJson = False) -> None:
    """Arrête un webhook : plus rien ne lui est envoyé."""
    with opened_hub() as hub, writing(hub.engine).begin() as connection:
        webhooks.stop(connection, webhook, "Arrêté à la main.", hub.clock())
    _told({"id": webhook, "etat": webhooks.STOPPED}, f"{webhook} : arrêté", as_json)


def webhook_start(webhook: WebhookId, as_json: AsJson = False) -> None:
    """Remet un webhook en marche."""
    with opened_hub() as hub, writing(hub.engine).begin() as connection:
        webhooks.start(connection, webhook, changes_address(hub.settings.public_url), hub.clock())
    _told({"id": webhook, "etat": webhooks.ACTIVE}, f"{webhook} : en marche", as_json)


def webhook_rotate(webhook: WebhookId, as_json: AsJson = False) -> None:
    """Donne un nouveau secret à un webhook ; l'ancien signe aussi, jusqu'à la fois suivante."""
    with opened_hub() as hub:
        with writing(hub.engine).begin() as connection:
            row = webhooks.rotate(connection, webhook)
        _show_webhook(hub, row, as_json)


def webhook_replay(webhook: WebhookId, as_json: AsJson = False) -> None:
    """Envoie de nouveau un message par événement, reçus ou non."""
    with opened_hub() as hub, writing(hub.engine).begin() as connection:
        address = changes_address(hub.settings.public_url)
        count = webhooks.replay(connection, webhook, address, hub.clock())
    _told({"id": webhook, "messages": count}, f"{webhook} : {count} messages à envoyer de nouveau", as_json)


def _scopes(wanted: list[str] | None) -> tuple[str, ...]:
    unknown = [one for one in wanted or [] if one not in keys.SCOPES]
    if unknown:
        raise PartnerError(f"Une clé ne permet pas « {unknown[0]} ». Attendus : {', '.join(keys.SCOPES)}.")
    return tuple(dict.fromkeys(wanted)) if wanted else keys.SCOPES


def _show_key(key: str | None) -> None:
    if key:
        give(f"clé : {key}")
        say("Elle ne sera plus jamais montrée : gardez-la en lieu sûr.")
    else:
        say("Ce site avait déjà sa clé : « sirius partner rotate » en donne une autre.")


def _show_webhook(hub: Hub, row: WebhookRow, as_json: bool) -> None:
    secret = secret_of(hub.settings.keys()[0], row.salts[0])
    _told(_webhook(row) | {"secret": secret}, f"{row.id} {row.url}\nsecret : {secret}", as_json)


def _told(value: dict[str, Any], sentence: str, as_json: bool) -> None:
    if as_json:
        give_json(value)
    else:
        give(sentence)


def _counts(served: dict[str, int]) -> str:
    return ", ".join(f"{kind} {count}" for kind, count in sorted(served.items())) or "rien"


def _partner(row: PartnerRow, served: dict[str, int]) -> dict[str, Any]:
    return {
        "nom": row.name,
        "origines": list(row.origins),
        "quota": row.quota,
        "revoque": row.revoked_at is not None,
        "cles": [
            {
                "fin": key.hint, "portees": list(key.scopes), "creee_le": key.created_at.isoformat(),
                "expire_le": key.expires_at.isoformat() if key.expires_at else None,
                "revoquee": key.revoked_at is not None,
            }
            for key in row.keys
        ],
        "trente_jours": served,
    }  # fmt: skip


def _webhook(row: WebhookRow) -> dict[str, Any]:
    return {
        "id": row.id, "partenaire": row.partner, "url": row.url, "evenements": list(row.events), "etat": row.state,
        "raison": row.reason, "a_envoyer": row.due, "recus": row.received, "abandonnes": row.given_up,
    }  # fmt: skip
