"""Personal links on paper, to be cut and handed out."""

from collections.abc import Sequence
from dataclasses import asdict

from syndication.errors import CampaignRefused
from syndication.kit.kit import Kit, shortened
from syndication.kit.qr import qr_printed
from syndication.kit.typesetting import typeset

MOST = 500
"""Slips of one document."""
LONGEST_TITLE = 130
"""Characters of a formation's title on a slip: its apprentices know it by its beginning."""


def slips(kit: Kit, links: Sequence[str]) -> bytes:
    """A4 sheets of eight slips, one for each personal link in the order given, as PDF.

    Each slip carries its link as a code 34 mm wide and as an address to type. The document is made of secrets: keep it
    nowhere, send it ``no-store``. Raises CampaignRefused when there are no links, or more than ``MOST``.
    """
    if not 1 <= len(links) <= MOST:
        raise CampaignRefused(f"Un document tient de 1 à {MOST} liens, pas {len(links)}.")
    return typeset(
        "slips",
        {
            "title": f"Liens personnels\u00a0: {kit.formation}, {kit.centre}",
            "formation": shortened(kit.formation, LONGEST_TITLE, "…"),
            "period": kit.period[0].upper() + kit.period[1:],
            "minutes": kit.minutes,
            "slips": [{"link": link, "code": asdict(qr_printed(link))} for link in links],
        },
    )
