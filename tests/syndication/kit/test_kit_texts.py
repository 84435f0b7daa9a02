"""Ready-made words: what an invitation owes its reader, and text messages that fit."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.kit.kit import Kit, shortened
from syndication.kit.texts import (
    GSM,
    GSM_EXTENDED,
    LONGEST_SMS,
    ReadyText,
    gsm,
    mail_text,
    page_text,
    sms_parts,
    sms_places,
    sms_text,
)
from tests.syndication.kit.reading import LINK, LONG_LINK, LONGEST_CENTRE, LONGEST_FORMATION, kit


@pytest.mark.parametrize("write", [mail_text, page_text])
def test_a_text_says_who_asks_on_what_for_what_where_it_appears_and_how_to_stop(
    write: Callable[[Kit], ReadyText],
) -> None:
    made = write(kit())
    for told in (
        "CFA Médéric", "CAP cuisine", "avec Sirius", "comment se passent ton entreprise, ton CFA",
        "aide d'autres jeunes", "une fois lus par un modérateur", "les sites d'orientation",
        "Un texte refusé, on te dit pourquoi", "ni ton nom, ni ton adresse, ni l'heure",
        "Personne ne peut savoir que c'est toi", "https://sirius.exemple.fr/methode",
        "5 minutes", "du 2\u00a0novembre\u00a02026 au 23\u00a0janvier\u00a02027", "Tu ne veux p",
    ):  # fmt: skip
        assert told in made.body
    assert made.body.count(LINK) == 1
    assert made.subject == "Raconte ton apprentissage\u00a0: CAP cuisine"
    assert "!" not in made.subject + made.body
    assert " :" not in made.body
    assert " ?" not in made.body


def test_a_link_stands_alone_on_its_line_in_a_mail() -> None:
    assert LINK in mail_text(kit()).body.splitlines()


def test_a_long_title_is_cut_in_a_subject_and_whole_in_the_text() -> None:
    made = mail_text(kit(LONGEST_FORMATION))
    assert len(made.subject) <= 110
    assert made.subject.endswith("…")
    assert LONGEST_FORMATION in made.body


@pytest.mark.parametrize(
    ("formation", "centre", "link"),
    [
        ("CAP cuisine", "CFA Médéric", LINK),
        (LONGEST_FORMATION, LONGEST_CENTRE, LINK),
        (LONGEST_FORMATION, "CFA", LINK),
        (LONGEST_FORMATION, LONGEST_CENTRE, LONG_LINK),
        ("Œnologie «\u00a0à façon\u00a0» – œuvres d'été, 20 €", "École ’94’ 😀 [Łódź]", LINK),
    ],
)
def test_a_text_message_is_two_parts_at_most_link_and_all(formation: str, centre: str, link: str) -> None:
    text = sms_text(kit(formation, centre, link))
    assert set(text) <= GSM | GSM_EXTENDED
    assert sms_places(text) <= LONGEST_SMS == 306
    assert sms_parts(text) == 2
    assert text.count(link) == 1
    assert "!" not in text
    for told in ("te demande ton avis sur ta formation", "5 min, sans ton nom", "jusqu'au 23/01/2027",
                 "Lu par un modérateur", "publié sur les sites d'orientation", "réponds STOP"):  # fmt: skip
        assert told in text


def test_a_text_message_names_whole_what_there_is_room_for() -> None:
    assert sms_text(kit()).startswith("CFA Médéric te demande ton avis sur ta formation (CAP cuisine). ")
    text = sms_text(kit(LONGEST_FORMATION, "CFA Sud"))
    assert text.startswith("CFA Sud te demande ton avis sur ta formation (Sureté de l'aviation")
    assert "...). " in text


def test_names_that_would_tell_nothing_are_left_out() -> None:
    text = sms_text(kit(LONGEST_FORMATION, LONGEST_CENTRE, "https://" + "a" * 60 + ".fr/c/" + "b" * 54))
    assert text.startswith("Ton CFA te demande ton avis sur ta formation. ")
    assert sms_parts(text) == 2


@pytest.mark.parametrize(
    ("letters", "folded"),
    [
        ("àéèùìòÇÉÄÖÑÜ", "àéèùìòÇÉÄÖÑÜ"),
        ("çêîôœâëïÀ", "ceiooeaeiA"),
        ("«\u00a0a\u00a0» “b” ’c’ – d…", '" a " "b" \'c\' - d...'),
        ("20 € [x]", "20 € [x]"),
        ("漢字😀", "HanZi"),
    ],
)
def test_letters_that_text_messages_lack_are_written_with_those_they_have(letters: str, folded: str) -> None:
    assert gsm(letters) == folded


@given(st.text())
def test_whatever_is_folded_can_be_sent(text: str) -> None:
    assert sms_places(gsm(text)) >= 0


def test_places_and_parts_are_counted_as_the_standard_counts_them() -> None:
    assert sms_places("a€") == 3
    assert [sms_parts("a" * count) for count in (1, 160, 161, 306, 307)] == [1, 1, 2, 2, 3]
    with pytest.raises(ValueError, match="not in the alphabet"):
        sms_places("ç")


@pytest.mark.parametrize(
    ("text", "room", "kept"),
    [
        ("CAP cuisine", 11, "CAP cuisine"),
        ("CAP\n  cuisine ", 20, "CAP cuisine"),
        ("CAP cuisine et service", 14, "CAP cuisine…"),
        ("CAP cuisine, et service", 14, "CAP cuisine…"),
        ("Anticonstitutionnellement", 10, "Anticonst…"),
        ("n°\u00a05 bis", 20, "n°\u00a05 bis"),
    ],
)
def test_a_name_is_cut_after_a_word_where_it_can_be(text: str, room: int, kept: str) -> None:
    assert shortened(text, room, "…") == kept
