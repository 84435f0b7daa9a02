"""Examples for who deploys, given by name."""

from typing import Annotated

import typer

from syndication.commands.console import give
from syndication.deploy import EXAMPLES, example


def deploy(
    name: Annotated[str, typer.Argument(metavar="NOM", help=f"L'exemple voulu : {', '.join(EXAMPLES)}.")],
) -> None:
    """Donne un exemple à adapter : nginx, unité systemd, conteneur, alertes (règles de Prometheus), notes de CDN."""
    if name not in EXAMPLES:
        raise typer.BadParameter(f"« {name} » n'est pas un exemple ; il y a {', '.join(EXAMPLES)}.")
    give(example(name).rstrip("\n"))
