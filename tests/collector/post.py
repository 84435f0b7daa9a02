"""A real mail server in the test process, that fails where it is told to; and what the tests of mails share."""

import asyncio
import re
import ssl
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cached_property
from pathlib import Path
from socket import SO_RCVBUF, SOL_SOCKET
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from collector.door import CampaignOrder, Collector, Settings
from collector.mailing.courier import Courier
from collector.mailing.transport import Smtp
from collector.settings import server_of
from tests import conftest, databases
from tests.helpers import NOON, Client, Clock

KEY, NEW_KEY = conftest.KEY, "n" * 40
LEA, NOE, ZOE = "lea@exemple.fr", "noe@exemple.fr", "zoe@exemple.fr"
PUBLIC_URL = "http://127.0.0.1:8000"
SENDER = "Sirius <avis@sirius.exemple.fr>"
LINK = re.compile(r"http://127\.0\.0\.1:8000/r/[A-Za-z0-9_-]{22}\b")
OPT_OUT = re.compile(r"http://127\.0\.0\.1:8000/d/[A-Za-z0-9_.-]+")
ALWAYS = 1_000_000
USER, PASSWORD = "sirius@exemple.fr", "secret/a:b@c"
DROP, REPLY_AND_DROP, STALL, SLOW = "drop", "reply and drop", "stall", "slow"
QUICK, PATIENT = 0.15, 5.0
"""Seconds for which tests wait for a server that does not answer, and for one that should."""


@dataclass
class Fault:
    """Where the server fails, how, and how many times.

    ``step``: ``connect``, ``EHLO``, ``STARTTLS``, ``AUTH``, ``NOOP``, ``MAIL``, ``RCPT``, ``DATA``, ``content``
    (while it is being read), ``end`` (it was read whole). ``how``: ``DROP`` cuts instead of replying,
    ``REPLY_AND_DROP`` cuts after it, ``STALL`` never replies, ``SLOW`` does a moment later; anything else is the
    reply. ``to``: for this recipient
    alone. ``keeps``: a mail that was read whole is delivered, though nothing says so.
    """

    step: str
    how: str = DROP
    times: int = ALWAYS
    to: str = ""
    keeps: bool = True

    @property
    def refuses(self) -> bool:
        return self.how[:1] in {"4", "5"}


@dataclass(frozen=True)
class Received:
    """A mail as the server took it."""

    sender: str
    recipient: str
    content: bytes
    encrypted: bool
    authenticated: bool

    @cached_property
    def message(self) -> EmailMessage:
        return parsed(self.content)


class Post:
    """The server: aiosmtpd in a thread of its own, on a free port of 127.0.0.1."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None) -> None:
        self.received: list[Received] = []
        self.commands: list[str] = []
        self.connections = 0
        self.fault: Fault | None = None
        self._scheme = "smtps" if tls else "smtp"
        self._controller = _Controller(
            self, hostname="127.0.0.1", port=0, ssl_context=tls, tls_context=starttls, data_size_limit=None,
            server_hostname="poste.exemple.fr", authenticator=_authenticate, auth_require_tls=tls is None,
        )  # fmt: skip
        self.open: set[_Server] = set()
        self._controller.start()
        self.connections = 0

    def stop(self) -> None:
        """Cut what is still connected, then close."""
        asyncio.run_coroutine_threadsafe(self._cut_all(), self._controller.loop).result(5)
        self._controller.stop()

    async def _cut_all(self) -> None:
        while self.open:
            for server in list(self.open):
                server.abort()
            await asyncio.sleep(0.001)

    def url(self, query: str = "?tls=aucun", credentials: str = "", host: str = "127.0.0.1") -> str:
        return f"{self._scheme}://{credentials}{host}:{self._controller.port}{query}"

    def got(self) -> Counter[tuple[str, int]]:
        """How many times each address received each stage."""
        return Counter((mail.recipient, stage_of(mail.message)) for mail in self.received)

    def fault_at(self, step: str, recipient: str, *, spend: bool = True) -> Fault | None:
        """The fault that strikes now, or None."""
        fault = self.fault
        if fault is None or fault.step != step or fault.times < 1 or fault.to not in {"", recipient}:
            return None
        fault.times -= spend
        return fault

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Called by aiosmtpd when a mail was read whole."""
        server.step = "end"
        (recipient,) = envelope.rcpt_tos
        fault = self.fault_at("end", recipient, spend=False)
        if fault is None or (fault.keeps and not fault.refuses):
            encrypted = session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None
            mail = Received(envelope.mail_from, recipient, envelope.content, encrypted, bool(session.authenticated))
            self.received.append(mail)
        return "250 OK"


