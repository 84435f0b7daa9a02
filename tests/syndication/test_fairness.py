"""How fair moderation is: counters that are those of what is stored, delays, shares, who is warned of what waits."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, event, text

from syndication import asgi, store
from syndication.catalogue.resolve import resolve
from syndication.context import Hub
from syndication.database import writing
from syndication.errors import DecisionError
from syndication.fairness import figures
from syndication.fairness import store as fairness
from syndication.fairness.figures import Delays
from syndication.intake import new_id
from syndication.moderation import store as moderation
from syndication.reviews import store as reviews
from syndication.store import NewReview, NewVerbatim
from tests.conftest import CUISINE, LYON_CENTRE, PARIS_CENTRE, settings_in
from tests.databases import Databases, examples
from tests.helpers import Clock

QUESTIONS = ("changement", "a_savoir")
Key = tuple[str, int, str, str]
Step = tuple[str, int, int, int]


def counted(connection: Connection) -> dict[Key, int]:
    """The flow of texts as it is kept."""
    rows = connection.execute(text("SELECT month, centre_id, rating, measure, count FROM flow WHERE count <> 0"))
    return {(row[0], row[1], row[2], row[3]): row[4] for row in rows if not row[3].startswith("reponse.")}


def recounted(connection: Connection) -> dict[Key, int]:
    """The same, counted anew from the texts themselves and from what was done with each."""
    found: Counter[Key] = Counter()
    rows = connection.execute(
        text(
            "SELECT v.id, v.centre_id, v.rating, v.status, v.reason, v.gem, r.received_on, (SELECT min(d.at) FROM "
            "decision d WHERE d.verbatim_id = v.id AND d.from_status = 'attente' AND d.to_status <> 'attente' "
            "AND d.actor <> 'auteur') AS decided FROM verbatim v JOIN review r ON r.id = v.review_id"
        )
    )
    for row in rows.mappings():
        told = ["recu", row["status"]]
        told += [f"motif.{row['reason'] or ''}"] if row["status"] == "refuse" else []
        told += ["pepite"] if row["status"] == "publie" and row["gem"] else []
        first = day(row["received_on"])
        if row["decided"] is not None:
            told.append(f"delai.{(moment_day(row['decided']) - first).days}")
        for measure in told:
            for month in (f"{first:%Y-%m}", ""):
                for centre in (row["centre_id"], 0):
                    found[month, centre, row["rating"], measure] += 1
    return dict(found)


def day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(value)


def moment_day(value: Any) -> date:
    from syndication.instants import instant_of

    moment = instant_of(value)
    assert moment is not None
    return moment.date()


class Desk:
    """Texts that come, are decided, rewritten and taken back, as the service does it."""

    def __init__(self, hub: Hub, clock: Clock) -> None:
        self.hub = hub
        self.clock = clock
        self.sources: list[str] = []
        with hub.engine.connect() as connection:
            places = [resolve(connection, CUISINE, centre) for centre in (PARIS_CENTRE, LYON_CENTRE)]
        self._scopes = [(one.formation.asked.id, one.centre.id) for one in places if one.formation and one.centre]

    def receive(self, connection: Connection, where: int, how: int, *, held: bool = False) -> None:
        rating = ("bien", "moyen", "mal", "")[how % 4]
        status, gem = (("attente", False), ("attente", False), ("publie", True), ("refuse", False))[how % 4]
        source = new_id()
        self.sources.append(source)
        texts = tuple(NewVerbatim(new_id(), key, f"Texte {source} {key}.", status, gem=gem) for key in QUESTIONS)
        formation, centre = self._scopes[where % 2]
        answers = {"scales": {"satisfaction": rating} if rating else {}, "choices": {}}
        review = NewReview(
            new_id(), "collecte", source, None, formation, centre, CUISINE, "2026-06", "2026-1", answers, {}, texts,
            ("rapide",) if held else (),
        )  # fmt: skip
        store.keep_reviews(connection, [review], self.clock())

    def play(self, step: Step) -> None:
        act, which, question, days = step
        self.clock.moment += timedelta(days=days, hours=5)
        now = self.clock()
        with writing(self.hub.engine).begin() as connection:
            if act in {"receive", "hold"} or not self.sources:
                self.receive(connection, which, question, held=act == "hold")
                return
            source = self.sources[which % len(self.sources)]
            key = QUESTIONS[question % 2]
            if act == "rewrite":
                reviews.rewrite(connection, source, key, f"Autre texte {now}.", None, (), now)
            elif act == "withdraw":
                reviews.withdraw_text(connection, source, key, now)
            elif act == "withdraw_all":
                reviews.withdraw_review(connection, source, {}, now)
            else:
                self._decide(connection, source, key, act)

    def _decide(self, connection: Connection, source: str, key: str, act: str) -> None:
        found = connection.execute(
            text(
                "SELECT v.id, v.version, v.review_id FROM verbatim v JOIN review r ON r.id = v.review_id "
                "WHERE r.source_id = :source AND v.question = :key"
            ),
            {"source": source, "key": key},
        ).one()
        try:
            if act in {"comptee", "ecartee"}:
                reviews.judge(connection, found.review_id, act, "lea", self.clock())
            else:
                reason = {"refuse": "personne", "trop": "illicite"}.get(act)
                wished = "refuse" if reason else act
                moderation.record_decision(connection, found.id, found.version, wished, reason, "lea", self.clock())
        except DecisionError:
            pass


@contextmanager
def fresh_desk(databases: Databases, migrated: Path) -> Iterator[Desk]:
    with databases.fresh(migrated) as folder:
        clock = Clock()
        hub = asgi.open_hub(settings_in(folder), clock)
        try:
            yield Desk(hub, clock)
        finally:
            hub.close()


ACTS = (
    "receive", "hold", "publie", "publie", "refuse", "trop", "rewrite", "withdraw", "withdraw_all", "comptee", "ecartee"
)  # fmt: skip


@settings(max_examples=examples(25))
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(ACTS), st.integers(0, 5), st.integers(0, 3), st.integers(0, 40)),
        min_size=3, max_size=25,
    )
)  # fmt: skip
def test_in_whatever_order_texts_move_the_flow_is_what_a_recount_gives(
    databases: Databases, migrated: Path, steps: list[Step]
) -> None:
    with fresh_desk(databases, migrated) as desk:
        for step in steps:
            desk.play(step)
        with desk.hub.engine.connect() as connection:
            kept = counted(connection)
            assert kept == recounted(connection)
            for counts in fairness.by_rating(connection).values():
                assert counts["recu"] == sum(counts.get(state, 0) for state in fairness.STATES)
            total = figures.total(list(fairness.by_rating(connection).values()))
            stored = connection.execute(text("SELECT count(*) FROM verbatim")).scalar_one()
            assert total.get("recu", 0) == stored
            months = figures.total(list(fairness.by_month(connection).values()))
            assert months == total


def test_historic_texts_and_those_taken_over_count_as_they_came(hub: Hub, clock: Clock) -> None:
    desk = Desk(hub, clock)
    with writing(hub.engine).begin() as connection:
        for how in range(4):
            desk.receive(connection, 0, how)
        assert counted(connection) == recounted(connection)
        lines = {line.rating: line for line in figures.by_rating(fairness.by_rating(connection))}
    assert (lines["mal"].states["publie"], lines[""].states["refuse"]) == (2, 2)
    assert lines["mal"].delays.decided == 0


def test_a_delay_counts_from_the_first_day_to_the_first_decision(hub: Hub, clock: Clock) -> None:
    desk = Desk(hub, clock)
    for step in (("receive", 0, 0, 0), ("refuse", 0, 0, 4), ("publie", 0, 0, 30), ("publie", 0, 1, 0)):
        desk.play(step)
    with hub.engine.connect() as connection:
        counts = fairness.by_rating(connection)["bien"]
    assert {name: count for name, count in counts.items() if name.startswith("delai.")} == {"delai.4": 1, "delai.35": 1}
    assert figures.delays(counts) == Delays(2, 4, 35, 35, 1)


def test_what_waits_is_known_with_its_oldest(hub: Hub, clock: Clock) -> None:
    desk = Desk(hub, clock)
    desk.play(("receive", 0, 0, 0))
    clock.moment += timedelta(days=11)
    with hub.engine.connect() as connection:
        waits = fairness.waiting(connection)
    assert (waits.texts, waits.days(clock().date()), waits.replies) == (2, 11, 0)


# -- what the figures say --------------------------------------------------------------------------------------------


@pytest.mark.sqlite
def test_texts_are_not_gone_through_to_count_what_waits(hub: Hub) -> None:
    asked: list[tuple[str, Any]] = []
    event.listen(hub.engine, "before_cursor_execute", lambda *seen: asked.append((seen[2], seen[3])))
    with hub.engine.connect() as connection:
        fairness.waiting(connection)
        for statement, values in list(asked):
            plan = " ".join(row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values))
            assert "SCAN verbatim" not in plan or "COVERING INDEX ix_verbatim_waiting" in plan, plan


def test_shares_and_intervals_are_told_only_of_enough_texts() -> None:
    assert figures.share(3, 19).percent is None
    told = figures.share(16, 20)
    assert (told.percent, told.interval) == (80, (58.4, 91.9))


@pytest.mark.parametrize(
    ("days", "expected"),
    [({}, Delays(0, None, None, None, 0)), ({0: 1}, Delays(1, 0, 0, 0, 0)),
     ({1: 5, 2: 4, 40: 1}, Delays(10, 1, 2, 40, 1)),
     ({3: 1, 9: 1}, Delays(2, 3, 9, 9, 0))],
)  # fmt: skip
def test_delays_are_read_from_how_many_were_decided_after_each_number_of_days(
    days: Mapping[int, int], expected: Delays
) -> None:
    assert figures.delays({f"delai.{day}": count for day, count in days.items()}) == expected


def test_a_difference_between_ratings_is_told_only_when_intervals_do_not_overlap() -> None:
    def lines(refused_of_bad: int) -> list[figures.RatingLine]:
        return figures.by_rating(
            {"bien": {"publie": 180, "refuse": 20}, "mal": {"publie": 200 - refused_of_bad, "refuse": refused_of_bad}}
        )

    assert figures.verdict(lines(30)).startswith("Aucune différence")
    told = figures.verdict(lines(80))
    assert told.startswith("Une différence est établie")
    assert "«\u00a0mal\u00a0» sont refusés plus souvent (40\u00a0%)" in told
    assert figures.verdict(figures.by_rating({"bien": {"publie": 19}})).startswith("Trop peu")
