"""What commands share: opening the hub, speaking to people on standard error and to scripts on standard output."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from collector.door import at_work
from syndication import asgi, boot
from syndication.commands.plainly import say
from syndication.context import Hub
from syndication.errors import ConfigurationError
from syndication.serving.company import strangers
from syndication.settings import Settings

__all__ = ["AsJson", "give", "give_json", "opened_hub", "say"]
AsJson = Annotated[bool, typer.Option("--json", help="Écrit une valeur JSON sur la sortie standard.")]


def give(text: str) -> None:
    """A line of result."""
    print(text, flush=True)  # noqa: T201 the command's own output


def give_json(value: Any) -> None:
    """The result as one JSON value."""
    give(json.dumps(value, ensure_ascii=False))


@contextmanager
def opened_hub() -> Iterator[Hub]:
    """The hub on the settings of the environment; new databases get their schema, old ones must be up to date.

    Raises FolderBusy while they are being restored or moved, ConfigurationError while others work there with other
    settings: links that it would make would lead nowhere.
    """
    settings = Settings.from_environment()
    with at_work(settings.folders):
        hub = asgi.open_hub(settings)
        try:
            boot.prepare(hub)
            if difference := strangers(settings):
                raise ConfigurationError(difference)
            yield hub
        finally:
            hub.close()
