"""Serving the demonstration: the service on one port, the sample catalogue on the next."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from syndication.errors import ConfigurationError

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
    main = uvicorn.Server(_config(service))
    side = _SideServer(_config(catalogue))
    running = asyncio.create_task(side.serve(sockets=[catalogue_socket]))
    try:
        await main.serve(sockets=[service_socket])
    finally:
        side.should_exit = True
        await running


class _SideServer(uvicorn.Server):
    """A server that leaves signals to the main one."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture nothing."""
        yield


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(app, log_level="warning", access_log=False, server_header=False)
