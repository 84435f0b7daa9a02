"""What looks odd in an answer, and what does not."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collector import links
from collector.door import Answers, default_questionnaire
from collector.questionnaire import Section, validate
from collector.questionnaire.answers import section_keys
from collector.triage import Limits, is_noise, judge_of_pace, marks_of
from syndication import asgi
from syndication.app import create_app
from syndication.context import Hub
from tests.collector.test_limits import Visitor
from tests.conftest import KEY, settings_in
from tests.databases import Databases
from tests.helpers import FULL_ANSWER, Clock, hidden_fields

Opener = Callable[..., str]
LIMITS = Limits(quick_seconds=0.5, few_answers=2)
SEATS = 3
"""Seats that one network may take here in an hour before they are marked."""
DEFAULT = default_questionnaire()
FULL = validate(DEFAULT, FULL_ANSWER)[0]
EVERY = tuple(section.key for section in DEFAULT.sections)
STORY = "Le matin j'ouvre la cuisine, puis je prépare les légumes avec le chef."


def section(key: str) -> Section:
    return next(one for one in DEFAULT.sections if one.key == key)


def own(key: str) -> dict[str, list[str]]:
    """What the full answer says in a section."""
    return {name: values for name, values in FULL_ANSWER.items() if name in section_keys(section(key))}


def said(key: str) -> Answers:
    return validate(DEFAULT, own(key), section(key))[0]


def given_in(key: str) -> int:
    return said(key).given


def pace(
    key: str, elapsed: float | None, before: Answers | None = None, now: Answers | None = None, limits: Limits = LIMITS
) -> list[str] | None:
    return judge_of_pace(section(key), elapsed, limits)(before or Answers(), said(key) if now is None else now)


def marks(
    answers: Answers, draft_marks: tuple[str, ...] = (), seat: tuple[str, ...] = (), limits: Limits = LIMITS
) -> tuple[str, ...]:
    return marks_of(DEFAULT, answers, draft_marks, seat, limits)


# -- pace ------------------------------------------------------------------------------------------------------------


def test_a_section_filled_in_faster_than_anybody_reads_is_marked() -> None:
    threshold = given_in("entreprise") * LIMITS.quick_seconds
    assert pace("entreprise", 0) == ["rapide:entreprise"]
    assert pace("entreprise", threshold - 0.01) == ["rapide:entreprise"]
    assert pace("entreprise", threshold) == []
    assert pace("entreprise", 600) == []


@pytest.mark.parametrize(("answers", "marked"), [(1, False), (2, False), (3, True), (4, True)])
def test_one_or_two_answers_may_be_ticked_at_once(answers: int, marked: bool) -> None:
    keys = ["cfa.ambiance", "cfa.difficulte", "cfa.charge", "cfa.equipements"][:answers]
    now = Answers(dict.fromkeys(keys, "bien"))
    assert pace("cfa", 0, now=now) == (["rapide:cfa"] if marked else [])


@pytest.mark.parametrize("elapsed", [0.0, 0.001, 1000.0])
def test_a_threshold_of_nought_marks_no_pace(elapsed: float) -> None:
    assert pace("entreprise", elapsed, limits=Limits(0, 2)) == []


@pytest.mark.parametrize(("seconds", "marked"), [(0.1, False), (1.0, False), (1.01, True), (60, True)])
def test_the_threshold_of_pace_is_the_operators(seconds: float, marked: bool) -> None:
    answers = given_in("cfa")
    assert bool(pace("cfa", float(answers), limits=Limits(seconds, 2))) is marked


@pytest.mark.parametrize("elapsed", [-0.001, -1, -3600, -1e9])
def test_a_clock_that_goes_back_marks_nothing(elapsed: float) -> None:
    assert pace("entreprise", elapsed) == []


def test_a_form_that_was_never_shown_is_marked_whatever_it_says() -> None:
    assert pace("bilan", None) == ["mecanique:bilan"]
    assert pace("bilan", None, now=Answers()) == ["mecanique:bilan"]
    assert pace("bilan", None, before=said("bilan")) == ["mecanique:bilan"]


@pytest.mark.parametrize("key", EVERY)
@pytest.mark.parametrize("elapsed", [0, 0.5, -3, 1000])
def test_saving_a_section_unchanged_leaves_its_marks_as_they_are(key: str, elapsed: float) -> None:
    assert pace(key, elapsed, before=FULL) is None


def test_only_what_changed_counts_for_the_pace() -> None:
    changed = Answers({**said("cfa").scales, "cfa.charge": "mal"}, said("cfa").choices)
    assert pace("cfa", 0, before=FULL, now=changed) == []
    assert pace("cfa", 0, before=FULL, now=Answers()) == ["rapide:cfa"]


def test_what_other_sections_say_does_not_count_for_the_pace() -> None:
    assert pace("recherche", 3.0, before=FULL.without(section("recherche"))) == pace("recherche", 3.0)


# -- a whole response ------------------------------------------------------------------------------------------------


def test_a_full_answer_given_slowly_has_no_marks() -> None:
    assert marks(FULL) == ()


def test_a_response_is_too_quick_when_half_of_its_answers_or_more_were() -> None:
    halves = Answers({"cfa": "bien", "cfa.charge": "bien", "entreprise": "bien", "satisfaction": "bien"})
    assert marks(halves, ("rapide:cfa",)) == ("rapide",)
    assert marks(halves, ("rapide:entreprise",)) == ()
    assert marks(halves, ("rapide:entreprise", "rapide:bilan")) == ("rapide",)
    assert marks(halves, ("rapide:recherche",)) == ()


@pytest.mark.parametrize(("answers", "few", "marked"), [(1, 2, True), (2, 2, False), (3, 4, True), (1, 0, False)])
def test_a_response_with_too_few_answers_is_empty(answers: int, few: int, marked: bool) -> None:
    keys = ["cfa.ambiance", "cfa.difficulte", "cfa.charge"][:answers]
    given = Answers(dict.fromkeys(keys, "bien"))
    assert marks(given, limits=Limits(0.5, few)) == (("vide",) if marked else ())


@pytest.mark.parametrize(("text", "marked"), [("x y " * 4 + "ok", True), ("Ouvrir la cuisine !!", False)])
def test_a_text_of_some_length_is_enough_by_itself(text: str, marked: bool) -> None:
    assert (len(text) >= 20) is not marked
    assert marks(Answers(texts={"journee_cfa": text})) == (("vide",) if marked else ())
    assert marks(Answers(texts={"journee_cfa": f"  {text}\n "})) == (("vide",) if marked else ())


def test_one_text_given_to_several_questions_is_marked_and_short_ones_are_not() -> None:
    assert marks(Answers(texts={"journee_cfa": STORY, "journee_entreprise": STORY})) == ("repete",)
    spaced = STORY.upper().replace(" ", "\n ")
    assert marks(Answers(texts={"journee_cfa": STORY, "journee_entreprise": spaced})) == ("repete",)
    assert marks(Answers(texts={"journee_cfa": STORY, "journee_entreprise": STORY + " Voilà."})) == ()
    short = dict.fromkeys(("journee_cfa", "journee_entreprise", "a_savoir"), "Rien à dire")
    assert marks(Answers({"cfa": "bien"}, texts=short)) == ()


def test_a_machine_is_known_by_its_seat_its_forms_or_its_words() -> None:
    assert marks(FULL, seat=("mecanique",)) == ("mecanique",)
    assert marks(FULL, ("mecanique:cfa",)) == ("mecanique",)
    assert marks(Answers({"cfa": "bien", "cfa.charge": "bien"}, texts={"a_savoir": "azzzzzzzzzzzz"})) == ("mecanique",)


def test_marks_come_once_each_in_order_of_name_and_without_their_section() -> None:
    odd = Answers({"cfa": "bien"}, texts={"a_savoir": "zzzzzzzzzzzzzzzzzzzzzzzz", "changement": "zzz"})
    found = marks(odd, ("mecanique:cfa", "rapide:cfa", "rapide:bilan", "rapide:choix"), ("reseau", "mecanique"))
    assert found == ("mecanique", "rapide", "reseau")
    assert marks(Answers({"cfa": "bien"}), ("rapide:cfa",), ("reseau",)) == ("rapide", "reseau", "vide")


def test_thresholds_of_nought_leave_what_is_no_threshold() -> None:
    nothing = Limits(0, 0)
    assert marks(Answers({"cfa": "bien"}), limits=nothing) == ()
    assert marks(FULL, ("mecanique:cfa",), limits=nothing) == ("mecanique",)


# -- texts that are no words -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "aaaaaaaaaaaaaa", "zzzz zzzz zzzz", "AAAAAAaaaaaa!!!!", "lllllllllllmm", "....eeeeeeeeee....",
        "qsdfghjklm", "dfghjklm wxcvbn", "QSDFGHJKLM", "sdfsdfsdf dfgdfgdfg", "hjkhjkhjk !", "xcvbn,;:! xcvbnn",
    ],
)  # fmt: skip
def test_a_text_without_words_is_noise(text: str) -> None:
    assert is_noise(text)


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "RAS", "ras", "mdr", "MDRRR", "lol", "ptdr", "ok", "bof", "non", "Nsp", "jsp mdr ptdr",
        "Rien à signaler", "...", "!!!!!!!!!!!!", "12345678", "0000000000000", "?" * 30,
        "👍", "👩🏽\u200d🍳🔥🔥🔥🔥🔥🔥🔥🔥🔥", "😂" * 40,
        "BTP CFA CAP", "BTS MCO, RNCP, SMIC", "J'ai eu mon CACES et mon SST au CFA du BTP", "CDD, CDI", "HACCP RGPD",
        "هذه تجربتي في التدريب المهني وقد تعلمت الكثير", "شكرا",
        "我在厨房里学到了很多东西，师傅对我很好。", "好好好", "저는 요리를 배웠습니다", "ฉันเรียนรู้มาก",
        "Я многому научился на кухне", "Έμαθα πολλά πράγματα", "आपका बहुत धन्यवाद",
        "Đi học rất vui và bổ ích", "Çok şey öğrendim", "strč prst skrz krk", "Ich lerne sehr viel Schmiedehandwerk",
        "Trooooop bien, j'adooooore !", "hahahahahahaha", "Mmmmh c'est bon la cuisine", "Pfff c'est long...", "Grrr",
        "nn c bi1 tkt", "g kiffé grv mm si c dur", "slt c cool tt le tps", "on ns parle bcp ds la boîte",
        "https://exemple.fr/xdfghjkl", "Brrrr les chambres froides !",
        "e\u0301te\u0301 a\u0300 la me\u0301canique", "Noël à Œuilly", "l’œuf", "y a pas mieux", "rythme",
    ],
)  # fmt: skip
def test_what_people_really_write_is_no_noise(text: str) -> None:
    assert not is_noise(text)


def test_a_long_acronym_within_a_sentence_is_no_noise() -> None:
    assert not is_noise("J'ai appris le logiciel SPDCRTX avec mon tuteur.")


def test_no_real_text_is_noise(real_data: Path) -> None:
    with (real_data / "temoignages_sirius_1.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    columns = ("peurChangementConseil", "trouverEntrepriseConseil", "choseMarquanteConseil",
               "differenceCollegeCfaConseil", "descriptionMetierConseil")  # fmt: skip
    texts = [row.get(f"temoignage.{name}{part}") or "" for row in rows for name in columns for part in (".content", "")]
    written = [text for text in texts if text.strip()]
    assert len(written) > 50
    assert [text for text in written if is_noise(text)] == []


@given(st.text(max_size=200))
def test_any_text_whatever_can_be_looked_at(text: str) -> None:
    assert is_noise(text) in {True, False}
    assert isinstance(marks(Answers(texts={"a_savoir": text})), tuple)


# -- through the pages -----------------------------------------------------------------------------------------------


@pytest.fixture
def hub(databases: Databases, migrated: Path, tmp_path: Path, clock: Clock) -> Iterator[Hub]:
    """A hub that marks seats from the fourth that one network takes within the hour."""
    settings = settings_in(databases.copy(migrated, tmp_path), network_seats=SEATS)
    opened = asgi.open_hub(settings, clock)
    yield opened
    opened.close()


class Person(Visitor):
    """Somebody who answers, and the clock that runs meanwhile."""

    def __init__(self, app: Any, clock: Clock, address: str = "192.0.2.7") -> None:
        super().__init__(app, address)
        self.clock = clock

    def fill(self, key: str, seconds: float = 60, typed: dict[str, Any] | None = None, **form: Any) -> int:
        """Fill a section in so many seconds, as in the full answer unless told otherwise; gives the status."""
        hidden = hidden_fields(self.get(f"/r?etape={key}").text)
        self.clock.moment += timedelta(seconds=seconds)
        return self.post("/r", data={**hidden, **(own(key) if typed is None else typed), **form}).status_code

    def send(self) -> int:
        sent = self.post("/r", data=hidden_fields(self.get("/r?etape=envoi").text))
        assert sent.headers["location"] == "/r?etape=merci"
        return sent.status_code


@pytest.fixture
def person(hub: Hub, app: Any, clock: Clock, open_campaign: Opener) -> Person:
    """Somebody who opened their personal link."""
    someone = Person(app, clock)
    link = hub.collector.issue_links(open_campaign(), 1)[0]
    assert someone.get(link.removeprefix("http://127.0.0.1:8000")).status_code == 303
    return someone


@pytest.fixture
def common(hub: Hub, open_campaign: Opener) -> str:
    """Path of a common link."""
    return hub.collector.common_link(open_campaign()).removeprefix("http://127.0.0.1:8000")


def taken(visitor: Person, path: str, **form: str) -> Person:
    """The same person, seated behind a common link; what they post is what the page gave, but for ``form``."""
    visitor.cookies.clear()
    assert visitor.post(path, data={**hidden_fields(visitor.get(path).text), **form}).status_code == 303
    return visitor


def all_marks(hub: Hub) -> list[tuple[str, ...]]:
    return [response.marks for response in hub.collector.responses_after("")]


def test_a_personal_link_answered_slowly_has_no_marks(hub: Hub, person: Person) -> None:
    assert {person.fill(key) for key in EVERY} == {303}
    person.send()
    assert all_marks(hub) == [()]


def test_a_common_link_answered_slowly_has_no_marks(hub: Hub, app: Any, clock: Clock, common: str) -> None:
    someone = taken(Person(app, clock), common)
    assert {someone.fill(key) for key in EVERY} == {303}
    someone.send()
    assert all_marks(hub) == [()]


def test_an_answer_given_in_a_blink_is_marked_and_not_refused(hub: Hub, person: Person) -> None:
    assert {person.fill(key, seconds=0) for key in EVERY} == {303}
    person.send()
    assert all_marks(hub) == [("rapide",)]


def test_who_hurries_through_one_section_alone_is_not_marked(hub: Hub, person: Person) -> None:
    for key in EVERY:
        person.fill(key, seconds=0 if key == "recherche" else 60)
    person.send()
    assert all_marks(hub) == [()]


def test_a_clock_that_goes_back_between_page_and_post_marks_nothing(hub: Hub, person: Person) -> None:
    assert {person.fill(key, seconds=-30) for key in EVERY} == {303}
    person.send()
    assert all_marks(hub) == [()]


def test_going_over_ones_answers_without_changing_them_marks_nothing(hub: Hub, person: Person) -> None:
    for key in EVERY:
        person.fill(key)
    assert {person.fill(key, seconds=0) for key in EVERY} == {303}
    person.send()
    assert all_marks(hub) == [()]


def test_going_over_a_hurried_section_without_changing_it_does_not_clear_it(hub: Hub, person: Person) -> None:
    assert {person.fill(key, seconds=0) for key in EVERY} == {303}
    assert {person.fill(key) for key in EVERY} == {303}
    person.send()
    assert all_marks(hub) == [("rapide",)]


def test_who_corrects_a_fault_at_once_in_a_page_filled_in_slowly_is_not_marked(hub: Hub, person: Person) -> None:
    for key in ("entreprise", "cfa", "bilan"):
        hidden = hidden_fields(person.get(f"/r?etape={key}").text)
        person.clock.moment += timedelta(minutes=3)
        open_key = {"entreprise": "a_savoir", "cfa": "journee_cfa", "bilan": "journee_entreprise"}[key]
        again = person.post("/r", data={**hidden, **own(key), open_key: "long " * 201})
        assert again.status_code == 422
        person.clock.moment += timedelta(seconds=2)
        corrected = {**hidden_fields(again.text), **own(key), open_key: f"Court {key}."}
        assert person.post("/r", data=corrected).status_code == 303
    person.send()
    assert all_marks(hub) == [()]


def test_what_a_browser_keeps_behind_the_page_does_not_make_the_rest_look_hurried(hub: Hub, person: Person) -> None:
    for key in EVERY:
        hidden = hidden_fields(person.get(f"/r?etape={key}").text)
        person.clock.moment += timedelta(minutes=1)
        assert person.post("/r", data={**hidden, **own(key), "action": "garder"}).status_code == 204
        assert person.post("/r", data={**hidden, **own(key), "action": "continuer"}).status_code == 303
    person.send()
    assert all_marks(hub) == [()]


def test_almost_nothing_said_is_marked_empty_and_not_refused(hub: Hub, person: Person) -> None:
    person.fill("bilan", typed={"satisfaction": "bien"})
    person.send()
    assert all_marks(hub) == [("vide",)]


@pytest.mark.parametrize("typed", [{"journee_entreprise": STORY}, {"satisfaction": "bien", "fierte.voie": "mal"}])
def test_one_story_or_two_answers_are_enough(hub: Hub, person: Person, typed: dict[str, str]) -> None:
    person.fill("bilan", typed=typed)
    person.send()
    assert all_marks(hub) == [()]


def test_a_text_without_words_is_marked_and_kept_as_it_is(hub: Hub, person: Person) -> None:
    person.fill("bilan", typed={"satisfaction": "bien", "fierte.voie": "mal", "journee_entreprise": "qsdfghjklm"})
    person.send()
    (response,) = hub.collector.responses_after("")
    assert (response.marks, response.answers.texts["journee_entreprise"]) == (("mecanique",), "qsdfghjklm")


def test_one_text_everywhere_is_marked(hub: Hub, person: Person) -> None:
    person.fill("bilan", typed={"journee_entreprise": STORY})
    person.fill("cfa", typed={"journee_cfa": STORY})
    person.send()
    assert all_marks(hub) == [("repete",)]


FORGED = {
    "none": "",
    "nonsense": "nimporte.quoi",
    "negative": "-1.x",
    "of another key": "0.AAAAAAAAAAAAAAAAAAAAAAAAAAA",
    "accents": "é.é",
    "huge": "f" * 5000 + ".x",
    "a dot": ".",
}


@pytest.mark.parametrize("stamp", FORGED.values(), ids=FORGED.keys())
def test_a_form_that_we_did_not_show_is_marked_and_not_refused(hub: Hub, person: Person, stamp: str) -> None:
    assert person.fill("bilan", vu=stamp) == 303
    person.send()
    assert all_marks(hub) == [("mecanique",)]


def test_a_form_without_any_stamp_is_marked_and_not_refused(hub: Hub, person: Person) -> None:
    hidden = hidden_fields(person.get("/r?etape=bilan").text)
    del hidden["vu"]
    assert person.post("/r", data={**hidden, **own("bilan")}).status_code == 303
    person.send()
    assert all_marks(hub) == [("mecanique",)]


def test_a_stamp_serves_for_its_own_section_alone(hub: Hub, person: Person) -> None:
    stamp = hidden_fields(person.get("/r?etape=choix").text)["vu"]
    assert person.fill("bilan", vu=stamp) == 303
    assert person.fill("choix", vu=stamp) == 303
    person.send()
    assert all_marks(hub) == [("mecanique",)]


def test_a_stamp_serves_for_its_own_link_alone(hub: Hub, app: Any, clock: Clock, open_campaign: Opener) -> None:
    first, second = (Person(app, clock) for _ in range(2))
    for visitor, link in zip((first, second), hub.collector.issue_links(open_campaign(), 2), strict=True):
        visitor.get(link.removeprefix("http://127.0.0.1:8000"))
    stamp = hidden_fields(first.get("/r?etape=bilan").text)["vu"]
    assert second.fill("bilan", vu=stamp) == 303
    second.send()
    assert all_marks(hub) == [("mecanique",)]


def test_a_stamp_with_another_time_on_it_is_forged(hub: Hub, person: Person) -> None:
    stamp = hidden_fields(person.get("/r?etape=bilan").text)["vu"]
    moment, _, signature = stamp.partition(".")
    assert person.fill("bilan", vu=f"{int(moment, 16) - 600:x}.{signature}") == 303
    person.send()
    assert all_marks(hub) == [("mecanique",)]


def test_a_stamp_is_the_time_of_its_form_and_is_read_under_any_of_our_keys(clock: Clock) -> None:
    moment = int(clock().timestamp())
    stamp = links.seen_stamp((KEY,), moment, "bilan", "jeton")
    assert links.read_seen_stamp(("n" * 40, KEY), stamp, "bilan", "jeton") == moment
    for about in (("choix", "jeton"), ("bilan", "autre"), ("bilan",), ("bilan", "jeton", "")):
        assert links.read_seen_stamp((KEY,), stamp, *about) is None
    assert links.read_seen_stamp(("n" * 40,), stamp, "bilan", "jeton") is None


def test_a_genuine_page_after_a_forged_one_takes_the_suspicion_back(hub: Hub, person: Person) -> None:
    assert person.fill("bilan", vu="forge.e") == 303
    assert person.fill("bilan", typed={"satisfaction": "mal", "fierte.voie": "mal"}) == 303
    person.send()
    assert all_marks(hub) == [()]


@pytest.mark.parametrize(
    ("filled", "marked"), [("https://spam.example", True), ("x", True), ("", False), ("  ", False)]
)
def test_a_field_that_people_do_not_see_tells_who_fills_it_in(
    hub: Hub, app: Any, clock: Clock, common: str, filled: str, marked: bool
) -> None:
    someone = taken(Person(app, clock), common, site_web=filled)
    assert someone.fill("bilan") == 303
    someone.send()
    assert all_marks(hub) == [("mecanique",) if marked else ()]


def test_the_hidden_field_is_on_the_page_and_out_of_the_way(app: Any, clock: Clock, common: str) -> None:
    page = Person(app, clock).get(common).text
    field = page.partition('name="site_web"')
    assert 'aria-hidden="true"' in field[0].rpartition("<p")[2]
    assert 'tabindex="-1"' in field[2].partition(">")[0]
    assert 'autocomplete="off"' in field[2].partition(">")[0]


@pytest.mark.parametrize("form", [{"vu": ""}, {"vu": "faux.faux"}, {"vu": "f" * 5000 + ".x"}, {"visite": "autre"}])
def test_a_seat_taken_without_its_page_is_marked_and_not_refused(
    hub: Hub, app: Any, clock: Clock, common: str, form: dict[str, str]
) -> None:
    someone = taken(Person(app, clock), common, **form)
    assert someone.fill("bilan") == 303
    someone.send()
    assert all_marks(hub) == [("mecanique",)]


def test_seats_beyond_what_a_network_may_take_are_marked_and_given(
    hub: Hub, app: Any, clock: Clock, common: str
) -> None:
    for number in range(SEATS + 2):
        someone = taken(Person(app, clock, f"192.0.2.{number}"), common)
        assert someone.fill("bilan") == 303
        someone.send()
    assert all_marks(hub) == [()] * SEATS + [("reseau",)] * 2


def test_seats_of_other_networks_or_of_another_hour_are_not_marked(
    hub: Hub, app: Any, clock: Clock, common: str
) -> None:
    for address in ("192.0.2.1", "198.51.100.1", "2001:db8::1", "2001:db8:1::1") * SEATS:
        taken(Person(app, clock, address), common).fill("bilan", seconds=1)
    clock.moment += timedelta(hours=1)
    for _ in range(SEATS):
        someone = taken(Person(app, clock), common)
        someone.fill("bilan")
        someone.send()
    assert all_marks(hub) == [()] * SEATS


def test_a_form_posted_twice_is_one_seat_for_its_network_too(hub: Hub, app: Any, clock: Clock, common: str) -> None:
    for _ in range(SEATS):
        someone = Person(app, clock)
        form = hidden_fields(someone.get(common).text)
        assert {someone.post(common, data=form).status_code for _ in range(2)} == {303}
        someone.fill("bilan")
        someone.send()
    assert all_marks(hub) == [()] * SEATS


def test_personal_links_of_one_network_are_never_too_many(
    hub: Hub, app: Any, clock: Clock, open_campaign: Opener
) -> None:
    for link in hub.collector.issue_links(open_campaign(), SEATS + 3):
        someone = Person(app, clock)
        someone.get(link.removeprefix("http://127.0.0.1:8000"))
        someone.fill("bilan")
        someone.send()
    assert all_marks(hub) == [()] * (SEATS + 3)


def test_marks_add_up_and_are_told_once_each(hub: Hub, app: Any, clock: Clock, common: str) -> None:
    for number in range(SEATS):
        taken(Person(app, clock, f"192.0.2.{number}"), common)
    someone = taken(Person(app, clock), common, site_web="https://spam.example")
    hidden = hidden_fields(someone.get("/r?etape=cfa").text)
    typed = {"cfa": "bien", "cfa.charge": "bien", "cfa.ambiance": "bien", "journee_cfa": "zzzzzzzzzzzzz"}
    assert someone.post("/r", data={**hidden, **typed}).status_code == 303
    assert (
        someone.post("/r", data={"jeton": hidden["jeton"], "etape": "bilan", "satisfaction": "bien"}).status_code == 303
    )
    someone.send()
    assert all_marks(hub) == [("mecanique", "rapide", "reseau")]


def test_the_settings_say_what_is_too_quick_and_too_little(
    hub: Hub, tmp_path: Path, clock: Clock, open_campaign: Opener
) -> None:
    leaf = hub.settings.collector.model_copy(update={"quick_seconds": 0.0, "few_answers": 0})
    other = asgi.open_hub(replace(hub.settings, collector=leaf), clock)
    try:
        service = create_app(other, background=False)
        for key, typed in (("cfa", None), ("bilan", {"satisfaction": "bien"})):
            someone = Person(service, clock)
            someone.get(hub.collector.issue_links(open_campaign(), 1)[0].removeprefix("http://127.0.0.1:8000"))
            assert someone.fill(key, seconds=0, typed=typed) == 303
            someone.send()
    finally:
        other.close()
    assert all_marks(hub) == [(), ()]
