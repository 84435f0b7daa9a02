"""From the collector's door to reviews: idempotent, one transaction a batch."""

import base64
import logging
import secrets
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, Engine

from collector.door import Answers, CollectedResponse, Collector, Questionnaire
from syndication import ratings, store
from syndication.catalogue.resolve import resolve
from syndication.database import overwrite_log, write_anew, writing
from syndication.errors import CampaignRefused, UnusableCode
from syndication.instants import PARIS
from syndication.moderation.signals import examine
from syndication.own.answers import store as own
from syndication.own.wording import choices_in, question_id, texts_in, without_own
from syndication.reviews import store as reviews
from syndication.reviews.triage import COPIED, fingerprint
from syndication.search import store as search
from syndication.store import CampaignRow, NewReview, NewVerbatim, Scope

FOLLOWER, ERASED, FORGOTTEN = "collector", "erased", "forgotten"
"""Bookmarks: the last event taken in, the last that took words back, the last whose words left the disk."""
DANGER = "danger"
NIGHT_HOURS = range(2, 5)
log = logging.getLogger("sirius.intake")
BATCH = 500


@dataclass(frozen=True, slots=True)
class Intake:
    """What intake works with; ``duplicate_length``: see ``reviews.triage.fingerprint``."""

    collector: Collector
    duplicate_length: int


def take_in(engine: Engine, collector: Collector, now: datetime, duplicate_length: int = 0) -> int:
    """Take in what the collector recorded since last time; gives how many reviews were new.

    ``duplicate_length``: letters from which a text may be a copy of another; 0 looks for none.
    """
    intake, taken, erased = Intake(collector, duplicate_length), 0, False
    while True:
        with writing(engine).begin() as connection:
            events = collector.responses_after(store.bookmark(connection, FOLLOWER), BATCH)
            if not events:
                break
            fresh, changed = _keep(intake, connection, events, now)
            taken, erased = taken + len(fresh), erased or changed
            store.move_bookmark(connection, FOLLOWER, events[-1].cursor)
            if changed:
                store.move_bookmark(connection, ERASED, events[-1].cursor)
    if erased:
        with writing(engine).begin() as connection:
            search.forget(connection)
        overwrite_log(engine)
        forget_copies(engine, now)
    return taken


def forget_copies(engine: Engine, now: datetime) -> None:
    """Leave no copy of words taken back in the database's file: at once, or by night when it is large.

    To be called again now and then: somebody may be writing, or reading the log.
    """
    overwrite_log(engine)
    with engine.connect() as connection:
        erased, forgotten = store.bookmark(connection, ERASED), store.bookmark(connection, FORGOTTEN)
    if erased != forgotten and write_anew(engine, night=now.astimezone(PARIS).hour in NIGHT_HOURS):
        with writing(engine).begin() as connection:
            store.move_bookmark(connection, FORGOTTEN, erased)


def count_invitations(engine: Engine, collector: Collector, now: datetime) -> None:
    """Bring up to date how many were asked, for every open campaign."""
    with engine.connect() as connection:
        campaigns = store.open_campaigns(connection, now.date())
    invited = collector.invited([campaign.id for campaign in campaigns])
    stale = [one.id for one in campaigns if one.id in invited and one.invited != invited[one.id]]
    if stale:
        with writing(engine).begin() as connection:
            for campaign_id in stale:
                _recount(connection, campaign_id, invited[campaign_id], 0, now)


def new_id() -> str:
    """An identifier that tells nothing of order: 80 random bits, in 16 small letters and digits."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


def signal_kinds(text: str) -> tuple[str, ...]:
    """Kinds of what a text shows before anybody reads it, each once: see ``moderation.signals``."""
    return tuple(dict.fromkeys(signal.kind for signal in examine(text)))


def open_texts(document: Questionnaire, texts: dict[str, str]) -> list[tuple[str, str]]:
    """The texts that are verbatims, by question, in the questionnaire's order."""
    return [(q.key, texts[q.key]) for q in document.questions() if q.feeds == "verbatim" and q.key in texts]


def _keep(
    intake: Intake, connection: Connection, events: Sequence[CollectedResponse], now: datetime
) -> tuple[list[NewReview], bool]:
    """Take events in; gives the reviews that are new, and whether words of others were erased."""
    erased = False
    fresh = _keep_new(
        intake, connection, [event for event in events if event.kind == "sent" and not event.withdrawn], now
    )
    for event in events:
        if event.kind == "rewritten" and event.question is not None and event.question in event.answers.texts:
            text = event.answers.texts[event.question]
            mark = fingerprint(text, intake.duplicate_length)
            copied = bool(mark and reviews.known_fingerprints(connection, [mark]))
            signals = [*signal_kinds(text), *([COPIED] if copied else [])]
            erased |= reviews.rewrite(connection, event.id, event.question, text, mark, signals, now)
        elif event.kind == "withdrawn" and event.question is not None:
            erased |= _withdraw_text(connection, event.id, event.question, now)
        elif event.kind == "withdrawn":
            erased |= _withdraw(intake, connection, event, now)
    return fresh, erased


def _withdraw_text(connection: Connection, source_id: str, question: str, now: datetime) -> bool:
    number = question_id(question)
    if number is not None:
        return own.withdraw_text(connection, source_id, number)
    return reviews.withdraw_text(connection, source_id, question, now)


def _withdraw(intake: Intake, connection: Connection, event: CollectedResponse, now: datetime) -> bool:
    kept = reviews.answers_of(connection, event.id)
    if kept is None:
        return False
    stored, version, month = kept
    answers = Answers(stored["scales"], {key: tuple(values) for key, values in stored["choices"].items()})
    counts = ratings.counts_of(answers, intake.collector.questionnaire(version), month)
    own.withdraw_review(connection, event.id)
    return reviews.withdraw_review(connection, event.id, counts, now)