class _Controller(Controller):
    def factory(self) -> "_Server":
        self.handler.connections += 1
        return _Server(self.handler, **self.SMTP_kwargs)

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        server.sockets[0].setsockopt(SOL_SOCKET, SO_RCVBUF, 64 * 1024)  # what a cut line had not sent stays unsent
        super()._trigger_server()


class _Server(SMTP):
    """One connection; ``step`` is the command being served."""

    def __init__(self, post: Post, **options: Any) -> None:
        self._post = post
        self.step, self._to = "connect", ""
        super().__init__(post, **options)
        for command in ("EHLO", "STARTTLS", "AUTH", "NOOP", "RSET", "QUIT", "MAIL", "RCPT", "DATA"):
            self._smtp_methods[command] = self._noted(command, self._smtp_methods[command])

    def _noted(self, command: str, serve: Any) -> Any:
        async def run(argument: str | None) -> None:
            self.step = command
            if command == "RCPT":
                self._to = re.sub(r".*<|>.*", "", argument or "")
            self._post.commands.append(command)
            if command == "DATA":
                await self._before_content()
            await serve(argument)

        return run

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._post.open.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._post.open.discard(self)

    def abort(self) -> None:
        transport: Any = self.transport
        if transport is not None:
            transport.abort()

    async def _before_content(self) -> None:
        fault = self._post.fault_at("DATA", self._to, spend=False)
        if fault is not None and fault.refuses:
            envelope: Any = self.envelope
            envelope.rcpt_tos.clear()  # it will refuse, in the words of the fault
        if self._post.fault_at("content", self._to):
            await super().push("354 go on")
            await self._reader.readexactly(100)
            await self._cut()

    async def push(self, status: Any) -> None:
        fault = self._post.fault_at(self.step, self._to)
        if fault is not None and fault.how == SLOW:
            await asyncio.sleep(QUICK)
        if fault is None or fault.how == SLOW:
            await super().push(status)
        elif fault.how == STALL:
            await asyncio.Event().wait()  # until the client has had enough
        elif fault.how == DROP:
            await self._cut()
        else:
            await super().push(status if fault.how == REPLY_AND_DROP else fault.how)
            if fault.how == REPLY_AND_DROP:
                await self._cut()

    async def _cut(self) -> None:
        self.abort()
        await asyncio.Event().wait()  # the end of the connection ends this task


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
    return AuthResult(success=(given.login, given.password) == (USER.encode(), PASSWORD.encode()), handled=False)


# -- a collector that sends there --------------------------------------------------------------------------------------


def collector_on(
    folder: Path,
    clock: Clock,
    smtp_url: str = "",
    keys: tuple[str, ...] = (KEY,),
    public_url: str = PUBLIC_URL,
    address: str = "",
) -> Collector:
    """A collector on the database of a folder, or at an ``address``; whoever opens it closes it."""
    settings = Settings(
        data_dir=folder, collector_database_url=address or databases.current().at(folder).collector,
        public_url=public_url, secret_keys=keys, smtp_url=smtp_url, mail_from=SENDER,
    )  # fmt: skip
    return Collector(settings, clock)


def order(
    title: str = "CAP Cuisine",
    centre: str = "CFA Médéric",
    *,
    opens: date | None = None,
    days: int = 60,
    seats: int = 0,
) -> CampaignOrder:
    opens = opens or NOON.date()
    return CampaignOrder("50022146", title, "uai:0751234J", centre, opens, opens + timedelta(days=days), seats)


