"""Running the service: demo, serve, worker, migrate, doctor."""

import asyncio
import logging
import os
import socket
import subprocess
import sys
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from collector import door as collector
from syndication import asgi, boot
from syndication import worker as background
from syndication.app import create_app
from syndication.commands.console import AsJson, give, give_json, opened_hub, say
from syndication.commands.progress import shown
from syndication.demo import build
from syndication.demo import serve as demo_server
from syndication.demo.catalogue_site import create_catalogue
from syndication.demo.nation.build import build as build_nation
from syndication.demo.nation.places import WHOLE_REVIEWS
from syndication.doctor import examine
from syndication.errors import ConfigurationError
from syndication.instants import now_in_paris
from syndication.protocol import options
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
    hub = asgi.open_hub(Settings.of(leaf), clock)
    if nation:
        with shown() as tell:
            build_nation(hub, reviews, tell)
    else:
        build.build(hub, clock)
    doors = asdict(build.open_doors(hub, catalogue_url))
    if as_json:
        give_json(doors)
    else:
        width = max(map(len, DOOR_NAMES.values()))
        for name, address in doors.items():
            give(f"{DOOR_NAMES[name]:<{width}}  {address}")
    if sockets is None:
        hub.close()
    else:
        say("Ctrl-C pour arrêter.")
        demo_server.serve(create_app(hub), create_catalogue(service_url), *sockets)


def serve(
    host: Annotated[str, typer.Option(help="Adresse d'écoute.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port d'écoute.", min=0, max=65535)] = 8000,
    workers: Annotated[
        int, typer.Option(help="Processus web ; au-delà d'un, le travail de fond a le sien.", min=1)
    ] = 1,
) -> None:
    """Sert le recueil, la diffusion et le widget, et fait le travail de fond."""
    with opened_hub():
        pass
    os.environ[asgi.BACKGROUND] = "1" if workers == 1 else "0"
    check_free(host, port)
    stopping = threading.Event()
    keeper = threading.Thread(target=_keep_working, args=(stopping,))
    if workers > 1:
        keeper.start()
    try:
        uvicorn.run("syndication.asgi:application", factory=True, host=host, port=port, workers=workers, **options())
    finally:
        stopping.set()


def check_free(host: str, port: int) -> None:
    """Raise ConfigurationError when an address cannot be listened on."""
    try:
        with socket.create_server((host, port)):
            pass
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or "adresse impossible"
        raise ConfigurationError(
            f"{host}:{port} ne peut pas être écouté ({reason}) : voyez --host et --port."
        ) from None


def _keep_working(stopping: threading.Event) -> None:
    """Keep one process at the background work: another takes over from one that dies."""
    while not stopping.is_set():
        process = subprocess.Popen([sys.executable, "-m", "syndication", "worker"])
        while process.poll() is None and not stopping.wait(0.5):
            pass
        if stopping.is_set():
            process.terminate()
            process.wait()
        else:
            say("Le travail de fond s'est arrêté : un autre processus le reprend.")
            stopping.wait(1)


def worker() -> None:
    """Fait seulement le travail de fond, jusqu'à ce qu'on l'arrête."""
    logging.basicConfig(level=logging.INFO)
    with opened_hub() as hub:
        say("Au travail. Ctrl-C pour arrêter.")
        asyncio.run(background.work_for_ever(hub))


def migrate() -> None:
    """Met les deux bases au schéma de cette version."""
    settings = Settings.from_environment()
    with collector.at_work(settings.data_dir):
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
