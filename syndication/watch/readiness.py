"""Whether the service can do its work now, and what is wrong in words when it cannot."""

import asyncio
from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from syndication import database
from syndication.context import Hub
from syndication.watch.asking import Question

PATIENCE_SECONDS = 3.0
COLLECTOR, HUB = "du recueil", "de la diffusion"


class Readiness:
    """Looks at both databases, each on its own."""

    def __init__(self, hub: Hub) -> None:
        current: dict[str, Callable[[], bool]] = {
            HUB: lambda: database.is_current(hub.engine),
            COLLECTOR: hub.collector.is_current,
        }
        self._questions = {name: Question(ask, PATIENCE_SECONDS) for name, ask in current.items()}

    async def faults(self) -> list[str]:
        """What is wrong, a sentence each, without a secret; empty when all is well."""
        found = await asyncio.gather(*(_fault(name, question) for name, question in self._questions.items()))
        return [fault for fault in found if fault]


async def _fault(name: str, question: Question[Any]) -> str:
    try:
        current = await question.answer()
    except TimeoutError:
        return f"La base {name} ne répond pas en {PATIENCE_SECONDS:g} secondes."
    except (SQLAlchemyError, OSError):
        return f"La base {name} ne répond pas."
    return "" if current else f"Le schéma de la base {name} n'est pas celui de cette version : « sirius migrate »."
