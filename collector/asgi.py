"""Entry for an ASGI server: ``uvicorn --factory collector.asgi:application``."""

from starlette.applications import Starlette

from collector.app import create_app
from collector.door import Collector
from collector.presence import at_work
from collector.settings import Settings


def application() -> Starlette:
    """The collector alone, on the settings of the environment, its schema brought up to date."""
    settings = Settings.from_environment()
    collector = Collector(settings)
    with at_work(settings.data_dir):
        collector.migrate()
    return create_app(collector)
