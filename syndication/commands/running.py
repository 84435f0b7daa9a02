"""Running the service: demo, worker, migrate, doctor."""

import logging
import os
from collections.abc import Mapping
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from collector import door as collector
from collector.watch import logs
from syndication import asgi, boot
from syndication.app import create_app
from syndication.commands.console import AsJson, give, give_json, say
from syndication.commands.plainly import told_plainly
from syndication.commands.progress import shown
from syndication.demo import build
from syndication.demo import serve as demo_server
from syndication.demo.catalogue_site import create_catalogue
from syndication.demo.nation.build import build as build_nation
from syndication.demo.nation.places import WHOLE_REVIEWS
from syndication.doctor import examine
from syndication.instants import now_in_paris
from syndication.serving import claim, processes
from syndication.settings import Settings

DOOR_NAMES = {
    "catalogue": "Un catalogue qui montre les avis",
    "apprenti": "Le lien d'un apprenti",
    "cfa": "L'espace d'un centre",
    "moderation": "Le bureau des modérateurs",
    "integrer": "Construire un widget",
    "api": "L'API",
}


def demo(
    port: Annotated[
        int, typer.Option(help="Port du service ; le catalogue prend le suivant.", min=1, max=65534)
    ] = 8000,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Dossier des données.", show_default="demo, ou nation")
    ] = None,
    nation: Annotated[bool, typer.Option("--nation", help="Une nation inventée au lieu de quelques centres.")] = False,
    reviews: Annotated[
        int, typer.Option(help="Avec --nation : combien d'avis elle a donnés.", min=100)
    ] = WHOLE_REVIEWS,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="Construit sans servir.")] = False,
    as_json: AsJson = False,
) -> None:
    """Construit une démonstration vivante et la sert, avec un catalogue d'exemple sur le port suivant."""
    sockets = None if no_serve else (demo_server.listen(port), demo_server.listen(port + 1))
    service_url, catalogue_url = (f"http://{demo_server.HOST}:{number}" for number in (port, port + 1))
    directory = directory or Path("nation" if nation else "demo")
    leaf = collector.Settings(data_dir=directory, public_url=service_url, collector_database_url="", secret_keys=())
    clock = build.DemoClock(now_in_paris)
    settings, address = Settings.of(leaf), service_url.removeprefix("http://")
    with (
        collector.at_work(settings.folders), claim.working(settings), claim.serving(settings, os.getpid(), address)
    ):  # fmt: skip
        hub = asgi.open_hub(settings, clock)
        if nation:
            with shown() as tell:
                build_nation(hub, reviews, tell)
        else:
            build.build(hub, clock)
        _tell_doors(asdict(build.open_doors(hub, catalogue_url)), as_json=as_json)
        if sockets is None:
            hub.close()
        else:
            say("Ctrl-C pour arrêter.")
            demo_server.serve(create_app(hub), create_catalogue(service_url), *sockets)


def _tell_doors(doors: Mapping[str, str], *, as_json: bool) -> None:
    if as_json:
        give_json(doors)
        return
    width = max(map(len, DOOR_NAMES.values()))
    for name, address in doors.items():
        give(f"{DOOR_NAMES[name]:<{width}}  {address}")


def worker() -> None:
    """Fait seulement le travail de fond, jusqu'à ce qu'on l'arrête ; il finit alors ce qui est en cours."""
    with told_plainly(logs.teller(say, logging.ERROR)):
        processes.work(partial(logs.teller(say), "Au travail. Ctrl-C pour arrêter."))


def migrate() -> None:
    """Met les deux bases au schéma de cette version."""
    settings = Settings.from_environment()
    with collector.at_work(settings.folders):
        hub = asgi.open_hub(settings)
        try:
            boot.migrate(hub)
        finally:
            hub.close()
    say("Les deux bases sont à jour.")


def doctor(as_json: AsJson = False) -> None:
    """Vérifie la configuration, les bases, les migrations, les secrets, et que les mots publiés sont ceux qui ont été
    écrits (jusqu'à 5 000 textes tirés au sort à chaque fois) ; une ligne par défaut."""
    faults = examine(Settings.from_environment)
    if as_json:
        give_json({"defauts": faults})
    for fault in faults:
        say(fault)
    if faults:
        raise typer.Exit(1)
    if not as_json:
        say("Tout va bien.")
