"""Who must not be written to any more: those who asked, and those whose address does not exist."""

from collections.abc import Sequence, Set
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from collector import links
from collector.mailing.store import BOUNCED, STOPPED, Roster

SLICE = 500


def stop_mails(roster: Roster, keys: Sequence[str], address_hash: str, month: str) -> None:
    """Write no more to an address known by its hash, in any campaign, now or later."""
    roster.opt_out(address_hash, month)
    stop_contacts(roster, keys, {address_hash})


def stop_contacts(roster: Roster, keys: Sequence[str], hashes: Set[str]) -> int:
    """Write no more to the contacts whose addresses have one of some hashes; gives how many there were."""
    meant = [
        contact
        for contact, address in roster.active_contacts()
        if not hashes.isdisjoint(links.address_hashes(keys, address))
    ]
    return sum(roster.stop(meant[start : start + SLICE], STOPPED) for start in range(0, len(meant), SLICE))


def note_bounces(roster: Roster, addresses: Sequence[str]) -> int:
    """Write no more to addresses that do not exist; gives how many were on a roster."""
    lost = {address.strip().casefold() for address in addresses}
    meant = [contact for contact, address in roster.active_contacts() if address.casefold() in lost]
    return roster.stop(meant, BOUNCED)


def addresses_bounced(mail: bytes) -> list[str]:
    """Addresses that a delivery report (RFC 3464) says have failed for good; none for any other mail."""
    found: list[str] = []
    for part in message_from_bytes(mail, policy=compat32).walk():
        if part.get_content_type() == "message/delivery-status":
            blocks = part.get_payload()
            found += [address for block in blocks if (address := _failed(block))] if isinstance(blocks, list) else []
    return found


def _failed(block: object) -> str:
    if not isinstance(block, Message):
        return ""
    status, action = str(block.get("Status", "")).strip(), str(block.get("Action", "")).strip().casefold()
    if action != "failed" or not status.startswith("5"):
        return ""
    recipient = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
    return recipient.rpartition(";")[2].strip().strip("<>")
