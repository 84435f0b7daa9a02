"""Forgetting in time: rosters, links, unfinished answers. Durations are settings; the day is an argument."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from collector.mailing.store import Roster
from collector.records import PARIS
from collector.settings import Settings
from collector.store import Store


@dataclass(frozen=True, slots=True)
class Purged:
    """What was erased: addresses, links and what ties answers to them, unfinished answers, wishes to get no mail."""

    contacts: int
    links: int
    drafts: int
    opt_outs: int


def purge(store: Store, roster: Roster, settings: Settings, now: datetime) -> Purged:
    """Erase what is past its time at a moment; what was erased already stays so, however often it runs."""
    today = now.date()
    contacts_until = months_before(today, settings.contact_months)
    links_until = months_before(today, settings.token_months)
    purged = Purged(
        drafts=store.forget_drafts(today - timedelta(days=settings.draft_days)),
        contacts=roster.forget_contacts(contacts_until, _first_second(contacts_until)),
        links=store.forget_links(links_until, _first_second(links_until)),
        opt_outs=roster.forget_opt_outs(months_before(today, settings.optout_months).strftime("%Y-%m")),
    )
    store.overwrite_log()
    store.write_anew(now)
    sweep_outbox(settings.data_dir / "outbox", now - timedelta(days=settings.outbox_days))
    return purged


def sweep_outbox(folder: Path, before: datetime) -> int:
    """Erase mails written as files before a moment, whole or not: each holds an address beside a link."""
    old = [path for path in folder.glob("*") if path.is_file() and path.stat().st_mtime < before.timestamp()]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def months_before(day: date, months: int) -> date:
    """The same day some months earlier, or the last of a shorter month."""
    place = day.year * 12 + day.month - 1 - months
    year, month = divmod(place, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)
    last = (following - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last))


def _first_second(day: date) -> int:
    return int(datetime.combine(day, time(), PARIS).timestamp())
