"""``python -m collector serve``: the collector alone."""

import argparse
import socket
import sys

import uvicorn

from collector.asgi import application
from collector.errors import CollectorError
from collector.serving.options import server_options


def main() -> int:
    """Run the command line; gives the exit status."""
    parser = argparse.ArgumentParser(prog="python -m collector", description="Le recueil des réponses, seul.")
    commands = parser.add_subparsers(required=True)
    serve = commands.add_parser("serve", help="sert les questionnaires", epilog="python -m collector serve --port 8010")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8010)
    options = parser.parse_args()
    try:
        app = application()
    except CollectorError as error:
        print(f"Erreur : {error}", file=sys.stderr)  # noqa: T201 the command's own output
        return 1
    try:
        with socket.create_server((options.host, options.port)):
            pass
    except OSError as error:
        print(f"Erreur : {options.host}:{options.port} ne peut pas être écouté ({error.strerror}).", file=sys.stderr)  # noqa: T201
        return 1
    uvicorn.run(app, host=options.host, port=options.port, **server_options())
    return 0


if __name__ == "__main__":
    sys.exit(main())
