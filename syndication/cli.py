"""The ``sirius`` command. Each command does what a page or a worker would, through the same functions."""

import sys
from collections.abc import Mapping
from importlib import import_module

import typer

from syndication.commands.plainly import told_plainly
from syndication.loading import loading

EXAMPLES = {
    "demo": "sirius demo --port 8000",
    "serve": "sirius serve --host 0.0.0.0 --port 8000 --workers 2",
    "worker": "sirius worker",
    "migrate": "sirius migrate",
    "doctor": "sirius doctor",
    "deploy": "sirius deploy nginx > /etc/nginx/conf.d/sirius.conf",
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

COMMANDS = {
    "demo": "running.demo",
    "serve": "serving.serve",
    "worker": "running.worker",
    "migrate": "running.migrate",
    "doctor": "running.doctor",
    "deploy": "deploying.deploy",
    "backup": "keeping.backup",
    "restore": "keeping.restore",
    "move": "keeping.move",
    "signin": "people.signin",
    "partner add": "partners.partner_add",
    "partner list": "partners.partner_list",
    "partner rotate": "partners.partner_rotate",
    "partner revoke": "partners.partner_revoke",
    "webhook add": "partners.webhook_add",
    "webhook list": "partners.webhook_list",
    "webhook stop": "partners.webhook_stop",
    "webhook start": "partners.webhook_start",
    "webhook rotate": "partners.webhook_rotate",
    "webhook replay": "partners.webhook_replay",
    "export": "data.export",
    "import": "data.take_over",
    "catalogue import": "data.catalogue_import",
    "catalogue opco": "data.catalogue_opco",
    "responses import": "data.responses_import",
    "centre close": "centres.centre_close",
    "centre reopen": "centres.centre_reopen",
    "campaign open": "campaigns.campaign_open",
    "campaign links": "campaigns.campaign_links",
    "campaign close": "campaigns.campaign_close",
    "campaign qr": "campaigns.campaign_qr",
    "campaign invite": "mails.campaign_invite",
    "campaign mails": "mails.campaign_mails",
    "mail send": "mails.mail_send",
    "mail bounced": "mails.mail_bounced",
    "purge": "mails.purge",
    "moderation learn": "moderation.learn",
    "questionnaire check": "questionnaires.check",
    "questionnaire show": "questionnaires.show",
    "questionnaire publish": "questionnaires.publish",
    "questionnaire withdraw": "questionnaires.withdraw",
    "questionnaire preview": "questionnaires.preview",
}
"""Which function does what is asked, by its words: one of a module of ``commands``."""
GROUPS = {
    "catalogue": "Le catalogue des formations et des centres.",
    "responses": "Les témoignages venus d'ailleurs.",
    "campaign": "Les campagnes, leurs liens, leurs invitations.",
    "centre": "Les centres qui ferment ou fusionnent.",
    "partner": "Les sites catalogues qui montrent les avis.",
    "webhook": "Les messages qui disent aux sites catalogues ce qui change.",
    "questionnaire": "Les questionnaires, version par version.",
    "mail": "Les mails qui partent et ceux qui reviennent.",
    "moderation": "La lecture des textes.",
}
HELP = "Sirius recueille ce que les apprentis disent de leur formation, et le montre partout où l'on en choisit une."


def assembled(commands: Mapping[str, str]) -> typer.Typer:
    """A command line of some commands, whose modules are loaded here."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=HELP)
    groups: dict[str, typer.Typer] = {}
    for words, place in commands.items():
        group, _, name = words.rpartition(" ")
        if group and group not in groups:
            groups[group] = typer.Typer(no_args_is_help=True, help=GROUPS[group])
            app.add_typer(groups[group], name=group)
        module, _, function = place.partition(".")
        run = getattr(import_module(f"syndication.commands.{module}"), function)
        (groups[group] if group else app).command(name, epilog=f"Exemple : {EXAMPLES[words]}")(run)
    app.callback()(lambda: None)  # without it, one command alone would be run without its name
    return app


def wanted(arguments: list[str]) -> Mapping[str, str]:
    """The commands that a command line may mean: those that begin with its first word, or all of them.

    Loading what the others need takes longer than most commands do.
    """
    first = arguments[0] if arguments else ""
    return {words: place for words, place in COMMANDS.items() if words.partition(" ")[0] == first} or COMMANDS


def main() -> None:
    """Run the command line: exit 0 done, 1 a fault with one clear line, 2 wrong usage."""
    with told_plainly():
        with loading():
            app = assembled(wanted(sys.argv[1:]))
        app()
