"""The questionnaires this release knows, by version; documents stand beside this module as TOML."""

import re
import tomllib
from functools import cache
from importlib.resources import files

from collector.errors import QuestionnaireError
from collector.questionnaire.document import Questionnaire, parse

DEFAULT_VERSION = "2026-1"
VERSION = re.compile(r"[0-9]{4}-[0-9]{1,3}")


@cache
def questionnaire(version: str) -> Questionnaire:
    """The questionnaire of a version; raises QuestionnaireError when there is none."""
    source = files("collector.questionnaire").joinpath(f"{version}.toml")
    if not VERSION.fullmatch(version) or not source.is_file():
        raise QuestionnaireError(f"Aucun questionnaire ne porte la version {version}.")
    return parse(tomllib.loads(source.read_text(encoding="utf-8")))


def default_questionnaire() -> Questionnaire:
    """The questionnaire that a new campaign opens with."""
    return questionnaire(DEFAULT_VERSION)
