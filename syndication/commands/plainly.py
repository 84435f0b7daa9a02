"""Faults told as people read them: one line, in French, and a status."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn


def say(text: str) -> None:
    """A line for people."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 the command's own output


@contextmanager
def told_plainly(tell: Callable[[str], None] = say) -> Iterator[None]:
    """Tell what is raised within in one line, and leave with status 1; what nobody foresaw is raised on."""
    try:
        yield
    except Exception as error:
        sentence = _sentence(error)
        if sentence is None:
            raise
        fail(sentence, tell)


def _sentence(error: Exception) -> str | None:
    # imported here: who starts others, and has nothing to say, need not wait for all of it
    from sqlalchemy.exc import SQLAlchemyError  # noqa: PLC0415

    from collector.door import CollectorError, told_of, unusable  # noqa: PLC0415
    from syndication.errors import SyndicationError  # noqa: PLC0415

    if isinstance(error, SyndicationError | CollectorError):
        return str(error)
    if isinstance(error, OSError):
        return unusable("Un fichier", error)
    if isinstance(error, SQLAlchemyError):
        away = f"Base de données inaccessible ({type(error).__name__}) : « sirius doctor » en dit plus."
        return told_of(error) or away
    return None


def fail(sentence: str, tell: Callable[[str], None] = say) -> NoReturn:
    """Tell what went wrong in one line, and leave."""
    tell(f"Erreur : {sentence}")
    sys.exit(1)
