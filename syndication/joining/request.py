"""Asking to take part: whose address, for which centre, and the link that proves the address. Pure.

The link carries the address and the centre, signed, so that nothing is kept before the address is proven. Name and
message are asked for after that: else anybody could have us send their words to anybody.
"""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from syndication.errors import AccessRefused

LIFE = timedelta(days=1)
NAME, MESSAGE = 80, 600
"""Characters of the longest name and message."""
FREE_MAIL = frozenset(
    """
    aol.com aol.fr bbox.fr club-internet.fr duck.com free.fr gmail.com gmx.com gmx.fr googlemail.com hotmail.com
    hotmail.fr icloud.com laposte.net live.com live.fr mac.com mail.com mailo.com me.com msn.com neuf.fr numericable.fr
    orange.fr outlook.com outlook.fr pm.me proton.me protonmail.ch protonmail.com sfr.fr tutanota.com voila.fr
    wanadoo.fr yahoo.com yahoo.fr yandex.com ymail.com yopmail.com yopmail.fr zoho.com
    """.split()  # noqa: SIM905 read as the list of names that it is
)
"""Where anybody takes an address: one of these says nothing of who has it."""
_SALT = "syndication.join"


def refuse_free_mail(address: str) -> str:
    """An address that may be professional; raises AccessRefused for one that anybody may take."""
    domain = address.rpartition("@")[2].casefold()
    if domain in FREE_MAIL or re.search(r"(^|\.)(yopmail|mailinator)\.", domain):
        raise AccessRefused(
            f"Une adresse professionnelle est attendue, celle que donne votre établissement\u00a0: chez {domain}, "
            "n'importe qui peut en prendre une."
        )
    return address


def confirmation_link(public_url: str, keys: Sequence[str], centre_id: int, address: str, now: datetime) -> str:
    """The link that proves an address, once it comes back within LIFE."""
    token = _serializer(keys).dumps([centre_id, address, int((now + LIFE).timestamp())])
    return f"{public_url}/rejoindre/{token}"


def read(keys: Sequence[str], token: str, now: datetime) -> tuple[int, str]:
    """The centre and the address that a token proves; raises AccessRefused when it was forged, cut, or is too old."""
    try:
        centre_id, address, until = _serializer(keys).loads(token)
    except (BadSignature, ValueError, TypeError):
        raise AccessRefused("Ce lien a été coupé en le copiant, ou n'est pas de nous.") from None
    if now.timestamp() > until:
        raise AccessRefused("Ce lien a plus d'un jour.")
    return int(centre_id), str(address)


def told(form_name: str, form_message: str) -> tuple[str, str]:
    """A name and a message that can be kept; raises AccessRefused."""
    name, message = " ".join(form_name.split()), form_message.strip()
    if not name:
        raise AccessRefused("Dites votre nom\u00a0: la personne qui lit votre demande doit savoir qui la fait.")
    if len(name) > NAME or len(message) > MESSAGE:
        raise AccessRefused(f"Un nom compte {NAME} caractères au plus, un message {MESSAGE}.")
    return name, message


def _serializer(keys: Sequence[str]) -> URLSafeSerializer:
    return URLSafeSerializer(list(reversed(keys)), salt=_SALT)
