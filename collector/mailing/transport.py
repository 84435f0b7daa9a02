"""Handing a mail over: to a server by SMTP, or to files when there is none.

A transport calls ``commit`` once everything before the point of no return has gone well, then hands the mail over. What
it raises tells what may be done next: ``Rejected``, the address does not exist; ``Deferred``, this mail later;
``Unavailable``, every mail later; ``Uncertain``, the mail may have left, and must not be sent again.
"""

import os
import re
import selectors
import smtplib
import socket
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import parseaddr
from pathlib import Path
from typing import Protocol

from collector.errors import MailError
from collector.private import make_folder
from collector.settings import DEFAULT_SENDER, MailServer, Settings, server_of

TIMEOUT_SECONDS = 20.0
_POLICY, _ADDRESS = re.compile(rb"5\.7\."), re.compile(rb"5\.[12]\.")
"""Enhanced status (RFC 3463) of a refusal that says nothing of the address (relaying denied, a rule, a reputation), and
of one that does. A bare 554 says nothing of it either."""
Commit = Callable[[], None]


class Rejected(MailError):
    """The server refuses this address for good."""


class Deferred(MailError):
    """The server wants this mail later."""


class Unavailable(MailError):
    """The server cannot be reached, or refuses us: every mail waits."""


class Uncertain(MailError):
    """The mail was given whole and never acknowledged."""


class Transport(Protocol):
    """Somewhere to hand mails over, opened for as many as there are."""

    def hand(self, message: EmailMessage, recipient: str, commit: Commit) -> None:
        """Hand one mail over; raises Rejected, Deferred, Unavailable, Uncertain, or what ``commit`` raises."""

    def close(self) -> None:
        """Take leave."""


class Folder:
    """Files of a folder, one a mail, that any mail program opens."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def close(self) -> None:
        """Nothing to take leave of."""

    def hand(self, message: EmailMessage, recipient: str, commit: Commit) -> None:  # noqa: ARG002 it stands in the mail
        """Write one mail, whole or not at all."""
        try:
            make_folder(self._folder)
            name = re.sub(r"[^A-Za-z0-9.-]", "", str(message["Message-ID"]).partition("@")[0])
            draft = self._folder / f".{name}"
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(message.as_bytes())
                    file.flush()
                    os.fsync(file.fileno())
                commit()
            except BaseException:
                draft.unlink()
                raise
            draft.rename(self._folder / f"{name}.eml")
        except OSError as error:
            raise Unavailable(f"{self._folder} : {error.strerror}") from error


class Smtp:
    """A mail server, connected to at the first mail and again after a fault; its certificate is checked."""

    def __init__(self, server: MailServer, sender: str, timeout: float = TIMEOUT_SECONDS) -> None:
        self._server = server
        self._sender = parseaddr(sender)[1]
        self._timeout = timeout
        self._open: smtplib.SMTP | None = None

    def close(self) -> None:
        """Take leave of the server."""
        if self._open is not None:
            try:
                self._open.quit()
            except (smtplib.SMTPException, OSError):
                self._drop()

    def hand(self, message: EmailMessage, recipient: str, commit: Commit) -> None:
        """Hand one mail over."""
        try:
            server = self._connected()
            code, _ = server.mail(self._sender)
            if code != 250:
                self._drop()
                raise Unavailable(f"le serveur refuse l'expéditeur ({code})")
            code, said = server.rcpt(recipient)
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            self._drop()
            raise Unavailable(f"le serveur ne répond pas ({_kind(error)})") from error
        if code not in {250, 251}:
            self._reset()
            if code < 500 or _POLICY.match(said) or (code == 554 and not _ADDRESS.match(said)):
                raise Deferred(f"plus tard ({code})")
            raise Rejected(f"adresse refusée ({code})")
        try:
            commit()
        except BaseException:
            self._reset()
            raise
        self._give(server, message)

    def greet(self) -> None:
        """Connect, and sign in where there is a password; raises Unavailable."""
        try:
            self._connected()
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            self._drop()
            raise Unavailable(f"le serveur ne répond pas ({_kind(error)})") from error

    def _give(self, server: smtplib.SMTP, message: EmailMessage) -> None:
        """The letter itself. Until its last line has been written the server cannot have taken it."""
        try:
            code, _ = server.docmd("DATA")
            if code == 354:
                server.send(_on_the_wire(message))
                if _has_spoken(server):  # before the last line: whatever it says, it has not taken the mail
                    raise smtplib.SMTPServerDisconnected
                server.send(b".\r\n")
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            raise Unavailable(f"le serveur a coupé ({_kind(error)})") from error
        if code == 354:
            try:
                code, _ = server.getreply()
            except (smtplib.SMTPException, OSError) as error:
                self._drop()
                raise Uncertain(f"aucun accusé de réception ({_kind(error)})") from error
        if code != 250:
            self._reset()
            raise Deferred(f"le serveur n'a pas voulu du message ({code})")

    def _connected(self) -> smtplib.SMTP:
        if self._open is not None:
            try:
                if self._open.noop()[0] == 250:
                    return self._open
            except (smtplib.SMTPException, OSError):
                pass
            self._drop()
        server = self._server
        if server.security == "tls":
            link: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._timeout, context=self._trust()
            )
        else:
            link = smtplib.SMTP(server.host, server.port, timeout=self._timeout)
        self._open = link
        if link.sock is not None:  # the last line of a mail goes by itself: it must not wait for an acknowledgement
            link.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if server.security == "starttls":
            link.starttls(context=self._trust())
        if server.user:
            link.login(server.user, server.password)
        else:
            link.ehlo_or_helo_if_needed()
        return link

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._server.authority or None)

    def _reset(self) -> None:
        try:
            if self._open is not None:
                self._open.rset()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


def check_mail(settings: Settings) -> str:
    """What is wrong with the mail server of some settings, in French; empty when all is well or there is none."""
    if not settings.smtp_url:
        return ""
    if settings.mail_from == DEFAULT_SENDER:
        return "SIRIUS_MAIL_FROM manque, les mails n'auraient pas d'expéditeur"
    server = Smtp(server_of(settings.smtp_url), settings.mail_from, timeout=5)
    try:
        server.greet()
    except MailError as error:
        return str(error)
    finally:
        server.close()
    return ""


def _on_the_wire(message: EmailMessage) -> bytes:
    """The mail as SMTP carries it, but for the lone dot that ends it: lines that begin with one get another (RFC 5321
    §4.5.2)."""
    content = re.sub(rb"(?m)^\.", b"..", message.as_bytes())
    return content + (b"" if content.endswith(b"\r\n") else b"\r\n")


def _has_spoken(server: smtplib.SMTP) -> bool:
    """True when the server said something, or hung up, without having been asked."""
    if server.sock is None:
        return True
    with selectors.DefaultSelector() as watch:
        watch.register(server.sock, selectors.EVENT_READ)
        return bool(watch.select(0))


def _kind(error: Exception) -> str:
    """What went wrong, in words that hold neither address nor secret."""
    if isinstance(error, FileNotFoundError):
        return "le fichier de certificats n'existe pas"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "il ne propose pas le chiffrement demandé"
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"il refuse l'utilisateur ou le mot de passe, {error.smtp_code}"
    if isinstance(error, ssl.SSLCertVerificationError):
        return "son certificat n'est pas de confiance"
    if isinstance(error, smtplib.SMTPResponseException):
        return str(error.smtp_code)
    if isinstance(error, TimeoutError | socket.timeout):
        return "trop lent"
    if isinstance(error, UnicodeError):
        return "le mot de passe ne s'écrit pas en ASCII, que le protocole demande"
    return type(error).__name__
