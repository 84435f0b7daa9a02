"""Answers as SQLite keeps them."""

import json

import pytest

from collector.packing import pack, unpack, with_texts
from collector.questionnaire import default_questionnaire, validate
from collector.records import answers_to
from tests.helpers import FULL_ANSWER

ANSWERS, FAULTS = validate(default_questionnaire(), FULL_ANSWER)
STORED = json.dumps(answers_to(ANSWERS), ensure_ascii=False)
TEXTS = json.dumps(dict(ANSWERS.texts), ensure_ascii=False)


def test_packed_answers_are_read_back_and_take_a_third() -> None:
    packed = pack(STORED)
    assert unpack(packed) == answers_to(ANSWERS)
    assert len(packed) - len(TEXTS.encode()) < (len(STORED) - len(TEXTS)) / 3


def test_words_stand_in_packed_answers_as_they_were_written() -> None:
    assert ANSWERS.texts
    assert all(json.dumps(text, ensure_ascii=False)[1:-1].encode() in pack(STORED) for text in ANSWERS.texts.values())


@pytest.mark.parametrize("texts", [{}, {"a_savoir": ', "texts": {"x": "y"}}'}, {"changement": "été\n« à 5 h »\u2028"}])
def test_closed_answers_are_packed_once_for_many_texts(texts: dict[str, str]) -> None:
    answers = answers_to(ANSWERS) | {"texts": {}}
    put = with_texts(json.dumps(answers, ensure_ascii=False))
    assert unpack(put(json.dumps(texts, ensure_ascii=False))) == answers | {"texts": texts}
    assert put(json.dumps(texts, ensure_ascii=False)) == pack(
        json.dumps(answers | {"texts": texts}, ensure_ascii=False)
    )


def test_what_another_release_packed_is_refused() -> None:
    with pytest.raises(ValueError, match="this release"):
        unpack(b"\x02" + pack(STORED)[1:])
