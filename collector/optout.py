"""Stopping mails: a page that asks, a post that stops, with or without a browser (RFC 8058)."""

import logging

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from collector import links
from collector.context import Desk
from collector.errors import LedgerError, LinkError
from collector.mailing.stopping import stop_mails

log = logging.getLogger("sirius.collector")


class OptOutPages:
    """``/d/TOKEN``. The answer is the same whether the address is known or not."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def show(self, request: Request) -> Response:
        """Ask; nothing changes."""
        try:
            self._read(request)
        except LinkError:
            return self._desk.lost(request)
        return self._desk.printer.page("optout.html", path=request.url.path, done=False)

    async def post(self, request: Request) -> Response:
        """Stop every mail to an address: from our own form, or from a mail program's one click, that no page of ours
        has opened and that carries no origin."""
        try:
            address_hash = self._read(request)
        except LinkError:
            return self._desk.lost(request)
        month = self._desk.clock().strftime("%Y-%m")
        try:
            await run_in_threadpool(stop_mails, self._desk.roster, self._desk.settings.keys(), address_hash, month)
        except LedgerError:
            log.exception("an opt-out could not be recorded")
            return self._desk.printer.page("busy.html", 503)
        return self._desk.printer.page("optout.html", path=request.url.path, done=True)

    def _read(self, request: Request) -> str:
        return links.read_opt_out_token(self._desk.settings.keys(), request.path_params["token"])
