"""Training on the service's own decisions, and what the model says of texts that wait."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from threading import Lock

from sqlalchemy import Connection, Engine

from syndication.database import writing
from syndication.errors import ModelFault
from syndication.learnt import store
from syndication.moderation.learning import Measure, Model, dumps, loads, obstacle, train


@dataclass(frozen=True, slots=True)
class Lesson:
    """What came of training: the model's measures, or why there is none, in French."""

    published: int
    refused: int
    area: float | None
    publish: Measure | None
    refuse: Measure | None
    obstacle: str | None


def learn(engine: Engine, now: datetime) -> Lesson:
    """Train on past decisions and keep the model; when nothing can be learnt, the one before is forgotten."""
    with engine.connect() as connection:
        examples = store.examples(connection)
    model = train(examples, now)
    published = sum(one.published for one in examples)
    with writing(engine).begin() as connection:
        if model is None:
            store.forget(connection)
            return Lesson(published, len(examples) - published, None, None, None, obstacle(examples))
        lesson = Lesson(model.published, model.refused, model.area, model.publish, model.refuse, None)
        store.keep(connection, now, asdict(lesson), dumps(model))
    return lesson


class Reader:
    """Gives the model in use, read once for each that is made. Safe between threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._number = 0
        self._model: Model | None = None

    def model(self, connection: Connection) -> Model | None:
        """The newest model, or None when there is none that can be read."""
        number = store.newest_id(connection)
        if number is None:
            return None
        with self._lock:
            if number != self._number:
                kept = store.kept(connection, number)
                self._model, self._number = _read(kept) if kept else None, number
            return self._model


def _read(kept: store.Kept) -> Model | None:
    try:
        return loads(kept.body)
    except ModelFault:
        return None


def suggestion(model: Model, score: float) -> str:
    """What a score suggests, with how often such suggestions were right; empty when nothing is."""
    wished = model.suggest(score)
    measure = model.publish if wished == "publier" else model.refuse
    if wished is None or measure is None:
        return ""
    return (
        f"D'après les décisions passées\u00a0: {wished}. Sur {measure.suggested} propositions de ce genre, "
        f"{_percent(measure.precision)} étaient ce qu'ont décidé les modérateurs. C'est vous qui décidez."
    )


def measured(model: Model) -> Sequence[str]:
    """What each kind of suggestion is worth, a French sentence each."""
    kinds = (("publier", model.publish), ("refuser", model.refuse))
    return [
        f"{wished}\u00a0: {_percent(one.precision)} de propositions justes, qui trouvent {_percent(one.recall)} des cas"
        if one
        else f"{wished}\u00a0: jamais proposé, faute de précision"
        for wished, one in kinds
    ]


def _percent(share: float) -> str:
    return f"{int(share * 100)}\u00a0%"
