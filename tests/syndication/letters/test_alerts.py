"""Mails of alerts, when they cannot be carried: somebody may be in danger, so that none is lost without a word."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from syndication import doctor, worker
from syndication.alerts import store as alerts
from syndication.context import Hub
from syndication.database import writing
from tests.collector.post import DROP, Fault, Post
from tests.helpers import Clock
from tests.syndication.letters.test_courier import courier, know
from tests.syndication.test_desk import signed_in, waiting

REF, OTHER = "ref@exemple.fr", "autre@exemple.fr"
WARNING = "Des alertes n'ont pu être portées à personne par mail"


@pytest.fixture
def post() -> Iterator[Post]:
    running = Post()
    yield running
    running.stop()


@pytest.fixture
def raised(hub: Hub, answer: Callable[..., None]) -> int:
    """An alert, raised while one referent could be told."""
    know(hub, REF, "referent")
    answer(1, changement=["Je le dis à quelqu'un, enfin."], recherche__conseil=[""])
    with writing(hub.engine).begin() as connection:
        return alerts.sound(connection, waiting(hub)[0].id, 1, "danger", "", "lea@exemple.fr", hub.clock())


def reached(post: Post) -> list[str]:
    return [mail.recipient for mail in post.received]


def test_an_alert_that_may_have_left_is_sent_again(hub: Hub, post: Post, clock: Clock, raised: int) -> None:
    post.fault = Fault("end", DROP, times=1)
    for _ in range(2):
        courier(hub, post).hand_over()
        clock.moment += timedelta(minutes=5)
    assert reached(post) == [REF, REF]


def test_an_alert_whose_mail_is_refused_is_told_to_another_and_its_loss_is_seen(
    hub: Hub, app: Any, post: Post, raised: int
) -> None:
    post.fault = Fault("RCPT", "550 5.1.1 unknown")
    courier(hub, post).hand_over()
    assert worker.tell_late_alerts(hub) == 0
    assert "personne n'a reçues par mail : 1" in " ".join(doctor.unheard(hub))
    moderator = signed_in(hub, app)
    assert WARNING in unescape(moderator.get("/moderation/lot").text)
    assert worker.tell_late_alerts(hub) == 0  # who could not be reached is not written to for ever
    know(hub, OTHER, "referent")
    assert worker.tell_late_alerts(hub) == 1
    post.fault = None
    courier(hub, post).hand_over()
    assert (reached(post), doctor.unheard(hub)) == ([OTHER], [])
    assert WARNING not in unescape(moderator.get("/moderation/lot").text)


def test_an_alert_that_was_given_up_or_that_nobody_wants_any_more_counts_as_lost(
    hub: Hub, post: Post, clock: Clock, raised: int
) -> None:
    post.fault = Fault("RCPT", "450 4.2.0 greylisted")
    for _ in range(16):
        courier(hub, post).hand_over()
        clock.moment += timedelta(hours=8)
    assert worker.tell_late_alerts(hub) == 0
    assert len(doctor.unheard(hub)) == 1


def test_one_referent_who_was_reached_is_enough(hub: Hub, post: Post, raised: int) -> None:
    courier(hub, post).hand_over()
    assert (worker.tell_late_alerts(hub), reached(post), doctor.unheard(hub)) == (0, [REF], [])
