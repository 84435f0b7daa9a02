"""Structured data for the host's own page (schema.org). Pure.

A ``Course`` only: never stars on an ``Organization``, which search engines refuse where a centre shows reviews of
itself. The rating is the mean of the published scale (good 3, fair 2, poor 1; the formula stands on ``/methode``), and
the reviews are those that the frame shows. The host's script joins it to the page by its canonical ``@id``.
"""

from typing import Any

from widget import words
from widget.contract import Distribution, Language, Snapshot, Verbatim

SCALE = {"bien": 3, "moyen": 2, "mal": 1}
"""What each answer counts in the mean."""


def course(snapshot: Snapshot | None, language: Language = "fr", shown: int | None = None) -> dict[str, Any] | None:
    """The course with its rating and the reviews shown (the first ``shown`` of the snapshot's, all when None).

    None when there is no formation or nothing to show.
    """
    if snapshot is None or snapshot.formation is None or snapshot.satisfaction is None:
        return None
    if snapshot.satisfaction.good.percent is None:
        return None
    found: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Course",
        "name": snapshot.formation.title,
        "description": f"{snapshot.formation.title}. {words.headline(snapshot, language)}",
        "aggregateRating": rating(snapshot.satisfaction),
        "review": [review(one) for one in snapshot.verbatims[:shown]],
    }
    if snapshot.scope.served == "formation@etablissement" and snapshot.centre is not None:
        found["provider"] = {"@type": "Organization", "name": snapshot.centre.name}
    return found


def rating(spread: Distribution) -> dict[str, Any]:
    """The mean of the scale, to two decimals."""
    counts = {"bien": spread.good.count, "moyen": spread.fair.count, "mal": spread.poor.count}
    mean = sum(SCALE[name] * count for name, count in counts.items()) / spread.answered
    return {
        "@type": "AggregateRating",
        "ratingValue": round(mean, 2),
        "bestRating": max(SCALE.values()),
        "worstRating": min(SCALE.values()),
        "ratingCount": spread.answered,
    }


def review(one: Verbatim) -> dict[str, Any]:
    """A review as it is shown; its author is an apprentice nobody can name."""
    return {
        "@type": "Review",
        "name": one.question_label,
        "reviewBody": one.text,
        "inLanguage": "fr",
        "datePublished": one.published_on.strftime("%Y-%m"),
        "author": {"@type": "Person", "name": "Un apprenti"},
    }
