"""Serving a demonstration that was built, on the databases of the environment: ``sirius demo`` keeps to files."""

import json
import sys
from dataclasses import asdict

from syndication import asgi
from syndication.app import create_app
from syndication.demo import build
from syndication.demo import serve as demo_server
from syndication.demo.catalogue_site import create_catalogue
from syndication.settings import Settings


def main() -> None:
    """Serve on a port and the next until interrupted, once the doors were printed as ``sirius demo --json`` does."""
    port = int(sys.argv[1])
    sockets = demo_server.listen(port), demo_server.listen(port + 1)
    hub = asgi.open_hub(Settings.from_environment())
    print(json.dumps(asdict(build.open_doors(hub, f"http://{demo_server.HOST}:{port + 1}"))), flush=True)
    demo_server.serve(create_app(hub), create_catalogue(hub.settings.public_url), *sockets)


if __name__ == "__main__":
    main()
