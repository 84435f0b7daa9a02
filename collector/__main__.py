"""``python -m collector serve``: the collector alone."""

import argparse
import logging
import socket
import sys

import uvicorn
from sqlalchemy.exc import SQLAlchemyError

from collector import asgi
from collector.app import Service
from collector.errors import CollectorError
from collector.serving.options import server_options
from collector.settings import Settings
from collector.trouble import reason_of, trouble_of, unusable
from collector.watch import logs


def main() -> int:
    """Run the command line; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m collector", description="Le recueil des réponses, seul.")
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser("serve", help="sert les questionnaires", epilog="python -m collector serve --port 8010")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8010)
    options = parser.parse_args()
    try:
        settings = Settings.from_environment()
        app = _opened(settings)
        _check_free(options.host, options.port)
    except CollectorError as error:
        return _fail(str(error))
    logs.configure(settings.log_format)
    uvicorn.run(app, host=options.host, port=options.port, log_config=None, log_level="info", **server_options())
    return 0


def _opened(settings: Settings) -> Service:
    """The application; raises CollectorError."""
    try:
        return asgi.opened(settings)
    except SQLAlchemyError as error:
        place = "SIRIUS_COLLECTOR_DATABASE_URL" if settings.collector_database_url else "SIRIUS_DATA_DIR"
        raise CollectorError(trouble_of(error, settings.database_url, place)) from None
    except OSError as error:
        raise CollectorError(unusable(settings.data_dir, error)) from None


def _check_free(host: str, port: int) -> None:
    """Raise CollectorError when an address cannot be listened on."""
    try:
        socket.create_server((host, port)).close()
    except OSError as error:
        raise CollectorError(f"{host}:{port} ne peut pas être écouté ({reason_of(error)}).") from None


def _fail(sentence: str) -> int:
    logs.teller(lambda told: print(told, file=sys.stderr), logging.ERROR)(f"Erreur : {sentence}")  # noqa: T201 the command's own output
    return 1


if __name__ == "__main__":
    sys.exit(main())
