"""A text comes before the public, or leaves it: figures, full text, subjects and the change log in one stroke."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, insert, select

from syndication import models, ratings, store
from syndication.database import table
from syndication.reviews.subjects import SUBJECTS
from syndication.search import store as search
from syndication.store import Scope

VERBATIM_SUBJECT = table(models.VerbatimSubject)


def show(
    connection: Connection, verbatim: str, question: str, text: str, scope: Scope, subjects: Sequence[str]
) -> None:
    """Bring a text before the public under its subjects; unknown ones are left out."""
    known = [subject for subject in SUBJECTS if subject in subjects]
    connection.execute(delete(VERBATIM_SUBJECT).where(VERBATIM_SUBJECT.c.verbatim_id == verbatim))
    if known:
        connection.execute(insert(VERBATIM_SUBJECT), [{"verbatim_id": verbatim, "subject": one} for one in known])
    search.keep(connection, search.VERBATIM, [search.verbatim_entry(verbatim, text, *scope)])
    _count(connection, scope, question, known, 1)


def hide(connection: Connection, verbatim: str, question: str, scope: Scope) -> None:
    """Take a text that was before the public away from it."""
    query = select(VERBATIM_SUBJECT.c.subject).where(VERBATIM_SUBJECT.c.verbatim_id == verbatim)
    subjects = list(connection.execute(query).scalars())
    connection.execute(delete(VERBATIM_SUBJECT).where(VERBATIM_SUBJECT.c.verbatim_id == verbatim))
    search.drop(connection, search.VERBATIM, [verbatim])
    _count(connection, scope, question, subjects, -1)


def _count(connection: Connection, scope: Scope, question: str, subjects: Sequence[str], step: int) -> None:
    counts = {(scope, ratings.VERBATIMS, question): step} | {(scope, ratings.SUBJECTS, one): step for one in subjects}
    store.add_to_tally(connection, counts)
