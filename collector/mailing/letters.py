"""The letters: an invitation, then reminders. Each says who asks, what for, where it appears, and how to stop."""

from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime, make_msgid, parseaddr
from typing import Any

from collector.pages import environment
from collector.records import Campaign

WHOLE = frozenset({"List-Unsubscribe"})


class _Policy(EmailPolicy):
    """Lines of SMTP; an address that programs follow stays on one line, however long (RFC 5322 allows 998)."""

    def fold(self, name: str, value: Any) -> str:
        if name in WHOLE:
            return f"{name}: {value}{self.linesep}"
        if name == "Subject":  # the library's own folding loses or doubles spaces between encoded words
            header = Header(str(value), None if value.isascii() else "utf-8", header_name=name)
            return f"{name}: {header.encode(linesep=self.linesep)}{self.linesep}"
        return str(super().fold(name, value))

    def fold_binary(self, name: str, value: Any) -> bytes:
        return self.fold(name, value).encode("ascii", "surrogateescape")


POLICY = _Policy(linesep="\r\n")


@dataclass(frozen=True, slots=True)
class Letter:
    """What a letter is made of; ``stage`` 1 is the invitation, 2 and 3 are reminders."""

    campaign: Campaign
    stage: int
    recipient: str
    link: str
    opt_out: str


def write_letter(letter: Letter, sender: str, now: datetime) -> EmailMessage:
    """The letter as a mail in text and HTML, from which mail programs can unsubscribe in one click (RFC 8058)."""
    plain, html = (
        environment.get_template(f"mail/letter.{kind}").render(letter=letter, campaign=letter.campaign)
        for kind in ("txt", "html")
    )
    return compose_mail(sender, letter.recipient, _subject(letter), plain, now, html=html, stop_url=letter.opt_out)


def compose_mail(
    sender: str, recipient: str, subject: str, plain: str, now: datetime, *, html: str = "", stop_url: str = ""
) -> EmailMessage:
    """A mail of the service; with ``stop_url``, mail programs unsubscribe there in one click (RFC 8058)."""
    name, address = parseaddr(sender)
    message = EmailMessage(policy=POLICY)
    message["From"] = Address(display_name=name, addr_spec=address)
    message["To"] = Address(addr_spec=recipient)
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = make_msgid(domain=address.rpartition("@")[2])
    message["Auto-Submitted"] = "auto-generated"
    if stop_url:
        message["List-Unsubscribe"] = f"<{stop_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message.set_content(plain, subtype="plain", cte="quoted-printable")
    if html:
        message.add_alternative(html, subtype="html", cte="quoted-printable")
    message["Content-Language"] = "fr"  # last: giving a content takes such headers away
    return message


def _subject(letter: Letter) -> str:
    formation = " ".join(letter.campaign.formation_title.split())[:80]
    if letter.stage == 1:
        return f"Raconte ton apprentissage : {formation}"
    return f"Ton avis compte encore : {formation}"
