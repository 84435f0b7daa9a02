"""JSON that rows repeat, as SQLite keeps it."""

import json
from typing import Any

import pytest

from collector.questionnaire import default_questionnaire, validate
from collector.records import answers_to
from syndication.packing import pack, unpack
from tests.helpers import FULL_ANSWER

ANSWERS = answers_to(validate(default_questionnaire(), FULL_ANSWER)[0]) | {"texts": {}}


@pytest.mark.parametrize("value", [{}, [], ANSWERS, {"own": {"12": ["Été", "b"]}}, {"@repondants": {"": 5}}])
def test_what_is_packed_is_read_back(value: Any) -> None:
    assert unpack(pack(value)) == value


def test_closed_answers_take_a_quarter() -> None:
    assert len(pack(ANSWERS)) < len(json.dumps(ANSWERS)) / 4


def test_what_another_release_packed_is_refused() -> None:
    with pytest.raises(ValueError, match="this release"):
        unpack(b"\x02" + pack({})[1:])
