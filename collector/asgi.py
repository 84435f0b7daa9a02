"""Entry for an ASGI server: ``uvicorn --factory collector.asgi:application``."""

from collector.app import Service, create_app
from collector.collector import Collector
from collector.presence import at_work
from collector.settings import Settings


def application() -> Service:
    """The collector alone, on the settings of the environment, its schema brought up to date."""
    return opened(Settings.from_environment())


def opened(settings: Settings) -> Service:
    """The collector alone on some settings, its schema brought up to date."""
    collector = Collector(settings)
    with at_work(settings.folders):
        collector.migrate()
    return create_app(collector)
