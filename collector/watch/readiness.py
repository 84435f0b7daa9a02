"""Whether a service can do its work now, and what is wrong in words when it cannot."""

import asyncio
from collections.abc import Callable, Mapping

from sqlalchemy.exc import SQLAlchemyError

from collector.watch.asking import Question

PATIENCE_SECONDS = 3.0


class Readiness:
    """Looks at databases, each on its own: ``current`` asks whether the schema of each, by its name, is this release's;
    ``remedy`` is what to do where it is not."""

    def __init__(self, current: Mapping[str, Callable[[], bool]], remedy: str) -> None:
        self._questions = {name: Question(ask, PATIENCE_SECONDS) for name, ask in current.items()}
        self._remedy = remedy

    async def faults(self) -> list[str]:
        """What is wrong, a sentence each, without a secret; empty when all is well."""
        found = await asyncio.gather(*(self._fault(name, question) for name, question in self._questions.items()))
        return [fault for fault in found if fault]

    async def _fault(self, name: str, question: Question[bool]) -> str:
        try:
            current = await question.answer()
        except TimeoutError:
            return f"La base {name} ne répond pas en {PATIENCE_SECONDS:g} secondes."
        except (SQLAlchemyError, OSError):
            return f"La base {name} ne répond pas."
        return "" if current else f"Le schéma de la base {name} n'est pas celui de cette version : {self._remedy}."
