"""A poster to hang in a training centre."""

from dataclasses import asdict

from syndication.kit.kit import Kit
from syndication.kit.qr import qr_printed
from syndication.kit.typesetting import typeset
from widget.routes import words


def poster(kit: Kit) -> bytes:
    """One A4 page that speaks to apprentices, as PDF: the common link as a code 86 mm wide and as an address to type.

    Characters that the typeface lacks are transliterated (``letters.drawable``). The same kit gives the same bytes.
    """
    return typeset(
        "poster",
        {
            "title": f"Affiche\u00a0: {kit.formation}, {kit.centre}",
            "formation": kit.formation,
            "centre": kit.centre,
            "link": kit.link,
            "rules": kit.rules,
            "code": asdict(qr_printed(kit.link)),
            "period": kit.period[0].upper() + kit.period[1:],
            "minutes": kit.minutes,
            "seats": kit.seats,
            "seats-said": words.number(kit.seats),
        },
    )
