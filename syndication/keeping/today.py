"""Bringing restored databases from their day to today, before anybody is served.

What authors took back since is taken back again, those who want no mail are left alone, campaigns closed by hand stay
closed, mails that may have left are not sent a second time, and what is past its time is erased.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from collector import door
from syndication import asgi, worker
from syndication.context import Hub
from syndication.database import writing
from syndication.digests import owing
from syndication.letters import store as letters
from syndication.settings import Settings


@dataclass(frozen=True, slots=True)
class Done:
    """What was done again or erased. ``uncertain``: invitations that may have left; ``letters``: other mails, likewise;
    ``taken``: responses that the hub had not taken in yet."""

    again: door.Again
    uncertain: int
    letters: int
    taken: int
    purged: door.Purged


def bring_to_today(
    settings: Settings, lines: Sequence[door.Line], restored: datetime, clock: Callable[[], datetime], *,
    known: bool, mails_left: bool,
) -> Done:  # fmt: skip
    """Bring databases that were put back as they were at a moment, and migrated since, to today; raises LedgerError.

    ``lines`` are those of ledgers; ``known``: they hold all that was taken back since.
    """
    hub = asgi.open_hub(settings, clock)
    try:
        worker.mark_corpus(hub)  # followers who are ahead of that day are told, rather than left to skip things
        told = (line for line in lines if line.kind != "gap")  # which is about the ledger that has it
        hub.collector.ledger.add_missing(told)
        if not known:
            hub.collector.ledger.add([door.gap(restored, hub.clock())])
        again, uncertain = hub.collector.do_again(lines, restored, mails_left=mails_left)
        stopped = _stop_news(hub, lines)
        left = _doubt_letters(hub) if mails_left else 0
        taken = worker.take_in(hub)
        purged = hub.collector.purge()
        for step in (
            worker.refresh_own, worker.count_gestures, worker.archive_old, worker.forget_messages,
            worker.forget_letters,
        ):  # fmt: skip
            step(hub)
        _follow(hub)
        hub.collector.complete_ledger()
    finally:
        hub.close()
    return Done(replace(again, opt_outs=again.opt_outs + stopped), uncertain, left, taken, purged)


def _follow(hub: Hub) -> None:
    """Bring what is public up to date, unless settings have changed: then the service makes it anew as it starts."""
    follower = worker.corpus_follower(hub)
    while follower.is_ours() and follower.is_behind():
        follower.follow()


def _doubt_letters(hub: Hub) -> int:
    """Count as sent the mails of the hub that were due, and the news that fell due since; gives how many."""
    now = hub.clock()
    with writing(hub.engine).begin() as connection:
        owing.owe_letters(connection, now, hub.settings.waiting_days)
        return letters.count_as_sent(connection, now)


def _stop_news(hub: Hub, lines: Sequence[door.Line]) -> int:
    """Leave people of the desk and of centres alone as they asked since; gives how many wishes were not known."""
    wished = {(line.mark, line.about[1:]): line.about[0] == "-" for line in door.latest_wishes(lines)}
    if not wished:
        return 0
    keys = hub.settings.keys()
    with writing(hub.engine).begin() as connection:
        changed = 0
        for person_id, email in letters.people(connection):
            marks = {door.ledger_mark(key, email) for key in keys}
            for (mark, kind), stopped in wished.items():
                if mark in marks:
                    changed += letters.set_stopped(connection, person_id, kind, stopped=stopped)
    return changed
