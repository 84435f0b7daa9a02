"""A past that nobody lived: campaigns, responses and what became of them, written at once, for demonstrations."""

import base64
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from sqlalchemy import Engine

from collector import models
from collector.bulk import Bulk, Made
from collector.database import table, to_json
from collector.packing import with_texts
from collector.questionnaire import Answers, own_to
from collector.records import Campaign, News, answers_to

CAMPAIGN = table(models.Campaign)
INVITATION = table(models.Invitation)
RESPONSE = table(models.Response)
EVENT = table(models.Event)
RECEIPT = table(models.Receipt)
Closed = Callable[[Mapping[str, str]], Made]
"""Closed answers that many gave, made once: give them the texts of one response."""


@dataclass(frozen=True, slots=True)
class PastResponse:
    """A response that was sent, with the ``texts`` that it still holds. ``news``: what became of texts, with the
    version of each, by question. ``linked``: its author's page still opens."""

    id: str
    campaign_id: str
    version: str
    month: str
    closed: Closed
    texts: Mapping[str, str]
    marks: tuple[str, ...]
    news: Mapping[str, tuple[News, int]]
    linked: bool = False


class Past:
    """Writes a past into a collector that has none, for a ``with``."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self._bulk = Bulk(engine)
        self._sqlite = engine.dialect.name == "sqlite"
        self._chance = random.Random(seed)  # noqa: S311 nobody holds these links
        self._events = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: Any) -> None:
        self._bulk.__exit__(*error)

    @property
    def cursor(self) -> str:
        """The place of the last event."""
        return str(self._events)

    def closed(self, answers: Answers) -> Closed:
        """Closed answers, to be given with the texts of each response."""
        stored = answers_to(Answers(answers.scales, answers.choices))
        if self._sqlite:
            put = with_texts(to_json(stored))
            return lambda texts: Made(put(to_json(dict(texts))))
        return lambda texts: Made(json.dumps({**stored, "texts": dict(texts)}, ensure_ascii=False))

    def add_campaign(self, campaign: Campaign, *, linked: bool) -> None:
        """A campaign with the seats that it gave; ``linked``: its links are not erased yet."""
        row = {name: getattr(campaign, name) for name in Campaign.__slots__} | {"own": own_to(campaign.own)}
        self._bulk.add(CAMPAIGN, row)
        for origin, count in (("link", campaign.links), ("common", campaign.visits)) if linked else ():
            for _ in range(count):
                seat = {"roster_hash": self._hash(), "campaign_id": campaign.id, "origin": origin, "contact_id": None}
                self._bulk.add(INVITATION, {**seat, "marks": []})

    def add_response(self, response: PastResponse) -> None:
        """A response, the event that tells it, and news of it."""
        self._bulk.add(
            RESPONSE,
            {
                "id": response.id, "author_hash": self._hash() if response.linked else None,
                "campaign_id": response.campaign_id, "questionnaire_version": response.version,
                "month": response.month, "answers": response.closed(response.texts), "marks": list(response.marks),
                "withdrawn": False,
            },
        )  # fmt: skip
        self._note(response.id, "sent", None)
        for question, (news, version) in response.news.items():
            row = {
                "response_id": response.id, "question": question, "status": news.status, "reason": news.reason,
                "decided_on": news.decided_on, "masks": [list(mask) for mask in news.masks], "version": version,
            }  # fmt: skip
            self._bulk.add(RECEIPT, row)

    def note_taken_back(self, response_id: str, question: str) -> None:
        """The event by which an author took a text back."""
        self._note(response_id, "withdrawn", question)

    def _note(self, response_id: str, kind: str, question: str | None) -> None:
        self._events += 1
        self._bulk.add(EVENT, {"seq": self._events, "response_id": response_id, "kind": kind, "question": question})

    def _hash(self) -> str:
        return base64.b32encode(self._chance.randbytes(20)).decode().lower()
