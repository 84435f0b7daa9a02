"""Mails: invite a roster, see where its mails stand, hand them over, note those that came back; forget in time."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from collector.door import Collector, Invitations, doubt_of
from syndication import worker
from syndication.commands.console import AsJson, give, give_json, opened_hub, say
from syndication.errors import CampaignRefused, ClockDoubted

SHOWN = 20
"""Rejected rows shown to people; ``--json`` gives them all."""
Campaign = Annotated[str, typer.Argument(metavar="ID", help="Identifiant de la campagne.")]


def campaign_invite(
    identifier: Campaign,
    roster: Annotated[Path, typer.Argument(metavar="FICHIER", help="Liste d'adresses : CSV ou classeur .xlsx.")],
    reminders: Annotated[int, typer.Option(help="Relances à qui n'a pas répondu.", min=0, max=2)] = 2,
    every: Annotated[int, typer.Option(help="Jours entre deux mails.", min=1, max=60)] = 7,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Lit et vérifie tout, n'invite personne.")] = False,
    as_json: AsJson = False,
) -> None:
    """Invite par mail les adresses d'une liste ; jamais deux fois la même dans une campagne."""
    with opened_hub() as hub:
        report = hub.collector.invite(identifier, roster, reminders=reminders, every_days=every, dry_run=dry_run)
        where = _where(hub.collector)
    if as_json:
        give_json(_as_json(report) | {"essai": dry_run})
        return
    give(
        f"{report.read} lignes lues, {report.invited} adresses invitées, {report.known} déjà invitées, "
        f"{report.stopped} désinscrites, {len(report.rejected)} rejetées"
    )
    for line, reason in report.rejected[:SHOWN]:
        give(f"  ligne {line} rejetée : {reason}")
    if len(report.rejected) > SHOWN:
        give(f"  … et {len(report.rejected) - SHOWN} autres : --json les donne toutes")
    say("Essai : personne n'est invité." if dry_run else where)


def campaign_mails(
    identifier: Campaign,
    resend: Annotated[
        bool, typer.Option("--resend-uncertain", help="Renvoie ceux peut-être partis, au risque d'un doublon.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Dit où en sont les mails d'une campagne."""
    with opened_hub() as hub:
        again = hub.collector.resend_uncertain_mails(identifier) if resend else 0
        counts = hub.collector.mails(identifier)
    french = {
        "invitees": counts.mailed, "en_attente": counts.waiting, "incertains": counts.uncertain,
        "adresses_refusees": counts.bounced,
    }  # fmt: skip
    if as_json:
        give_json(french | {"renvoyes": again})
        return
    give(", ".join(f"{name.replace('_', ' ')} : {count}" for name, count in french.items()))
    if counts.uncertain:
        say("Incertains : le serveur a pris le mail sans l'avoir dit. Ils ne sont pas renvoyés d'office.")


def mail_send(as_json: AsJson = False) -> None:
    """Remet maintenant les mails qui attendent, sans passer par le travail de fond."""
    sent = 0
    with opened_hub() as hub:
        while left := hub.collector.hand_over_mails():
            sent += left
        courier = worker.letter_courier(hub)
        while (made := courier.hand_over()).left:
            sent += made.left
        where, trouble = _where(hub.collector), hub.collector.mail_trouble or made.unavailable
    if trouble:
        raise CampaignRefused(trouble)
    if as_json:
        give_json({"remis": sent})
    else:
        give(f"{sent} mails remis.")
        say(where)


def mail_bounced(
    reports: Annotated[list[Path], typer.Argument(metavar="FICHIER…", help="Avis de non-remise (.eml).")],
    as_json: AsJson = False,
) -> None:
    """Lit des avis de non-remise : plus rien n'est envoyé aux adresses qu'ils disent perdues."""
    with opened_hub() as hub:
        stopped = sum(hub.collector.note_bounces(path.read_bytes()) for path in reports)
    if as_json:
        give_json({"adresses": stopped})
    else:
        give(f"{stopped} adresses ne recevront plus rien.")


def purge(as_json: AsJson = False) -> None:
    """Efface ce dont le temps est passé : adresses, liens, réponses inachevées."""
    with opened_hub() as hub:
        if doubt := doubt_of(hub.settings.data_dir, hub.clock()):
            raise ClockDoubted(doubt)
        purged = hub.collector.purge()
    french = dict(zip(("adresses", "liens", "brouillons", "desinscriptions"), asdict(purged).values(), strict=True))
    if as_json:
        give_json(french)
    else:
        give("Effacés : " + ", ".join(f"{name} {count}" for name, count in french.items()))


def _where(collector: Collector) -> str:
    if collector.outbox is not None:
        return (
            f"SIRIUS_SMTP_URL est absent : les mails sont écrits dans {collector.outbox}/*.eml. "
            "Chacun porte une adresse et un lien : supprimez-les une fois remis."
        )
    return "Les mails partent par le travail de fond (sirius serve, sirius worker), ou par « sirius mail send »."


def _as_json(report: Invitations) -> dict[str, object]:
    return {
        "lues": report.read,
        "invitees": report.invited,
        "deja_invitees": report.known,
        "desinscrites": report.stopped,
        "rejetees": [{"ligne": line, "raison": reason} for line, reason in report.rejected],
    }