def _keep_new(
    intake: Intake, connection: Connection, responses: Sequence[CollectedResponse], now: datetime
) -> list[NewReview]:
    campaigns: dict[str, CampaignRow] = {}
    placed: list[NewReview] = []
    for response in responses:
        try:
            if response.campaign_id not in campaigns:
                campaigns[response.campaign_id] = _campaign(connection, response, now)
            placed.append(_review(intake, response, campaigns[response.campaign_id]))
        except (CampaignRefused, UnusableCode) as error:
            log.error("a response could not be placed and is set aside: %s", error)
            store.set_aside(connection, response.id, str(error))
    known = store.known_sources(connection, [review.source_id for review in placed])
    placed = [review for review in placed if review.source_id not in known]
    fresh = store.keep_reviews(connection, _mark_copies(connection, placed), now)
    _keep_own_texts(connection, fresh, {response.id: texts_in(response.answers) for response in responses}, now)
    respondents: dict[str, int] = defaultdict(int)
    for review in fresh:
        if not review.marks:
            respondents[str(review.campaign_id)] += review.counts.get((ratings.RESPONDENTS, ""), 0)
    invited = intake.collector.invited(list(respondents))
    for campaign_id, count in respondents.items():
        _recount(connection, campaign_id, invited[campaign_id], count, now)
    return fresh


def _keep_own_texts(
    connection: Connection, fresh: Sequence[NewReview], said: Mapping[str, Mapping[int, str]], now: datetime
) -> None:
    """Keep what new reviews wrote to questions of their centre; ``said`` is by response."""
    texts = [
        own.NewText(new_id(), review.id, number, text, danger=DANGER in signal_kinds(text))
        for review in fresh
        for number, text in said[review.source_id].items()
    ]
    own.keep(connection, texts, now.date())


def _mark_copies(connection: Connection, placed: Sequence[NewReview]) -> list[NewReview]:
    """The same reviews, those marked that repeat a text already given; the first to give it is not."""
    wanted = sorted({text.fingerprint for review in placed for text in review.verbatims if text.fingerprint})
    given = reviews.known_fingerprints(connection, wanted)
    marked: list[NewReview] = []
    for review in placed:
        own = {text.fingerprint for text in review.verbatims if text.fingerprint}
        copied = own & given
        given |= own
        marked.append(_as_copy(review, copied) if copied else review)
    return marked


def _as_copy(review: NewReview, copied: set[str]) -> NewReview:
    texts = tuple(
        replace(text, signals=(*text.signals, COPIED)) if text.fingerprint in copied else text
        for text in review.verbatims
    )
    return replace(review, verbatims=texts, marks=tuple(sorted({*review.marks, COPIED})))


def _review(intake: Intake, response: CollectedResponse, campaign: CampaignRow) -> NewReview:
    document = intake.collector.questionnaire(response.questionnaire_version)
    answers = without_own(response.answers)
    return NewReview(
        id=new_id(),
        origin="collecte",
        source_id=response.id,
        campaign_id=campaign.id,
        formation_id=campaign.formation_id,
        centre_id=campaign.centre_id,
        code_given=campaign.code_given,
        month=response.month,
        questionnaire_version=response.questionnaire_version,
        answers=_stored(answers, choices_in(response.answers)),
        counts=ratings.counts_of(answers, document, response.month),
        verbatims=tuple(
            NewVerbatim(
                new_id(),
                question,
                text,
                "attente",
                signals=signal_kinds(text),
                fingerprint=fingerprint(text, intake.duplicate_length),
            )
            for question, text in open_texts(document, dict(answers.texts))
        ),
        marks=response.marks,
    )


def _stored(answers: Answers, chosen: Mapping[int, tuple[str, ...]]) -> dict[str, object]:
    """Answers as a review keeps them; those to questions of its centre stand apart, by question."""
    stored: dict[str, object] = {
        "scales": dict(answers.scales), "choices": {k: list(v) for k, v in answers.choices.items()},
    }  # fmt: skip
    return stored | ({"own": {str(number): list(options) for number, options in chosen.items()}} if chosen else {})


def _campaign(connection: Connection, response: CollectedResponse, now: datetime) -> CampaignRow:
    """The campaign of a response; one that the hub never stored is drawn again from the codes it bears."""
    known = store.campaign(connection, response.campaign_id)
    if known is not None:
        return known
    resolved = resolve(connection, response.formation_code, response.centre_code)
    if resolved.formation is None or resolved.centre is None:
        raise CampaignRefused(f"La campagne {response.campaign_id} ne dit pas sa formation et son établissement.")
    campaign = CampaignRow(
        response.campaign_id, resolved.formation.asked.id, resolved.centre.id, response.formation_code,
        now.date(), now.date(), 0, 0,
    )  # fmt: skip
    store.add_campaign(connection, campaign)
    return campaign


def _recount(connection: Connection, campaign_id: str, invited: int | None, added: int, now: datetime) -> None:
    before = store.campaign(connection, campaign_id)
    if before is None:
        raise CampaignRefused(f"Aucune campagne ne porte l'identifiant {campaign_id}.")
    after = replace(before, invited=invited, respondents=before.respondents + added)
    difference = ratings.invitation_counts(after.invited, after.respondents)
    difference.subtract(ratings.invitation_counts(before.invited, before.respondents))
    counts: dict[tuple[Scope, str, str], int] = {
        (before.scope, axis, value): count for (axis, value), count in difference.items()
    }
    store.add_to_tally(connection, counts)
    store.set_campaign_counts(connection, campaign_id, after.invited, after.respondents)
    store.note_changes(connection, [before.scope], now)
