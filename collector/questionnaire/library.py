"""The questionnaire that comes with this release; its document stands beside this module as TOML."""

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from collector.errors import QuestionnaireError
from collector.questionnaire.document import Language, Questionnaire, parse

DEFAULT_VERSION = "2026-1"


@cache
def default_document() -> Mapping[str, Any]:
    """The document of this release."""
    source = files("collector.questionnaire").joinpath(f"{DEFAULT_VERSION}.toml")
    return tomllib.loads(source.read_text(encoding="utf-8"))


@cache
def questionnaire(version: str, language: Language = "fr") -> Questionnaire:
    """The questionnaire of this release; raises QuestionnaireError for any other version."""
    if version != DEFAULT_VERSION:
        raise QuestionnaireError(f"Aucun questionnaire ne porte la version {version}.")
    return parse(default_document(), language)


def default_questionnaire() -> Questionnaire:
    """The questionnaire of this release, in French."""
    return questionnaire(DEFAULT_VERSION)


def read_document(path: Path) -> Mapping[str, Any]:
    """A document from a TOML file, not yet checked; raises QuestionnaireError, OSError."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise QuestionnaireError(f"{path.name} : le fichier n'est pas en UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise QuestionnaireError(f"{path.name} : ce n'est pas du TOML ({error})") from None
