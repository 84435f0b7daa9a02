"""Serving: the one command that starts others, and loads nothing else, for it is the first to be waited for."""

import asyncio
import logging
import socket
from typing import Annotated

import typer

from collector.watch import logs
from syndication.commands.plainly import say, told_plainly
from syndication.errors import ConfigurationError
from syndication.serving.watcher import Watcher

BACKLOG = 2048
"""Connections that may wait to be accepted, as far as the system allows."""


def serve(
    host: Annotated[str, typer.Option(help="Adresse d'écoute.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port d'écoute.", min=0, max=65535)] = 8000,
    workers: Annotated[
        int, typer.Option(help="Processus web ; au-delà d'un, le travail de fond a le sien.", min=1)
    ] = 1,
) -> None:
    """Sert le recueil, la diffusion et le widget, et fait le travail de fond. SIGHUP remplace les processus un à un
    sans refuser une requête ; SIGTERM et Ctrl-C finissent ce qui est en cours, puis arrêtent."""
    with told_plainly(logs.teller(say, logging.ERROR)):
        raise typer.Exit(asyncio.run(Watcher(listen(host, port), workers, logs.teller(say)).watch()))


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; raises ConfigurationError when it cannot."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        from collector.door import reason_of  # noqa: PLC0415 it weighs more than all else here

        reason = reason_of(error) if isinstance(error, OSError) else "adresse impossible"
        raise ConfigurationError(
            f"{host}:{port} ne peut pas être écouté ({reason}) : voyez --host et --port."
        ) from None


def check_free(host: str, port: int) -> None:
    """Raise ConfigurationError when an address cannot be listened on."""
    listen(host, port).close()
