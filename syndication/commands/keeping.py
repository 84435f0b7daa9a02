"""Backups, restorations, moves from one kind of database to another."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from collector.door import given_by_file
from syndication.commands.console import AsJson, give, give_json, say
from syndication.commands.progress import shown
from syndication.instants import now_in_paris
from syndication.keeping.backup import KEYS, back_up
from syndication.keeping.bases import COLLECTOR, HUB
from syndication.keeping.manifest import Manifest
from syndication.keeping.move import Moved
from syndication.keeping.move import move as move_bases
from syndication.keeping.restore import Restored, Wish
from syndication.keeping.restore import restore as restore_bases
from syndication.settings import Settings

Folder = Annotated[Path, typer.Argument(metavar="DOSSIER", help="Le dossier de la sauvegarde.")]
Replace = Annotated[bool, typer.Option("--replace", help="Remplace, pour de bon, ce qui est déjà là.")]


def backup(
    folder: Folder,
    without_keys: Annotated[
        bool, typer.Option("--without-keys", help="Laisse de côté les clés secrètes du dossier de données.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Sauvegarde les deux bases dans un nouveau dossier, pendant que le service travaille."""
    with shown() as tell:
        done = back_up(Settings.from_environment(), folder, now_in_paris(), tell, with_keys=not without_keys)
    if as_json:
        give_json({"dossier": str(folder), **_kept(done)})
        return
    for name, base in done.bases.items():
        give(f"{name} : {base.rows} lignes dans {len(base.tables)} tables, schéma {base.revision}")
    give(f"{folder} : {len(done.files)} fichiers, {done.size} octets, comptés et vérifiés (SHA-256)")
    if KEYS in done.files:
        say(f"{folder}/{KEYS} y est : ces clés ouvrent les liens et les sessions. Gardez ce dossier comme les données.")
    else:
        say("Les clés secrètes n'y sont pas : gardez-les ailleurs, sans elles aucun lien ne s'ouvrira.")


def restore(
    folder: Folder,
    withdrawals: Annotated[
        list[Path] | None,
        typer.Option(metavar="FICHIER", help="Un registre des retraits plus récent que la sauvegarde ; répétable."),
    ] = None,
    replace: Replace = False,
    other_keys: Annotated[
        bool, typer.Option("--other-keys", help="Se passe des clés de la sauvegarde : ses liens sont perdus.")
    ] = False,
    mails_due: Annotated[
        bool, typer.Option("--mails-due", help="Aucun mail n'est parti depuis : ceux qui attendaient partiront.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Restaure les deux bases d'une sauvegarde, puis les met au jour d'aujourd'hui : rien de ce qui fut retiré depuis
    ne revient, personne ne reçoit deux fois un mail."""
    wish = Wish(tuple(withdrawals or ()), replace, other_keys, not mails_due)
    with shown() as tell:
        done = restore_bases(Settings.from_environment(), folder, wish, now_in_paris, tell)
    if as_json:
        give_json({"dossier": str(folder), **_kept(done.manifest), **_brought(done)})
        return
    _tell_restored(done)


def move(
    collector: Annotated[
        str, typer.Option(metavar="URL", envvar="SIRIUS_MOVE_COLLECTOR_DATABASE_URL", help="Où va le recueil.")
    ] = "",
    syndication: Annotated[
        str, typer.Option(metavar="URL", envvar="SIRIUS_MOVE_SYNDICATION_DATABASE_URL", help="Où va la diffusion.")
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Déménage les bases de SQLite à PostgreSQL, ou l'inverse, et relit chaque ligne ; le service est arrêté."""
    held = given_by_file((f"move_{name}_database_url" for name in (HUB, COLLECTOR)), os.environ)
    told = {
        name: url or held.get(f"move_{name}_database_url", "")
        for name, url in ((HUB, syndication), (COLLECTOR, collector))
    }
    addresses = {name: url for name, url in told.items() if url}
    if not addresses:
        raise typer.BadParameter("une adresse au moins est attendue : --collector, --syndication")
    with shown() as tell:
        moved = move_bases(Settings.from_environment(), addresses, tell)
    if as_json:
        give_json({name: [_table(one) for one in tables] for name, tables in moved.items()})
        return
    for name, tables in moved.items():
        for one in tables:
            give(f"{name}.{one.table} : {one.rows} lignes, {one.sha256}")
    variables = " et ".join(f"SIRIUS_{name.upper()}_DATABASE_URL" for name in moved)
    say(
        f"Chaque ligne a été relue. Réglez {variables}, puis lancez le service. L'ancienne base est intacte : "
        "effacez-la quand tout va bien."
    )


def _kept(told: Manifest) -> Mapping[str, Any]:
    return {
        "moment": told.moment.isoformat(),
        "version": told.release,
        "octets": told.size,
        "cles": KEYS in told.files,
        "bases": {
            name: {
                "genre": base.kind, "schema": base.revision, "lignes": base.rows,
                "tables": {table: kept.rows for table, kept in base.tables.items()},
            }
            for name, base in told.bases.items()
        },
    }  # fmt: skip


def _brought(done: Restored) -> Mapping[str, Any]:
    again, purged = done.done.again, done.done.purged
    return {
        "migree": done.migrated,
        "registre_plus_recent": done.later,
        "lignes_illisibles": done.damaged,
        "defauts": list(done.faults),
        "retraits": {"reponses": again.responses, "textes": again.texts},
        "desinscriptions": again.opt_outs,
        "campagnes_closes": again.campaigns,
        "mails_incertains": done.done.uncertain,
        "mails_du_service": done.done.letters,
        "reponses_prises": done.done.taken,
        "effaces": {"adresses": purged.contacts, "liens": purged.links, "brouillons": purged.drafts},
    }


def _table(one: Moved) -> Mapping[str, Any]:
    return {"table": one.table, "lignes": one.rows, "sha256": one.sha256}


def _tell_restored(done: Restored) -> None:
    told, again = done.manifest, done.done.again
    day = f"{told.moment:%d/%m/%Y à %H:%M}"
    for name, base in told.bases.items():
        give(f"{name} : {base.rows} lignes, comptées, du {day}")
    give(
        f"Refait depuis, réponses retirées : {again.responses}, textes retirés : {again.texts}, "
        f"désinscriptions : {again.opt_outs}, campagnes closes : {again.campaigns}"
    )
    if not done.later:
        say(
            "Aucun registre des retraits plus récent n'a été trouvé : ce que des auteurs ont retiré depuis le "
            f"{day} est revenu. S'il existe ailleurs, relancez avec --replace --withdrawals FICHIER."
        )
    if done.damaged:
        say(
            f"{done.damaged} ligne(s) des registres des retraits ne se lisent pas : ce qu'elles disaient n'a pas été "
            "refait. Cherchez-en une copie saine, puis relancez avec --replace --withdrawals FICHIER."
        )
    if done.done.uncertain or done.done.letters:
        say(
            f"Étaient dus et sont peut-être partis, invitations : {done.done.uncertain}, autres mails : "
            f"{done.done.letters}. Ils ne partiront pas d'eux-mêmes (sirius campaign mails ID --resend-uncertain)."
        )
    say("Les décisions, accès et clés retirés depuis ce jour sont à revoir.")
    for fault in done.faults:
        say(fault)
    if not done.faults:
        say("Le service peut démarrer.")
