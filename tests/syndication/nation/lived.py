"""A plan that is lived: every campaign opened, every answer sent and taken in, every act done when it was."""

import asyncio
from datetime import datetime, time
from typing import Any

from sqlalchemy import select

from collector import links
from collector.door import Answers, default_questionnaire, validate
from collector.records import Sending, Sent
from syndication import campaigns, intake, worker
from syndication.context import Hub
from syndication.database import writing
from syndication.demo.nation import build
from syndication.demo.nation.plan import Act, Plan, Response, Text
from syndication.instants import PARIS, months_before
from syndication.moderation import store as moderation
from syndication.reviews import store as reviews
from tests.helpers import Clock


class Life:
    """What lives a plan on a hub."""

    def __init__(self, hub: Hub, clock: Clock, plan: Plan) -> None:
        self._hub, self._clock, self._plan = hub, clock, plan
        self._keeps: Any = hub.collector._store
        self._tokens: dict[int, list[str]] = {}
        self._told = 0

    def live(self) -> None:
        """From the first day to today, then whatever the background has left to do."""
        today = self._clock.moment
        build.keep_catalogue(self._hub, self._plan)
        events: list[tuple[datetime, int, int, Any]] = []
        for place, campaign in enumerate(self._plan.campaigns):
            events.append((datetime.combine(campaign.opens_on, time(), PARIS), 0, place, None))
        for place, response in enumerate(self._plan.responses()):
            events.append((response.received_at, 1, place, response))
        events.sort(key=lambda event: event[:3])
        acts: list[tuple[datetime, str, str, Text, Act]] = []
        for moment, kind, place, response in events:
            acts = self._act_until(moment, acts)
            self._clock.moment = moment
            if kind == 0:
                self._open(place)
            else:
                acts += self._send(response)
        self._act_until(today, acts)
        self._clock.moment = today
        worker.deliver_receipts(self._hub)
        worker.follow_all(self._hub)
        while worker.take_readings(self._hub):
            pass
        self._hub.collector.purge()

    def _open(self, place: int) -> None:
        campaign = self._plan.campaigns[place]
        offer, hub = self._plan.offers[campaign.offer], self._hub
        opened = campaigns.open_campaign(
            hub.engine, hub.collector, f"cfd:{offer.cfd}", offer.uai, campaign.opens_on, campaign.closes_on
        )
        if campaign.invited:
            made = campaigns.issue_links(hub.collector, opened.id, campaign.invited)
            self._tokens[place] = [link.rsplit("/", 1)[1] for link in made]
        else:
            self._tokens[place] = [links.new_token() for _ in range(campaign.answered)]
            for token in self._tokens[place]:
                asyncio.run(self._keeps.take_common_seat(opened.id, token, ()))
        intake.count_invitations(hub.engine, hub.collector, self._clock())

    def _send(self, response: Response) -> list[tuple[datetime, str, str, Text, Act]]:
        """Have somebody answer and the hub take it in; gives what is to be done to the texts."""
        seat = self._keeps.seat(self._tokens[response.campaign].pop())
        raw = {**self._plan.sheets[response.sheet].raw, **{text.question: [text.text] for text in response.texts}}
        answers, faults = validate(default_questionnaire(), raw)
        assert not faults
        self._keeps.send_many([Sending.of(seat, answers, response.month, response.marks)])
        hub = self._hub
        intake.take_in(hub.engine, hub.collector, self._clock(), hub.settings.duplicate_length)
        with hub.engine.connect() as connection:
            query = select(reviews.VERBATIM.c.question, reviews.VERBATIM.c.id, reviews.REVIEW.c.source_id)
            query = query.join(reviews.REVIEW, reviews.REVIEW.c.id == reviews.VERBATIM.c.review_id)
            last = hub.collector.responses_after(str(self._told))[-1]
            self._told = int(last.cursor)
            numbers = {
                row.question: row.id for row in connection.execute(query.where(reviews.REVIEW.c.source_id == last.id))
            }
        return [(act.at, last.id, numbers[text.question], text, act) for text in response.texts for act in text.acts]

    def _act_until(self, moment: datetime, acts: list[Any]) -> list[Any]:
        """Do what is due before a moment, in order; gives what is left."""
        due = sorted((one for one in acts if one[0] < moment), key=lambda one: (one[0], one[2]))
        for at, response, number, text, act in due:
            self._clock.moment = at
            self._act(response, number, text, act)
            worker.deliver_receipts(self._hub)
        return [one for one in acts if one[0] >= moment]

    def _act(self, response: str, number: str, text: Text, act: Act) -> None:
        now, engine = self._clock(), self._hub.engine
        if act.status == "retire":
            self._take_back(response, text.question)
            intake.take_in(engine, self._hub.collector, now, self._hub.settings.duplicate_length)
            self._told = int(self._hub.collector.responses_after(str(self._told))[-1].cursor)
            return
        with writing(engine).begin() as connection:
            if act.status == "archive":
                moderation.archive_old(connection, months_before(now, self._hub.settings.archive_months), now, "", 9999)
                return
            version = connection.execute(
                select(reviews.VERBATIM.c.version).where(reviews.VERBATIM.c.id == number)
            ).scalar_one()
            if act.act == "masque":
                moderation.lay_masks(connection, number, version, act.actor, now, text.masks)
            elif act.act == "decision":
                gem = any(one.act == "pepite" for one in text.acts)
                moderation.record_decision(
                    connection, number, version, act.status, act.reason, act.actor, now, text.subjects, gem=gem
                )

    def _take_back(self, response_id: str, question: str) -> None:
        sent = Sent(response_id, "", "", Answers(), False, {})
        assert asyncio.run(self._keeps.withdraw(sent, question, self._clock().date()))
