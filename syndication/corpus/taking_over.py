"""A full export taken over by an empty hub, which then shows and exports the same.

An export holds figures, not the answers behind them: counts are written as they are told. What it does not tell is kept
as unknown: centres with too few respondents to be named are counted under no name, texts whose question is not told
under none.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from itertools import pairwise

from sqlalchemy import Connection

from collector.door import SCALE, default_questionnaire
from syndication import ratings, store
from syndication.catalogue import importer
from syndication.catalogue import store as catalogue
from syndication.catalogue.facts import CentreFact, CodeFact, Fact, FormationFact, RenewalFact
from syndication.catalogue.importing import store as importing
from syndication.corpus import store as corpus
from syndication.corpus.items import Text
from syndication.corpus.records import Figures, Place
from syndication.errors import ImportFault
from syndication.instants import PARIS
from syndication.ratings import Questions
from syndication.replies import store as replies
from syndication.reviews import store as reviews
from syndication.store import NewReview, NewVerbatim, Scope

SOURCE, RANK = "reprise", 9
UNTOLD = ""
"""The question of texts of which only the number is known."""
Counts = dict[tuple[str, str], int]


@dataclass(slots=True)
class TakenOver:
    """What was taken over."""

    figures: int
    texts: int


@dataclass
class _Hub:
    """The hub that takes over, and where everything is in it: formations by natural key, centres by UAI or SIRET."""

    connection: Connection
    now: datetime
    formations: Mapping[str, int] = field(default_factory=dict)
    centres: Mapping[str, int] = field(default_factory=dict)
    unnamed: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    """By formation, centres that are counted and not named."""


def take_over(
    connection: Connection, figures: Sequence[Figures], texts: Sequence[Text], questions: Questions, now: datetime
) -> TakenOver:
    """Take an export over, whole; raises ImportFault when the hub holds reviews, or does not know a question."""
    if corpus.anybody_answered(connection):
        raise ImportFault("Ce service a déjà des avis : un export ne se reprend que dans un service vide.")
    _check_questions(figures, texts, questions)
    hub = _Hub(connection, now)
    _keep_catalogue(hub, figures, texts)
    _count_unnamed(hub, figures)
    store.add_to_tally_as_told(connection, {_scope(hub, one): _counts_of(one, questions) for one in figures})
    for one in texts:
        _keep_text(hub, one)
    _count_untold(hub, figures)
    _tell_when(hub, figures)
    return TakenOver(len(figures), len(texts))


def _check_questions(figures: Sequence[Figures], texts: Sequence[Text], questions: Questions) -> None:
    known = {*questions.scales, *questions.choices, *questions.labels}
    told = {key for one in figures for key in (*one.scales, *one.choices)} | {one.question for one in texts}
    if told - known:
        raise ImportFault(
            f"Des questions ne sont pas connues ici : {', '.join(sorted(told - known))}. Publiez d'abord leurs "
            "questionnaires (« sirius questionnaire publish »)."
        )


# -- the catalogue ---------------------------------------------------------------------------------------------------


def _keep_catalogue(hub: _Hub, figures: Sequence[Figures], texts: Sequence[Text]) -> None:
    facts: list[Fact] = []
    for one in figures:
        if one.formation:
            facts += _formation_facts(one)
        if one.place:
            facts.append(_centre_fact(one.place))
    facts += _renewals(figures, texts)
    importer.keep(hub.connection, facts, SOURCE, hub.now)
    importer.link_lineages(hub.connection)
    hub.formations = importing.natural_keys(hub.connection)
    hub.centres = importing.centre_ids(hub.connection) | {
        siret: min(ids) for siret, ids in importing.centre_ids_by_siret(hub.connection).items()
    }


def _formation_facts(one: Figures) -> list[Fact]:
    codes = [CodeFact(one.formation, scheme, value) for scheme, values in one.codes.items() for value in values]
    return [FormationFact(one.formation, one.title or one.formation, RANK, one.level), *codes]


def _former_keys(one: Figures) -> list[str]:
    """Natural keys that diplomas taken over from may have."""
    return [f"{scheme}:{value}" for scheme in ("cfd", "certifinfo", "rncp") for value in one.former.get(scheme, ())]


def _centre_fact(one: Place) -> CentreFact:
    return CentreFact(one.uai, one.name, RANK, one.siret, one.city)


def _renewals(figures: Sequence[Figures], texts: Sequence[Text]) -> list[Fact]:
    """Diplomas that each formation took over from, as links of one chain.

    Which came first is not told, and several that led to one would be taken for diplomas that merged. Codes of which it
    is not told whose they are go to the first.
    """
    former: dict[str, set[str]] = defaultdict(set)
    titles = {one.formation: one.title or one.formation for one in figures if one.formation}
    for text in texts:
        titles.setdefault(text.formation_key, text.formation_title)
        former[text.formation_key].update({text.given_under} - {text.formation_key})
    facts: list[Fact] = [FormationFact(key, title, 0) for key, title in titles.items()]
    told = {one.formation: one for one in figures if one.formation and not one.place}
    for key, title in titles.items():
        keys = _former_keys(told[key]) if key in told else []
        olds = sorted(former[key] | {old for old in keys if _parts(old)[0] == "cfd"}) or keys[:1]
        facts += [FormationFact(old, title, 0, told[key].level if key in told else None) for old in olds]
        facts += [CodeFact(old, *_parts(old)) for old in olds]
        facts += [RenewalFact(*_parts(old), _parts(new)[1]) for old, new in pairwise([*olds, key])]
        if olds and key in told:
            rest = {(scheme, value) for scheme, values in told[key].former.items() for value in values}
            facts += [CodeFact(olds[0], *code) for code in sorted(rest - {_parts(old) for old in olds})]
    return facts


def _parts(key: str) -> tuple[str, str]:
    scheme, _, value = key.partition(":")
    return scheme, value


def _count_unnamed(hub: _Hub, figures: Sequence[Figures]) -> None:
    """Make up for the centres of each formation that have too few respondents to be named."""
    named: Counter[str] = Counter(one.formation for one in figures if one.formation and one.place)
    missing = {one.formation: one.centres - named[one.formation] for one in figures if one.formation and not one.place}
    for formation, count in missing.items():
        number = hub.formations[formation]
        hub.unnamed[number] = importing.add_unnamed_centres(hub.connection, max(count, 0))
    rest = _rest(hub, figures)
    counts: dict[Scope, Counts] = {}
    for number, centres in hub.unnamed.items():
        for place, centre in enumerate(centres):
            share = rest[number] // len(centres) + (place < rest[number] % len(centres))
            counts[number, centre] = {(ratings.RESPONDENTS, ""): max(share, 1)}
    store.add_to_tally_as_told(hub.connection, counts)


def _rest(hub: _Hub, figures: Sequence[Figures]) -> dict[int, int]:
    """Respondents of each formation outside the centres that are named."""
    rest: Counter[int] = Counter()
    for one in figures:
        if one.formation:
            rest[hub.formations[one.formation]] += -one.respondents if one.place else one.respondents
    return dict(rest)


# -- figures ---------------------------------------------------------------------------------------------------------


def _scope(hub: _Hub, one: Figures) -> Scope:
    formation = hub.formations[one.formation] if one.formation else 0
    return formation, hub.centres[one.place.uai or str(one.place.siret)] if one.place else 0


def _counts_of(one: Figures, questions: Questions) -> Counts:
    counts: Counts = {(ratings.RESPONDENTS, ""): one.respondents}
    asked = ratings.invitation_counts(one.invited, one.respondents)
    counts |= {key: count for key, count in asked.items() if count}
    if one.period:
        first, last = one.period
        counts[ratings.MONTHS, first] = one.respondents - (first != last)
        counts[ratings.MONTHS, last] = max(counts.get((ratings.MONTHS, last), 0), 1)
    for key, spread in one.scales.items():
        axis = questions.scales[key][0].name
        counts |= {(axis, value): count for value, count in zip(SCALE, spread, strict=True)}
    for key, (respondents, options) in one.choices.items():
        axis = questions.choices[key][0].name
        counts |= {(axis, ""): respondents, **{(axis, option): count for option, count in options.items()}}
    return counts


def _count_untold(hub: _Hub, figures: Iterable[Figures]) -> None:
    """Texts that figures count and the export does not tell: those of centres that could not be named beside them."""
    counts: dict[Scope, Counts] = {}
    for one in figures:
        scope = _scope(hub, one)
        members = catalogue.lineage_members(hub.connection, scope[0]) if scope[0] else (0,)
        told = sum(corpus.texts_counted(hub.connection, member, scope[1]) for member in members)
        if one.texts > told:
            counts[scope] = {(ratings.VERBATIMS, UNTOLD): one.texts - told}
    store.add_to_tally_as_told(hub.connection, counts)


def _tell_when(hub: _Hub, figures: Iterable[Figures]) -> None:
    """When each scope last changed, in order: a formation changes last of what it holds."""
    when = sorted((one.updated_at, not one.place, _scope(hub, one)) for one in figures)
    for moment, _, scope in when:
        store.note_changes(hub.connection, [scope], moment)


# -- texts -----------------------------------------------------------------------------------------------------------


def _keep_text(hub: _Hub, one: Text) -> None:
    formation = hub.formations[one.given_under]
    centre = hub.centres[one.uai] if one.uai else _unnamed_centre(hub, one)
    published = datetime.combine(one.published_on, time(), PARIS)
    store.add_to_tally_as_told(hub.connection, {(formation, centre): {(ratings.RESPONDENTS, ""): 0}})
    review = NewReview(
        id=f"{SOURCE}-{one.id}", origin=SOURCE, source_id=f"{SOURCE}:{one.id}", campaign_id=None,
        formation_id=formation, centre_id=centre, code_given=one.given_under, month=one.month,
        questionnaire_version=default_questionnaire().version, answers={"scales": {}, "choices": {}}, counts={},
        verbatims=(NewVerbatim(one.id, one.question, one.words, "publie", gem=one.gem),),
    )  # fmt: skip
    store.keep_reviews(hub.connection, [review], published)
    reviews.show(hub.connection, one.id, one.question, one.words, (formation, centre), one.subjects)
    corpus.set_useful(hub.connection, one.id, one.useful)
    if one.reply is not None and one.replied_on is not None:
        when = datetime.combine(one.replied_on, time(), PARIS)
        replies.take_over(hub.connection, one.id, one.reply, one.signed or "", when)


def _unnamed_centre(hub: _Hub, one: Text) -> int:
    """A centre that may not be named, for a text that names none."""
    number = hub.formations[one.formation_key]
    if not hub.unnamed[number]:
        hub.unnamed[number] = importing.add_unnamed_centres(hub.connection, 1)
    return hub.unnamed[number][0]