def roster(folder: Path, *addresses: str, name: str = "apprentis.csv") -> Path:
    """A roster with a heading and an address a line."""
    path = folder / name
    path.write_text("\n".join(["mail", *addresses, ""]), encoding="utf-8")
    return path


def people(count: int) -> list[str]:
    return [f"apprenti{number:03}@exemple.fr" for number in range(count)]


def invited(collector: Collector, folder: Path, *addresses: str, reminders: int = 2, every_days: int = 7) -> str:
    """A campaign that invites these addresses; gives its id."""
    campaign = collector.open_campaign(order()).id
    collector.invite(campaign, roster(folder, *addresses), reminders=reminders, every_days=every_days)
    return campaign


def courier_of(collector: Collector, clock: Clock, timeout: float) -> Courier:
    """The courier of a collector, that waits for a slow server only so many seconds."""
    settings = collector.settings
    server = server_of(settings.smtp_url)
    return Courier(collector._roster, settings, clock, lambda: Smtp(server, settings.mail_from, timeout))


def deliver_for(collector: Collector, clock: Clock, days: int, step: int = 1) -> None:
    """Let days pass, and hand over what has come due at the end of each step of so many days."""
    for _ in range(0, days, step):
        collector.hand_over_mails()
        clock.moment += timedelta(days=step)
    collector.hand_over_mails()


# -- what a mail and a database hold -----------------------------------------------------------------------------------


def parsed(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def written(folder: Path) -> list[EmailMessage]:
    """Mails of an outbox folder."""
    return [parsed(path.read_bytes()) for path in sorted((folder / "outbox").glob("*.eml"))]


def mails_to(folder: Path, address: str) -> list[EmailMessage]:
    """What an address found in its box, in the order of its stages."""
    return sorted((mail for mail in written(folder) if mail["To"] == address), key=stage_of)


def part(message: EmailMessage, kind: str) -> str:
    body = message.get_body((kind,))
    assert body is not None
    words: str = body.get_content()
    return words


def link_in(message: EmailMessage) -> str:
    """The personal link of a letter, the same in both of its parts."""
    (link,) = LINK.findall(part(message, "plain"))
    assert LINK.findall(part(message, "html")) == [link]
    return str(link)


def opt_out_in(message: EmailMessage) -> str:
    """The opt-out link of a letter, the same in its header and in both of its parts."""
    (link,) = OPT_OUT.findall(part(message, "plain"))
    assert OPT_OUT.findall(part(message, "html")) == [link]
    assert message["List-Unsubscribe"] == f"<{link}>"
    return str(link)


def stage_of(message: EmailMessage) -> int:
    """1 for an invitation, 2 and 3 for reminders."""
    subject = str(message["Subject"]).strip()  # a long one may begin on the line after its name
    if subject.startswith("Raconte ton apprentissage"):
        return 1
    assert subject.startswith("Ton avis compte encore")
    return 3 if "dernier message" in part(message, "plain") else 2


def path_of(link: str) -> str:
    return link.removeprefix(PUBLIC_URL)


def lands(visitor: Client, link: str) -> bool:
    answer = visitor.get(path_of(link))
    return (answer.status_code, answer.headers.get("location")) == (303, "/r")


def rows(folder: Path, query: str) -> list[tuple[Any, ...]]:
    return databases.rows(databases.current().at(folder).collector, query)


def execute(folder: Path, statement: str) -> None:
    """Change the database behind the collector's back."""
    databases.change(databases.current().at(folder).collector, statement)


def dump(folder: Path) -> str:
    """The whole database as text."""
    return "\n".join(databases.dump(databases.current().at(folder).collector))


def together(addresses: Iterable[str], *stages: int) -> Counter[tuple[str, int]]:
    """Each address, each stage, once."""
    return Counter((address, stage) for address in addresses for stage in stages)
