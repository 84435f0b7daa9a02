"""Serving the demonstration: the service on one port, the sample catalogue on the next."""

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from syndication.errors import ConfigurationError
from syndication.protocol import options

HOST = "127.0.0.1"


def listen(port: int) -> socket.socket:
    """A socket that already listens; raises ConfigurationError when the port is taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
    except (OSError, OverflowError):
        listener.close()
        raise ConfigurationError(f"Le port {port} n'est pas libre : choisissez-en un autre avec --port.") from None
    listener.listen(128)
    return listener


def serve(service: ASGIApp, catalogue: ASGIApp, service_socket: socket.socket, catalogue_socket: socket.socket) -> None:
    """Serve both until interrupted."""
    asyncio.run(_serve(service, catalogue, service_socket, catalogue_socket))


async def _serve(
    service: ASGIApp, catalogue: ASGIApp, service_socket: socket.socket, catalogue_socket: socket.socket
) -> None:
    servers = (_QuietServer(_config(service)), _QuietServer(_config(catalogue)))

    def stop() -> None:
        for server in servers:
            server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop)
    await asyncio.gather(
        *(
            server.serve(sockets=[sock])
            for server, sock in zip(servers, (service_socket, catalogue_socket), strict=True)
        )
    )


class _QuietServer(uvicorn.Server):
    """A server that leaves signals to whoever runs two of them."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(app, log_level="warning", **options())
