"""Masks: what they may cover, and that nothing else of a text changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from syndication.desk.segments import segments
from syndication.errors import DecisionError
from syndication.moderation.masking import KINDS, Mask, checked, find, read, shown, trimmed
from syndication.moderation.signals import examine

SAID = "Mon tuteur Karim et Mme Durand m'ont aidé. Karim surtout."


def test_a_masked_name_is_replaced_and_nothing_else() -> None:
    masks = checked(SAID, find(SAID, "Karim", "prenom") + find(SAID, "Durand", "nom"))
    assert shown(SAID, masks) == ("Mon tuteur [prénom retiré] et Mme [nom retiré] m'ont aidé. [prénom retiré] surtout.")
    assert shown(SAID, ()) == SAID


@pytest.mark.parametrize(
    ("start", "end", "kind"),
    [(11, 14, "prenom"), (12, 16, "prenom"), (10, 16, "prenom"), (11, 17, "prenom"), (-1, 3, "nom"), (50, 99, "nom"),
     (16, 11, "nom"), (11, 11, "nom"), (11, 16, "surnom"), (0, 57, "nom"), (0, 30, "nom"), (16, 17, "nom")],
)  # fmt: skip
def test_a_mask_that_covers_anything_but_a_name_is_refused(start: int, end: int, kind: str) -> None:
    with pytest.raises(DecisionError):
        checked(SAID, [Mask(start, end, kind)])


def test_masks_neither_overlap_nor_cover_the_whole_text_nor_are_too_many() -> None:
    for text, masks in (
        ("Karim Benali parle", [Mask(0, 12, "nom"), Mask(6, 12, "nom")]),
        ("Karim", [Mask(0, 5, "prenom")]),
        ("Karim !", [Mask(0, 5, "prenom")]),
        ("A B C D E F G H I J K L", [Mask(place, place + 1, "nom") for place in range(0, 22, 2)]),
        ("x" * 70 + " oui", [Mask(0, 70, "nom")]),
    ):
        with pytest.raises(DecisionError):
            checked(text, masks)


@pytest.mark.parametrize(
    ("text", "mask"),
    [("e\u0301mile parle", Mask(0, 1, "prenom")), ("👩🏽‍🍳Léa 👍", Mask(1, 7, "prenom")),
     ("Zoe\u0308 rit", Mask(0, 3, "prenom")), ("🇫🇷Paul ici", Mask(1, 6, "prenom"))],
)  # fmt: skip
def test_a_mask_does_not_cut_what_a_reader_sees_as_one_character(text: str, mask: Mask) -> None:
    with pytest.raises(DecisionError):
        checked(text, [mask])


def test_a_name_after_an_apostrophe_or_beside_a_sign_may_be_masked() -> None:
    for text, name in (("C'est l'Émilie du bar", "Émilie"), ("(Karim) est là", "Karim"), ("👩🏽‍🍳 Léa !", "Léa")):
        assert checked(text + " oui", find(text + " oui", name, "prenom"))


def test_only_whole_words_are_found() -> None:
    assert find("Ana mange un ananas avec Ana", "Ana", "prenom") == (Mask(0, 3, "prenom"), Mask(25, 28, "prenom"))
    for words in ("nana", "", "   "):
        with pytest.raises(DecisionError):
            find("un ananas", words, "nom")


def test_spaces_taken_along_by_a_hand_are_left_out() -> None:
    assert trimmed("et Karim dit", Mask(2, 9, "prenom")) == Mask(3, 8, "prenom")


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(-2, 62), st.integers(-2, 62)), max_size=4))
def test_whatever_is_accepted_changes_only_what_it_covers(text: str, spans: list[tuple[int, int]]) -> None:
    try:
        masks = checked(text, [Mask(start, end, "nom") for start, end in spans])
    except DecisionError:
        return
    left = shown(text, masks)
    for mask in reversed(masks):
        place = left.rindex(KINDS["nom"])
        left = left[:place] + text[mask.start : mask.end] + left[place + len(KINDS["nom"]) :]
    assert left == text
    assert read([list(mask) for mask in masks]) == masks


def test_a_name_that_hides_unseen_characters_is_marked_and_masked_whole() -> None:
    text = "Mon patron Ka\u200bri\u00adm est cool"
    (name,) = [signal for signal in examine(text) if signal.kind == "personne"]
    assert [part.words for part in segments(text, [name], ()) if part.signals] == ["Ka\u200bri\u00adm"]
    assert shown(text, checked(text, [Mask(name.start, name.end, "prenom")])) == "Mon patron [prénom retiré] est cool"


@given(st.text(max_size=120))
def test_a_text_cut_for_the_desk_is_the_same_text(text: str) -> None:
    signals = [signal for signal in examine(text) if signal.end]
    assert "".join(part.words for part in segments(text, signals, ())) == text
