"""What an answer was made from, noted while it is being made, so that it can be forgotten when that changes."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field


@dataclass(slots=True)
class Dependencies:
    """Ids that an answer was made from."""

    formations: set[int] = field(default_factory=set)
    centres: set[int] = field(default_factory=set)

    def touched_by(self, formation: int, centre: int) -> bool:
        """True when a change of this scope may change the answer.

        A change of the catalogue (0, 0) or of who may frame pages (-1, -1) always may.
        """
        return (formation <= 0 and centre == formation) or formation in self.formations or centre in self.centres


_current: ContextVar[Dependencies | None] = ContextVar("dependencies", default=None)


@contextmanager
def noting() -> Iterator[Dependencies]:
    """Note what is read until the end of the block."""
    noted = Dependencies()
    mark = _current.set(noted)
    try:
        yield noted
    finally:
        _current.reset(mark)


def note(formations: tuple[int, ...] = (), centres: tuple[int, ...] = ()) -> None:
    """Say what is being read."""
    noted = _current.get()
    if noted is not None:
        noted.formations.update(formations)
        noted.centres.update(centres)
