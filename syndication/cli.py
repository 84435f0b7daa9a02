"""The ``sirius`` command. Each command does what a page or a worker would, through the same functions."""

from collections.abc import Callable
from typing import Any

import typer

from syndication.commands import (
    campaigns,
    centres,
    data,
    keeping,
    mails,
    moderation,
    partners,
    people,
    questionnaires,
    running,
)
from syndication.commands.plainly import told_plainly

EXAMPLES = {
    "demo": "sirius demo --port 8000",
    "serve": "sirius serve --host 0.0.0.0 --port 8000 --workers 2",
    "worker": "sirius worker",
    "migrate": "sirius migrate",
    "doctor": "sirius doctor",
    "backup": "sirius backup /sauvegardes/2026-11-24",
    "restore": "sirius restore /sauvegardes/2026-11-24 --withdrawals /autre-disque/retraits",
    "move": "sirius move --collector postgresql://sirius@base/recueil --syndication postgresql://sirius@base/avis",
    "signin": "sirius signin lea@exemple.fr --role moderator",
    "catalogue import": "sirius catalogue import n_formation_diplome.csv certif_info.csv --dry-run",
    "catalogue opco": "sirius catalogue opco opco.csv",
    "responses import": "sirius responses import temoignages.csv --formation 50022146 --etablissement 0751234J",
    "centre close": "sirius centre close 0751234J --on 2027-08-31 --into 9990001X",
    "centre reopen": "sirius centre reopen 0751234J",
    "campaign open": "sirius campaign open --formation 50022146 --etablissement 0751234J --seats 30",
    "campaign links": "sirius campaign links IDENTIFIANT --count 30 --csv",
    "campaign close": "sirius campaign close IDENTIFIANT",
    "campaign qr": "sirius campaign qr IDENTIFIANT affiche.svg",
    "campaign invite": "sirius campaign invite IDENTIFIANT apprentis.xlsx --reminders 2 --every 7",
    "campaign mails": "sirius campaign mails IDENTIFIANT",
    "mail send": "sirius mail send",
    "mail bounced": "sirius mail bounced retour.eml",
    "purge": "sirius purge",
    "moderation learn": "sirius moderation learn",
    "partner add": "sirius partner add Catalogue --origin https://www.exemple.fr --origin https://exemple.fr",
    "partner list": "sirius partner list",
    "partner rotate": "sirius partner rotate Catalogue",
    "partner revoke": "sirius partner revoke Catalogue",
    "webhook add": "sirius webhook add Catalogue https://www.exemple.fr/sirius --event avis.retire",
    "webhook list": "sirius webhook list",
    "webhook stop": "sirius webhook stop wh_0123456789ab",
    "webhook start": "sirius webhook start wh_0123456789ab",
    "webhook rotate": "sirius webhook rotate wh_0123456789ab",
    "webhook replay": "sirius webhook replay wh_0123456789ab",
    "import": "sirius import avis.ndjson verbatims.ndjson",
    "export": "sirius export verbatims --format csv > verbatims.csv",
    "questionnaire check": "sirius questionnaire check 2027-1.toml",
    "questionnaire show": "sirius questionnaire show 2026-1 --langue en",
    "questionnaire publish": "sirius questionnaire publish 2027-1.toml",
    "questionnaire withdraw": "sirius questionnaire withdraw 2026-1",
    "questionnaire preview": "sirius questionnaire preview 2027-1.toml --port 8020",
}

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="Sirius recueille ce que les apprentis disent de leur formation, et le montre partout où l'on en choisit une.",
)  # fmt: skip
catalogue = typer.Typer(no_args_is_help=True, help="Le catalogue des formations et des centres.")
responses = typer.Typer(no_args_is_help=True, help="Les témoignages venus d'ailleurs.")
campaign = typer.Typer(no_args_is_help=True, help="Les campagnes, leurs liens, leurs invitations.")
centre = typer.Typer(no_args_is_help=True, help="Les centres qui ferment ou fusionnent.")
partner = typer.Typer(no_args_is_help=True, help="Les sites catalogues qui montrent les avis.")
webhook = typer.Typer(no_args_is_help=True, help="Les messages qui disent aux sites catalogues ce qui change.")
questionnaire = typer.Typer(no_args_is_help=True, help="Les questionnaires, version par version.")
desk = typer.Typer(no_args_is_help=True, help="La lecture des textes.")
mail = typer.Typer(no_args_is_help=True, help="Les mails qui partent et ceux qui reviennent.")
app.add_typer(catalogue, name="catalogue")
app.add_typer(responses, name="responses")
app.add_typer(campaign, name="campaign")
app.add_typer(centre, name="centre")
app.add_typer(partner, name="partner")
app.add_typer(webhook, name="webhook")
app.add_typer(questionnaire, name="questionnaire")
app.add_typer(mail, name="mail")
app.add_typer(desk, name="moderation")


def _add(group: typer.Typer, name: str, command: Callable[..., Any], prefix: str = "") -> None:
    example = EXAMPLES[f"{prefix}{name}"]
    group.command(name, epilog=f"Exemple : {example}")(command)


_add(app, "demo", running.demo)
_add(app, "serve", running.serve)
_add(app, "worker", running.worker)
_add(app, "migrate", running.migrate)
_add(app, "doctor", running.doctor)
_add(app, "backup", keeping.backup)
_add(app, "restore", keeping.restore)
_add(app, "move", keeping.move)
_add(app, "signin", people.signin)
_add(partner, "add", partners.partner_add, "partner ")
_add(partner, "list", partners.partner_list, "partner ")
_add(partner, "rotate", partners.partner_rotate, "partner ")
_add(partner, "revoke", partners.partner_revoke, "partner ")
_add(webhook, "add", partners.webhook_add, "webhook ")
_add(webhook, "list", partners.webhook_list, "webhook ")
_add(webhook, "stop", partners.webhook_stop, "webhook ")
_add(webhook, "start", partners.webhook_start, "webhook ")
_add(webhook, "rotate", partners.webhook_rotate, "webhook ")
_add(webhook, "replay", partners.webhook_replay, "webhook ")
_add(app, "export", data.export)
_add(app, "import", data.take_over)
_add(catalogue, "import", data.catalogue_import, "catalogue ")
_add(catalogue, "opco", data.catalogue_opco, "catalogue ")
_add(responses, "import", data.responses_import, "responses ")
_add(centre, "close", centres.centre_close, "centre ")
_add(centre, "reopen", centres.centre_reopen, "centre ")
_add(campaign, "open", campaigns.campaign_open, "campaign ")
_add(campaign, "links", campaigns.campaign_links, "campaign ")
_add(campaign, "close", campaigns.campaign_close, "campaign ")
_add(campaign, "qr", campaigns.campaign_qr, "campaign ")
_add(campaign, "invite", mails.campaign_invite, "campaign ")
_add(campaign, "mails", mails.campaign_mails, "campaign ")
_add(mail, "send", mails.mail_send, "mail ")
_add(mail, "bounced", mails.mail_bounced, "mail ")
_add(app, "purge", mails.purge)
_add(desk, "learn", moderation.learn, "moderation ")
_add(questionnaire, "check", questionnaires.check, "questionnaire ")
_add(questionnaire, "show", questionnaires.show, "questionnaire ")
_add(questionnaire, "publish", questionnaires.publish, "questionnaire ")
_add(questionnaire, "withdraw", questionnaires.withdraw, "questionnaire ")
_add(questionnaire, "preview", questionnaires.preview, "questionnaire ")


def main() -> None:
    """Run the command line: exit 0 done, 1 a fault with one clear line, 2 wrong usage."""
    with told_plainly():
        app()
