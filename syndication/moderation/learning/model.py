"""A trained model: it scores without any library, and is kept as compressed JSON that can run nothing. Pure."""

import gzip
import json
import math
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from syndication.errors import ModelFault
from syndication.moderation.learning.features import terms, weigh

FORMAT = 1
LARGEST = 16 * 1024 * 1024
"""Bytes that an unpacked model may have: a small file that unpacks to more is none of ours."""
Suggestion = Literal["publier", "refuser"]


@dataclass(frozen=True, slots=True)
class Measure:
    """What suggestions of one kind were worth on decisions that the model had not seen.

    ``threshold``: score from which (to publish) or up to which (to refuse) it is suggested; ``precision``: share of
    those suggestions that agreed with the moderators; ``recall``: share of such decisions that it would have suggested;
    ``suggested``: how many suggestions were counted.
    """

    threshold: float
    precision: float
    recall: float
    suggested: int


@dataclass(frozen=True, slots=True)
class Model:
    """Weights of terms, and what they were worth.

    ``rarity`` and ``weights`` by term; ``published`` and ``refused``: decisions learnt from; ``area``: under the ROC
    curve, on decisions that the model had not seen, as are ``publish`` and ``refuse`` (None: nothing is suggested,
    for want of precision).
    """

    rarity: Mapping[str, float]
    weights: Mapping[str, float]
    intercept: float
    trained_at: datetime
    published: int
    refused: int
    area: float
    publish: Measure | None
    refuse: Measure | None

    def score(self, texts: Sequence[tuple[str, str]]) -> list[float]:
        """How likely each text (words, key of its question) is to be published, between 0 and 1."""
        return [self._score(text, question) for text, question in texts]

    def suggest(self, score: float) -> Suggestion | None:
        """What a score suggests; None wherever measured precision is too low."""
        if self.publish and score >= self.publish.threshold:
            return "publier"
        if self.refuse and score <= self.refuse.threshold:
            return "refuser"
        return None

    def _score(self, text: str, question: str) -> float:
        found = weigh(terms(text, question), self.rarity)
        return sigmoid(self.intercept + sum(weight * self.weights[term] for term, weight in found.items()))


def sigmoid(logit: float) -> float:
    """A probability from a logit."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))


def dumps(model: Model) -> bytes:
    """A model as bytes to keep, the same for the same model."""
    document = {
        "format": FORMAT,
        "terms": [[term, model.rarity[term], model.weights[term]] for term in sorted(model.rarity)],
        "intercept": model.intercept,
        "trained_at": model.trained_at.isoformat(),
        "published": model.published,
        "refused": model.refused,
        "area": model.area,
        "publish": asdict(model.publish) if model.publish else None,
        "refuse": asdict(model.refuse) if model.refuse else None,
    }
    return gzip.compress(json.dumps(document, ensure_ascii=False, allow_nan=False).encode(), mtime=0)


def loads(content: bytes) -> Model:
    """A model that was kept; raises ModelFault for anything else, and runs nothing of it."""
    try:
        document = json.loads(_unpack(content))
        if document["format"] != FORMAT:
            raise ModelFault("Le modèle vient d'une autre version\u00a0: il faut apprendre de nouveau.")
        entries = [(str(term), _number(rarity), _number(weight)) for term, rarity, weight in document["terms"]]
        return Model(
            rarity={term: rarity for term, rarity, _ in entries},
            weights={term: weight for term, _, weight in entries},
            intercept=_number(document["intercept"]),
            trained_at=datetime.fromisoformat(document["trained_at"]),
            published=int(document["published"]),
            refused=int(document["refused"]),
            area=_number(document["area"]),
            publish=_measure(document["publish"]),
            refuse=_measure(document["refuse"]),
        )
    except (ValueError, TypeError, KeyError, LookupError, RecursionError, zlib.error, OverflowError):
        raise ModelFault("Le fichier du modèle est illisible\u00a0: il faut apprendre de nouveau.") from None


def _unpack(content: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    unpacked = unpacker.decompress(content, LARGEST)
    if not unpacker.eof:
        raise ValueError
    return unpacked


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError
    return float(value)


def _measure(document: Any) -> Measure | None:
    if document is None:
        return None
    return Measure(
        _number(document["threshold"]),
        _number(document["precision"]),
        _number(document["recall"]),
        int(document["suggested"]),
    )
